/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "kernel/capability.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "report/tap.h"
#include "run/run.h"

enum { OPTION_STEP, OPTION_NO_SKIP };

/* A run of one or several labs. */
struct session {
	struct tap tap;
	struct loop *loop;
	const struct lab *lab; /* the one that is running */
	struct run_options options;
	bool no_skip;
	bool several;
	bool built;	     /* it stands, and its plan has been printed */
	const char *skipped; /* why it was; NULL: it was not */
};

/* Of several labs the exit status tells the gravest: a wrong lab, then a machine that cannot, then a failed
 * step. */
static int worse(int one, int other)
{
	static const int order[] = { STATUS_WRONG, STATUS_UNABLE, STATUS_FAILED };

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (one == order[i] || other == order[i])
			return order[i];
	return STATUS_PASSED;
}

static size_t step_count(const struct session *session)
{
	size_t last = session->options.last_step, all = session->lab->step_count;

	return last && last < all ? last : all;
}

static void built(void *context, const struct site *site)
{
	struct session *session = context;

	session->built = true;
	tap_plan(&session->tap, step_count(session), NULL);
	for (size_t i = 0; i < site->baseline.unpinned_count; i++)
		tap_comment(&session->tap, "baseline: %s", site->baseline.unpinned[i]);
}

/* Where the results are lost there is no use in going on. */
static bool ended(void *context, const struct verdict *verdict)
{
	struct session *session = context;

	tap_verdict(&session->tap, &session->lab->text, verdict);
	return !session->tap.broken;
}

/* The lab was not run, or not to its end. */
static int report_error(struct session *session, const struct error *error)
{

	if (loop_signal(session->loop))
		return 128 + loop_signal(session->loop);
	if (error->skip && !session->no_skip && !session->built) {
		session->skipped = arena_printf(session->lab->arena, "%s", error->text);
		tap_plan(&session->tap, 0, session->skipped);
		return STATUS_PASSED;
	}
	fprintf(stderr, "tunlab: %s\n", error->text);
	if (!session->several)
		tap_bail(&session->tap, error->text);
	return (int)error->status;
}

static int run_one(struct session *session)
{
	const struct run_listener listener = { .built = built, .ended = ended, .context = session };
	size_t failed = 0;
	struct error *error;
	int status;

	session->built = false;
	session->skipped = NULL;
	error = run_lab(session->lab, session->loop, &session->options, &listener, &failed);
	status = failed ? STATUS_FAILED : STATUS_PASSED;
	if (error) {
		int because = report_error(session, error);

		status = because > 128 ? because : worse(status, because);
		error_free(error);
	}
	return status;
}

/* One of several labs is a subtest, and a point of the whole. */
static int run_subtest(struct session *session, size_t number)
{
	int status;

	tap_enter(&session->tap, session->lab->text.file);
	status = run_one(session);
	tap_leave(&session->tap);
	session->tap.point = number;
	if (status < 128)
		tap_point(&session->tap, status == STATUS_PASSED, session->lab->name,
			session->skipped ? "SKIP" : NULL, session->skipped);
	return status;
}

static void last_words(void)
{
	fputs("Bail out! out of memory\n", stdout);
	fflush(stdout);
}

static int run_labs(struct session *session, struct lab **labs, size_t count)
{
	int status = STATUS_PASSED;

	tap_version(&session->tap);
	if (session->several)
		tap_plan(&session->tap, count, NULL);
	for (size_t i = 0; i < count && status < 128 && !session->tap.broken; i++) {
		int one;

		session->lab = labs[i];
		one = session->several ? run_subtest(session, i) : run_one(session);
		status = one > 128 ? one : worse(status, one);
	}
	if (status > 128)
		tap_bail(&session->tap,
			arena_printf(labs[0]->arena, "ended by SIG%s", sigabbrev_np(status - 128)));
	return status;
}

/* All are read before any is run: of several labs one that is wrong keeps the others from being run. */
static int open_labs(const struct arguments *arguments, struct lab **labs)
{
	int status = STATUS_PASSED;

	for (size_t i = 0; i < arguments->count; i++)
		status = worse(
			status, (int)lab_open(arguments->operands[i], filter_wrong, nft_wrong, &labs[i]));
	stop_at("reading");
	return status;
}

static bool read_step(const char *text, size_t *out)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*out = number;
	return *text >= '0' && *text <= '9' && !*end && number && number <= LAB_STEPS;
}

static int run(const struct arguments *arguments, struct error **error)
{
	struct session session = { .tap = { .to = stdout },
		.several = arguments->count > 1,
		.no_skip = arguments->options[OPTION_NO_SKIP] };
	struct lab **labs = calloc(arguments->count, sizeof *labs);
	const char *step = arguments->options[OPTION_STEP];
	int status;

	if (!labs)
		memory_exhausted();
	memory_last_words = last_words;
	if (step && !read_step(step, &session.options.last_step)) {
		free(labs);
		*error = error_new(STATUS_WRONG, 0, "run: --step %s: not the number of a step, from 1", step);
		return STATUS_WRONG;
	}
	status = open_labs(arguments, labs);
	if (status == STATUS_PASSED)
		*error = capability_check();
	if (!*error && status == STATUS_PASSED)
		*error = loop_open(&session.loop);
	if (!*error && status == STATUS_PASSED)
		*error = loop_catch_signals(session.loop);
	if (*error)
		status = (int)(*error)->status;
	else if (status == STATUS_PASSED)
		status = run_labs(&session, labs, arguments->count);
	loop_close(session.loop);
	for (size_t i = 0; i < arguments->count; i++)
		lab_close(labs[i]);
	free(labs);
	return status;
}

static const struct option_row options[] = {
	[OPTION_STEP] = { "step", "N", "stop after step N" },
	[OPTION_NO_SKIP] = { "no-skip", NULL, "a lab that would be skipped fails" },
	{ 0 },
};

const struct command command_run = {
	.name = "run",
	.operands = "LAB...",
	.least = 1,
	.what = "builds each lab, runs its steps, takes it down; TAP on standard output",
	.more = "One lab: a test point for each step. Several: a subtest for each lab. A failed step carries "
		"what was done,\n"
		"expected and seen, and the counters that moved. LAB may be - for standard input.",
	.options = options,
	.run = run,
};
