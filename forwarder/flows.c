/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/flows.h"

#include <netinet/in.h>
#include <stdlib.h>

enum {
	FLOWS = 4096, /* the kernel's MAX_TAP_FLOWS */
	IP4_FRAGMENT = 6,
	IP4_PROTOCOL = 9,
	IP4_SOURCE = 12,
	IP4_TARGET = 16,
	IP6_NEXT = 6,
	IP6_SOURCE = 8,
	IP6_TARGET = 24,
	IP6_HEADER = 40,
	WORD = 4, /* bytes */
};

struct flows {
	struct {
		uint32_t flow; /* 0: none */
		uint16_t queue;
	} at[FLOWS];
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

static uint32_t flow_of_ip4(const struct packet *packet, size_t network, uint32_t first)
{
	size_t ports = network + 4 * (size_t)(first & 15);
	uint32_t fragment, protocol;
	bool has_ports;

	if (!packet_load(packet, network + IP4_FRAGMENT, 2, &fragment) ||
		!packet_load(packet, network + IP4_PROTOCOL, 1, &protocol))
		return 0;
	has_ports = knows_ports(protocol) && !(fragment & 0x3fff);
	return join(end_of(packet, network + IP4_SOURCE, 1, has_ports, ports),
		end_of(packet, network + IP4_TARGET, 1, has_ports, ports + 2), protocol);
}

static uint32_t flow_of_ip6(const struct packet *packet, size_t network)
{
	size_t ports = network + IP6_HEADER;
	uint32_t protocol;
	bool has_ports;

	if (!packet_load(packet, network + IP6_NEXT, 1, &protocol))
		return 0;
	has_ports = knows_ports(protocol);
	return join(end_of(packet, network + IP6_SOURCE, 4, has_ports, ports),
		end_of(packet, network + IP6_TARGET, 4, has_ports, ports + 2), protocol);
}

uint32_t flow_of(const struct packet *packet, size_t network)
{
	uint32_t first;

	if (!packet_load(packet, network, 1, &first))
		return 0;
	switch (first >> 4) {
	case 4: return flow_of_ip4(packet, network, first);
	case 6: return flow_of_ip6(packet, network);
	default: return 0;
	}
}

void flows_note(struct flows *flows, uint32_t flow, uint16_t queue)
{
	if (!flow)
		return;
	flows->at[flow / 2 % FLOWS].flow = flow;
	flows->at[flow / 2 % FLOWS].queue = queue;
}

uint16_t flows_queue(const struct flows *flows, uint32_t flow, uint16_t unknown)
{
	return flow && flows->at[flow / 2 % FLOWS].flow == flow ? flows->at[flow / 2 % FLOWS].queue : unknown;
}
