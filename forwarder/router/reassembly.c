/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/reassembly.h"

#include <stdlib.h>

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/extension.h"
#include "forwarder/router/icmp.h"
#include "forwarder/router/partial.h"

enum {
	REASSEMBLY_COUNT = 16, /* packets at a time */
	SECOND = 1000000000,
	/* Bytes of headers. */
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP6_HEADER = 8,
};

/* How long fragments wait for others. Linux has 30 s for IPv4; of IPv6 it is RFC 8200's. */
static const uint64_t patience4 = 30 * (uint64_t)SECOND, patience6 = 60 * (uint64_t)SECOND;

struct reassembly {
	size_t used;
	uint64_t begun; /* how many packets, ever */
	struct partial partials[REASSEMBLY_COUNT];
	uint8_t *memory;
};

struct reassembly *reassembly_open(void)
{
	enum { EACH = PARTIAL_BYTES + PARTIAL_UNITS };
	struct reassembly *reassembly = calloc(1, sizeof(*reassembly));

	if (!reassembly)
		return NULL;
	reassembly->memory = malloc((size_t)REASSEMBLY_COUNT * EACH);
	if (!reassembly->memory) {
		free(reassembly);
		return NULL;
	}
	for (size_t i = 0; i < REASSEMBLY_COUNT; i++) {
		reassembly->partials[i].bytes = reassembly->memory + i * EACH;
		reassembly->partials[i].units = reassembly->partials[i].bytes + PARTIAL_BYTES;
	}
	return reassembly;
}

void reassembly_close(struct reassembly *reassembly)
{
	if (!reassembly)
		return;
	free(reassembly->memory);
	free(reassembly);
}

static void forget(struct reassembly *reassembly, struct partial *partial)
{
	if (!partial)
		return;
	partial->used = false;
	reassembly->used--;
}

static struct partial *find(struct reassembly *reassembly, const struct datagram *fragment)
{
	for (size_t i = 0; i < REASSEMBLY_COUNT; i++) {
		struct partial *partial = &reassembly->partials[i];

		if (partial->used && partial_has(partial, fragment))
			return partial;
	}
	return NULL;
}

/* A free one; where there is none, that of the packet which began first. */
static struct partial *make_room(struct router *router)
{
	struct reassembly *reassembly = router->reassembly;
	struct partial *oldest = &reassembly->partials[0];

	for (size_t i = 0; i < REASSEMBLY_COUNT; i++) {
		struct partial *partial = &reassembly->partials[i];

		if (!partial->used)
			return partial;
		if (partial->number < oldest->number)
			oldest = partial;
	}
	router_count(router, ROUTER_many_fragments, 1);
	forget(reassembly, oldest);
	return oldest;
}

static struct partial *begin(struct router *router, const struct datagram *fragment)
{
	struct partial *partial = make_room(router);

	partial_begin(partial, fragment);
	partial->number = router->reassembly->begun++;
	partial->due = router->now + (fragment->source.family == AF_INET ? patience4 : patience6);
	router->reassembly->used++;
	return partial;
}

static struct part_taken part_of(const struct datagram *fragment)
{
	struct part_taken part = { .begin = fragment->offset };

	part.header = fragment->source.family == AF_INET ? fragment->header
							 : fragment->fragment_at + FRAGMENT6_SIZE;
	part.end = part.begin + fragment->packet.length - part.header;
	return part;
}

/* What is wrong with a fragment by itself: as Linux 6.18, and of IPv6 RFC 8200 4.5, says. */
static bool judge4(const struct datagram *fragment, struct part_taken *part)
{
	if (fragment->more)
		part->end -= part->end % PARTIAL_UNIT;
	return part->end > part->begin && part->end <= ROUTER_LONGEST;
}

static bool judge6(
	const struct datagram *fragment, const struct part_taken *part, int *error, uint32_t *argument)
{
	if (part->end > ROUTER_LONGEST) {
		*error = ICMP_BAD_PARAMETER;
		*argument = (uint32_t)fragment->fragment_at + FRAGMENT6_OFFSET;
		return false;
	}
	if (fragment->more && part->end % PARTIAL_UNIT) {
		*error = ICMP_BAD_PARAMETER;
		*argument = IP6_LENGTH;
		return false;
	}
	return part->end > part->begin;
}

static bool judge(const struct datagram *fragment, struct part_taken *part, int *error, uint32_t *argument)
{
	if (fragment->source.family == AF_INET)
		return judge4(fragment, part);
	return judge6(fragment, part, error, argument);
}

/* A header that others follow. */
static bool is_followed(uint8_t header)
{
	return ip6_is_extension(header) || header == IPPROTO_FRAGMENT || header == IPPROTO_AH;
}

static size_t extension_size(uint8_t header, const uint8_t *at)
{
	if (header == IPPROTO_FRAGMENT)
		return FRAGMENT6_SIZE;
	return header == IPPROTO_AH ? 4 * ((size_t)at[1] + 2) : 8 * ((size_t)at[1] + 1);
}

static size_t transport_size(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP: return TCP_HEADER;
	case IPPROTO_UDP: return UDP_HEADER;
	case IPPROTO_ICMPV6: return ICMP6_HEADER;
	case IPPROTO_NONE: return 0;
	default: return 1;
	}
}

/* RFC 8200 4.5: the first fragment has all headers, that of the transport protocol with them. As in Linux,
 * what ends before an extension header says what it is passes, and so does a fragment of another packet
 * inside. */
static bool has_headers(const struct datagram *fragment)
{
	size_t at = fragment->header, length = fragment->packet.length;
	uint8_t header = fragment->protocol;

	if (fragment->source.family == AF_INET || fragment->offset > 0)
		return true;
	while (is_followed(header)) {
		const uint8_t *bytes = fragment->bytes + at;
		size_t needed = header == IPPROTO_FRAGMENT ? FRAGMENT6_OFFSET + 2 : 2;

		if (at + needed > length ||
			(header == IPPROTO_FRAGMENT && load16(bytes + FRAGMENT6_OFFSET) >= PARTIAL_UNIT))
			return true;
		at += extension_size(header, bytes);
		header = bytes[0];
	}
	return header == IPPROTO_NONE || at + transport_size(header) <= length;
}

/* Takes one that is good by itself. */
static enum router_counter take(struct router *router, const struct datagram *fragment,
	const struct part_taken *part, struct datagram *out)
{
	struct partial *partial = find(router->reassembly, fragment);
	enum partial_state state;

	if (!partial)
		partial = begin(router, fragment);
	state = partial_add(partial, fragment, part);
	partial->first.from = fragment->from;
	if (state == PARTIAL_MISSING)
		return ROUTER_delivered;
	forget(router->reassembly, partial);
	if (state == PARTIAL_WRONG || !partial_join(partial, fragment, out))
		return ROUTER_bad_fragment;
	router_count(router, ROUTER_reassembled, 1);
	return ROUTER_COUNTERS;
}

enum router_counter reassembly_take(struct router *router, const struct datagram *fragment,
	struct datagram *out, int *error, uint32_t *argument)
{
	struct part_taken part = part_of(fragment);

	*error = ICMP_NONE;
	*argument = 0;
	/* RFC 6946: one that is all of its packet has nothing to do with others. */
	if (fragment->offset == 0 && !fragment->more) {
		*out = *fragment;
		out->fragment = false;
		out->fragment_at = 0;
		return ROUTER_COUNTERS;
	}
	if (!has_headers(fragment)) {
		*error = ICMP_NO_HEADERS;
		return ROUTER_bad_fragment;
	}
	if (judge(fragment, &part, error, argument))
		return take(router, fragment, &part, out);
	/* What its sender is told of is not yet the end of others. */
	if (*error == ICMP_NONE)
		forget(router->reassembly, find(router->reassembly, fragment));
	return ROUTER_bad_fragment;
}

uint64_t reassembly_next(const struct router *router)
{
	const struct reassembly *reassembly = router->reassembly;
	uint64_t next = ROUTER_NEVER;

	for (size_t i = 0; reassembly->used && i < REASSEMBLY_COUNT; i++) {
		const struct partial *partial = &reassembly->partials[i];

		if (partial->used && partial->due < next)
			next = partial->due;
	}
	return next;
}

void reassembly_tick(struct router *router)
{
	struct reassembly *reassembly = router->reassembly;

	for (size_t i = 0; i < REASSEMBLY_COUNT; i++) {
		struct partial *partial = &reassembly->partials[i];

		if (!partial->used || partial->due > router->now)
			continue;
		forget(reassembly, partial);
		router_count(router, ROUTER_late_fragment, 1);
		if (partial->begins)
			icmp_error(router, &partial->first, ICMP_REASSEMBLY_EXCEEDED, 0);
	}
}
