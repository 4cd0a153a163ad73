/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resets: which segments are answered by one, and what it says, for all flags. */
#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/local.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum {
	TCP_HEADER = 20,
	TCP_CHECKSUM = 16,
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	ACK = 0x10,
	PAYLOAD = 7,
	LENGTH = TCP_HEADER + PAYLOAD,
	SEQUENCE = 0x7ffffffe,
	ACKNOWLEDGED = 0x12345678,
};

static struct world world;
static struct router_port *port;

static void begin(void)
{
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1500);
	world_address(port, "10.0.0.254/24");
	world_address(port, "2001:db8::fe/64");
}

static uint16_t tcp_checksum(const uint8_t *tcp, size_t size, const struct ip *from, const struct ip *to)
{
	return checksum_finish(
		checksum_add(checksum_add_pseudo(0, from, to, IPPROTO_TCP, (uint32_t)size), tcp, size));
}

/* A segment as it came, with a right checksum. */
static size_t make(uint8_t *ip, const char *source, const char *target, uint8_t flags)
{
	struct ip from = world_ip(source, NULL), to = world_ip(target, NULL);
	bool ip4 = from.family == AF_INET;
	size_t header = ip4 ? IP4_HEADER : IP6_HEADER;
	uint8_t *tcp = ip + header;

	memset(ip, 0, header + LENGTH);
	ip[0] = ip4 ? 0x45 : 0x6a;
	ip[1] = ip4 ? 0xa7 : 0x7c; /* both: a TOS of 0xa7 */
	store16(ip + (ip4 ? IP4_LENGTH : IP6_LENGTH), (uint16_t)(ip4 ? header + LENGTH : LENGTH));
	ip[ip4 ? IP4_TTL : IP6_HOPS] = 9;
	ip[ip4 ? IP4_PROTOCOL : IP6_NEXT] = IPPROTO_TCP;
	memcpy(ip + (ip4 ? IP4_SOURCE : IP6_SOURCE), from.bytes, ip_size(&from));
	memcpy(ip + (ip4 ? IP4_TARGET : IP6_TARGET), to.bytes, ip_size(&to));
	if (ip4)
		store16(ip + IP4_CHECKSUM, checksum_finish(checksum_add(0, ip, IP4_HEADER)));
	store16(tcp, 4000);
	store16(tcp + 2, 80);
	store32(tcp + 4, SEQUENCE);
	store32(tcp + 8, ACKNOWLEDGED);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = flags;
	store16(tcp + TCP_CHECKSUM, tcp_checksum(tcp, LENGTH, &from, &to));
	return header + LENGTH;
}

/* What answers a packet; NULL: nothing does. */
static const struct world_sent *answer_to(uint8_t *bytes, size_t size, bool to_several)
{
	struct packet packet = { .bytes = bytes, .length = size };
	struct datagram datagram;

	world_forget(&world);
	world_need(
		datagram_read(port, &packet, bytes, &datagram) == ROUTER_COUNTERS, "a packet of this test");
	datagram.to_several = to_several;
	reset_answer(world.router, &datagram);
	world_need(world.sent_count <= 1, "it sends too much");
	return world.sent_count ? &world.sent[0] : NULL;
}

/* RFC 9293 3.10.7.1. */
static bool is_reset(const struct world_sent *sent, uint8_t flags, const char *from, const char *to)
{
	struct ip source = world_ip(from, NULL), target = world_ip(to, NULL);
	struct datagram datagram;
	const uint8_t *tcp;
	uint32_t sequence = flags & ACK ? ACKNOWLEDGED : 0,
		 acknowledged =
			 flags & ACK ? 0 : SEQUENCE + (uint32_t)PAYLOAD + !!(flags & SYN) + !!(flags & FIN);

	if (!sent)
		return false;
	datagram_made(sent->bytes, sent->length, &datagram);
	tcp = sent->bytes + datagram.header;
	return ip_equal(&datagram.source, &source) && ip_equal(&datagram.target, &target) &&
	       datagram.hops == 64 && sent->length == datagram.header + TCP_HEADER && load16(tcp) == 80 &&
	       load16(tcp + 2) == 4000 && load32(tcp + 4) == sequence && load32(tcp + 8) == acknowledged &&
	       load16(tcp + 12) == (TCP_HEADER / 4 << 12 | RST | (flags & ACK ? 0 : ACK)) &&
	       load16(tcp + 14) == 0 && load16(tcp + 18) == 0 &&
	       tcp_checksum(tcp, TCP_HEADER, &source, &target) == 0;
}

static void all_flags(const char *host, const char *own)
{
	uint8_t bytes[100];
	unsigned good = 0, resets = 0;

	begin();
	for (unsigned flags = 0; flags < 256; flags++) {
		size_t size = make(bytes, host, own, (uint8_t)flags);
		const struct world_sent *sent = answer_to(bytes, size, false);

		resets += sent != NULL;
		good += flags & RST ? !sent : is_reset(sent, (uint8_t)flags, own, host);
	}
	tap_ok(good == 256, "%s: all flags are answered as RFC 9293 says: %u of 256", host, good);
	tap_ok(resets == 128 && world_count(&world, ROUTER_resets) == resets,
		"%s: those with RST are not, and the others are counted: %u", host, resets);
	world_close(&world);
}

static void headers(void)
{
	uint8_t bytes[100];
	const struct world_sent *sent;
	size_t size;

	begin();
	size = make(bytes, "10.0.0.1", "10.0.0.254", SYN);
	sent = answer_to(bytes, size, false);
	tap_ok(sent && sent->bytes[IP4_TOS] == 0xa4, "the segment's TOS, without ECN");
	tap_ok(sent && load16(sent->bytes + IP4_ID) == 0 && load16(sent->bytes + IP4_FRAGMENT) == 0x4000,
		"not to be cut, and no identification");
	size = make(bytes, "2001:db8::1", "2001:db8::fe", SYN);
	sent = answer_to(bytes, size, false);
	tap_ok(sent && load32(sent->bytes) == 0x6a400000,
		"IPv6: the traffic class, without ECN, and no flow label");
	world_close(&world);
}

/* Whether the router answers it, which looks first whether it is right. */
static bool given(const uint8_t *bytes, size_t size)
{
	world_forget(&world);
	world_give(&world, port, bytes, size);
	return world.sent_count;
}

static void none(void)
{
	uint8_t bytes[100];
	size_t size;
	unsigned sent = 0;

	begin();
	size = make(bytes, "10.0.0.1", "10.0.0.254", SYN);
	tap_ok(answer_to(bytes, size, false), "a segment for the router is answered");
	tap_ok(!answer_to(bytes, size, true), "one in a frame to several is not");
	bytes[IP4_HEADER + 5] ^= 1;
	tap_ok(!given(bytes, size), "with a wrong checksum it is not");
	for (unsigned words = 0; words < 16; words++) {
		struct ip from = world_ip("10.0.0.1", NULL), to = world_ip("10.0.0.254", NULL);
		uint8_t *tcp = bytes + IP4_HEADER;

		size = make(bytes, "10.0.0.1", "10.0.0.254", SYN);
		tcp[12] = (uint8_t)(words << 4);
		store16(tcp + TCP_CHECKSUM, 0);
		store16(tcp + TCP_CHECKSUM, tcp_checksum(tcp, LENGTH, &from, &to));
		sent += given(bytes, size);
	}
	tap_ok(sent == 2, "where its header is too short, or longer than it, it is not: %u of 16 are", sent);
	make(bytes, "10.0.0.1", "10.0.0.254", SYN);
	sent = 0;
	for (size = IP4_HEADER; size < IP4_HEADER + TCP_HEADER; size++) {
		store16(bytes + IP4_LENGTH, (uint16_t)size);
		store16(bytes + IP4_CHECKSUM, 0);
		store16(bytes + IP4_CHECKSUM, checksum_finish(checksum_add(0, bytes, IP4_HEADER)));
		sent += given(bytes, size);
	}
	tap_ok(sent == 0, "where it is not whole it is not: %u", sent);
	world_close(&world);
}

static void not_between_two(void)
{
	static const char *const pairs[][2] = { { "10.0.0.1", "10.0.0.255" }, { "10.0.0.1", "224.0.0.1" },
		{ "10.0.0.1", "255.255.255.255" }, { "224.0.0.1", "10.0.0.254" }, { "0.0.0.0", "10.0.0.254" },
		{ "255.255.255.255", "10.0.0.254" }, { "10.0.0.255", "10.0.0.254" },
		{ "2001:db8::1", "ff02::1" }, { "2001:db8::1", "2001:db8::" }, { "::", "2001:db8::fe" },
		{ "ff02::5", "2001:db8::fe" } };
	uint8_t bytes[100];

	begin();
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t size = make(bytes, pairs[i][0], pairs[i][1], SYN);
		struct packet packet = { .bytes = bytes, .length = size };
		struct datagram datagram;

		/* Others drop some of these before: here they are asked for all the same. */
		datagram_read(port, &packet, bytes, &datagram);
		datagram.source = world_ip(pairs[i][0], NULL);
		datagram.target = world_ip(pairs[i][1], NULL);
		world_forget(&world);
		reset_answer(world.router, &datagram);
		tap_ok(world.sent_count == 0 && world_count(&world, ROUTER_resets) == 0, "none from %s to %s",
			pairs[i][1], pairs[i][0]);
	}
	world_close(&world);
}

int main(void)
{
	all_flags("10.0.0.1", "10.0.0.254");
	all_flags("2001:db8::1", "2001:db8::fe");
	headers();
	none();
	not_between_two();
	return tap_done();
}
