/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/flows.h"

#include <stdlib.h>
#include <string.h>

#include "forwarder/ip.h"

enum {
	SETS = 512,
	WAYS = 8,   /* flows of a set; in all the kernel's MAX_TAP_FLOWS, 4096 */
	INSIDE = 8, /* headers that are looked behind in one packet */
	WORD = 4,   /* bytes */
};

struct entry {
	uint32_t flow; /* 0: none */
	uint16_t queue;
};

/* A flow is in one set only, whose newest is first: so two that come in turns do not forget each other. */
struct flows {
	struct entry sets[SETS][WAYS];
};

struct flows *flows_open(void)
{
	return calloc(1, sizeof(struct flows));
}

void flows_close(struct flows *flows)
{
	free(flows);
}

static uint32_t mix(uint32_t hash, uint32_t more)
{
	hash = (hash ^ more) * 0x9e3779b1;
	return hash ^ hash >> 15;
}

/* What an end of the flow is: its address and its port. */
static uint32_t end_of(
	const struct packet *packet, size_t address, unsigned words, bool has_ports, size_t port)
{
	uint32_t hash = 0, word = 0;

	for (unsigned i = 0; i < words; i++) {
		packet_load(packet, address + (size_t)i * WORD, WORD, &word);
		hash = mix(hash, word);
	}
	word = 0;
	if (has_ports)
		packet_load(packet, port, 2, &word);
	return mix(hash, word);
}

static bool knows_ports(uint32_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
	       protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

/* The same in either direction, and never 0. */
static uint32_t join(uint32_t one, uint32_t other, uint32_t protocol)
{
	return mix(one + other, protocol) | 1;
}

/* What a flow is told by, beside its addresses. */
struct inside {
	uint32_t protocol;
	size_t at;  /* where it begins */
	bool whole; /* else a fragment, whose ports, if it has them, are not the others' */
};

static uint32_t flow_between(const struct packet *packet, size_t source, size_t target, unsigned words,
	const struct inside *inside)
{
	bool has_ports = inside->whole && knows_ports(inside->protocol);

	return join(end_of(packet, source, words, has_ports, inside->at),
		end_of(packet, target, words, has_ports, inside->at + 2), inside->protocol);
}

static uint32_t flow_of_ip4(const struct packet *packet, size_t network, struct inside *inside)
{
	uint32_t first, fragment;

	if (!packet_load(packet, network, 1, &first) ||
		!packet_load(packet, network + IP4_FRAGMENT, 2, &fragment) ||
		!packet_load(packet, network + IP4_PROTOCOL, 1, &inside->protocol))
		return 0;
	inside->at = network + WORD * (size_t)(first & 15);
	inside->whole = !(fragment & 0x3fff);
	return flow_between(packet, network + IP4_SOURCE, network + IP4_TARGET, 1, inside);
}

static bool is_extension(uint32_t header)
{
	return ip6_is_extension(header) || header == IPPROTO_FRAGMENT;
}

static uint32_t flow_of_ip6(const struct packet *packet, size_t network, struct inside *inside)
{
	uint32_t next, size;

	if (!packet_load(packet, network + IP6_NEXT, 1, &inside->protocol))
		return 0;
	inside->at = network + IP6_HEADER;
	inside->whole = true;
	for (unsigned i = 0; i < INSIDE && inside->whole && is_extension(inside->protocol); i++) {
		if (!packet_load(packet, inside->at + 1, 1, &size) ||
			!packet_load(packet, inside->at, 1, &next))
			break;
		inside->whole = inside->protocol != IPPROTO_FRAGMENT;
		inside->at += inside->whole ? 8 * ((size_t)size + 1) : 8;
		inside->protocol = next;
	}
	return flow_between(packet, network + IP6_SOURCE, network + IP6_TARGET, 4, inside);
}

static uint32_t flow_at(const struct packet *packet, size_t network, struct inside *inside)
{
	uint32_t first;

	if (!packet_load(packet, network, 1, &first))
		return 0;
	switch (first >> 4) {
	case 4: return flow_of_ip4(packet, network, inside);
	case 6: return flow_of_ip6(packet, network, inside);
	default: return 0;
	}
}

/* The kernel tells the flows of a tunnel by what is in it. */
uint32_t flow_of(const struct packet *packet, size_t network)
{
	struct inside inside = { .at = network };
	uint32_t flow = 0, found;

	for (unsigned i = 0; i < INSIDE && (found = flow_at(packet, inside.at, &inside)); i++) {
		flow = found;
		if (!inside.whole || (inside.protocol != IPPROTO_IPIP && inside.protocol != IPPROTO_IPV6))
			break;
	}
	return flow;
}

/* Where the flow stands in its set; WAYS: it does not. */
static unsigned place_of(const struct entry *set, uint32_t flow)
{
	unsigned i = 0;

	while (i < WAYS && set[i].flow != flow)
		i++;
	return i;
}

void flows_note(struct flows *flows, uint32_t flow, uint16_t queue)
{
	struct entry *set = flows->sets[flow / 2 % SETS];
	unsigned place = place_of(set, flow);

	if (!flow)
		return;
	if (place == WAYS)
		place--;
	memmove(&set[1], &set[0], place * sizeof(*set));
	set[0] = (struct entry) { flow, queue };
}

uint16_t flows_queue(const struct flows *flows, uint32_t flow, uint16_t unknown)
{
	const struct entry *set = flows->sets[flow / 2 % SETS];
	unsigned place = place_of(set, flow);

	return flow && place < WAYS ? set[place].queue : unknown;
}
