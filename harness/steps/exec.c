/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of this machine, in the lab. The step lasts until the program ends; or, of one in the background,
 * until it has reached what the next step waits for. Whatever it forks goes with the lab at the latest.
 */
#include "lab/exec.h"

#include <string.h>
#include <sys/wait.h>

#include "kernel/listening.h"
#include "run/probe.h"
#include "run/running.h"

static const uint64_t LOOK = 5000000; /* nanoseconds between looks at who listens */

static const char *const streams[] = { "stdout", "stderr" };

enum { TOLD = 200 }; /* bytes of its output, of which people are told */

struct execution {
	struct attempt *attempt;
	struct running *running;    /* NULL: it could not be executed */
	struct listening listening; /* of "until" */
	struct timer deadline, look;
	const char *printed[2]; /* once the step has ended: what was kept, without the last ends of lines */
	regex_t until;
	bool until_compiled;
	bool ended; /* by itself */
	bool holds; /* it runs in the background, as far as it is waited for */
};

static const struct exec *exec_of(const struct execution *execution)
{
	return execution->attempt->step->exec;
}

/* On one line, the last of it first where there is too much; what is no text is shown as "?". */
static const char *brief(struct arena *arena, const struct stream *stream)
{
	size_t size = stream->last_size;
	const char *from = stream->last;
	bool cut = stream->all > size;
	json_t *text;
	char *line;

	while (size && from[size - 1] == '\n')
		size--;
	if (size > TOLD) {
		from += size - TOLD;
		size = TOLD;
		cut = true;
	}
	for (; cut && size && ((unsigned char)*from & 0xc0) == 0x80; from++)
		size--;
	line = arena_copy(arena, from, size);
	text = json_stringn(line, size);
	for (char *at = line; at < line + size; at++) {
		if (*at == '\n')
			*at = '|';
		else if ((unsigned char)*at < ' ' || *at == 0x7f || (!text && ((unsigned char)*at & 0x80)))
			*at = '?';
	}
	json_decref(text);
	return cut ? arena_printf(arena, "...%s", line) : line;
}

/* "WHAT; stdout: ...; stderr: ...". */
static const char *with_output(const struct execution *execution, const char *what)
{
	struct arena *arena = execution->attempt->arena;

	for (size_t i = 0; i < 2; i++) {
		const struct stream *stream = &execution->running->streams[i];

		if (stream->all)
			what = arena_printf(arena, "%s; %s: %s", what, streams[i], brief(arena, stream));
		if (stream->all > stream->size)
			what = arena_printf(
				arena, "%s (the first 64 KiB of %zu bytes were kept)", what, stream->all);
	}
	return what;
}

static const char *end_print(struct arena *arena, int status)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (number && sigabbrev_np(number))
		return arena_printf(arena, "ended by SIG%s", sigabbrev_np(number));
	if (number)
		return arena_printf(arena, "ended by signal %d", number);
	return arena_printf(arena, "exit status %d", WEXITSTATUS(status));
}

/* Text that a pattern is held against. */
static const char *printed(struct arena *arena, const struct stream *stream)
{
	char *text = arena_copy(arena, stream->bytes ? stream->bytes : "", stream->size);
	size_t size = stream->size;

	while (size && text[size - 1] == '\n')
		text[--size] = '\0';
	return text;
}

static void finish(struct execution *execution, const char *word, const char *what)
{
	struct attempt *attempt = execution->attempt;
	struct outcome outcome = { .word = word, .values = json_new_object() };
	int status = execution->running->status;

	if (execution->ended && WIFEXITED(status))
		json_put_number(outcome.values, "exit", WEXITSTATUS(status));
	else if (execution->ended && sigabbrev_np(WTERMSIG(status)))
		json_put(outcome.values, "signal", "SIG%s", sigabbrev_np(WTERMSIG(status)));

	for (size_t i = 0; i < 2; i++)
		execution->printed[i] = printed(attempt->arena, &execution->running->streams[i]);
	outcome.text = with_output(execution, what);
	attempt_end(attempt, &outcome);
}

static bool until_printed(const struct execution *execution)
{
	const struct stream *stream =
		&execution->running->streams[exec_of(execution)->until.kind == UNTIL_STDERR];

	return stream->bytes && !regexec(&execution->until, stream->bytes, 0, NULL, 0);
}

static bool until_holds(struct execution *execution)
{
	const struct until *until = &exec_of(execution)->until;

	switch (until->kind) {
	case UNTIL_STARTED: return true;
	case UNTIL_LISTENING: return listening_on(&execution->listening, until->port);
	case UNTIL_STDOUT:
	case UNTIL_STDERR: return until_printed(execution);
	}
	return false;
}

static void changed(struct running *running)
{
	struct execution *execution = running->owner;
	struct arena *arena = execution->attempt->arena;
	const struct exec *exec = exec_of(execution);
	const char *what;

	if (exec->background && until_holds(execution)) {
		execution->holds = true;
		finish(execution, "success", exec->until.kind ? "\"until\" holds" : "started");
	} else if (running_ended(running)) {
		execution->ended = true;
		what = end_print(arena, running->status);
		if (exec->background)
			what = arena_printf(arena, "%s before \"until\" held", what);
		finish(execution, running->status || exec->background ? NULL : "success", what);
	}
}

static void look(struct timer *timer)
{
	struct execution *execution = timer->owner;

	loop_set(execution->attempt->site->loop, timer, loop_now() + LOOK);
	changed(execution->running);
}

static void due(struct timer *timer)
{
	struct execution *execution = timer->owner;
	struct attempt *attempt = execution->attempt;
	const char *not = exec_of(execution)->background ? "\"until\" did not hold" : "did not end";

	running_kill(execution->running);
	finish(execution, NULL,
		arena_printf(attempt->arena, "%s within %s; killed", not,
			duration_print(attempt->arena, attempt->timeout)));
}

/* What "until" asks for is got ready before the program can do it. */
static struct error *prepare(struct execution *execution)
{
	const struct until *until = &exec_of(execution)->until;
	struct attempt *attempt = execution->attempt;
	struct error *error;

	if (until->pattern) {
		execution->until_compiled = !regcomp(&execution->until, until->pattern, EXPRESSION_FLAGS);
		if (!execution->until_compiled)
			memory_exhausted(); /* it was compiled before, as the lab was read */
	}
	if (until->kind != UNTIL_LISTENING)
		return NULL;
	error = site_enter(attempt->site, attempt->step->in);
	return error ? error : listening_open(&execution->listening, until->udp);
}

static struct error *start(struct attempt *attempt)
{
	struct execution *execution = arena_take(attempt->arena, sizeof *execution);
	const struct exec *exec = attempt->step->exec;
	const struct errand errand = { .in = attempt->step->in,
		.arguments = exec->arguments,
		.environment = exec->environment,
		.directory = attempt->site->folder };
	struct loop *loop = attempt->site->loop;
	struct error *error;
	int number = 0;

	attempt->state = execution;
	execution->attempt = attempt;
	execution->printed[0] = execution->printed[1] = "";
	execution->deadline = (struct timer) { .due = due, .owner = execution };
	execution->look = (struct timer) { .due = look, .owner = execution };
	error = prepare(execution);
	if (!error)
		error = running_start(attempt->site, &errand, attempt->arena, &execution->running, &number);
	if (error)
		return error;
	if (number) {
		attempt_end_errno(attempt, number, exec->arguments[0]);
		return NULL;
	}
	execution->running->owner = execution;
	execution->running->changed = changed;
	loop_set(loop, &execution->deadline, loop_now() + attempt->timeout);
	if (exec->until.kind == UNTIL_LISTENING)
		loop_set(loop, &execution->look, loop_now() + LOOK);
	changed(execution->running);
	return NULL;
}

static void stop(struct attempt *attempt)
{
	struct execution *execution = attempt->state;

	if (!execution)
		return;
	loop_unset(attempt->site->loop, &execution->deadline);
	loop_unset(attempt->site->loop, &execution->look);
	listening_close(&execution->listening);
	if (execution->until_compiled)
		regfree(&execution->until);
	if (!execution->running)
		return;
	if (!execution->holds)
		running_kill(execution->running);
	running_leave(execution->running);
}

/* What the keys but those of the output say; a program that ended is expected to have succeeded. */
static bool end_matches(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	const struct execution *execution = attempt->state;
	json_t *expected = json_deep_copy(expectation->json);
	bool same;

	if (!expected)
		memory_exhausted();
	json_object_del(expected, "stdout");
	json_object_del(expected, "stderr");
	json_object_del(expected, "note");
	if (!execution->holds && !json_object_get(expected, "exit") && !json_object_get(expected, "signal"))
		json_put_number(expected, "exit", 0);
	same = json_matches(attempt->arena, expected, attempt->outcome.values, difference);
	json_decref(expected);
	return same;
}

/* The empty pattern is that of no output. */
static bool output_matches(const char *pattern, const char *text)
{
	regex_t expression;
	bool found;

	if (!*pattern)
		return !*text;
	if (regcomp(&expression, pattern, EXPRESSION_FLAGS))
		return false;
	found = !regexec(&expression, text, 0, NULL, 0);
	regfree(&expression);
	return found;
}

static bool matches(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	const struct execution *execution = attempt->state;

	if (!attempt->outcome.values || !end_matches(attempt, expectation, difference))
		return false;
	for (size_t i = 0; i < 2; i++) {
		const char *pattern = json_string_value(json_object_get(expectation->json, streams[i]));

		if (!pattern || output_matches(pattern, execution->printed[i]))
			continue;
		*difference = *pattern ? arena_printf(attempt->arena, "no line of %s matches \"%s\"",
						 streams[i], pattern)
				       : arena_printf(attempt->arena, "%s is not empty", streams[i]);
		return false;
	}
	return true;
}

static const char *const words[] = { "success", NULL };

/* clang-format off */
static const struct field expects[] = {
	{ .key = "exit", .type = &type_u8, .what = "the exit status; 0, unless this or \"signal\" says otherwise" },
	{ .key = "signal", .type = &type_signal, .what = "the signal that ended it" },
	{ .key = "stdout", .type = &type_expression, .what = "what a line of its standard output matches; \"\": it printed nothing" },
	{ .key = "stderr", .type = &type_expression, .what = "the same of its standard error" },
	{ 0 },
};
/* clang-format on */

const struct verb verb_exec = {
	.name = "exec",
	.what = "a program of this machine, without a shell, only under --allow-exec",
	.target = &type_arguments,
	.fields = exec_fields,
	.words = words,
	.expects = expects,
	.expectations = EXPECTS_ERRNO,
	.timeout = "60s",
	.start = start,
	.matches = matches,
	.stop = stop,
};
