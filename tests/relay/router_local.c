/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router does with what is for itself. */
#include "tests/relay/probe.h"
#include "tests/unit/tap.h"

static struct world world;
static struct router_port *left, *right, *station;
static struct probe probe;

static void begin(void)
{
	world_open_pair(&world, &left, &right);
	world.router->ratelimit = 0;
	station = world_port(&world, RELAY_ETHERNET, 1500);
	world_address(station, "10.0.3.254/24");
	world_address(station, "2001:db8:3::fe/64");
}

static void give(const char *source, const char *target, uint8_t protocol, size_t size)
{
	probe_make(&probe, source, target, protocol, size);
	probe_give(&world, left, &probe);
}

static bool is_from(const struct world_sent *sent, const char *source, const char *target)
{
	struct ip from = world_ip(source, NULL), to = world_ip(target, NULL);
	const uint8_t *at = sent->bytes + (from.family == AF_INET ? 12 : 8);

	return !memcmp(at, from.bytes, ip_size(&from)) &&
	       !memcmp(at + ip_size(&from), to.bytes, ip_size(&to));
}

/* Whether one packet came, and one went out of PORT, all right, whose message begins with TYPE and CODE. */
static bool answered(
	const struct router_port *port, const char *source, const char *target, uint8_t type, uint8_t code)
{
	const struct world_sent *sent = &world.sent[0];
	size_t header = strchr(source, ':') ? 40 : 20;

	return world.said_count == 1 && world.sent_count == 1 && sent->port == port && !sent->lost &&
	       is_from(sent, source, target) && probe_holds(sent->bytes, sent->length) &&
	       sent->bytes[header] == type && sent->bytes[header + 1] == code;
}

static bool silent(enum router_counter counter)
{
	static uint64_t counts[ROUTER_COUNTERS];
	bool more = world_count(&world, counter) == counts[counter] + 1;

	memcpy(counts, world.memory.counters, sizeof(counts));
	return more && world.said_count == 1 && world.sent_count == 0 &&
	       world.dropped == (counter >= ROUTER_FIRST_DROP);
}

static void echo4(void)
{
	const uint8_t *reply;

	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_ICMP, 64);
	probe.bytes[1] = 0xb9;
	probe.bytes[6] = 0x40;
	probe_hops(&probe, 1);
	probe_give(&world, left, &probe);
	tap_ok(answered(left, "10.0.0.254", "10.0.0.1", 0, 0), "IPv4: echo is answered");
	tap_is(world.said, "an echo request for the router", "and it is said so");
	tap_is(world.sent[0].what, "echo reply", "of both");
	reply = world.sent[0].bytes;
	tap_ok(world.sent[0].length == 84 && !memcmp(reply + 24, probe.bytes + 24, 60),
		"with the same bytes");
	tap_ok(reply[1] == 0xb9 && reply[8] == 64 && !(reply[6] & 0x40),
		"as Linux: the same type of service, 64 to live, and it may be cut");
	give("10.0.0.1", "10.0.1.254", IPPROTO_ICMP, 64);
	tap_ok(answered(left, "10.0.1.254", "10.0.0.1", 0, 0), "of the address of another port, too");
	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_ICMP, 64);
	probe.bytes[21] = 5;
	probe_finish(&probe);
	probe_give(&world, left, &probe);
	tap_ok(answered(left, "10.0.0.254", "10.0.0.1", 0, 5), "with a code that is not 0");
	tap_ok(world_count(&world, ROUTER_echoed) == 3 && world_count(&world, ROUTER_delivered) == 3,
		"three are counted");
	silent(ROUTER_delivered);
	give("10.0.0.1", "10.0.0.255", IPPROTO_ICMP, 64);
	tap_ok(silent(ROUTER_delivered), "not of a broadcast");
	give("10.0.0.1", "224.0.0.1", IPPROTO_ICMP, 64);
	tap_ok(silent(ROUTER_delivered), "nor of multicast");
	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_ICMP, 64);
	probe.bytes[30] ^= 1;
	probe_give(&world, left, &probe);
	tap_ok(silent(ROUTER_bad_message), "nor with a wrong checksum");
	give("10.0.0.1", "10.0.0.254", IPPROTO_ICMP, 7);
	tap_ok(silent(ROUTER_bad_message), "nor of 7 bytes");
	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_ICMP, 36);
	probe.bytes[20] = 3;
	probe_finish(&probe);
	probe_give(&world, left, &probe);
	tap_ok(silent(ROUTER_delivered), "an ICMP error is taken");
}

static void echo4_options(void)
{
	static const uint8_t options[12] = { 7, 7, 4, 0, 0, 0, 0, 148, 4 };

	probe_ip(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_ICMP);
	probe_extra(&probe, 0, options, sizeof(options));
	probe_payload(&probe, 16);
	probe_give(&world, left, &probe);
	tap_ok(world.sent_count == 1 && world.sent[0].length == 28 + 16 &&
			probe_holds(world.sent[0].bytes, world.sent[0].length) &&
			!memcmp(world.sent[0].bytes + 20, (const uint8_t[8]) { 7, 7, 8, 10, 0, 0, 254 }, 8),
		"a recorded route is in the reply");
}

static void echo6(void)
{
	const uint8_t *reply;

	probe_make(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_ICMPV6, 64);
	probe.bytes[0] = 0x6b;
	probe.bytes[1] = 0x91;
	probe.bytes[2] = 0x23;
	probe_give(&world, left, &probe);
	tap_ok(answered(left, "2001:db8::fe", "2001:db8::1", 129, 0), "IPv6: echo is answered");
	reply = world.sent[0].bytes;
	tap_ok(world.sent[0].length == 104 && !memcmp(reply + 44, probe.bytes + 44, 60),
		"with the same bytes");
	tap_ok(reply[0] == 0x6b && reply[1] == 0x90 && !reply[2] && reply[7] == 64,
		"as Linux: the same traffic class, and hop limit 64");
	give("fe80::9", "fe80::1", IPPROTO_ICMPV6, 64);
	tap_ok(answered(left, "fe80::1", "fe80::9", 129, 0), "of a link-local address");
	give("fe80::9", "ff02::1", IPPROTO_ICMPV6, 64);
	tap_ok(answered(left, "fe80::1", "fe80::9", 129, 0), "of all nodes, from the link-local address");
	give("2001:db8::1", "ff02::1", IPPROTO_ICMPV6, 64);
	tap_ok(answered(left, "2001:db8::fe", "2001:db8::1", 129, 0), "or one of the same subnet");
	give("2001:db8::1", "2001:db8::", IPPROTO_ICMPV6, 64);
	tap_ok(answered(left, "2001:db8::fe", "2001:db8::1", 129, 0), "of an anycast address, from its own");
	give("fe80::9", "fe80::", IPPROTO_ICMPV6, 64);
	tap_ok(answered(left, "fe80::1", "fe80::9", 129, 0), "and of that of the link");
	silent(ROUTER_delivered);
	give("::", "ff02::1", IPPROTO_ICMPV6, 64);
	tap_ok(silent(ROUTER_martian_source), "not of nobody");
	probe_make(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_ICMPV6, 64);
	probe.bytes[60] ^= 1;
	probe_give(&world, left, &probe);
	tap_ok(silent(ROUTER_bad_message), "nor with a wrong checksum");
}

static void give_udp(const char *source, const char *target, size_t at, uint8_t xor)
{
	probe_make(&probe, source, target, IPPROTO_UDP, 20);
	probe.bytes[probe.header + at] ^= xor;
	probe_give(&world, left, &probe);
}

static void udp(void)
{
	give("10.0.0.1", "10.0.0.254", IPPROTO_UDP, 20);
	tap_ok(answered(left, "10.0.0.254", "10.0.0.1", 3, 3) && world.dropped,
		"IPv4: UDP: port unreachable");
	give("2001:db8::1", "2001:db8::fe", IPPROTO_UDP, 20);
	tap_ok(answered(left, "2001:db8::fe", "2001:db8::1", 1, 4), "IPv6: UDP: port unreachable");
	silent(ROUTER_closed_port);
	give("10.0.0.1", "10.0.0.255", IPPROTO_UDP, 20);
	tap_ok(silent(ROUTER_closed_port), "not of a broadcast");
	give("2001:db8::1", "ff02::1", IPPROTO_UDP, 20);
	tap_ok(silent(ROUTER_closed_port), "nor of multicast");
	give_udp("10.0.0.1", "10.0.0.254", 6, 1);
	tap_ok(silent(ROUTER_bad_message), "nor with a wrong checksum");
	give_udp("10.0.0.1", "10.0.0.254", 5, 20 ^ 7);
	tap_ok(silent(ROUTER_bad_message), "nor with a length of 7");
	give_udp("10.0.0.1", "10.0.0.254", 5, 20 ^ 21);
	tap_ok(silent(ROUTER_bad_message), "nor with a length of more than there is");
	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_UDP, 20);
	made_number(probe.bytes + 26, 2, 0);
	probe_give(&world, left, &probe);
	tap_ok(answered(left, "10.0.0.254", "10.0.0.1", 3, 3), "IPv4: without a checksum");
	silent(ROUTER_closed_port);
	probe_make(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_UDP, 20);
	made_number(probe.bytes + 46, 2, 0);
	probe_give(&world, left, &probe);
	tap_ok(silent(ROUTER_bad_message), "IPv6: not without a checksum");
}

static void tcp(void)
{
	give("10.0.0.1", "10.0.0.254", IPPROTO_TCP, 20);
	tap_ok(world.said_count == 1 && world.sent_count == 1 && world.sent[0].bytes[33] == 0x14 &&
			probe_holds(world.sent[0].bytes, world.sent[0].length),
		"IPv4: TCP: a reset");
	give("2001:db8::1", "2001:db8::fe", IPPROTO_TCP, 20);
	tap_ok(world.said_count == 1 && world.sent_count == 1 && world.sent[0].bytes[53] == 0x14 &&
			probe_holds(world.sent[0].bytes, world.sent[0].length),
		"IPv6: TCP: a reset");
	silent(ROUTER_closed_port);
	give("10.0.0.1", "10.0.0.255", IPPROTO_TCP, 20);
	tap_ok(silent(ROUTER_closed_port), "not of a broadcast");
	give("2001:db8::1", "2001:db8::", IPPROTO_TCP, 20);
	tap_ok(silent(ROUTER_closed_port), "nor of anycast");
	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_TCP, 20);
	probe.bytes[36] ^= 1;
	probe_give(&world, left, &probe);
	tap_ok(silent(ROUTER_bad_message), "nor with a wrong checksum");
	give("10.0.0.1", "10.0.0.254", IPPROTO_TCP, 19);
	tap_ok(silent(ROUTER_bad_message), "nor of 19 bytes");
}

static void others(void)
{
	static const uint8_t options[8] = { 99, 0, 1, 4 };

	give("10.0.0.1", "10.0.0.254", 99, 20);
	tap_ok(answered(left, "10.0.0.254", "10.0.0.1", 3, 2), "IPv4: protocol unreachable");
	probe_ip(&probe, "2001:db8::1", "2001:db8::fe", 99);
	probe_extra(&probe, 60, options, sizeof(options));
	probe_payload(&probe, 20);
	probe_give(&world, left, &probe);
	tap_ok(answered(left, "2001:db8::fe", "2001:db8::1", 4, 1) && world.sent[0].bytes[47] == 40,
		"IPv6: a parameter problem, with where the protocol is");
	silent(ROUTER_delivered);
	give("10.0.0.1", "224.0.0.1", IPPROTO_IGMP, 20);
	tap_ok(silent(ROUTER_delivered), "IGMP is taken");
	give("2001:db8::1", "2001:db8::fe", IPPROTO_NONE, 20);
	tap_ok(silent(ROUTER_delivered), "IPv6 with nothing behind is taken");
}

/* A request of 1,400 bytes in two fragments, the second first. */
static void fragments(void)
{
	static struct probe whole;
	struct probe *piece = &probe;

	probe_make(&whole, "10.0.0.1", "10.0.0.254", IPPROTO_ICMP, 2000);
	*piece = whole;
	memmove(piece->bytes + 20, whole.bytes + 20 + 1000, 1000);
	piece->length = 1020;
	piece->bytes[7] = 1000 / 8;
	piece->protocol = 99; /* its checksum stays */
	probe_finish(piece);
	probe_give(&world, left, piece);
	tap_ok(world.said_count == 1 && world.sent_count == 0 && !world.dropped, "a fragment waits");
	*piece = whole;
	piece->length = 1020;
	piece->bytes[6] = 0x20;
	piece->protocol = 99;
	probe_finish(piece);
	probe_give(&world, left, piece);
	tap_ok(world.said_count == 1 && world.sent_count == 2 && world.sent[0].length == 1500 &&
			is_from(&world.sent[0], "10.0.0.254", "10.0.0.1"),
		"the reply to what came in fragments goes in fragments");
	tap_ok(world.sent_count == 2 && world.sent[0].length + world.sent[1].length == 2040 &&
			!memcmp(world.sent[1].bytes + 20, whole.bytes + 1500, 520),
		"all of it");
}

/* What is behind the fragment header of a packet that is its only fragment (RFC 6946) is checked, too. */
static void atomic(void)
{
	static const uint8_t option[16] = { 60, 0xff, 0, 0, 1, 2, 3, 4, 17, 0, 0x9e, 4 },
			     route[16] = { 43, 0xff, 0, 0, 1, 2, 3, 4, 17, 0, 0, 1 },
			     fine[16] = { 60, 0xff, 0, 0, 1, 2, 3, 4, 58, 0, 1, 4 };

	probe_ip(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_UDP);
	probe_extra(&probe, 44, option, sizeof(option));
	probe_payload(&probe, 20);
	probe_give(&world, left, &probe);
	tap_ok(answered(left, "2001:db8::fe", "2001:db8::1", 4, 2) && world.sent[0].bytes[47] == 50,
		"an unknown option in an atomic fragment is told of");
	probe_ip(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_UDP);
	probe_extra(&probe, 44, route, sizeof(route));
	probe_payload(&probe, 20);
	probe_give(&world, left, &probe);
	tap_ok(answered(left, "2001:db8::fe", "2001:db8::1", 4, 0) && world.sent[0].bytes[47] == 50,
		"so is a routing header that leads on");
	probe_ip(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_ICMPV6);
	probe_extra(&probe, 44, fine, sizeof(fine));
	probe_payload(&probe, 20);
	probe_give(&world, left, &probe);
	tap_ok(answered(left, "2001:db8::fe", "2001:db8::1", 129, 0), "with right ones it is answered");
}

static void segments(void)
{
	struct virtio_net_hdr offload = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = 20,
		.csum_offset = 6,
		.gso_type = 5,
		.gso_size = 500,
		.hdr_len = 28 };
	uint32_t sum;

	probe_make(&probe, "10.0.0.1", "10.0.0.254", IPPROTO_UDP, 8 + 1200);
	sum = probe_pseudo(probe.bytes, IPPROTO_UDP, 8 + 1200);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	made_number(probe.bytes + 26, 2, sum);
	silent(ROUTER_closed_port);
	world_forget(&world);
	world_give_offload(&world, left, probe.bytes, probe.length, &offload);
	tap_ok(world.said_count == 1 && world.dropped && world.sent_count == 3,
		"a segment is taken piece by piece (%zu)", world.sent_count);
	tap_ok(world.sent_count == 3 && probe_holds(world.sent[2].bytes, world.sent[2].length) &&
			world.sent[2].bytes[28 + 3] == 20 + 8 + 200,
		"and each is told of as it is on the wire");
}

/* What the checksum of a UDP packet is before a device is asked for the rest. */
static void leave_checksum(struct virtio_net_hdr *offload, size_t header)
{
	uint32_t sum = probe_pseudo(probe.bytes, IPPROTO_UDP, probe.length - header);

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	made_number(probe.bytes + header + 6, 2, sum);
	*offload = (struct virtio_net_hdr) {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = (uint16_t)header, .csum_offset = 6
	};
}

/* Whoever captures completes what an offload says is to be done: it is done once. */
static void captured(const char *source, const char *target, const uint8_t *hardware)
{
	struct virtio_net_hdr offload;
	size_t frame = hardware ? 14 : 0;
	struct router_port *port = hardware ? station : left;

	probe_make(&probe, source, target, IPPROTO_UDP, 30);
	leave_checksum(&offload, probe.header);
	if (hardware) {
		probe_frame(&probe, hardware, strchr(source, ':') ? 0x86dd : 0x0800);
		offload.csum_start = (uint16_t)(offload.csum_start + frame);
	}
	world_forget(&world);
	world_give_offload(&world, port, probe.bytes, probe.length, &offload);
	tap_ok(world.said_count == 1 && world.seen.length == probe.length && !world.seen.offload.flags &&
			probe_holds(world.seen.bytes + frame, world.seen.length - frame),
		"%s, %s: what a device was to sum is captured summed", source, hardware ? "TAP" : "TUN");
}

static void captures(void)
{
	captured("10.0.0.1", "10.0.0.254", NULL);
	captured("2001:db8::1", "2001:db8::fe", NULL);
	captured("10.0.3.1", "10.0.3.254", station->hardware);
	captured("2001:db8:3::1", "2001:db8:3::fe", station->hardware);
}

/* There is no route back to who asks. */
static void no_way_back(void)
{
	uint64_t echoed = world_count(&world, ROUTER_echoed), resets = world_count(&world, ROUTER_resets);
	bool none = true;

	give("10.9.0.1", "10.0.0.254", IPPROTO_ICMP, 20);
	none = none && world.sent_count == 0;
	give("2001:db8:9::1", "2001:db8::fe", IPPROTO_ICMPV6, 20);
	none = none && world.sent_count == 0;
	give("10.9.0.1", "10.0.0.254", IPPROTO_TCP, 20);
	none = none && world.sent_count == 0;
	tap_ok(none, "without a route back nobody is answered");
	tap_ok(world_count(&world, ROUTER_echoed) == echoed && world_count(&world, ROUTER_resets) == resets,
		"and no answer is counted");
}

int main(void)
{
	begin();
	echo4();
	echo4_options();
	echo6();
	udp();
	tcp();
	others();
	fragments();
	atomic();
	segments();
	captures();
	no_way_back();
	world_close(&world);
	return tap_done();
}
