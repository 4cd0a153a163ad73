/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that run a program: what is expected of it becomes a condition in the shell's own words. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "lab/exec.h"
#include "script/script.h"

enum { TRIES = 100 }; /* looks in a second */

/* The exit status by which a shell tells of a signal. */
static int status_of_signal(const char *name)
{
	for (int number = 1; number < NSIG; number++)
		if (sigabbrev_np(number) && !strcmp(sigabbrev_np(number), name + strlen("SIG")))
			return 128 + number;
	return -1;
}

static const char * and (struct arena * arena, const char *condition, const char *more)
{
	return *condition ? arena_printf(arena, "%s && %s", condition, more) : more;
}

/* An object that is expected, as a condition. */
static const char *condition_of(struct arena *arena, const struct step *step, const json_t *json)
{
	static const char *const streams[] = { "stdout", "stderr" };
	const json_t *wanted_exit = json_object_get(json, "exit"),
		     *wanted_signal = json_object_get(json, "signal");
	const char *condition = "";
	uint64_t status = 0;

	if (json_is_string(wanted_exit))
		number_read(json_string_value(wanted_exit), &status);
	else if (wanted_exit)
		status = (uint64_t)json_integer_value(wanted_exit);
	if (wanted_exit || (!wanted_signal && !step->exec->background))
		condition = arena_printf(arena, "ended %" PRIu64, status);
	if (wanted_signal)
		condition = and(arena, condition,
			arena_printf(arena, "ended %d", status_of_signal(json_string_value(wanted_signal))));
	for (size_t i = 0; i < 2; i++) {
		const char *pattern = json_string_value(json_object_get(json, streams[i]));

		if (pattern)
			condition = and(arena, condition,
				arena_printf(arena, "printed %s %s", streams[i], shell_word(arena, pattern)));
	}
	return condition;
}

static const char *wanted(struct arena *arena, const struct step *step)
{
	const char *text = "";

	for (size_t i = 0; i < step->expect_count; i++)
		if (step->expect[i].kind == EXPECT_VALUES)
			text = arena_printf(arena, "%s%s%s", text, *text ? " || " : "",
				condition_of(arena, step, step->expect[i].json));
	return shell_word(arena, *text ? text : "false");
}

static const char *until_of(struct arena *arena, const struct step *step)
{
	const struct until *until = &step->exec->until;

	switch (until->kind) {
	case UNTIL_STARTED: return "'tried 10'";
	case UNTIL_LISTENING:
		return arena_printf(
			arena, "'listening %s %s %u'", step->in->name, until->udp ? "-u" : "-t", until->port);
	case UNTIL_STDOUT:
	case UNTIL_STDERR: break;
	}
	return shell_word(
		arena, arena_printf(arena, "printed %s %s", until->kind == UNTIL_STDOUT ? "stdout" : "stderr",
			       shell_word(arena, until->pattern)));
}

void script_exec(FILE *to, struct arena *arena, const struct step *step, uint64_t timeout)
{
	const struct exec *exec = step->exec;

	if (exec->background)
		fprintf(to, "probe_background %s %" PRIu64 " %s %s", step->in->name,
			timeout / (1000000000 / TRIES), wanted(arena, step), until_of(arena, step));
	else
		fprintf(to, "probe_exec %s %.9g %s", step->in->name, (double)timeout / 1e9,
			wanted(arena, step));
	for (const char *const *variable = exec->said; *variable; variable++)
		fprintf(to, " %s", shell_word(arena, *variable));
	for (const char **argument = exec->arguments; *argument; argument++)
		fprintf(to, " %s", shell_word(arena, *argument));
}
