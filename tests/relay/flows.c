/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows: told by their addresses, protocol and ports, in either direction, and the table of their queues. */
#include <netinet/in.h>
#include <stdlib.h>

#include "forwarder/flows.h"
#include "forwarder/segment.h"
#include "tests/unit/tap.h"

enum { ROOM = 300, UNKNOWN = 999 };

/* What a packet is made of. Addresses are of both versions. */
struct talk {
	unsigned version, protocol;
	uint8_t from, to; /* the last byte of an address, and with it the ports */
	unsigned ports[2];
	unsigned options; /* bytes of IPv4's options, or of an IPv6 hop-by-hop header; a multiple of 8 */
	int fragment;	  /* in units of 8 bytes; -1: it is none */
	unsigned tags;	  /* of an Ethernet frame, whose header is there where ETHERNET is */
	bool ethernet;
};

static const struct talk tcp = {
	.version = 4, .protocol = IPPROTO_TCP, .from = 1, .to = 2, .ports = { 4000, 80 }, .fragment = -1
};

static uint8_t bytes[ROOM];

static size_t put(size_t at, unsigned size, uint32_t number)
{
	for (unsigned i = 0; i < size; i++)
		bytes[at + i] = (uint8_t)(number >> 8 * (size - 1 - i));
	return at + size;
}

static size_t put_frame(const struct talk *talk)
{
	size_t at = 12;

	if (!talk->ethernet)
		return 0;
	for (unsigned i = 0; i < talk->tags; i++)
		at = put(at, 4, i + 1 < talk->tags ? 0x88a80007 : 0x81000009);
	return put(at, 2, talk->version == 4 ? 0x0800 : 0x86dd);
}

static size_t put_ip4(const struct talk *talk, size_t at)
{
	put(at, 1, 0x40 | (5 + talk->options / 4));
	if (talk->fragment >= 0)
		put(at + 6, 2, (uint32_t)talk->fragment | (talk->fragment ? 0 : 0x2000));
	else
		put(at + 6, 2, 0x4000);
	put(at + 9, 1, talk->protocol);
	put(at + 12, 4, 0x0a000000U | talk->from);
	put(at + 16, 4, 0x0a000000U | talk->to);
	memset(bytes + at + 20, 1, talk->options);
	return at + 20 + talk->options;
}

static size_t put_ip6(const struct talk *talk, size_t at)
{
	size_t next = at + 6, end = at + 40;

	put(at, 1, 0x60);
	put(at + 8, 4, 0x20010db8);
	put(at + 23, 1, talk->from);
	put(at + 24, 4, 0x20010db8);
	put(at + 39, 1, talk->to);
	if (talk->options) {
		put(next, 1, IPPROTO_HOPOPTS);
		next = end;
		put(end + 1, 1, talk->options / 8 - 1);
		end += talk->options;
	}
	if (talk->fragment >= 0) {
		put(next, 1, IPPROTO_FRAGMENT);
		next = end;
		put(end + 2, 2, (uint32_t)talk->fragment << 3 | (talk->fragment ? 0 : 1));
		end += 8;
	}
	put(next, 1, talk->protocol);
	return end;
}

/* The packet, which has nothing behind its ports. */
static struct packet make(const struct talk *talk)
{
	size_t at;

	memset(bytes, 0, sizeof(bytes));
	at = put_frame(talk);
	at = talk->version == 4 ? put_ip4(talk, at) : put_ip6(talk, at);
	at = put(at, 2, talk->ports[0]);
	at = put(at, 2, talk->ports[1]);
	return (struct packet) { .bytes = bytes, .length = at };
}

/* The flow of the packet as a port finds it. */
static uint32_t flow(const struct talk *talk)
{
	struct packet packet = make(talk);
	struct segment form;

	segment_read(&packet, talk->ethernet ? RELAY_ETHERNET : RELAY_IP, &form);
	return flow_of(&packet, form.network);
}

static struct talk turned(const struct talk *talk)
{
	struct talk other = *talk;

	other.from = talk->to;
	other.to = talk->from;
	other.ports[0] = talk->ports[1];
	other.ports[1] = talk->ports[0];
	return other;
}

static bool is_symmetrical(const struct talk *talk)
{
	struct talk other = turned(talk);

	return flow(talk) != 0 && flow(talk) == flow(&other);
}

static void test_directions(void)
{
	static const unsigned protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP,
		IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_GRE, IPPROTO_ESP };
	unsigned same = 0, all = 0;

	for (unsigned i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		for (unsigned kind = 0; kind < 16; kind++) {
			struct talk talk = tcp;

			talk.protocol = protocols[i];
			talk.version = kind & 1 ? 6 : 4;
			talk.options = kind & 2 ? 24 : 0;
			talk.ethernet = kind & 4;
			talk.tags = kind & 8 ? 2 : 0;
			same += is_symmetrical(&talk);
			all++;
		}
	}
	tap_ok(same == all,
		"%u of %u flows are the same in either direction: IPv4 and IPv6, with options, tagged", same,
		all);
}

/* What differs by one thing only. */
static void test_difference(void)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		for (unsigned options = 0; options <= 16; options += 16) {
			struct talk talk = tcp, other;
			uint32_t own;
			unsigned different = 0;

			talk.version = version;
			talk.options = options;
			own = flow(&talk);
			other = talk;
			other.from = 3;
			different += flow(&other) != own;
			other = talk;
			other.to = 3;
			different += flow(&other) != own;
			other = talk;
			other.protocol = IPPROTO_UDP;
			different += flow(&other) != own;
			other = talk;
			other.ports[0]++;
			different += flow(&other) != own;
			other = talk;
			other.ports[1]++;
			different += flow(&other) != own;
			other = talk;
			other.ports[0] = talk.ports[1];
			other.ports[1] = talk.ports[0];
			different += flow(&other) != own;
			tap_ok(different == 6,
				"IPv%u%s: an address, the protocol, a port, ports that are exchanged alone: "
				"%u of 6 are other flows",
				version, options ? " with options" : "", different);
		}
	}
}

static void test_carriers(void)
{
	struct talk talk = tcp, tagged = tcp, twice = tcp;
	unsigned same = 0;

	for (talk.version = 4; talk.version <= 6; talk.version += 2) {
		tagged.version = twice.version = talk.version;
		tagged.ethernet = twice.ethernet = true;
		tagged.tags = 0;
		same += flow(&talk) == flow(&tagged);
		tagged.tags = 1;
		same += flow(&talk) == flow(&tagged);
		twice.tags = 2;
		same += flow(&talk) == flow(&twice);
	}
	tap_ok(same == 6,
		"a flow is the same in an IP packet and in a frame with no tag, with one, with two");
}

/* A port is only in the first fragment, so that none of them is told by it. */
static void test_fragments(void)
{
	for (unsigned version = 4; version <= 6; version += 2) {
		struct talk whole = tcp, first, second, other;

		whole.version = version;
		whole.protocol = IPPROTO_UDP;
		first = second = whole;
		first.fragment = 0;
		second.fragment = 181;
		second.ports[0] = 0x6162;
		second.ports[1] = 0x6364;
		tap_ok(flow(&first) == flow(&second) && is_symmetrical(&first) && is_symmetrical(&second),
			"IPv%u: the fragments of a datagram are one flow, in either direction", version);
		tap_ok(flow(&first) != flow(&whole), "and not that of what is whole");
		other = second;
		other.protocol = IPPROTO_TCP;
		tap_ok(flow(&other) != flow(&second), "and another than those of another protocol");
		other = second;
		other.to = 9;
		tap_ok(flow(&other) != flow(&second), "or to another address");
	}
}

/* PACKET is in a tunnel of IP in IP, between two hosts. */
static uint32_t tunnelled(const struct talk *talk, unsigned outer)
{
	static uint8_t inner[ROOM];
	struct packet packet = make(talk);
	size_t size = packet.length;
	struct talk tunnel = { .version = outer, .from = 91, .to = 92, .fragment = -1 };

	memcpy(inner, bytes, size);
	tunnel.protocol = talk->version == 4 ? IPPROTO_IPIP : IPPROTO_IPV6;
	packet = make(&tunnel);
	packet.length -= 4; /* the ports */
	memcpy(bytes + packet.length, inner, size);
	packet.length += size;
	return flow_of(&packet, 0);
}

static void test_tunnels(void)
{
	struct talk talk = tcp, other = tcp, back = turned(&tcp);

	other.ports[0]++;
	for (unsigned outer = 4; outer <= 6; outer += 2) {
		for (unsigned version = 4; version <= 6; version += 2) {
			talk.version = other.version = back.version = version;
			tap_ok(tunnelled(&talk, outer) &&
					tunnelled(&talk, outer) != tunnelled(&other, outer) &&
					tunnelled(&talk, outer) == tunnelled(&back, outer),
				"IPv%u in IPv%u: the flows in a tunnel are told apart, in either direction",
				version, outer);
		}
	}
}

/* Each beginning of a packet, in memory that ends with it: a sanitizer sees what is read beyond. */
static void test_short(void)
{
	unsigned none = 0, some = 0;

	for (unsigned kind = 0; kind < 8; kind++) {
		struct talk talk = tcp;
		struct packet packet;

		talk.version = kind & 1 ? 6 : 4;
		talk.options = kind & 2 ? 24 : 0;
		talk.fragment = kind & 4 ? 0 : -1;
		packet = make(&talk);
		for (size_t length = 0; length <= packet.length; length++) {
			uint8_t *exact = malloc(length ? length : 1);
			const struct packet cut = { .bytes = exact, .length = length };

			if (!exact)
				continue;
			memcpy(exact, bytes, length);
			none += flow_of(&cut, 0) == 0;
			some += flow_of(&cut, 0) != 0;
			flow_of(&cut, 20);
			free(exact);
		}
	}
	tap_ok(none >= 8 * 7 && some > none, "of packets that are cut short %u have no flow, and %u one",
		none, some);
}

static void test_others(void)
{
	static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 1 }, mpls[] = { 0x12, 0x34, 0x51, 0x40, 0x45 };

	tap_ok(!flow_of(&(struct packet) { .bytes = arp, .length = sizeof(arp) }, 0) &&
			!flow_of(&(struct packet) { .bytes = mpls, .length = sizeof(mpls) }, 0) &&
			!flow_of(&(struct packet) { .bytes = arp, .length = 0 }, 0),
		"ARP, MPLS and nothing are of no flow");
}

static void test_table(void)
{
	struct flows *flows = flows_open();
	uint32_t one = flow(&tcp), none = 0;

	if (!flows)
		return;
	tap_ok(flows_queue(flows, one, UNKNOWN) == UNKNOWN, "a flow that was never noted is unknown");
	flows_note(flows, one, 3);
	tap_ok(flows_queue(flows, one, UNKNOWN) == 3, "one that was has its queue");
	flows_note(flows, one, 0);
	tap_ok(flows_queue(flows, one, UNKNOWN) == 0, "the newest, which may be 0");
	tap_ok(flows_queue(flows, one + 2, UNKNOWN) == UNKNOWN, "which says nothing of another");
	flows_note(flows, none, 7);
	tap_ok(flows_queue(flows, none, UNKNOWN) == UNKNOWN, "what is of no flow is not kept");
	for (uint32_t i = 0; i < 1 << 20; i++)
		flows_note(flows, i * 0x9e3779b1 | 1, (uint16_t)(i % 7));
	tap_ok(flows_queue(flows, ((1 << 20) - 1) * 0x9e3779b1 | 1, UNKNOWN) == ((1 << 20) - 1) % 7,
		"of a million flows the newest is known");
	flows_close(flows);
	flows_close(NULL);
}

/* How many of COUNT flows, all noted one after the other, are known then. */
static unsigned known(unsigned count, bool by_address)
{
	struct flows *flows = flows_open();
	unsigned sum = 0;

	for (unsigned round = 0; flows && round < 2; round++) {
		for (unsigned i = 0; i < count; i++) {
			struct talk talk = tcp;
			uint16_t queue = (uint16_t)(i % 5);

			if (by_address)
				talk.to = (uint8_t)i;
			else
				talk.ports[0] = 32768 + i;
			talk.from = (uint8_t)(by_address ? i / 256 : 1);
			if (round == 0)
				flows_note(flows, flow(&talk), queue);
			else
				sum += flows_queue(flows, flow(&talk), UNKNOWN) == queue;
		}
	}
	flows_close(flows);
	return sum;
}

static void test_many(void)
{
	unsigned ports = known(1000, false), addresses = known(1000, true);

	tap_ok(ports >= 990, "of 1000 flows by neighbouring ports %u are known at once", ports);
	tap_ok(addresses >= 990, "and by neighbouring addresses %u", addresses);
}

int main(void)
{
	test_directions();
	test_difference();
	test_carriers();
	test_fragments();
	test_tunnels();
	test_short();
	test_others();
	test_table();
	test_many();
	return tap_done();
}
