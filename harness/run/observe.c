/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/observe.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

enum {
	LOOKS = 10,	       /* that find nothing: then nothing is under way, however slow the machine is */
	SENT_AGAIN = 200000000 /* nanoseconds after which TCP does so, at the earliest (TCP_RTO_MIN) */
};

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
		verdict_add_wrong(arena, verdict,
			arena_printf(arena, "this machine was too slow to see %" PRIu64 " packets",
				observation->lost));
	for (size_t i = 0; i < observation->step->packets_count; i++) {
		const struct observed_packets *packets = &observation->packets[i];
		const struct packets *wanted = packets->wanted;

		observation->few |= packets->seen < wanted->count.least;
		observation->many |= packets->seen > wanted->count.most;
		if (!bounds_hold(&wanted->count, packets->seen))
			verdict_add_wrong(arena, verdict,
				arena_printf(arena,
					"packets %s at %s%s/%s%s%s: %" PRIu64 " seen, expected %s",
					direction_print(wanted->direction), wanted->wire ? "wire:" : "",
					wanted->at->in->name, wanted->at->name, wanted->filter ? ", " : "",
					wanted->filter ? wanted->filter : "", packets->seen,
					bounds_print(arena, &wanted->count)));
	}
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
	return observe_counters(observation, deadline, verdict);
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
