/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/mend_look.h"

#include <stdlib.h>
#include <string.h>

#include "explain/cause.h"
#include "run/run.h"

enum {
	WAIT_SILENCE = 200 * 1000000, /* nanoseconds, of a step before that expects no reply */
	SILENT = 60 * 1000000,	      /* a step that took longer has waited for nothing */
};

bool mend_expects_silence(const struct expectation *expectation)
{
	return expectation->kind == EXPECT_WORD && !strcmp(expectation->word, "no-reply");
}

void mend_shorten(struct arena *arena, struct step *step, const char *key, uint64_t most)
{
	struct values values = { arena_copy(arena, step->values.at, step->values.count * sizeof *values.at),
		step->values.count };
	struct value *value = (struct value *)value_of(&values, key);

	if (value && value->number > most)
		value->number = most;
	step->values = values;
}

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
		!view->wants_stop || (!view->gets_through && (!mend_expects_silence(first) || first->cause));
	view->counts = wanted->packets_count || wanted->counters_count;
}

static struct error *look(
	struct site *site, const struct mending *mending, struct arena *arena, struct plain *out)
{
	size_t before = mending->step->number - 1;
	struct error *error = site_apply(site, plan_lab(site->arena, site->lab));
	struct hearing hearing = { .arena = arena };
	struct step wanted = out->wanted;

	mend_shorten(arena, &wanted, "timeout", WAIT_FIRST);
	mend_shorten(arena, &wanted, "within", WAIT_FIRST);
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

static void shorten_earlier(struct arena *arena, const struct mending *mending, struct plain *plain)
{
	size_t count = mending->step->number - 1;

	plain->earlier = arena_copy(arena, mending->lab->steps, count * sizeof *plain->earlier);
	for (size_t i = 0; i < count; i++)
		if (plain->earlier[i].expect_count && mend_expects_silence(&plain->earlier[i].expect[0]))
			mend_shorten(arena, &plain->earlier[i], "timeout", WAIT_SILENCE);
}

struct error *mend_look(const struct mending *mending, struct arena *arena, struct plain *out)
{
	struct site *site = NULL;
	struct error *error, *left;

	out->passed = arena_take(arena, mending->step->number);
	out->silent = arena_take(arena, mending->step->number);
	shorten_earlier(arena, mending, out);
	error = site_open(mending->lab, mending->loop, -1, &site);
	if (!error)
		error = look(site, mending, arena, out);
	view_close(&out->view);
	left = site_close(site);
	if (!error)
		return left;
	error_free(left);
	return error;
}
