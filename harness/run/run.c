/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "run/capture.h"
#include "run/observe.h"
#include "run/queues.h"
#include "run/require.h"

uint64_t run_patience(uint64_t duration)
{
	const char *text = getenv("TUNLAB_TIMEOUT_SCALE");
	double scale = text ? strtod(text, NULL) : 1;

	return scale > 1 && scale <= 1000 ? (uint64_t)((double)duration * scale) : duration;
}

/* Runs one attempt to its end; an error is the harness's own. */
static struct error *run_attempt(struct attempt *attempt)
{
	struct site *site = attempt->site;
	const struct verb *verb = attempt->step->verb;
	struct error *error, *left;

	span_begin(&attempt->span, site);
	error = verb->start(attempt);
	left = site_leave(site);
	if (!error)
		error = left;
	else
		error_free(left);
	stop_at(verb->name);
	while (!error && !attempt->ended && !site->failed && !loop_signal(site->loop))
		error = loop_run(site->loop);
	if (verb->stop)
		verb->stop(attempt);
	if (!error && site->failed) {
		error = site->failed;
		site->failed = NULL;
	}
	if (!error && !attempt->ended)
		error = error_new(STATUS_UNABLE, EINTR, "the step was interrupted");
	return error;
}

/* How long packets may be under way once the verdict stands: what a program takes is no measure of it. */
static uint64_t patience(const struct attempt *attempt)
{
	return attempt->step->exec ? run_patience(1000000000) : attempt->timeout;
}

/* A timeout that the step does not say leaves the wires' delays out of account. */
static void set_timeout(struct attempt *attempt)
{
	const struct value *said = value_of(&attempt->step->values, "timeout");
	uint64_t delay = lab_delay(attempt->site->lab);

	attempt->slack = run_patience(said ? said->number : 1000000000);
	attempt->timeout = attempt->slack;
	if (!said)
		attempt->timeout += delay;
	else if (delay < attempt->slack)
		attempt->slack -= delay;
}

static struct error *do_attempt(struct attempt *attempt, struct observation *observation,
	struct counts *before, struct verdict *verdict)
{
	const struct step *step = attempt->step;
	struct error *error = lateness_begin(attempt->site);

	if (!error)
		error = observe_begin(observation, attempt->site, step, attempt->arena, before);
	if (!error)
		error = run_attempt(attempt);
	verdict->patience = attempt->timeout;
	verdict->stood = loop_now() + loop_epoch();
	if (!error && (step->packets_count || step->counters_count))
		span_take(&attempt->span);
	if (!error)
		error = observe_end(observation, loop_now() + patience(attempt), verdict);
	return error;
}

/* One attempt, with all that the step expects of it. */
static struct error *try_step(struct site *site, const struct step *step, struct arena *arena,
	struct counts *before, struct verdict *verdict)
{
	struct attempt attempt = { .site = site, .step = step, .arena = arena };
	struct observation observation = { .site = site, .step = step };
	const char *difference = NULL;
	struct error *error;

	set_timeout(&attempt);
	verdict->wrong_count = 0;
	verdict->wrong = NULL;
	verdict->slow = NULL;
	error = do_attempt(&attempt, &observation, before, verdict);
	if (!error) {
		bool holds = outcome_holds(&attempt, &difference);

		verdict->passed = holds && !verdict->wrong_count;
		verdict->kind = outcome_kind(&attempt.outcome);
		verdict->local = attempt.local;
		verdict->seen = difference ? arena_printf(arena, "%s; %s", attempt.outcome.text, difference)
					   : attempt.outcome.text;
		if (!verdict->passed)
			verdict->slow = observe_slow(&observation, &attempt, holds);
	}
	span_end(&attempt.span);
	observe_stop(&observation);
	json_decref(attempt.outcome.values);
	return error;
}

/* Pauses between attempts that fail at once. */
static void pause_between(uint64_t began)
{
	enum { LEAST = 5000000 };
	uint64_t took = loop_now() - began;

	if (took < LEAST)
		poll(NULL, 0, (int)((LEAST - took) / 1000000) + 1);
}

/* Counters are read only where somebody asks: reading them costs as much as a ping. */
static struct error *look_before(
	struct site *site, const struct step *step, bool watch, struct arena *arena, struct counts **before)
{
	bool wanted = step->counters_count || (watch && !step->verb->quiet);

	return wanted ? observe_look(site, arena, before) : NULL;
}

/* A step that fails has a cause, and so has silence that is expected: what moved tells of it. */
static bool has_cause(const struct verdict *verdict, bool watch)
{
	return !verdict->passed || (watch && !strcmp(verdict->kind, "no-reply"));
}

/* With WATCH it is told what moved if the step fails, or nothing answered it. */
static struct error *run_step(
	struct site *site, const struct step *step, bool watch, struct arena *arena, struct verdict *verdict)
{
	const struct value *within = value_of(&step->values, "within");
	uint64_t deadline = loop_now() + (within ? run_patience(within->number) : 0), began;
	struct counts *before = NULL;
	struct error *error = NULL;

	while (!error) {
		began = loop_now();
		error = look_before(site, step, watch, arena, &before);
		if (!error)
			error = try_step(site, step, arena, before, verdict);
		if (error || verdict->passed || !within || began > deadline || loop_signal(site->loop))
			break;
		pause_between(began);
	}
	if (!error && before && has_cause(verdict, watch))
		error = observe_moved(site, arena, before, verdict);
	if (!error && !before && !verdict->passed && !step->verb->quiet)
		error = queues_tell(site, arena, verdict);
	return error;
}

/* A step of a lab that stands. */
static struct error *watch_here(struct site *site, const struct step *step, const struct run_watch *watch,
	struct arena *arena, struct verdict *verdict)
{
	struct error *error = watch->opened(watch->context, site);

	if (!error) {
		watch->begins(watch->context, site, step);
		error = run_step(site, step, true, arena, verdict);
	}
	if (!error)
		return watch->ended(watch->context, site, step, arena, verdict);
	error_free(capture_close(site, stderr));
	return error;
}

/* The lab once more, beside the first: it goes on from one step that is looked at to the next. */
struct rerun {
	const struct lab *lab;
	struct loop *loop;
	struct site *site; /* NULL: nothing was looked at yet */
	size_t done;	   /* steps */
};

static struct error *rerun_end(struct rerun *rerun)
{
	struct error *error = site_close(rerun->site);

	rerun->site = NULL;
	rerun->done = 0;
	return error;
}

/* Runs what comes before STEP and was not run yet. */
static struct error *rerun_until(struct rerun *rerun, const struct step *step)
{
	struct arena *arena = arena_open();
	struct error *error = NULL;

	if (!rerun->site) {
		error = site_open(rerun->lab, rerun->loop, -1, &rerun->site);
		if (!error)
			error = site_apply(rerun->site, plan_lab(rerun->site->arena, rerun->lab));
	}
	for (; !error && rerun->done + 1 < step->number; rerun->done++) {
		struct verdict verdict = { .step = &rerun->lab->steps[rerun->done], .kind = "" };

		error = run_step(rerun->site, verdict.step, false, arena, &verdict);
	}
	arena_close(arena);
	return error;
}

/* After an error the next one begins anew. */
static struct error *rerun_step(struct rerun *rerun, const struct step *step, const struct run_watch *watch,
	struct arena *arena, struct verdict *verdict)
{
	struct error *error = rerun_until(rerun, step);

	*verdict = (struct verdict) { .step = step, .kind = "" };
	if (!error)
		error = watch ? watch_here(rerun->site, step, watch, arena, verdict)
			      : run_step(rerun->site, step, true, arena, verdict);
	rerun->done = step->number;
	if (error)
		error_free(rerun_end(rerun));
	return error;
}

struct error *run_watched(const struct lab *lab, struct loop *loop, const struct step *step,
	const struct run_watch *watch, struct arena *arena, struct verdict *verdict)
{
	struct rerun rerun = { .lab = lab, .loop = loop };
	struct error *error = rerun_step(&rerun, step, watch, arena, verdict), *left = rerun_end(&rerun);

	if (!error)
		return left;
	error_free(left);
	return error;
}

/*
 * A run that passes pays nothing for what a failure would need: the lab is built once more, beside the first,
 * and the step that failed is watched in it. That this ends differently is a finding of its own.
 */
static void explain(struct rerun *rerun, const struct step *failed, const struct run_watch *watch,
	struct arena *arena, struct verdict *verdict)
{
	struct verdict second;
	struct error *error = rerun_step(rerun, failed, watch, arena, &second);

	if (error) {
		verdict->again = arena_printf(arena, "nothing: %s", error->text);
		error_free(error);
		return;
	}
	verdict->moved = second.moved;
	verdict->moved_count = second.moved_count;
	verdict->mechanism = second.mechanism;
	verdict->cause = second.cause;
	verdict->ended = second.ended;
	verdict->evidence = second.evidence;
	verdict->evidence_count = second.evidence_count;
	verdict->blind = second.blind;
	if (second.passed != verdict->passed || strcmp(second.kind, verdict->kind) != 0)
		verdict->again = second.seen;
}

/* The mechanisms by which silence must have come, where the step says any: whether SEEN is one of them. */
static bool is_wanted(const struct step *step, enum mechanism seen, bool *any)
{
	bool found = false, silent = false, always = true;

	for (size_t i = 0; i < step->expect_count; i++) {
		const struct expectation *expectation = &step->expect[i];

		if (expectation->kind != EXPECT_WORD || strcmp(expectation->word, "no-reply") != 0)
			continue;
		silent = true;
		always &= expectation->cause != CAUSE_UNKNOWN;
		found |= expectation->cause == seen;
	}
	*any = silent && always;
	return found;
}

void run_check_cause(const struct step *step, bool watched, struct arena *arena, struct verdict *verdict)
{
	const char *wrong;
	bool asked;

	if (!verdict->passed || strcmp(verdict->kind, "no-reply") != 0 ||
		is_wanted(step, verdict->mechanism, &asked) || !asked)
		return;
	wrong = watched ? arena_printf(arena, "the cause of the silence is %s",
				  verdict->cause ? mechanism_name(verdict->mechanism) : "not sure")
			: "the cause of the silence is not looked for in a lab that is up and captured";
	verdict->passed = false;
	verdict_add_wrong(arena, verdict, wrong);
}

/* Steps being run, and told of. */
struct telling {
	struct site *site;
	const struct run_options *options;
	const struct run_listener *listener;
	struct rerun rerun;
	bool watch; /* what moves is looked at: once a step has failed, speed matters no more */
	bool heard; /* false: nobody hears any more */
};

/* A lab that stays cannot be run once more: whoever watches its steps does so in the first run. What is
 * captured for the user is not captured for them, too. */
static bool is_watched_here(const struct telling *telling, const struct step *step)
{
	return telling->options->stays && telling->listener->watch && step->verb->probe &&
	       !telling->site->capture;
}

/* Silence is what was expected, and must have the right cause: that takes a second run, where the first was
 * not watched.
 */
static void check_cause(
	struct telling *telling, const struct step *step, struct arena *arena, struct verdict *verdict)
{
	const struct run_watch *watch = telling->listener->watch;
	bool asked, again = watch && !telling->options->stays;

	if (telling->options->unexplained || !verdict->passed || strcmp(verdict->kind, "no-reply") != 0)
		return;
	is_wanted(step, CAUSE_UNKNOWN, &asked);
	if (!asked)
		return;
	if (again)
		explain(&telling->rerun, step, watch, arena, verdict);
	run_check_cause(step, again || is_watched_here(telling, step), arena, verdict);
}

/* What a machine that was too slow lets one see has no cause in the lab. */
static void forget_cause(struct verdict *verdict)
{
	verdict->mechanism = CAUSE_UNKNOWN;
	verdict->cause = verdict->ended = NULL;
	verdict->evidence_count = 0;
}

static bool is_unexplained(const struct telling *telling, const struct verdict *verdict)
{
	const struct run_options *options = telling->options;

	return !verdict->passed && !verdict->cause && !verdict->slow &&
	       (telling->listener->watch || !verdict->moved) && !verdict->step->verb->quiet &&
	       !options->stays && !options->unexplained && !loop_signal(telling->site->loop);
}

/* One step, told to the listener. */
static struct error *tell_step(struct telling *telling, const struct step *step, bool *passed)
{
	const struct run_listener *listener = telling->listener;
	struct site *site = telling->site;
	struct arena *arena = arena_open();
	struct verdict verdict = { .step = step };
	struct error *error;

	verdict.did = step_print(arena, step);
	verdict.expected = expectation_print(arena, step);
	if (is_watched_here(telling, step))
		error = watch_here(site, step, listener->watch, arena, &verdict);
	else
		error = run_step(site, step, telling->watch, arena, &verdict);
	if (!error)
		check_cause(telling, step, arena, &verdict);
	if (verdict.slow)
		forget_cause(&verdict);
	verdict.excused = verdict.slow && telling->options->slow_ok;
	if (!error && is_unexplained(telling, &verdict))
		explain(&telling->rerun, step, listener->watch, arena, &verdict);
	if (error)
		error = error_wrap(error, "%s: step %zu, %s",
			place_print(arena, &site->lab->text, step->where), step->number, step->name);
	else
		telling->heard = listener->ended(listener->context, &verdict);
	*passed = verdict.passed || verdict.excused;
	telling->watch |= !verdict.passed;
	arena_close(arena);
	return error;
}

struct error *run_steps(struct site *site, const struct step *steps, size_t count,
	const struct run_options *options, const struct run_listener *listener, size_t *failed,
	const struct step **last)
{
	struct telling telling = { .site = site,
		.options = options,
		.listener = listener,
		.rerun = { .lab = site->lab, .loop = site->loop },
		.watch = options->stays,
		.heard = true };
	struct error *error = NULL, *left;

	*failed = 0;
	for (size_t i = 0; i < count && !error && telling.heard; i++) {
		const struct step *step = &steps[i];
		bool passed = true, fails;

		error = tell_step(&telling, step, &passed);
		fails = !error && !passed && !step->todo;
		*failed += fails;
		if (last)
			*last = step;
		if (options->last_step == step->number || (fails && options->stop_at_failure))
			break;
	}
	left = rerun_end(&telling.rerun);
	if (!error)
		return left;
	error_free(left);
	return error;
}

struct error *run_build(struct site *site)
{
	struct error *error = require_all(site);

	return error ? error : site_apply(site, plan_lab(site->arena, site->lab));
}

/* What it has to say is no error of the run. */
static void end_capture(struct site *site, const struct run_listener *listener)
{
	struct error *error = site ? capture_close(site, stderr) : NULL;

	if (error)
		listener->uncaptured(listener->context, error);
	error_free(error);
}

struct error *run_lab(const struct lab *lab, struct loop *loop, const struct run_options *options,
	const struct run_listener *listener, size_t *failed)
{
	struct site *site = NULL;
	struct error *error = site_open(lab, loop, -1, &site), *left;

	*failed = 0;
	if (!error && options->pcap)
		error = capture_open(site, options->pcap);
	if (!error)
		error = run_build(site);
	if (!error) {
		listener->built(listener->context, site);
		error = run_steps(site, lab->steps, lab->step_count, options, listener, failed, NULL);
	}
	end_capture(site, listener);
	left = site_close(site);
	if (!error && !left && loop_signal(loop))
		error = error_new(STATUS_UNABLE, EINTR, "taking down was interrupted");
	if (!error)
		return left;
	error_free(left);
	return error;
}
