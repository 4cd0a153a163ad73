/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of all namespaces: what they are, what moved, and whether it moved as a step expects. */
#include <inttypes.h>
#include <poll.h>

#include "run/observe.h"
#include "run/relayed.h"

static struct error *open_counters(struct site *site, struct site_netns *there)
{
	struct error *error;

	if (there->counters_open)
		return NULL;
	error = site_enter(site, there->described);
	if (!error)
		error = counters_open(&there->counters, site->lab->uses_ipv6, there->described->uses_nft);
	there->counters_open = !error;
	return error;
}

struct error *observe_look(struct site *site, struct arena *arena, struct counts **out)
{
	size_t count = site->lab->namespace_count;
	struct counts *counts = arena_take(arena, count * sizeof *counts);
	struct error *error = NULL, *left;

	for (size_t i = 0; i < count && !error; i++) {
		struct site_netns *there = &site->namespaces[i];

		error = open_counters(site, there);
		if (!error)
			error = counters_read(arena, &there->counters, there->rtnl, &counts[i]);
		relayed_add(site, arena, there->described, &counts[i]);
	}
	left = site_leave(site);
	*out = counts;
	if (!error)
		return left;
	error_free(left);
	return error;
}

/* A router's counters are those of all its ends. */
static struct counts told_once(struct arena *arena, const struct netns *in, struct counts moved)
{
	size_t kept = 0;

	for (size_t i = 0; i < moved.count; i++)
		if (!relayed_is_told_elsewhere(arena, in, moved.at[i].name))
			moved.at[kept++] = moved.at[i];
	moved.count = kept;
	return moved;
}

struct error *observe_moved(
	struct site *site, struct arena *arena, const struct counts *before, struct verdict *verdict)
{
	struct counts *after;
	/* A relay that had no processor has packets of the step yet to carry. */
	struct error *error = site->relay ? relay_barrier(site->relay) : NULL;

	if (!error)
		error = observe_look(site, arena, &after);
	for (size_t i = 0; !error && i < site->lab->namespace_count; i++) {
		const struct netns *in = site->lab->namespaces[i];
		struct moved moved = { .where = in->name };

		moved.counts = told_once(arena, in, counts_moved(arena, &before[i], &after[i]));
		if (moved.counts.count)
			arena_append(arena, &verdict->moved, &verdict->moved_count, &moved, sizeof moved);
	}
	return error;
}

/* The counters of nftables that are there, for one that is not. */
static const char *nft_counters_there(struct arena *arena, const struct counts *counts)
{
	const char *list = "";

	for (size_t i = 0; i < counts->count; i++)
		if (counter_is_nft(counts->at[i].name))
			list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", counts->at[i].name);
	return *list ? arena_printf(arena, "there are: %s", list) : "there is none of nft's named counters";
}

/* What is wrong with a counter that was FIRST or LAST not there; NULL: it was there, or its moving will tell.
 * One of nftables must be there from the step's beginning: what a new one counted is not what the step moved.
 */
static const char *counter_missing(struct arena *arena, const struct counter *counter,
	const struct counts *before, const struct counts *after)
{
	uint64_t ignored;
	bool nft = counter_is_nft(counter->name);

	if (nft && !counts_get(before, counter->name, &ignored))
		return arena_printf(
			arena, "it was not there when the step began; %s", nft_counters_there(arena, before));
	if (counts_get(after, counter->name, &ignored))
		return NULL;
	return nft ? "it was taken away meanwhile" : "this kernel has none of that name (see nstat -as)";
}

static bool counters_hold(
	struct observation *observation, const struct counts *after, struct verdict *verdict)
{
	struct arena *arena = observation->arena;
	bool hold = true;

	for (size_t i = 0; i < observation->step->counters_count; i++) {
		const struct counter *counter = &observation->step->counters[i];
		const struct counts *before = &observation->before[counter->in->index];
		const struct counts *now = &after[counter->in->index];
		const char *missing = counter_missing(arena, counter, before, now);
		uint64_t first = 0, last = 0, moved;

		counts_get(before, counter->name, &first);
		counts_get(now, counter->name, &last);
		moved = last < first ? last : last - first; /* it was made anew */
		if (!missing && bounds_hold(&counter->count, moved))
			continue;
		hold = false;
		if (!verdict)
			continue;
		observation->many |= !missing && moved > counter->count.most;
		observation->other |= missing || moved < counter->count.least;
		verdict_add_wrong(arena, verdict,
			missing ? arena_printf(arena, "counter %s in %s: %s", counter->name,
					  counter->in->name, missing)
				: arena_printf(arena, "counter %s in %s: moved by %" PRIu64 ", expected %s",
					  counter->name, counter->in->name, moved,
					  bounds_print(arena, &counter->count)));
	}
	return hold;
}

struct error *observe_counters(struct observation *observation, uint64_t deadline, struct verdict *verdict)
{
	struct counts *after;
	struct error *error;

	if (!observation->step->counters_count)
		return NULL;
	for (;;) {
		error = observe_look(observation->site, observation->arena, &after);
		if (error || counters_hold(observation, after, NULL) || loop_now() > deadline ||
			loop_signal(observation->site->loop))
			break;
		poll(NULL, 0, 1);
	}
	if (!error)
		counters_hold(observation, after, verdict);
	return error;
}
