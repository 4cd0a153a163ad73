/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/nft_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <nftables/libnftables.h>
#include <nss.h>
#include <signal.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forwarder/sanitized.h"
#include "kernel/library.h"

static struct {
	__typeof__(nft_ctx_new) *open;
	__typeof__(nft_ctx_set_dry_run) *set_dry_run;
	__typeof__(nft_ctx_output_set_flags) *set_flags;
	__typeof__(nft_ctx_buffer_output) *buffer_output;
	__typeof__(nft_ctx_get_output_buffer) *output_buffer;
	__typeof__(nft_ctx_buffer_error) *buffer_error;
	__typeof__(nft_ctx_get_error_buffer) *error_buffer;
	__typeof__(nft_run_cmd_from_filename) *run;
} nft;

bool nft_load(void)
{
	static const char *const names[] = { "libnftables.so.1", NULL };
	static const struct library_symbol symbols[] = {
		{ "nft_ctx_new", &nft.open },
		{ "nft_ctx_set_dry_run", &nft.set_dry_run },
		{ "nft_ctx_output_set_flags", &nft.set_flags },
		{ "nft_ctx_buffer_output", &nft.buffer_output },
		{ "nft_ctx_get_output_buffer", &nft.output_buffer },
		{ "nft_ctx_buffer_error", &nft.buffer_error },
		{ "nft_ctx_get_error_buffer", &nft.error_buffer },
		{ "nft_run_cmd_from_filename", &nft.run },
	};
	static bool loaded;

	loaded = loaded || library_load(names, symbols, sizeof symbols / sizeof *symbols);
	return loaded;
}

/* The text is its standard input, the report all that it can write to. */
static bool keep_only(int text, int report)
{
	return dup2(text, STDIN_FILENO) >= 0 && dup2(report, STDERR_FILENO) >= 0 &&
	       dup2(report, STDOUT_FILENO) >= 0 && syscall(SYS_close_range, 3, ~0U, 0) == 0;
}

/* Also if it died before this could be said. */
static bool die_with_parent(pid_t parent)
{
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	return sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
}

static bool limit(__rlimit_resource_t resource, rlim_t most)
{
	const struct rlimit both = { most, most };

	return setrlimit(resource, &both) == 0;
}

static bool limit_resources(void)
{
	enum { SECONDS = 5, DESCRIPTORS = 64 };
	const rlim_t bytes = (rlim_t)1 << 30;

	return limit(RLIMIT_CORE, 0) && limit(RLIMIT_CPU, SECONDS) && limit(RLIMIT_NOFILE, DESCRIPTORS) &&
	       (SANITIZED || limit(RLIMIT_DATA, bytes));
}

/* Names of services and protocols are the same everywhere; these files have them. Others are the machine's.
 */
static void allow_to_read(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr file = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE };

	file.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (file.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &file, 0);
	close(file.parent_fd);
}

/* A kernel without Landlock (before 5.13, or started without it) leaves what ruleset_read refuses. */
static bool lock_files(void)
{
	/* All that the first version of Landlock knows. */
	const struct landlock_ruleset_attr all = { .handled_access_fs =
							   (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1 };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0);
	bool done;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return false;
	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP;
	allow_to_read(ruleset, "/etc/services");
	allow_to_read(ruleset, "/etc/protocols");
	done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
	close(ruleset);
	return done;
}

/* No database is asked and nobody on the network. */
static void look_up_in_files(void)
{
#ifdef __GLIBC__
	static const char *const databases[] = { "hosts", "networks", "services", "protocols", "passwd",
		"group" };

	for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++)
		__nss_configure_lookup(databases[i], "files");
#endif
}

static bool keep_capability(bool administer)
{
	const cap_value_t network = CAP_NET_ADMIN;
	cap_t left = cap_init();
	bool done = left != NULL;

	if (done && administer)
		done = !cap_set_flag(left, CAP_PERMITTED, 1, &network, CAP_SET) &&
		       !cap_set_flag(left, CAP_EFFECTIVE, 1, &network, CAP_SET);
	done = done && cap_set_proc(left) == 0;
	cap_free(left);
	return done;
}

static const char *enter_cage(const struct nft_task *task, int text, int report)
{
	if (!keep_only(text, report))
		return "close_range";
	if (!die_with_parent(task->parent))
		return "PR_SET_PDEATHSIG";
	if (!limit_resources())
		return "setrlimit";
	if (!lock_files())
		return "landlock";
	if (!keep_capability(task->apply))
		return "capabilities";
	return NULL;
}

static void say(const char *text, size_t size)
{
	while (size) {
		ssize_t written = write(STDERR_FILENO, text, size);

		if (written < 0 && errno != EINTR)
			return;
		if (written > 0) {
			text += written;
			size -= (size_t)written;
		}
	}
}

/* From standard input: only of a file does libnftables tell the line of an error. */
static bool run(const struct nft_task *task)
{
	struct nft_ctx *context = nft.open(NFT_CTX_DEFAULT);
	const char *words;

	if (!context)
		return false;
	if (task->json)
		nft.set_flags(context, NFT_CTX_OUTPUT_JSON);
	if (task->told)
		nft.set_flags(context, NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_STATELESS);
	nft.set_dry_run(context, !task->apply);
	if (nft.buffer_output(context) || nft.buffer_error(context))
		return false;
	if (nft.run(context, "-") == 0) {
		words = task->told ? nft.output_buffer(context) : NULL;
		say(words ? words : "", words ? strlen(words) : 0);
		return true;
	}
	words = nft.error_buffer(context);
	say(words ? words : "", words ? strlen(words) : 0);
	return false;
}

_Noreturn void nft_child(const struct nft_task *task, int text, int report)
{
	const char *failed = enter_cage(task, text, report);
	char end = NFT_REFUSED;

	look_up_in_files();
	if (failed) {
		say(failed, strlen(failed));
		_exit(1);
	}
	if (run(task))
		end = NFT_TAKEN;
	say(&end, 1);
	_exit(0);
}
