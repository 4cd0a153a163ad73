/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/passages.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "explain/sightings.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"

/* What tells packets of one role apart, wherever they are seen. */
struct identity {
	enum role role;
	uint8_t type, code, flags;
	bool data;
	uint16_t identification;
	uint32_t sequence, acknowledged;
};

const struct flow *sighting_flow(const struct sighting *sighting)
{
	return sighting_is_outer(sighting) ? &sighting->inside : &sighting->flow;
}

bool sighting_is_outer(const struct sighting *sighting)
{
	return sighting->role == ROLE_OTHER && sighting->carries != ROLE_OTHER;
}

static enum role role_of(const struct sighting *sighting)
{
	return sighting_is_outer(sighting) ? sighting->carries : sighting->role;
}

/* Segments are cut and put together on the way: of what has data only where it begins is sure to stay, and
 * FIN may be on the last of several only. */
static struct identity identity_of(enum role role, const struct flow *flow)
{
	struct identity identity = { .role = role };
	struct flow quoted;

	if (role == ROLE_ERROR) {
		identity.type = flow->type;
		identity.code = flow->code;
		if (flow->quoted && flow_read(flow->quoted, flow->quoted_size, &quoted))
			identity.sequence = quoted.sequence;
		return identity;
	}
	identity.sequence = flow->sequence;
	if (flow->protocol != IPPROTO_TCP)
		return identity;
	identity.flags = flow->flags & (TH_SYN | TH_RST);
	identity.data = flow->payload_size > 0;
	if (!identity.data) {
		identity.identification = flow->identification;
		identity.acknowledged = flow->acknowledged;
	}
	return identity;
}

static bool same_identity(const struct identity *one, const struct identity *other)
{
	return one->role == other->role && one->type == other->type && one->code == other->code &&
	       one->flags == other->flags && one->data == other->data && one->sequence == other->sequence &&
	       one->identification == other->identification && one->acknowledged == other->acknowledged;
}

static bool same_place(const struct sighting *one, const struct sighting *other)
{
	return sighting_same_place(one, other) && sighting_same_layer(one, other);
}

/* What goes in a circle comes to a place again, with a smaller TTL. */
static bool was_at(const struct passage *passage, const struct sighting *sighting, bool same_turn)
{
	for (size_t i = 0; i < passage->count; i++) {
		const struct sighting *seen = passage->events[i].seen;

		if (seen && same_place(seen, sighting) &&
			(!same_turn || sighting_flow(seen)->ttl == sighting_flow(sighting)->ttl))
			return true;
	}
	return false;
}

bool sighting_stands_on(const struct sighting *upper, const struct sighting *lower)
{
	const struct link *link = upper ? namespace_link(upper->in, upper->device) : NULL;

	return link && link->lower && link->lower->in == lower->in &&
	       !strcmp(link->lower->name, lower->device);
}

/* What a namespace sends must have come there, or be sent by a device above. Several may answer one. */
static bool can_go_on(const struct passage *passage, const struct sighting *sighting)
{
	if (sighting->wire || sighting->direction != RELAY_OUT)
		return true;
	for (size_t i = 0; i < passage->count; i++) {
		const struct sighting *seen = passage->events[i].seen;

		if (seen && ((seen->in == sighting->in && strcmp(seen->device, "lo") != 0) ||
				    sighting_stands_on(seen, sighting)))
			return true;
	}
	return false;
}

/* Passages that are being found, each with what it is known by. */
struct search {
	struct arena *arena;
	struct passages found;
	struct identity *identities;
	size_t identity_count;
	const struct netns *origins[ROLE_ERROR + 1]; /* where the first of each role was seen first */
};

enum { REACH = 4096 }; /* how many passages are looked back at: more are not under way at once */

static const struct event *end_of(const struct passage *passage)
{
	return &passage->events[passage->count - 1];
}

/* The latest of those that the sighting may belong to; NULL: none. A segment that was cut off elsewhere is
 * not what is sent at the origin. */
static struct passage *find_passage(
	const struct search *search, const struct identity *identity, const struct sighting *sighting)
{
	const struct netns *origin = search->origins[identity->role];
	bool sent = identity->data && sighting->in == origin && !sighting->wire &&
		    sighting->direction == RELAY_OUT;
	size_t count = search->found.count;

	for (size_t i = count; i > 0 && count - i < REACH; i--) {
		struct passage *passage = &search->found.at[i - 1];

		if (same_identity(&search->identities[i - 1], identity) && !was_at(passage, sighting, true) &&
			can_go_on(passage, sighting) &&
			!(sent && passage->events[0].seen && passage->events[0].seen->in != origin))
			return passage;
	}
	return NULL;
}

static void begin_passage(struct search *search, const struct identity *identity, const struct event *event)
{
	struct passage passage = { .role = identity->role };

	if (event->seen && !search->origins[identity->role])
		search->origins[identity->role] = event->seen->in;

	arena_append(search->arena, &passage.events, &passage.count, event, sizeof *event);
	arena_append(search->arena, &search->found.at, &search->found.count, &passage, sizeof passage);
	arena_append(search->arena, &search->identities, &search->identity_count, identity, sizeof *identity);
}

static void take_sighting(struct search *search, const struct sighting *sighting)
{
	struct identity identity = identity_of(role_of(sighting), sighting_flow(sighting));
	struct event event = { .time = sighting->time, .seen = sighting };
	struct passage *passage = find_passage(search, &identity, sighting);

	if (passage)
		arena_append(search->arena, &passage->events, &passage->count, &event, sizeof event);
	else
		begin_passage(search, &identity, &event);
}

/* An echo reply goes to raw sockets too: that the kernel itself has none for it is no loss. Nor is it one
 * where a connection is reset that is none any more, or where TCP throws away what it has read, or has
 * already. */
static bool is_noise(const struct dropped *drop)
{
	bool reason = drop->reason && strcmp(drop->reason, "NOT_SPECIFIED") != 0;
	bool no_socket = reason && !strcmp(drop->reason, "NO_SOCKET");

	if (drop->flow.protocol == IPPROTO_ICMP || drop->flow.protocol == IPPROTO_ICMPV6)
		return no_socket;
	if (drop->flow.protocol != IPPROTO_TCP)
		return false;
	if (!reason)
		return drop->place && !strncmp(drop->place, "tcp_", 4);
	return no_socket ? drop->flow.flags & TH_RST
			 : !strncmp(drop->reason, "TCP_OLD_", 8) || !strcmp(drop->reason, "TCP_OFOMERGE");
}

static uint64_t distance(uint64_t one, uint64_t other)
{
	return one > other ? one - other : other - one;
}

/* A drop ends the packet that was seen last in that namespace; what was dropped before any device saw it is a
 * packet of its own. */
static void take_drop(struct search *search, const struct dropped *drop)
{
	struct identity identity = identity_of(drop->role, &drop->flow);
	struct event event = { .time = drop->time, .drop = drop };
	struct passage *best = NULL;
	bool known = false;

	for (size_t i = 0; i < search->found.count; i++) {
		struct passage *passage = &search->found.at[i];
		const struct sighting *last = end_of(passage)->seen;

		if (!same_identity(&search->identities[i], &identity))
			continue;
		known = true;
		if (last && !last->wire && !last->dropped && last->in == drop->in &&
			(!best || distance(end_of(passage)->time, drop->time) <
					  distance(end_of(best)->time, drop->time)))
			best = passage;
	}
	if (best && event.time < end_of(best)->time)
		event.time = end_of(best)->time; /* by another clock */
	if (best)
		arena_append(search->arena, &best->events, &best->count, &event, sizeof event);
	else if (!known)
		begin_passage(search, &identity, &event);
}

static int by_time(const void *left, const void *right)
{
	const struct passage *a = left, *b = right;

	return a->events[0].time < b->events[0].time ? -1 : a->events[0].time > b->events[0].time;
}

struct passages passages_of(const struct evidence *evidence)
{
	struct search search = { .arena = evidence->arena };

	for (size_t i = 0; i < evidence->sighting_count; i++)
		if (role_of(&evidence->sightings[i]) != ROLE_OTHER)
			take_sighting(&search, &evidence->sightings[i]);
	for (size_t i = 0; i < evidence->drop_count; i++)
		if (evidence->drops[i].role != ROLE_OTHER && !is_noise(&evidence->drops[i]))
			take_drop(&search, &evidence->drops[i]);
	if (search.found.count)
		qsort(search.found.at, search.found.count, sizeof *search.found.at, by_time);
	for (size_t i = 0; i < search.found.count; i++)
		search.found.at[i].origin = search.origins[search.found.at[i].role];
	return search.found;
}

static bool same_text(const char *one, const char *other)
{
	return one && other ? !strcmp(one, other) : one == other;
}

static bool ends_alike(const struct event *one, const struct event *other)
{
	if (!one->seen != !other->seen)
		return false;
	if (!one->seen)
		return one->drop->in == other->drop->in && same_text(one->drop->reason, other->drop->reason);
	return same_place(one->seen, other->seen) && same_text(one->seen->dropped, other->seen->dropped);
}

bool passage_is_like(const struct passage *passage, const struct passage *other)
{
	if (passage->role != other->role || !ends_alike(end_of(passage), end_of(other)))
		return false;
	for (size_t i = 0; i < passage->count; i++)
		if (passage->events[i].seen && !was_at(other, passage->events[i].seen, false))
			return false;
	return true;
}

/* The first sighting that is not before TIME. */
static size_t first_from(const struct evidence *evidence, uint64_t time)
{
	size_t low = 0, high = evidence->sighting_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (evidence->sightings[middle].time < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool passage_is_piece(const struct evidence *evidence, const struct passage *passage)
{
	const struct sighting *last = end_of(passage)->seen;
	const struct flow *flow = last ? sighting_flow(last) : NULL;
	size_t from = last ? first_from(evidence, last->time) : 0;

	if (!flow || flow->protocol != IPPROTO_TCP || !flow->payload_size)
		return false;
	if (passage->events[0].seen->in != passage->origin)
		return true;
	if (last->dropped)
		return false;
	for (size_t i = from; i < evidence->sighting_count && i - from < REACH; i++) {
		const struct sighting *sighting = &evidence->sightings[i];
		const struct flow *whole = sighting_flow(sighting);

		if (role_of(sighting) == passage->role && whole->sequence != flow->sequence &&
			flow->sequence - whole->sequence < whole->payload_size &&
			!was_at(passage, sighting, false))
			return true;
	}
	return false;
}

const struct sighting *passage_seen(const struct passage *passage, size_t at)
{
	return at < passage->count ? passage->events[at].seen : NULL;
}

bool sighting_is_of(const struct sighting *sighting, const struct netns *in, unsigned direction)
{
	return sighting && !sighting->wire && sighting->in == in && sighting->direction == direction &&
	       strcmp(sighting->device, "lo") != 0;
}

bool sighting_same_layer(const struct sighting *one, const struct sighting *other)
{
	return sighting_is_outer(one) == sighting_is_outer(other);
}
