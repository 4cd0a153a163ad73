/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libnftables may do with a text: places of errors, and the cage. The rulesets here have not gone
 * through ruleset_read, which would refuse some of them before.
 */
#include "kernel/nft.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/tap.h"

/* What was said of a ruleset. */
struct answer {
	bool taken;
	int number; /* errno */
	size_t line, column;
	const char *text;
};

static struct answer reading(struct arena *arena, const char *text, bool json)
{
	const struct ruleset ruleset = { .text = text, .json = json };
	struct ruleset_wrong wrong = { 0 };
	bool taken = !nft_wrong(arena, &ruleset, &wrong);

	return (struct answer) { .taken = taken,
		.line = wrong.line,
		.column = wrong.column,
		.text = taken ? "taken" : wrong.text };
}

static struct answer loading(struct arena *arena, const char *text)
{
	const struct ruleset ruleset = { .text = text };
	struct ruleset_wrong wrong;
	struct error *error = nft_apply(arena, &ruleset, &wrong);
	struct answer answer = { .taken = !error,
		.number = error ? error->number : 0,
		.line = wrong.line,
		.column = wrong.column,
		.text = error ? arena_printf(arena, "%s", error->text) : "taken" };

	error_free(error);
	return answer;
}

static void words(struct arena *arena)
{
	struct answer answer = reading(arena, "\n", false);

	tap_ok(answer.taken, "an empty ruleset: %s", answer.text);
	answer = reading(arena, "table ip t { chain c { tcp dport ssh accept; }; }\n", false);
	tap_ok(answer.taken, "a right one, with the name of a service: %s", answer.text);
	answer = reading(
		arena, "{\"nftables\":[{\"add\":{\"table\":{\"family\":\"ip\",\"name\":\"t\"}}}]}\n", true);
	tap_ok(answer.taken, "a right one in JSON: %s", answer.text);
	answer = reading(arena, "table ip t {\n\tchain c {\n  tcp bogus\n}\n}\n", false);
	tap_ok(answer.line == 3 && answer.column == 7, "a wrong one: line %zu, column %zu", answer.line,
		answer.column);
	tap_ok(strstr(answer.text, "syntax error"), "and what is wrong: %s", answer.text);
	answer = reading(arena, "{\"nftables\":[{\"add\":{\"tabel\":{}}}]}\n", true);
	tap_ok(!answer.taken && !answer.line, "wrong JSON has no place: %s", answer.text);
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

static void no_files(struct arena *arena)
{
	static const char *const files[] = { "/etc/passwd", "/proc/self/environ", "/etc/./hostname" };

	if (!has_landlock()) {
		tap_skip("this kernel has no Landlock: reading files");
		return;
	}
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct answer answer =
			reading(arena, arena_printf(arena, "include \"%s\"\n", files[i]), false);

		tap_ok(strstr(answer.text, strerrordesc_np(EACCES)), "%s is not included: %s", files[i],
			answer.text);
	}
}

static void in_a_namespace(struct arena *arena)
{
	struct answer answer;
	const char *list;

	if (unshare(CLONE_NEWNET)) {
		tap_skip("no network namespace can be made: what the kernel says");
		return;
	}
	answer = loading(arena, "table ip t { chain c { }; }\n");
	tap_ok(answer.taken, "a ruleset: %s", answer.text);
	answer = loading(arena, "add rule ip t c accept\n\nadd rule ip t d accept\n");
	tap_ok(answer.number == ENOENT && answer.line == 3 && answer.column == 15,
		"a chain that is not there: line %zu, column %zu: %s", answer.line, answer.column,
		answer.text);
	answer = loading(arena, "create table ip t\n");
	tap_ok(answer.number == EEXIST && answer.line == 1, "one table too many: %s", answer.text);
	answer = loading(arena, "add rule ip t c tcp dport 10.0.0.1 accept\n");
	tap_ok(answer.number == EINVAL, "what nft refuses without the kernel: %s", answer.text);
	answer = loading(arena, "add rule ip t c meta l4proto udp\nadd rule ip t c tcp dport http\n");
	tap_ok(answer.taken, "protocols and services have names: %s", answer.text);
	list = nft_list(arena);
	tap_ok(list && strstr(list, "tcp dport 80 # handle "), "it can be listed, with handles: %s",
		list ? list : "it cannot");
	answer = loading(arena, "monitor\n");
	tap_ok(answer.number == ETIMEDOUT, "what never ends is ended: %s", answer.text);
	if (!has_landlock())
		return;
	answer = loading(arena, "add rule ip t c meta skuid root accept\n");
	tap_ok(answer.number == EINVAL, "the name of a user is nobody's: %s", answer.text);
	answer = loading(arena, "add rule ip t c ip saddr localhost accept\n");
	tap_ok(answer.number == EINVAL, "so is that of a host: %s", answer.text);
}

int main(void)
{
	struct arena *arena = arena_open();

	if (nft_is_here()) {
		words(arena);
		no_files(arena);
		in_a_namespace(arena);
	} else {
		tap_skip("libnftables is not here");
	}
	arena_close(arena);
	return tap_done();
}
