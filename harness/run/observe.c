/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/observe.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#include "run/relayed.h"

enum {
	LOOKS = 10,	       /* that find nothing: then nothing is under way, however slow the machine is */
	SENT_AGAIN = 200000000 /* nanoseconds after which TCP does so, at the earliest (TCP_RTO_MIN) */
};

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

static bool is_ethernet(const struct link *link)
{
	return link->kind->ethernet || link->kind->made == LINK_IS_THERE;
}

/* The socket that watches this namespace, opened now if the lab has not needed it before. */
static struct error *watch_netns(
	struct observation *observation, const struct netns *in, struct observed_netns **out)
{
	struct observed_netns one = { .observation = observation, .there = site_of(observation->site, in) };
	struct error *error = NULL;

	for (size_t i = 0; i < observation->netns_count; i++) {
		*out = &observation->namespaces[i];
		if ((*out)->there == one.there)
			return NULL;
	}
	if (!one.there->packets) {
		error = site_enter(observation->site, in);
		if (!error)
			error = packet_open(&one.there->packets);
	}
	if (!error)
		*out = arena_append(observation->arena, &observation->namespaces, &observation->netns_count,
			&one, sizeof one);
	return error;
}

static struct error *watch_device(struct observation *observation, size_t source)
{
	struct observed_packets *packets = &observation->packets[source];
	const struct link *link = packets->wanted->at;
	struct observed_netns *watched;
	struct packet_count count = { .direction = packets->wanted->direction, .filter = packets->filter };
	struct error *error = watch_netns(observation, link->in, &watched);
	size_t sources;

	if (error)
		return error;
	sources = watched->count;
	count.device = rtnl_index(watched->there->rtnl, link->name);
	count.loopback = !strcmp(link->name, "lo");
	arena_append(observation->arena, &watched->sources, &sources, &source, sizeof source);
	arena_append(observation->arena, &watched->counts, &watched->count, &count, sizeof count);
	return NULL;
}

static struct error *watch_packets(struct observation *observation, size_t source)
{
	struct observed_packets *packets = &observation->packets[source];
	const struct packets *wanted = packets->wanted;
	const char *wrong = wanted->filter ? filter_compile(observation->arena, wanted->filter,
						     is_ethernet(wanted->at), &packets->filter)
					   : NULL;

	if (wrong)
		return error_new(STATUS_UNABLE, 0, "%s: %s", wanted->filter, wrong);
	if (!wanted->wire)
		return watch_device(observation, source);
	/* What goes out of the device comes into the wire: the relay counts by the device's own direction. */
	return relay_add_watch(observation->site->relay, wanted->at->port,
		(enum relay_direction)wanted->direction, packets->filter.at, packets->filter.count,
		&packets->relay_watch);
}

static struct error *read_netns(struct observed_netns *watched)
{
	return packet_read(watched->there->packets, watched->counts, watched->count);
}

static void packets_came(struct watch *watch, uint32_t events)
{
	struct observed_netns *watched = watch->owner;
	struct site *site = watched->observation->site;
	struct error *error = read_netns(watched);

	(void)events;
	if (!error)
		return;
	if (site->failed)
		error_free(error);
	else
		site->failed = error;
	loop_end(site->loop);
}

static struct error *begin_reading(struct observation *observation)
{
	struct error *error = NULL;

	for (size_t i = 0; i < observation->netns_count && !error; i++) {
		struct observed_netns *watched = &observation->namespaces[i];

		error = packet_read(watched->there->packets, NULL, 0);
		if (error)
			break;
		packet_lost(watched->there->packets);
		watched->watch = (struct watch) { .fd = packet_descriptor(watched->there->packets),
			.events = EPOLLIN,
			.ready = packets_came,
			.owner = watched };
		error = loop_add(observation->site->loop, &watched->watch);
	}
	return error;
}

/* Waits until the relay has nothing left to carry, nor, on wires with delays, under way for as long as these
 * are in all. */
static struct error *settle(const struct observation *observation)
{
	const struct site *site = observation->site;

	if (!site->relay)
		return NULL;
	return lab_delay(site->lab) ? relay_settle(site->relay, observation->settled)
				    : relay_barrier(site->relay);
}

struct error *observe_begin(struct observation *out, struct site *site, const struct step *step,
	struct arena *arena, struct counts *before)
{
	struct error *error = NULL, *left;

	*out = (struct observation) { .site = site, .step = step, .arena = arena, .before = before };
	if (!step->packets_count)
		return NULL;
	out->packets = arena_take(arena, step->packets_count * sizeof *out->packets);
	/* What is still under way belongs to the step before. */
	out->settled = loop_now() + lab_delay(site->lab);
	error = settle(out);
	for (size_t i = 0; i < step->packets_count; i++)
		out->packets[i] =
			(struct observed_packets) { .wanted = &step->packets[i], .relay_watch = UINT32_MAX };
	for (size_t i = 0; i < step->packets_count && !error; i++)
		error = watch_packets(out, i);
	left = site_leave(site);
	if (!error)
		error = left;
	else
		error_free(left);
	return error ? error : begin_reading(out);
}

static void sum_up(struct observation *observation)
{
	for (size_t i = 0; i < observation->step->packets_count; i++)
		observation->packets[i].seen = observation->packets[i].wanted->wire
						       ? relay_watch_count(observation->site->relay,
								 observation->packets[i].relay_watch)
						       : 0;
	for (size_t i = 0; i < observation->netns_count; i++) {
		const struct observed_netns *watched = &observation->namespaces[i];

		for (size_t j = 0; j < watched->count; j++)
			observation->packets[watched->sources[j]].seen += watched->counts[j].packets;
	}
}

static bool minima_met(const struct observation *observation)
{
	for (size_t i = 0; i < observation->step->packets_count; i++)
		if (observation->packets[i].seen < observation->packets[i].wanted->count.least)
			return false;
	return true;
}

/*
 * Reads what the sockets have, and says whether that was nothing for a while: an answer can come some 100 us
 * after the verdict (a second ARP reply). What the relay still carries has arrived once it answers the
 * barrier.
 */
static struct error *read_rest(struct observation *observation, bool *quiet)
{
	struct error *error = settle(observation);

	*quiet = true;
	for (size_t i = 0; i < observation->netns_count && !error; i++) {
		struct observed_netns *watched = &observation->namespaces[i];
		struct pollfd pollfd = { .fd = watched->watch.fd, .events = POLLIN };

		if (poll(&pollfd, 1, 1) <= 0)
			continue;
		*quiet = false;
		error = read_netns(watched);
	}
	return error;
}

static const char *bounds_print(struct arena *arena, const struct bounds *bounds)
{
	if (bounds->least == bounds->most)
		return arena_printf(arena, "%" PRIu64, bounds->least);
	if (bounds->most == UINT64_MAX)
		return arena_printf(arena, "at least %" PRIu64, bounds->least);
	if (!bounds->least)
		return arena_printf(arena, "at most %" PRIu64, bounds->most);
	return arena_printf(arena, "%" PRIu64 " to %" PRIu64, bounds->least, bounds->most);
}

static bool within(const struct bounds *bounds, uint64_t number)
{
	return number >= bounds->least && number <= bounds->most;
}

static void add_wrong(struct arena *arena, struct verdict *verdict, const char *text)
{
	arena_append(arena, &verdict->wrong, &verdict->wrong_count, &text, sizeof text);
}

static const char *direction_print(unsigned direction)
{
	return direction == RELAY_IN ? "in" : direction == RELAY_OUT ? "out" : "in and out";
}

static void judge_packets(struct observation *observation, struct verdict *verdict)
{
	struct arena *arena = observation->arena;

	for (size_t i = 0; i < observation->netns_count; i++)
		observation->lost += packet_lost(observation->namespaces[i].there->packets);
	if (observation->lost)
		add_wrong(arena, verdict,
			arena_printf(arena, "this machine was too slow to see %" PRIu64 " packets",
				observation->lost));
	for (size_t i = 0; i < observation->step->packets_count; i++) {
		const struct observed_packets *packets = &observation->packets[i];
		const struct packets *wanted = packets->wanted;

		observation->few |= packets->seen < wanted->count.least;
		observation->many |= packets->seen > wanted->count.most;
		if (!within(&wanted->count, packets->seen))
			add_wrong(arena, verdict,
				arena_printf(arena,
					"packets %s at %s%s/%s%s%s: %" PRIu64 " seen, expected %s",
					direction_print(wanted->direction), wanted->wire ? "wire:" : "",
					wanted->at->in->name, wanted->at->name, wanted->filter ? ", " : "",
					wanted->filter ? wanted->filter : "", packets->seen,
					bounds_print(arena, &wanted->count)));
	}
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
		if (!missing && within(&counter->count, moved))
			continue;
		hold = false;
		if (!verdict)
			continue;
		observation->many |= !missing && moved > counter->count.most;
		observation->other |= missing || moved < counter->count.least;
		add_wrong(arena, verdict,
			missing ? arena_printf(arena, "counter %s in %s: %s", counter->name,
					  counter->in->name, missing)
				: arena_printf(arena, "counter %s in %s: moved by %" PRIu64 ", expected %s",
					  counter->name, counter->in->name, moved,
					  bounds_print(arena, &counter->count)));
	}
	return hold;
}

static struct error *judge_counters(
	struct observation *observation, uint64_t deadline, struct verdict *verdict)
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

struct error *observe_end(struct observation *observation, uint64_t deadline, struct verdict *verdict)
{
	bool quiet = false;
	struct error *error = NULL;

	observation->settled = loop_now() + lab_delay(observation->site->lab);
	while (observation->step->packets_count && !error && !loop_signal(observation->site->loop)) {
		error = read_rest(observation, &quiet);
		observation->rounds = quiet ? observation->rounds + 1 : 0;
		sum_up(observation);
		if ((observation->rounds >= 2 && minima_met(observation)) || loop_now() > deadline)
			break;
	}
	if (error)
		return error;
	judge_packets(observation, verdict);
	return judge_counters(observation, deadline, verdict);
}

/*
 * Whether packets and counters are as they are because the machine fell BEHIND: where there were too few
 * looks after the last packet to say that no other was under way, or where the kernel may have sent again
 * what was only late.
 */
static bool is_late(const struct observation *observation, uint64_t behind)
{
	if (observation->other || (observation->few && observation->rounds >= LOOKS))
		return false;
	return !observation->many || behind >= SENT_AGAIN;
}

static const char *behind_print(struct arena *arena, uint64_t behind)
{
	return arena_printf(arena,
		behind < 10000000 ? "this machine fell behind by %.1f ms"
				  : "this machine fell behind by %.0f ms",
		(double)behind / 1e6);
}

const char *observe_slow(struct observation *observation, struct attempt *attempt, bool holds)
{
	uint64_t behind = 0, all;

	if (!holds && !outcome_excused(attempt, &behind))
		return NULL;
	if (observation->lost)
		return arena_printf(attempt->arena, "this machine was too slow to see %" PRIu64 " packets",
			observation->lost);
	if (observation->few || observation->many || observation->other) {
		all = span_behind(&attempt->span);
		behind = all > behind ? all : behind;
		if (!is_late(observation, behind))
			return NULL;
	}
	return behind ? behind_print(attempt->arena, behind) : NULL;
}

void observe_stop(struct observation *observation)
{
	for (size_t i = 0; i < observation->netns_count; i++)
		loop_remove(observation->site->loop, &observation->namespaces[i].watch);
	for (size_t i = 0; observation->packets && i < observation->step->packets_count; i++)
		if (observation->packets[i].relay_watch != UINT32_MAX)
			error_free(relay_remove_watch(
				observation->site->relay, observation->packets[i].relay_watch));
}
