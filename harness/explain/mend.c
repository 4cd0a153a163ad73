/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/mend.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/cause.h"
#include "explain/mend_idea.h"
#include "explain/want.h"
#include "run/run.h"

/* Waits, in nanoseconds: a reply that comes at all comes within a few milliseconds. */
enum {
	WAIT_FIRST = 120 * 1000000,   /* of the step as it is tried */
	WAIT_SILENCE = 200 * 1000000, /* of a step before that expects no reply */
	WAIT_PROOF = 400 * 1000000,   /* of the step as it is tried once more */
	WAIT_STOPPED = 200 * 1000000, /* the same where silence is wanted */
	WAIT_WITHIN = 600 * 1000000,  /* that it is repeated for */
	SILENT = 60 * 1000000,	      /* a step that took longer has waited for nothing */
	PROVEN_MOST = 16,
};

/* What is known of the lab without a change. */
struct plain {
	struct step wanted;
	struct step *earlier;  /* the steps before, which do not wait for silence for long */
	bool *passed, *silent; /* by them */
	bool one_mtu;
	struct ideas ideas;
	struct view view;
	struct verdict verdict; /* of the step, as wanted */
};

static bool is_good(const struct expectation *expectation)
{
	static const char *const words[] = { "reply", "connected", "done", "found" };

	if (expectation->kind == EXPECT_VALUES)
		return true;
	for (size_t i = 0; expectation->kind == EXPECT_WORD && i < sizeof words / sizeof *words; i++)
		if (!strcmp(expectation->word, words[i]))
			return true;
	return false;
}

static bool expects_silence(const struct expectation *expectation)
{
	return expectation->kind == EXPECT_WORD && !strcmp(expectation->word, "no-reply");
}

/* The value of a duration, if that is said and longer, becomes MOST. */
static void shorten(struct arena *arena, struct step *step, const char *key, uint64_t most)
{
	struct values values = { arena_copy(arena, step->values.at, step->values.count * sizeof *values.at),
		step->values.count };
	struct value *value = (struct value *)value_of(&values, key);

	if (value && value->number > most)
		value->number = most;
	step->values = values;
}

/* How one step went. */
struct hearing {
	struct arena *arena;
	struct verdict verdict;
};

static void built(void *context, const struct site *site)
{
	(void)context;
	(void)site;
}

static void keep_moved(struct arena *arena, const struct verdict *verdict, struct verdict *out)
{
	*out = (struct verdict) { .passed = verdict->passed,
		.kind = arena_printf(arena, "%s", verdict->kind ? verdict->kind : ""),
		.moved_count = verdict->moved_count };
	out->moved = arena_take(arena, (verdict->moved_count + 1) * sizeof *out->moved);
	for (size_t i = 0; i < verdict->moved_count; i++) {
		const struct moved *moved = &verdict->moved[i];

		out->moved[i].where = arena_printf(arena, "%s", moved->where);
		out->moved[i].counts.count = moved->counts.count;
		out->moved[i].counts.at =
			arena_copy(arena, moved->counts.at, moved->counts.count * sizeof *moved->counts.at);
		for (size_t j = 0; j < moved->counts.count; j++)
			out->moved[i].counts.at[j].name = arena_printf(arena, "%s", moved->counts.at[j].name);
	}
}

static bool ended(void *context, const struct verdict *verdict)
{
	struct hearing *hearing = context;

	keep_moved(hearing->arena, verdict, &hearing->verdict);
	return true;
}

static struct error *run_one(
	struct site *site, const struct step *step, bool watched, struct hearing *hearing)
{
	const struct run_options options = { .unexplained = true, .stays = watched, .allow_exec = true };
	const struct run_listener listener = { .built = built, .ended = ended, .context = hearing };
	size_t failed;

	return run_steps(site, step, 1, &options, &listener, &failed, NULL);
}

static int by_cost(const void *one, const void *other)
{
	const struct idea *a = one, *b = other;

	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void think(struct ideas *ideas)
{
	const struct view *view = ideas->view;
	bool lacks = view->wants_success && !view->gets_through;

	if (lacks)
		ideas_missing(ideas);
	if (view->target_count) {
		ideas_routes(ideas);
		ideas_rules(ideas);
		if (lacks) {
			ideas_links(ideas);
			ideas_bridge(ideas);
			ideas_routers(ideas);
		}
		if (view->wants_success) {
			ideas_wires(ideas);
			ideas_firewall(ideas);
		}
		if (view->wants_stop)
			ideas_stops(ideas);
	}
	ideas_settings(ideas);
	qsort(ideas->at, ideas->count, sizeof *ideas->at, by_cost);
}

/* Where nothing gets through as it is, an error may take what silence lacks. */
static void note_want(const struct step *wanted, struct view *view, const struct verdict *found)
{
	const struct expectation *first = &wanted->expect[0];

	view->wanted = first;
	view->gets_through = got_through(found);
	view->wants_stop = !is_good(first);
	view->wants_success =
		!view->wants_stop || (!view->gets_through && (!expects_silence(first) || first->cause));
	view->counts = wanted->packets_count || wanted->counters_count;
}

static struct error *look(
	struct site *site, const struct mending *mending, struct arena *arena, struct plain *out)
{
	size_t before = mending->step->number - 1;
	struct error *error = site_apply(site, plan_lab(site->arena, site->lab));
	struct hearing hearing = { .arena = arena };
	struct step wanted = out->wanted;

	shorten(arena, &wanted, "timeout", WAIT_FIRST);
	shorten(arena, &wanted, "within", WAIT_FIRST);
	for (size_t i = 0; !error && i < before; i++) {
		const struct step *step = &out->earlier[i];
		uint64_t began = loop_now();

		error = run_one(site, step, false, &hearing);
		out->passed[i] = hearing.verdict.passed;
		out->silent[i] = step->verb->probe && !step->verb->quiet && loop_now() - began > SILENT;
	}
	if (!error)
		error = view_open(&out->view, site, mending->step, arena);
	if (!error) /* behind the view, which is of what the step finds */
		error = run_one(site, &wanted, true, &hearing);
	if (error)
		return error;
	out->verdict = hearing.verdict;
	note_want(&out->wanted, &out->view, &out->verdict);
	view_moved(&out->view, &out->verdict);
	out->one_mtu = view_one_mtu(&out->view);
	out->ideas.view = &out->view;
	think(&out->ideas);
	return NULL;
}

static struct error *look_first(const struct mending *mending, struct arena *arena, struct plain *out)
{
	struct site *site = NULL;
	struct error *error = site_open(mending->lab, mending->loop, -1, &site), *left;

	if (!error)
		error = look(site, mending, arena, out);
	view_close(&out->view);
	left = site_close(site);
	if (!error)
		return left;
	error_free(left);
	return error;
}

static size_t group_of(const struct ideas *ideas, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!strcmp(ideas->at[i].group, ideas->at[index].group))
			return i;
	return index;
}

/* Of each group that helps the best two are proven; the best of all first. */
static size_t choose(const struct ideas *ideas, const struct trial *tried, size_t *chosen)
{
	size_t count = 0;

	for (size_t i = 0; i < ideas->count && count < PROVEN_MOST; i++) {
		size_t same = 0;

		if (tried[i].end != TRIAL_HELPS)
			continue;
		for (size_t j = 0; j < count; j++)
			same += group_of(ideas, chosen[j]) == group_of(ideas, i);
		if (same < 2)
			chosen[count++] = i;
	}
	return count;
}

/* Tries them once more: from the lab's start, and, where that is not known yet, just before the step. */
static struct error *prove(const struct trials *trials, const struct ideas *ideas, const size_t *chosen,
	size_t count, struct arena *arena, uint8_t *early, uint8_t *late)
{
	struct trial *again = arena_take(arena, (2 * count + 1) * sizeof *again);
	struct error *error;
	size_t todo = 0;

	for (size_t i = 0; i < count; i++)
		for (int from_start = 0; from_start < 2; from_start++)
			if (from_start || late[i] != TRIAL_HELPS)
				again[todo++] = (struct trial) { .change = ideas->at[chosen[i]].trial.change,
					.from_start = from_start };
	error = trials_run(trials, again, todo);
	todo = 0;
	for (size_t i = 0; i < count; i++) {
		late[i] = late[i] == TRIAL_HELPS ? TRIAL_HELPS : again[todo++].end;
		early[i] = again[todo++].end;
		late[i] = early[i] == TRIAL_HELPS ? TRIAL_HELPS : late[i];
	}
	return error;
}

/* What reading a change has noted of the lab. */
static void forget_change(struct lab *lab, const bool *uses_nft)
{
	for (size_t i = 0; i < lab->namespace_count; i++)
		lab->namespaces[i]->uses_nft = uses_nft[i];
}

/* What no command of the system's does. */
static const char *print_step(struct arena *arena, const struct lab *lab, const struct mend *mend)
{
	return arena_printf(arena, "tunlab step %s '%s'", lab_base_name(arena, lab->text.file), mend->text);
}

/* The commands, of which a plan has one for each operation. */
static void print_lines(struct arena *arena, struct lab *lab, struct mend *mend)
{
	bool *uses_nft = arena_take(arena, lab->namespace_count + 1);
	struct text *text = arena_take(lab->arena, sizeof *text);
	char *told = NULL;
	size_t size = 0, count = 0;
	FILE *to = open_memstream(&told, &size);
	struct step *steps = NULL;
	const struct plan *plan;
	const char **lines = NULL;

	if (!to)
		memory_exhausted();
	for (size_t i = 0; i < lab->namespace_count; i++)
		uses_nft[i] = lab->namespaces[i]->uses_nft;
	*text = (struct text) { .file = "change",
		.bytes = arena_printf(lab->arena, "%s", mend->text),
		.length = strlen(mend->text) };
	if (lab_extend(lab, text, NULL, NULL, to, &steps, &count) == STATUS_PASSED && count &&
		steps->change) {
		plan = plan_change(arena, lab, steps->change);
		for (size_t i = 0; i < plan->count; i++) {
			const char *line =
				plan->at[i].kind == OPERATION_IMPAIR || plan->at[i].kind == OPERATION_ROUTER
					? print_step(arena, lab, mend)
					: operation_print(arena, &plan->at[i]);

			arena_append(arena, &lines, &mend->line_count, &line, sizeof line);
		}
	}
	forget_change(lab, uses_nft);
	mend->lines = lines;
	fclose(to);
	free(told);
}

/* Whether silence must have come for a cause. */
static bool wants_cause(const struct step *wanted)
{
	for (size_t i = 0; i < wanted->expect_count; i++)
		if (expects_silence(&wanted->expect[i]) && wanted->expect[i].cause != CAUSE_UNKNOWN)
			return true;
	return false;
}

static bool skips(const struct plain *plain)
{
	for (size_t i = 0; i + 1 < plain->wanted.number; i++)
		if (plain->silent[i])
			return true;
	return false;
}

static unsigned default_jobs(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 1 ? 8 : processors > 4 ? 32 : (unsigned)processors * 8;
}

/* What was chosen, and how each of it ended from the lab's start and just before the step. */
struct proofs {
	const struct ideas *ideas;
	const size_t *chosen;
	size_t count;
	const uint8_t *early, *late; /* enum trial_end */
	bool caused; /* it is not known yet whether what helped does for the cause that is wanted */
};

/* What helped, and could not be tried once more for lack of time, counts as well. */
static bool is_proven(const struct proofs *proofs, size_t i)
{
	return proofs->late[i] == TRIAL_HELPS || (!proofs->caused && proofs->late[i] == TRIAL_UNTRIED);
}

/* Of those that do the same only the first is told. */
static void tell(
	const struct proofs *proofs, struct arena *arena, struct lab *lab, struct mend **out, size_t *count)
{
	for (size_t i = 0; i < proofs->count && *count < MENDS_MOST; i++) {
		const struct idea *idea = &proofs->ideas->at[proofs->chosen[i]];
		struct mend mend = { .text = idea->trial.change,
			.also = idea->also,
			.cost = idea->cost,
			.late = proofs->early[i] != TRIAL_HELPS && proofs->early[i] != TRIAL_UNTRIED,
			.unproven = proofs->early[i] == TRIAL_UNTRIED };
		bool known = false;

		for (size_t j = 0; j < i; j++)
			known |= is_proven(proofs, j) &&
				 !strcmp(proofs->ideas->at[proofs->chosen[j]].group, idea->group);
		if (!is_proven(proofs, i) || known)
			continue;
		print_lines(arena, lab, &mend);
		arena_append(arena, out, count, &mend, sizeof mend);
	}
}

static struct error *search(struct arena *arena, const struct mending *mending, struct plain *plain,
	uint64_t deadline, struct mend **out, size_t *count, struct mend_tally *tally)
{
	struct ideas *ideas = &plain->ideas;
	struct step wanted = plain->wanted;
	struct trials trials = { .lab = mending->lab,
		.earlier = plain->earlier,
		.wanted = &wanted,
		.passed = plain->passed,
		.skipped = plain->silent,
		/* the kernel remembers the MTU of a path, neighbours, redirects; a wire what it let pass */
		.fresh = !plain->one_mtu || plain->view.counts || plain->view.impaired,
		.silences = !plain->view.wants_success,
		.caused = wants_cause(&wanted) && !plain->view.gets_through, /* silence alone says nothing */
		.loop = mending->loop,
		.jobs = mending->jobs ? mending->jobs : default_jobs(),
		.deadline = loop_now() + (deadline > loop_now() ? (deadline - loop_now()) * 2 / 3 : 0) };
	struct trial *first = arena_take(arena, (ideas->count + 1) * sizeof *first);
	size_t *chosen = arena_take(arena, PROVEN_MOST * sizeof *chosen), chosen_count = 0;
	uint8_t *early = arena_take(arena, PROVEN_MOST), *late = arena_take(arena, PROVEN_MOST);
	uint64_t began = loop_now();
	struct error *error;

	for (size_t i = 0; i < ideas->count; i++)
		first[i] = ideas->at[i].trial;
	shorten(arena, &wanted, "timeout", WAIT_FIRST);
	shorten(arena, &wanted, "within", WAIT_WITHIN);
	error = trials_run(&trials, first, ideas->count);
	tally->trying = loop_now() - began;
	began = loop_now();
	if (!error)
		chosen_count = choose(ideas, first, chosen);
	for (size_t i = 0; i < chosen_count; i++)
		late[i] = skips(plain) || wants_cause(&wanted) ? TRIAL_UNTRIED : TRIAL_HELPS;
	trials.caused = wants_cause(&wanted);
	wanted = plain->wanted;
	shorten(arena, &wanted, "timeout", plain->view.wants_success ? WAIT_PROOF : WAIT_STOPPED);
	trials.skipped = NULL;
	trials.deadline = deadline;
	if (!error)
		error = prove(&trials, ideas, chosen, chosen_count, arena, early, late);
	tally->proving = loop_now() - began;
	tally->candidates = ideas->count;
	for (size_t i = 0; i < ideas->count; i++)
		tally->tried += first[i].end != TRIAL_UNTRIED;
	tally->late = loop_now() >= deadline || tally->tried < ideas->count;
	if (!error)
		tell(&(struct proofs) { ideas, chosen, chosen_count, early, late, trials.caused }, arena,
			(struct lab *)mending->lab, out, count);
	return error;
}

static void shorten_earlier(struct arena *arena, const struct mending *mending, struct plain *plain)
{
	size_t count = mending->step->number - 1;

	plain->earlier = arena_copy(arena, mending->lab->steps, count * sizeof *plain->earlier);
	for (size_t i = 0; i < count; i++)
		if (plain->earlier[i].expect_count && expects_silence(&plain->earlier[i].expect[0]))
			shorten(arena, &plain->earlier[i], "timeout", WAIT_SILENCE);
}

struct error *mends_find(struct arena *arena, const struct mending *mending, struct mend **out, size_t *count,
	struct mend_tally *tally)
{
	uint64_t began = loop_now(), deadline = began + mending->budget;
	struct plain *plain = arena_take(arena, sizeof *plain);
	struct mend_tally unheard = { 0 };
	struct error *error = want_read(mending->lab, mending->step, mending->want, &plain->wanted);

	tally = tally ? tally : &unheard;
	*tally = (struct mend_tally) { 0 };
	*out = NULL;
	*count = 0;
	if (error)
		return error;
	plain->passed = arena_take(arena, mending->step->number);
	plain->silent = arena_take(arena, mending->step->number);
	shorten_earlier(arena, mending, plain);
	error = look_first(mending, arena, plain);
	tally->looking = loop_now() - began;
	return error ? error : search(arena, mending, plain, deadline, out, count, tally);
}
