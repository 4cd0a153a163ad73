/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "explain/watch.h"
#include "keep/birth.h"
#include "keep/client.h"
#include "keep/keep.h"
#include "keep/visit.h"
#include "kernel/capability.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "lab/exec.h"
#include "report/tap.h"
#include "run/capture_file.h"
#include "run/run.h"

enum {
	OPTION_STEP,
	OPTION_NO_SKIP,
	OPTION_KEEP,
	OPTION_SHELL,
	OPTION_PCAP,
	OPTION_ALLOW_EXEC,
	OPTION_SLOW_OK
};

/* A run of one or several labs. */
struct session {
	struct tap tap;
	struct loop *loop;
	const struct lab *lab; /* the one that is running */
	struct run_options options;
	bool no_skip;
	bool several;
	bool keep, shell;    /* a lab stays as its first failed step left it; with a shell, until that ends */
	bool uncaptured;     /* of some lab, a part of what passed could not be written */
	bool built;	     /* it stands, and its plan has been printed */
	bool blind;	     /* it was told that the reasons for drops are not seen */
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
	tap_silence(&session->tap, session->lab, verdict);
	if (!verdict->passed && verdict->blind && !session->blind) {
		tap_comment(&session->tap, "%s", verdict->blind);
		session->blind = true;
	}
	return !session->tap.broken;
}

static void uncaptured(void *context, const struct error *error)
{
	struct session *session = context;

	session->uncaptured = true;
	fprintf(stderr, "tunlab: %s\n", error->text);
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

static int run_and_forget(struct session *session, const struct run_listener *listener)
{
	size_t failed = 0;
	struct error *error;
	int status;

	error = run_lab(session->lab, session->loop, &session->options, listener, &failed);
	status = failed ? STATUS_FAILED : STATUS_PASSED;
	if (error) {
		int because = report_error(session, error);

		status = because > 128 ? because : worse(status, because);
		error_free(error);
	}
	return status;
}

static struct error *run_to_keep(
	struct session *session, const struct run_listener *listener, struct kept *kept)
{
	struct keeping keeping = { .lab = session->lab,
		.name = lab_name_of(session->lab->arena, session->lab->text.file),
		.otherwise = true,
		.steps = step_count(session),
		.options = session->options,
		.listener = listener };
	struct error *error = loop_open(&session->loop);

	keeping.options.stop_at_failure = true;

	if (!error)
		error = loop_catch_signals(session->loop);
	return error ? error : keep_lab(&keeping, session->loop, kept);
}

/* The life of a child that runs the lab, and keeps it if a step fails. */
static void live(struct session *session, const struct run_listener *listener, struct birth *birth)
{
	struct birth_report report = { .status = STATUS_PASSED };
	struct kept kept = { 0 };
	struct error *error = run_to_keep(session, listener, &kept);

	if (error) {
		report.status = report_error(session, error);
		error_free(error);
	} else if (kept.keeper) {
		tap_rest(&session->tap, session->lab, kept.last, step_count(session));
		report.status = STATUS_FAILED;
		report.kept = true;
		snprintf(report.name, sizeof report.name, "%s", kept.registration.name);
		if (kept.last->in)
			snprintf(report.in, sizeof report.in, "%s", kept.last->in->name);
	}
	if (session->uncaptured)
		report.status = worse(report.status, STATUS_UNABLE);
	if (session->skipped)
		snprintf(report.skipped, sizeof report.skipped, "%s", session->skipped);
	birth_report(birth, &report);
	if (report.kept)
		error_free(keep_on(&kept));
}

/* The namespace that a person wants to look at first. */
static const char *where_to_look(const struct session *session, const struct birth_report *report)
{
	return *report->in ? report->in : session->lab->namespaces[0]->name;
}

static struct error *open_shell(const struct session *session, const struct birth_report *report)
{
	const char *const names[] = { report->name, NULL };
	char *none[] = { NULL };
	const struct visit visit = {
		.lab = report->name, .netns = where_to_look(session, report), .arguments = none
	};
	struct error *error = NULL, *left;

	visit_shell(&visit, &error);
	left = client_down(names, true);
	if (!error)
		return left;
	error_free(left);
	return error;
}

static int run_in_child(struct session *session, const struct run_listener *listener)
{
	struct birth_report report = { .status = STATUS_UNABLE };
	struct birth birth;
	struct error *error = birth_give(&birth);

	if (!error && !birth.child) {
		live(session, listener, &birth);
		_exit(0);
	}
	if (!error)
		error = birth_await(&birth, session->loop, &report);
	if (!error && *report.skipped)
		session->skipped = arena_printf(session->lab->arena, "%s", report.skipped);
	if (!error && report.kept) {
		fprintf(stderr,
			"tunlab: %s is up as the failed step left it (tunlab shell %s %s; tunlab down %s)\n",
			report.name, report.name, where_to_look(session, &report), report.name);
		if (session->shell)
			error = open_shell(session, &report);
	}
	if (!error)
		return report.status;
	report.status = report_error(session, error);
	error_free(error);
	return report.status;
}

static int run_one(struct session *session)
{
	struct explanation explanation = { .file = -1 };
	const struct run_watch watch = explain_watch(&explanation);
	const struct run_listener listener = {
		.built = built, .ended = ended, .watch = &watch, .uncaptured = uncaptured, .context = session
	};

	session->built = false;
	session->skipped = NULL;
	return session->keep ? run_in_child(session, &listener) : run_and_forget(session, &listener);
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
	if (session->uncaptured && status < 128)
		status = worse(status, STATUS_UNABLE);
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

static int forbid_programs(struct lab **labs, size_t count)
{
	size_t forbidden = 0;

	for (size_t i = 0; i < count; i++)
		forbidden += exec_forbidden(labs[i], labs[i]->steps, labs[i]->step_count, stderr);
	return forbidden ? STATUS_WRONG : STATUS_PASSED;
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
		.options.pcap = arguments->options[OPTION_PCAP],
		.no_skip = arguments->options[OPTION_NO_SKIP],
		.keep = arguments->options[OPTION_KEEP] || arguments->options[OPTION_SHELL],
		.shell = arguments->options[OPTION_SHELL],
		.options.allow_exec = arguments->options[OPTION_ALLOW_EXEC],
		.options.slow_ok =
			arguments->options[OPTION_SLOW_OK] && !arguments->options[OPTION_NO_SKIP] };
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
	registry_clean(stderr);
	status = open_labs(arguments, labs);
	if (status == STATUS_PASSED && !session.options.allow_exec)
		status = forbid_programs(labs, arguments->count);
	if (status == STATUS_PASSED)
		*error = capability_check();
	if (!*error && status == STATUS_PASSED && session.options.pcap)
		*error = capture_file_check(session.options.pcap);
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
	[OPTION_NO_SKIP] = { "no-skip", NULL, "a lab or a step that would be skipped fails" },
	[OPTION_KEEP] = { "keep-on-failure", NULL, "a lab stays up as its first failed step left it" },
	[OPTION_SHELL] = { "shell-on-failure", NULL, "the same, until the shell ends that is opened in it" },
	[OPTION_PCAP] = { "pcap", "DIR", "write what passes devices and wires to DIR/LAB.pcapng" },
	[OPTION_ALLOW_EXEC] = { "allow-exec", NULL, "steps may run programs of this machine" },
	[OPTION_SLOW_OK] = { "slow-ok", NULL,
		"a step that fails since this machine was too slow is skipped" },
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
