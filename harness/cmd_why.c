/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "explain/mend.h"
#include "explain/want.h"
#include "explain/watch.h"
#include "kernel/capability.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "lab/exec.h"

enum { OPTION_STEP, OPTION_WANT, OPTION_ALLOW_EXEC };

/* The steps that are asked about. */
struct asking {
	struct lab *lab;
	struct loop *loop;
	struct arena *arena;
	const json_t
		*want; /* of the steps that are asked about, instead of what they expect; NULL: nothing */
	const struct step **steps;
	size_t count;
	bool chosen; /* it is --step that says which */
	size_t told, failed;
	const char *blind; /* why drops are not seen; NULL: they are */
	uint64_t began;	   /* when this step was begun with */
};

static void built(void *context, const struct site *site)
{
	(void)context;
	(void)site;
}

static bool ended(void *context, const struct verdict *verdict)
{
	struct asking *asking = context;

	if (!verdict->passed)
		arena_append(
			asking->arena, &asking->steps, &asking->count, &verdict->step, sizeof verdict->step);
	return true;
}

/* Those that fail. */
static struct error *find_steps(struct asking *asking, const struct run_options *options)
{
	const struct run_listener listener = { .built = built, .ended = ended, .context = asking };
	struct site *site = NULL;
	struct error *error = site_open(asking->lab, asking->loop, -1, &site), *left;
	size_t failed;

	if (!error)
		error = run_build(site);
	if (!error)
		error = run_steps(
			site, asking->lab->steps, asking->lab->step_count, options, &listener, &failed, NULL);
	left = site_close(site);
	if (!error)
		return left;
	error_free(left);
	return error;
}

static void print_verdict(const struct step *step, struct arena *arena, const struct verdict *verdict)
{
	printf("step %zu: %s\n  %s: %s (expected: %s)\n", step->number, step->name, step_print(arena, step),
		verdict->seen, expectation_print(arena, step));
	for (size_t i = 0; i < verdict->wrong_count; i++)
		printf("  %s\n", verdict->wrong[i]);
	if (verdict->slow)
		printf("  inconclusive: %s\n", verdict->slow);
}

static void print_cause(const struct verdict *verdict)
{
	if (verdict->slow || (!verdict->cause && (verdict->passed || !verdict->step->verb->probe)))
		return;
	printf("  cause: %s\n", verdict->cause	       ? verdict->cause
				: got_through(verdict) ? "none: nothing was lost on this way"
						       : "not sure");
	for (size_t i = 0; i < verdict->evidence_count; i++)
		printf("    %s\n", verdict->evidence[i]);
}

static void print_mend(const struct mend *mend, size_t number)
{
	printf("    %zu.", number);
	for (size_t i = 0; i < mend->line_count; i++)
		printf("%s%s\n", i ? "       " : " ", mend->lines[i]);
	if (mend->also)
		printf("       (%s)\n", mend->also);
	if (mend->late)
		puts("       (just before the step; from the lab's start it does not hold)");
	if (mend->unproven)
		puts("       (just before the step; there was no time to try it from the lab's start)");
}

/* Of what one step may take, some seconds in all: what is left for its mends. */
static uint64_t time_left(const struct asking *asking)
{
	uint64_t most = run_patience(2600000000), least = run_patience(1000000000),
		 took = loop_now() - asking->began;

	return took + least < most ? most - took : least;
}

/* Single changes after which the step does as is wanted. */
static struct error *print_mends(const struct asking *asking, const struct step *step)
{
	const struct mending mending = {
		.lab = asking->lab, .step = step, .loop = asking->loop, .budget = time_left(asking)
	};
	struct arena *arena = arena_open();
	struct mend_tally tally = { 0 };
	struct mend *mends = NULL;
	size_t count = 0;
	struct error *error = mends_find(arena, &mending, &mends, &count, &tally);

	if (!error)
		printf("  mends:%s%s\n", count ? "" : " no single change of those that were tried",
			tally.late ? " (there was no time to try all)" : "");
	for (size_t i = 0; i < count && !error; i++)
		print_mend(&mends[i], i + 1);
	arena_close(arena);
	return error;
}

/* Where silence is expected for a cause, only this run says whether it came of that. */
static bool is_as_expected(const struct asking *asking, const struct verdict *verdict)
{
	return !asking->chosen && verdict->passed && verdict->cause;
}

static struct error *explain_as_wanted(struct asking *asking, const struct step *step)
{
	char *journey = NULL;
	size_t size = 0;
	struct explanation explanation = { .file = -1, .to = open_memstream(&journey, &size) };
	const struct run_watch watch = explain_watch(&explanation);
	struct arena *arena = arena_open();
	struct verdict verdict = { 0 };
	struct error *error;

	asking->began = loop_now();
	if (!explanation.to)
		memory_exhausted();
	error = run_watched(asking->lab, asking->loop, step, &watch, arena, &verdict);
	fclose(explanation.to);
	if (!error)
		run_check_cause(step, true, arena, &verdict);
	if (!error && !is_as_expected(asking, &verdict)) {
		print_verdict(step, arena, &verdict);
		fputs(journey, stdout);
		print_cause(&verdict);
		asking->told++;
		asking->failed += !verdict.passed;
		if (verdict.blind)
			asking->blind = arena_printf(asking->arena, "%s", verdict.blind);
	}
	if (!error && step->verb->probe && !verdict.passed && !verdict.slow)
		error = print_mends(asking, step);
	free(journey);
	arena_close(arena);
	return error;
}

static struct error *explain_step(struct asking *asking, const struct step *step)
{
	struct step wanted;
	struct error *error = want_read(asking->lab, step, asking->want, &wanted);

	return error ? error_wrap(error, "why: --want") : explain_as_wanted(asking, &wanted);
}

static struct error *choose_step(struct asking *asking, const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	const struct step *step;

	if (*text < '0' || *text > '9' || *end || !number || number > asking->lab->step_count)
		return error_new(STATUS_WRONG, 0, "why: --step %s: no such step; the lab has %zu", text,
			asking->lab->step_count);
	asking->chosen = true;
	step = &asking->lab->steps[number - 1];
	arena_append(asking->arena, &asking->steps, &asking->count, &step, sizeof step);
	return NULL;
}

/* A word is a string without its quotes. */
static struct error *read_want(const char *text, json_t **out)
{
	if (!text)
		return NULL;
	*out = *text == '{' || *text == '[' || *text == '"' ? json_loads(text, JSON_DECODE_ANY, NULL)
							    : json_string(text);
	return *out ? NULL : error_new(STATUS_WRONG, 0, "why: --want %s: not JSON", text);
}

static struct error *answer(const struct arguments *arguments, struct asking *asking)
{
	const struct run_options options = { .stays = true,
		.allow_exec = arguments->options[OPTION_ALLOW_EXEC] };
	const char *chosen = arguments->options[OPTION_STEP];
	struct error *error = capability_check();

	if (!error)
		error = loop_open(&asking->loop);
	if (!error)
		error = loop_catch_signals(asking->loop);
	if (!error)
		error = chosen ? choose_step(asking, chosen) : find_steps(asking, &options);
	for (size_t i = 0; i < asking->count && !error; i++)
		error = explain_step(asking, asking->steps[i]);
	if (!error && !asking->told)
		puts("every step passes (--step N tells of one that does)");
	if (asking->blind)
		printf("note: %s\n", asking->blind);
	return error;
}

static int run(const struct arguments *arguments, struct error **error)
{
	struct asking asking = { .arena = arena_open() };
	json_t *want = NULL;
	int status = (int)lab_open(arguments->operands[0], filter_wrong, nft_wrong, &asking.lab);

	if (status == STATUS_PASSED && !arguments->options[OPTION_ALLOW_EXEC] &&
		exec_forbidden(asking.lab, asking.lab->steps, asking.lab->step_count, stderr))
		status = STATUS_WRONG;
	if (status == STATUS_PASSED)
		*error = read_want(arguments->options[OPTION_WANT], &want);
	if (status == STATUS_PASSED && *error)
		status = STATUS_WRONG;
	asking.want = want;
	if (status == STATUS_PASSED) {
		*error = answer(arguments, &asking);
		status = *error ? (int)(*error)->status : asking.failed ? STATUS_FAILED : STATUS_PASSED;
	}
	json_decref(want);
	loop_close(asking.loop);
	lab_close(asking.lab);
	arena_close(asking.arena);
	return status;
}

static void tell(void)
{
	puts("\ncauses:");
	for (enum mechanism i = CAUSE_UNKNOWN + 1; i < CAUSE_MECHANISMS; i++)
		printf("  %-20s %s\n", mechanism_name(i), mechanism_what(i));
}

static const struct option_row options[] = {
	[OPTION_STEP] = { "step", "N", "of this step, whether it fails or not" },
	[OPTION_WANT] = { "want", "EXPECT",
		"what the step should do instead of what it expects: a word, or JSON" },
	[OPTION_ALLOW_EXEC] = { "allow-exec", NULL, "steps may run programs of this machine" },
	{ 0 },
};

const struct command command_why = {
	.name = "why",
	.operands = "LAB",
	.least = 1,
	.most = 1,
	.what = "of each step that fails: the packet's way, where it ended, and why",
	.more = "The lab is run again for each of them, and watched. A cause ends with its name (below) and "
		"with "
		"\"observed\", where\na packet or the kernel itself said so, or \"inferred\", where "
		"settings, "
		"rules and routes do.",
	.options = options,
	.tell = tell,
	.run = run,
};
