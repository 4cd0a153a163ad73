/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors and resets: those that Linux sends, byte by byte; how much they quote, and of what; and what
 * they are never sent about.
 */
#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/icmp.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum { ICMP_SIZE = 8, UDP_SIZE = 8 };

static struct world world;
static struct router_port *left, *right;

static void begin(void)
{
	world_open_pair(&world, &left, &right);
	world.router->ratelimit = 0;
	world_route(&world, ROUTE_UNICAST, "10.2.0.0/16", "10.0.1.2", right);
	world_route(&world, ROUTE_UNICAST, "2001:db8:2::/48", "2001:db8:1::2", right);
}

/* --- packets of this file --- */

/* UDP of SIZE bytes in all, from the left, with a right checksum. */
static void make(uint8_t *ip, const char *source, const char *target, size_t size, uint8_t hops)
{
	struct ip from = world_ip(source, NULL), to = world_ip(target, NULL);
	size_t header = from.family == AF_INET ? IP4_HEADER : IP6_HEADER;
	uint8_t *udp = ip + header;
	uint64_t sum;

	memset(ip, 'a', size);
	memset(ip, 0, header + UDP_SIZE);
	if (from.family == AF_INET) {
		ip[0] = 0x45;
		store16(ip + IP4_LENGTH, (uint16_t)size);
		ip[IP4_TTL] = hops;
		ip[IP4_PROTOCOL] = IPPROTO_UDP;
		memcpy(ip + IP4_SOURCE, from.bytes, 4);
		memcpy(ip + IP4_TARGET, to.bytes, 4);
		store16(ip + IP4_CHECKSUM, checksum_finish(checksum_add(0, ip, IP4_HEADER)));
	} else {
		ip[0] = 0x60;
		store16(ip + IP6_LENGTH, (uint16_t)(size - IP6_HEADER));
		ip[IP6_NEXT] = IPPROTO_UDP;
		ip[IP6_HOPS] = hops;
		memcpy(ip + IP6_SOURCE, from.bytes, 16);
		memcpy(ip + IP6_TARGET, to.bytes, 16);
	}
	store16(udp, 4000);
	store16(udp + 2, 5000);
	store16(udp + 4, (uint16_t)(size - header));
	sum = checksum_add_pseudo(0, &from, &to, IPPROTO_UDP, (uint32_t)(size - header));
	store16(udp + 6, checksum_finish(checksum_add(sum, udp, size - header)));
}

/* Sends one about what is at BYTES, of SIZE, as if it had come from the left. */
static void send_about(uint8_t *bytes, size_t size, enum icmp_error error, uint32_t argument)
{
	struct packet packet = { .bytes = bytes, .length = size };
	struct datagram about;

	world_forget(&world);
	world_need(datagram_read(left, &packet, bytes, &about) == ROUTER_COUNTERS, "a packet of this test");
	icmp_error(world.router, &about, error, argument);
}

/* The one error that was sent; NULL where none, or more, were. */
static const uint8_t *sent_one(void)
{
	return world.sent_count == 1 && !world.sent[0].lost ? world.sent[0].bytes : NULL;
}

static bool checksums_right(const struct world_sent *sent)
{
	struct datagram datagram;
	uint64_t sum = 0;

	datagram_made(sent->bytes, sent->length, &datagram);
	if (datagram.source.family == AF_INET6)
		sum = checksum_add_pseudo(0, &datagram.source, &datagram.target, IPPROTO_ICMPV6,
			(uint32_t)(sent->length - datagram.header));
	else if (checksum_finish(checksum_add(0, sent->bytes, IP4_HEADER)))
		return false;
	sum = checksum_add(sum, sent->bytes + datagram.header, sent->length - datagram.header);
	return checksum_finish(sum) == 0;
}

/* --- what is quoted --- */

static void quoted_of(const char *source, const char *target, size_t longest, size_t header)
{
	static uint8_t bytes[SEGMENT_LONGEST];
	unsigned right_ones = 0, count = 0;

	for (size_t size = header + UDP_SIZE; size < longest + 300; size++, count++) {
		size_t quoted = size + header + ICMP_SIZE > longest ? longest - header - ICMP_SIZE : size;
		const uint8_t *sent;

		make(bytes, source, target, size, 1);
		world_forget(&world);
		world_give(&world, left, bytes, size);
		sent = sent_one();
		right_ones += sent && world.sent[0].length == header + ICMP_SIZE + quoted &&
			      checksums_right(&world.sent[0]) &&
			      !memcmp(sent + header + ICMP_SIZE, bytes, quoted);
	}
	tap_ok(right_ones == count, "an error about %s quotes all, and is never longer than %zu: %u of %u",
		source, longest, right_ones, count);
}

static void quoted(void)
{
	begin();
	quoted_of("10.0.0.1", "10.2.0.9", 576, IP4_HEADER);
	left->mtu = 400;
	quoted_of("10.0.0.1", "10.2.0.9", 400, IP4_HEADER);
	left->mtu = 1500;
	quoted_of("2001:db8::1", "2001:db8:2::9", 1280, IP6_HEADER);
	world_close(&world);
}

/* What was left to a device is done in what is quoted, and not in the packet. */
static void left_to_a_device(void)
{
	struct virtio_net_hdr offload = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = IP4_HEADER, .csum_offset = 6
	};
	uint8_t whole[200], bytes[200], before[200];
	struct ip from = world_ip("10.0.0.1", NULL), to = world_ip("10.2.0.9", NULL);
	struct packet packet = { .bytes = bytes, .length = sizeof(bytes), .offload = offload };
	struct datagram about;

	begin();
	make(whole, "10.0.0.1", "10.2.0.9", sizeof(whole), 1);
	memcpy(bytes, whole, sizeof(bytes));
	store16(bytes + IP4_HEADER + 6,
		(uint16_t)~checksum_finish(checksum_add_pseudo(0, &from, &to, IPPROTO_UDP, 180)));
	memcpy(before, bytes, sizeof(bytes));
	datagram_read(left, &packet, bytes, &about);
	icmp_error(world.router, &about, ICMP_TTL_EXCEEDED, 0);
	tap_ok(sent_one() && !memcmp(sent_one() + IP4_HEADER + ICMP_SIZE, whole, sizeof(whole)),
		"a checksum that was left to the device is in what is quoted");
	tap_ok(!memcmp(bytes, before, sizeof(bytes)) && about.packet.offload.flags,
		"and not in the packet itself");
	world_close(&world);
}

/* Of a segment its first packet of wire size is quoted, with its own lengths and checksum. */
static void segments(void)
{
	enum { PIECE = 100, PIECES = 5, TCP_SIZE = 20, HEADERS = IP4_HEADER + TCP_SIZE };
	static uint8_t bytes[HEADERS + PIECE * PIECES];
	struct virtio_net_hdr offload = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = PIECE,
		.hdr_len = HEADERS,
		.csum_start = IP4_HEADER,
		.csum_offset = 16 };
	struct ip from = world_ip("10.0.0.1", NULL), to = world_ip("10.2.0.9", NULL);
	const uint8_t *inner;
	uint64_t sum;

	begin();
	make(bytes, "10.0.0.1", "10.2.0.9", sizeof(bytes), 1);
	bytes[IP4_PROTOCOL] = IPPROTO_TCP;
	store16(bytes + IP4_CHECKSUM, 0);
	store16(bytes + IP4_CHECKSUM, checksum_finish(checksum_add(0, bytes, IP4_HEADER)));
	memset(bytes + IP4_HEADER + 4, 0, 16);
	bytes[IP4_HEADER + 12] = TCP_SIZE / 4 << 4;
	store16(bytes + IP4_HEADER + 16, (uint16_t)~checksum_finish(checksum_add_pseudo(
						 0, &from, &to, IPPROTO_TCP, sizeof(bytes) - IP4_HEADER)));
	world_give_offload(&world, left, bytes, sizeof(bytes), &offload);
	inner = sent_one() ? sent_one() + IP4_HEADER + ICMP_SIZE : bytes;
	tap_ok(sent_one() && world.sent[0].length == IP4_HEADER + ICMP_SIZE + HEADERS + PIECE &&
			load16(inner + IP4_LENGTH) == HEADERS + PIECE,
		"an error about a segment quotes its first packet");
	sum = checksum_add_pseudo(0, &from, &to, IPPROTO_TCP, TCP_SIZE + PIECE);
	tap_ok(!checksum_finish(checksum_add(0, inner, IP4_HEADER)) &&
			!checksum_finish(checksum_add(sum, inner + IP4_HEADER, TCP_SIZE + PIECE)),
		"with right checksums");
	world_close(&world);
}

/* --- each error --- */

static void each(void)
{
	static const struct {
		enum icmp_error error;
		uint8_t type4, code4;
		uint32_t argument4; /* of 0x50 */
		uint8_t type6, code6;
		uint32_t argument6;
	} wanted[] = {
		{ ICMP_TTL_EXCEEDED, 11, 0, 0, 3, 0, 0 },
		{ ICMP_REASSEMBLY_EXCEEDED, 11, 1, 0, 3, 1, 0 },
		{ ICMP_NO_ROUTE, 3, 0, 0, 1, 0, 0 },
		{ ICMP_NO_NEIGHBOUR, 3, 1, 0, 1, 3, 0 },
		{ ICMP_NO_PROTOCOL, 3, 2, 0, 4, 1, 0x50 },
		{ ICMP_NO_PORT, 3, 3, 0, 1, 4, 0 },
		{ ICMP_PROHIBITED, 3, 13, 0, 1, 1, 0 },
		{ ICMP_TOO_BIG, 3, 4, 0x50, 2, 0, 0x50 },
		{ ICMP_BAD_PARAMETER, 12, 0, 0x50000000, 4, 0, 0x50 },
		{ ICMP_BAD_OPTION, 12, 0, 0x50000000, 4, 2, 0x50 },
		{ ICMP_BEYOND_SCOPE, 3, 1, 0, 1, 2, 0 },
	};
	uint8_t bytes[100];

	begin();
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const uint8_t *at;

		make(bytes, "10.0.0.1", "10.2.0.9", sizeof(bytes), 5);
		send_about(bytes, sizeof(bytes), wanted[i].error, 0x50);
		at = sent_one() ? sent_one() + IP4_HEADER : bytes;
		tap_ok(at[0] == wanted[i].type4 && at[1] == wanted[i].code4 &&
				load32(at + 4) == wanted[i].argument4,
			"IPv4: %s is %u/%u", world.sent[0].what, wanted[i].type4, wanted[i].code4);
		make(bytes, "2001:db8::1", "2001:db8:2::9", sizeof(bytes), 5);
		send_about(bytes, sizeof(bytes), wanted[i].error, 0x50);
		at = sent_one() ? sent_one() + IP6_HEADER : bytes;
		tap_ok(at[0] == wanted[i].type6 && at[1] == wanted[i].code6 &&
				load32(at + 4) == wanted[i].argument6,
			"IPv6: %s is %u/%u", world.sent[0].what, wanted[i].type6, wanted[i].code6);
	}
	send_about(bytes, sizeof(bytes), ICMP_NONE, 0);
	tap_ok(world.sent_count == 0, "no error is none");
	world_close(&world);
}

/* --- what none is about --- */

/* Every error, about a packet from SOURCE to TARGET: how many are sent. */
static unsigned sent_about(const char *source, const char *target, bool frame_to_several)
{
	uint8_t bytes[100];
	unsigned count = 0;

	for (enum icmp_error error = ICMP_TTL_EXCEEDED; error <= ICMP_BEYOND_SCOPE; error++) {
		struct packet packet = { .bytes = bytes, .length = sizeof(bytes) };
		struct datagram about;

		make(bytes, source, target, sizeof(bytes), 5);
		datagram_read(left, &packet, bytes, &about);
		about.source = world_ip(source, NULL);
		about.target = world_ip(target, NULL);
		about.to_several = frame_to_several;
		world_forget(&world);
		icmp_error(world.router, &about, error, 1280);
		count += (unsigned)world.sent_count;
	}
	return count;
}

static void never(void)
{
	static const char *const sources[] = { "0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.5", "240.0.0.1",
		"255.255.255.255", "10.0.0.255", "10.0.1.255", "::", "::1", "ff02::1", "2001:db8::" };
	unsigned all = ICMP_BEYOND_SCOPE;

	begin();
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		bool ip6 = strchr(sources[i], ':');

		tap_ok(sent_about(sources[i], ip6 ? "2001:db8:2::9" : "10.2.0.9", false) == 0,
			"none is sent to %s", sources[i]);
	}
	tap_ok(sent_about("10.0.0.1", "10.2.0.9", false) == all, "all %u are sent to a host", all);
	tap_ok(sent_about("10.0.0.1", "224.0.0.1", false) == 0, "none about multicast");
	tap_ok(sent_about("10.0.0.1", "255.255.255.255", false) == 0, "none about broadcast");
	tap_ok(sent_about("10.0.0.1", "10.0.1.255", false) == 0, "none about a subnet's broadcast");
	tap_ok(sent_about("10.0.0.1", "10.2.0.9", true) == 0, "none about a frame to several");
	tap_ok(sent_about("2001:db8::1", "2001:db8:2::9", false) == all, "all %u are sent over IPv6", all);
	tap_ok(sent_about("2001:db8::1", "ff0e::5", false) == 2,
		"about IPv6's multicast two: packet too big, and unrecognized option");
	tap_ok(sent_about("2001:db8::1", "2001:db8:2::9", true) == 2, "and about a frame to several");
	world_close(&world);
}

/* No error of any kind about an error, whatever its type is taken for. */
static void about_icmp(void)
{
	static const uint8_t answered4[] = { 0, 8, 13, 14, 15, 16, 17, 18 };
	uint8_t bytes[100];
	unsigned wrong = 0;

	begin();
	for (unsigned type = 0; type < 256; type++) {
		make(bytes, "10.0.0.1", "10.2.0.9", sizeof(bytes), 5);
		bytes[IP4_PROTOCOL] = IPPROTO_ICMP;
		store16(bytes + IP4_CHECKSUM, 0);
		store16(bytes + IP4_CHECKSUM, checksum_finish(checksum_add(0, bytes, IP4_HEADER)));
		bytes[IP4_HEADER] = (uint8_t)type;
		send_about(bytes, sizeof(bytes), ICMP_TTL_EXCEEDED, 0);
		wrong += world.sent_count != (memchr(answered4, (int)type, sizeof(answered4)) != NULL);
		make(bytes, "2001:db8::1", "2001:db8:2::9", sizeof(bytes), 5);
		bytes[IP6_NEXT] = IPPROTO_ICMPV6;
		bytes[IP6_HEADER] = (uint8_t)type;
		send_about(bytes, sizeof(bytes), ICMP_TTL_EXCEEDED, 0);
		wrong += world.sent_count != (type >= 128 && type != 137);
	}
	tap_ok(wrong == 0, "of ICMP, questions and answers are answered, all other types are not: %u wrong",
		wrong);
	world_close(&world);
}

/* --- by which address, to whom, how many --- */

static void sources(void)
{
	uint8_t bytes[100];

	begin();
	make(bytes, "10.2.0.7", "10.0.0.1", sizeof(bytes), 1);
	world_give(&world, left, bytes, sizeof(bytes));
	tap_ok(sent_one() && world.sent[0].port == right && sent_one()[IP4_SOURCE + 2] == 1,
		"IPv4: by the port that the way back leaves by, with its address (RFC 1812 4.3.2.4)");
	make(bytes, "2001:db8:2::7", "2001:db8::1", sizeof(bytes), 1);
	world_forget(&world);
	world_give(&world, left, bytes, sizeof(bytes));
	tap_ok(sent_one() && world.sent[0].port == right && sent_one()[IP6_SOURCE + 5] == 0,
		"IPv6: the same, with the address of the port that it came by");
	world_close(&world);
	world_open(&world);
	left = world_port(&world, RELAY_IP, 1500);
	world_route(&world, ROUTE_UNICAST, "10.0.0.0/24", NULL, left);
	make(bytes, "10.0.0.1", "10.9.0.1", sizeof(bytes), 1);
	world_give(&world, left, bytes, sizeof(bytes));
	tap_ok(sent_one() && load32(sent_one() + IP4_SOURCE) == 0xc0000008,
		"a router without an address of IPv4 answers from 192.0.0.8 (RFC 7600)");
	world_close(&world);
}

static void limited(void)
{
	uint8_t bytes[100];
	unsigned sent = 0;

	begin();
	world.router->ratelimit = WORLD_SECOND;
	for (unsigned i = 0; i < 10; i++) {
		make(bytes, "10.0.0.1", "10.2.0.9", sizeof(bytes), 5);
		send_about(bytes, sizeof(bytes), ICMP_TTL_EXCEEDED, 0);
		sent += (unsigned)world.sent_count;
	}
	tap_ok(sent == 6 && world_count(&world, ROUTER_errors) == 6 &&
			world_count(&world, ROUTER_limited) == 4,
		"of ten errors to one host 6 are sent, and 4 are not: %u", sent);
	send_about(bytes, sizeof(bytes), ICMP_TOO_BIG, 1400);
	tap_ok(world.sent_count == 1, "one with an MTU is sent all the same");
	tap_ok(world_count(&world, ROUTER_errors) == 7, "and counts");
	make(bytes, "10.99.0.1", "10.2.0.9", sizeof(bytes), 5);
	send_about(bytes, sizeof(bytes), ICMP_TTL_EXCEEDED, 0);
	tap_ok(world.sent_count == 0 && world_count(&world, ROUTER_errors) == 7 &&
			world_count(&world, ROUTER_limited) == 4,
		"where there is no way none is sent, and none counts");
	world_close(&world);
}

int main(void)
{
	quoted();
	left_to_a_device();
	segments();
	each();
	never();
	about_icmp();
	sources();
	limited();
	return tap_done();
}
