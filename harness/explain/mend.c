/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/mend.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/cause.h"
#include "explain/mend_look.h"
#include "explain/want.h"

/* Waits, in nanoseconds; see mend_look.h. */
enum {
	WAIT_PROOF = 400 * 1000000,   /* of the step as it is tried once more */
	WAIT_STOPPED = 200 * 1000000, /* the same where silence is wanted */
	WAIT_WITHIN = 600 * 1000000,  /* that it is repeated for */
	PROVEN_MOST = 16,
};

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
		if (mend_expects_silence(&wanted->expect[i]) && wanted->expect[i].cause != CAUSE_UNKNOWN)
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
	mend_shorten(arena, &wanted, "timeout", WAIT_FIRST);
	mend_shorten(arena, &wanted, "within", WAIT_WITHIN);
	error = trials_run(&trials, first, ideas->count);
	tally->trying = loop_now() - began;
	began = loop_now();
	if (!error)
		chosen_count = choose(ideas, first, chosen);
	for (size_t i = 0; i < chosen_count; i++)
		late[i] = skips(plain) || wants_cause(&wanted) ? TRIAL_UNTRIED : TRIAL_HELPS;
	trials.caused = wants_cause(&wanted);
	wanted = plain->wanted;
	mend_shorten(arena, &wanted, "timeout", plain->view.wants_success ? WAIT_PROOF : WAIT_STOPPED);
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
	error = mend_look(mending, arena, plain);
	tally->looking = loop_now() - began;
	return error ? error : search(arena, mending, plain, deadline, out, count, tally);
}
