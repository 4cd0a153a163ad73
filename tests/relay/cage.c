/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cage: what is left to a process that entered it, as root, as nobody, and as the root of a user
 * namespace. */
#include "forwarder/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forwarder/protocol.h"
#include "tests/unit/tap.h"

enum { NOBODY = 65534 };

/* How a process is before it enters the cage. Returns false where this machine does not let it be so. */
static bool as_it_is(void)
{
	return true;
}

static bool as_nobody(void)
{
	return getuid() != 0 || (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
					setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

static bool in_user_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

static bool as_nobody_in_user_namespace(void)
{
	return as_nobody() && in_user_namespace();
}

static bool without_standard_descriptors(void)
{
	return close(0) == 0 && close(1) == 0 && close(2) == 0;
}

static bool with_a_thousand_descriptors(void)
{
	for (int i = 0; i < 1000; i++) {
		if (dup(RELAY_CONTROL_FD) < 0)
			return errno == EMFILE;
	}
	return true;
}

/* Capabilities that a program started from here would have, whoever runs it. */
static bool with_capabilities_to_inherit(void)
{
	const cap_value_t some[] = { CAP_NET_ADMIN, CAP_SETPCAP };
	cap_t all = cap_get_proc();
	bool done = all && cap_set_flag(all, CAP_INHERITABLE, 2, some, CAP_SET) == 0 &&
		    cap_set_proc(all) == 0 && cap_set_ambient(CAP_NET_ADMIN, CAP_SET) == 0;

	cap_free(all);
	return done;
}

static bool in_a_cage(void)
{
	return !cage_enter();
}

static const struct {
	const char *name;
	bool (*prepare)(void);
} situations[] = {
	{ "as it is", as_it_is },
	{ "as nobody", as_nobody },
	{ "in a user namespace", in_user_namespace },
	{ "as nobody in a user namespace", as_nobody_in_user_namespace },
	{ "without descriptors 0 to 2", without_standard_descriptors },
	{ "with 1000 descriptors", with_a_thousand_descriptors },
	{ "with capabilities to inherit", with_capabilities_to_inherit },
	{ "in a cage", in_a_cage },
};

/* What the child finds out about itself. */
struct findings {
	bool possible; /* the situation */
	bool may_empty_bounding_set;
	char failed[64]; /* the cage's word */
	char status[4096];
	char descriptors[256];
	int dumpable, death_signal;
	bool ignores_signals, can_write_errors;
};

static void read_status(struct findings *findings)
{
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t length = fd < 0 ? 0 : read(fd, findings->status, sizeof(findings->status) - 1);

	findings->status[length < 0 ? 0 : length] = '\0';
	if (fd >= 0)
		close(fd);
}

static void read_descriptors(struct findings *findings)
{
	size_t length = 0;

	for (int fd = 0; fd < 2000 && length < sizeof(findings->descriptors) - 8; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			length += (size_t)snprintf(findings->descriptors + length, 8, " %d", fd);
	}
}

static bool ignores(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void find_out(struct findings *findings)
{
	read_descriptors(findings);
	read_status(findings);
	findings->dumpable = prctl(PR_GET_DUMPABLE);
	prctl(PR_GET_PDEATHSIG, &findings->death_signal);
	findings->ignores_signals = ignores(SIGINT) && ignores(SIGTERM) && ignores(SIGHUP) &&
				    ignores(SIGPIPE) && ignores(SIGXFSZ);
	findings->can_write_errors = write(STDERR_FILENO, "", 0) == 0;
}

static _Noreturn void be_caged(bool (*prepare)(void), int socket)
{
	struct findings findings = { 0 };

	if (socket != RELAY_CONTROL_FD && dup2(socket, RELAY_CONTROL_FD) < 0)
		_exit(1);
	findings.possible = prepare();
	read_status(&findings);
	findings.may_empty_bounding_set = !strstr(findings.status, "CapEff:\t0000000000000000");
	if (findings.possible) {
		const char *failed = cage_enter();

		if (failed)
			strncpy(findings.failed, failed, sizeof(findings.failed) - 1);
		find_out(&findings);
	}
	_exit(write(RELAY_CONTROL_FD, &findings, sizeof(findings)) != sizeof(findings));
}

static bool says(const struct findings *findings, const char *line)
{
	return strstr(findings->status, line) != NULL;
}

static void test_situation(const char *name, bool (*prepare)(void))
{
	struct findings findings = { 0 };
	int pair[2] = { -1, -1 }, status = -1;
	pid_t child = -1;

	fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0)
		child = fork();
	if (child == 0)
		be_caged(prepare, pair[1]);
	close(pair[1]);
	if (!tap_ok(child > 0 && read(pair[0], &findings, sizeof(findings)) == sizeof(findings) &&
			    waitpid(child, &status, 0) == child && status == 0,
		    "%s: a child tells", name))
		return;
	close(pair[0]);
	if (!findings.possible) {
		tap_ok(true, "%s # SKIP not allowed here", name);
		return;
	}
	tap_ok(!*findings.failed, "the cage is entered%s%s", *findings.failed ? ", but for: " : "",
		findings.failed);
	tap_ok(!strcmp(findings.descriptors, " 2 3"), "its descriptors:%s", findings.descriptors);
	tap_ok(says(&findings,
		       "\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"),
		"no capability is left");
	tap_ok(says(&findings, "\nCapAmb:\t0000000000000000\n"), "none is ambient");
	tap_ok(!findings.may_empty_bounding_set || says(&findings, "\nCapBnd:\t0000000000000000\n"),
		"none can be gained%s", findings.may_empty_bounding_set ? "" : " (but for the bounding set)");
	tap_ok(says(&findings, "\nNoNewPrivs:\t1\n"), "no new privileges");
	tap_ok(findings.dumpable == 0 && findings.death_signal == SIGKILL,
		"not traced, and dies with its parent");
	tap_ok(findings.ignores_signals, "does not end by signals from a terminal");
	tap_ok(findings.can_write_errors, "can write to standard error");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++)
		test_situation(situations[i].name, situations[i].prepare);
	return tap_done();
}
