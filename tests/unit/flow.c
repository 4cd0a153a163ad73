/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a packet says of itself: packets of every kind, whole and cut off at every length. */
#include "explain/flow.h"

#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lab/arena.h"
#include "tests/unit/tap.h"

/* A packet in hexadecimal, with blanks where its fields end, and how it is said. */
struct row {
	const char *hex, *text, *what;
};

#define IPV4(protocol, length) "45 00 " length " 1234 4000 40 " protocol " 0000 0a000001 0a000002 "
#define IPV6(next, length)                                                                                   \
	"6 00 00000 " length " " next " 40 20010db8000000000000000000000001 "                                \
	"20010db8000000000000000000000002 "
#define UDP "8235 0035 0010 0000 6162636465666768"

static const struct row rows[] = {
	{ IPV4("01", "0020") "08 00 0000 3039 0007 00000000", "10.0.0.1 → 10.0.0.2: echo request",
		"an echo request" },
	{ IPV4("01", "0020") "00 00 0000 3039 0007 00000000", "10.0.0.1 → 10.0.0.2: echo reply",
		"an echo reply" },
	{ IPV4("01", "001c") "03 04 0000 0000 04b0", "10.0.0.1 → 10.0.0.2: frag-needed",
		"an ICMP error that quotes nothing" },
	{ IPV4("01", "0040") "03 03 0000 00000000 " IPV4("11", "0024") UDP,
		"10.0.0.1 → 10.0.0.2: port-unreachable", "an ICMP error that quotes" },
	{ IPV4("01", "001c") "0b 00 0000 00000000", "10.0.0.1 → 10.0.0.2: time-exceeded", "time-exceeded" },
	{ IPV4("01", "001c") "0d 00 0000 00000000", "10.0.0.1 → 10.0.0.2: ICMP type 13 code 0",
		"a timestamp request" },
	{ IPV4("11", "0024") UDP, "10.0.0.1 → 10.0.0.2: UDP 33333 → 53", "a datagram" },
	{ IPV4("06", "0028") "8235 0050 00000005 00000000 50 02 ffff 0000 0000",
		"10.0.0.1 → 10.0.0.2: TCP 33333 → 80 SYN", "a SYN" },
	{ IPV4("06", "002c") "0050 8235 00000005 00000006 50 12 ffff 0000 0000 02040000",
		"10.0.0.1 → 10.0.0.2: TCP 80 → 33333 SYN,ACK with 4 bytes", "a SYN with data" },
	{ IPV4("06", "0028") "0050 8235 00000005 00000006 50 14 0000 0000 0000",
		"10.0.0.1 → 10.0.0.2: TCP 80 → 33333 ACK,RST", "a reset" },
	{ IPV4("2f", "0018") "00000800", "10.0.0.1 → 10.0.0.2: GRE", "GRE" },
	{ "46 00 0028 1234 4000 40 11 0000 0a000001 0a000002 01010101 " UDP,
		"10.0.0.1 → 10.0.0.2: UDP 33333 → 53", "behind options" },
	{ "45 00 0024 1234 0010 40 11 0000 0a000001 0a000002 " UDP, "10.0.0.1 → 10.0.0.2: a fragment",
		"a fragment other than the first has no ports" },
	{ "45 00 0024 1234 2000 40 11 0000 0a000001 0a000002 " UDP, "10.0.0.1 → 10.0.0.2: UDP 33333 → 53",
		"the first fragment has" },
	{ IPV6("3a", "0008") "80 00 0000 3039 0007", "2001:db8::1 → 2001:db8::2: echo request",
		"an ICMPv6 echo request" },
	{ IPV6("3a", "0008") "81 00 0000 3039 0007", "2001:db8::1 → 2001:db8::2: echo reply",
		"an ICMPv6 echo reply" },
	{ IPV6("3a", "0048") "02 00 0000 00000500 " IPV6("11", "0010") UDP,
		"2001:db8::1 → 2001:db8::2: packet-too-big", "packet-too-big" },
	{ IPV6("3a", "0008") "87 00 0000 00000000", "2001:db8::1 → 2001:db8::2: neighbour solicitation",
		"a neighbour solicitation" },
	{ IPV6("11", "0010") UDP, "2001:db8::1 → 2001:db8::2: UDP 33333 → 53", "a datagram over IPv6" },
	{ IPV6("00", "0018") "11 00 050200000100 " UDP, "2001:db8::1 → 2001:db8::2: UDP 33333 → 53",
		"behind hop-by-hop options" },
	{ IPV6("2b", "0028") "3c 02 04 00 00000000 20010db8000000000000000000000003 11 00 010400000000 " UDP,
		"2001:db8::1 → 2001:db8::2: UDP 33333 → 53", "behind a routing header and options" },
	{ IPV6("2c", "0018") "11 00 0001 00000001 " UDP, "2001:db8::1 → 2001:db8::2: UDP 33333 → 53",
		"the first fragment over IPv6" },
	{ IPV6("2c", "0018") "11 00 0011 00000001 " UDP, "2001:db8::1 → 2001:db8::2: a fragment",
		"a later one" },
	{ IPV6("32", "0010") "0000000000000000 0000000000000000", "2001:db8::1 → 2001:db8::2: protocol 50",
		"what lies behind encryption is not seen" },
};

static unsigned digit(char letter)
{
	return (unsigned)(isdigit((unsigned char)letter) ? letter - '0' : letter - 'a' + 10);
}

/* The bytes of HEX, in memory of just their size. */
static unsigned char *bytes_of(const char *hex, size_t *size)
{
	unsigned char *bytes = calloc(1, strlen(hex));
	size_t digits = 0;

	for (; *hex; hex++)
		if (*hex != ' ') {
			bytes[digits / 2] = (unsigned char)((unsigned)bytes[digits / 2] << 4 | digit(*hex));
			digits++;
		}
	*size = digits / 2;
	return realloc(bytes, *size ? *size : 1);
}

static struct flow flow_of(const char *hex, unsigned char **bytes)
{
	struct flow flow;
	size_t size;

	*bytes = bytes_of(hex, &size);
	if (!flow_read(*bytes, size, &flow))
		flow.family = AF_UNSPEC;
	return flow;
}

static void are_said(struct arena *arena)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned char *bytes;
		struct flow flow = flow_of(rows[i].hex, &bytes);

		tap_is(flow_print(arena, &flow), rows[i].text, "%s", rows[i].what);
		free(bytes);
	}
}

/* What is pointed to lies in the packet. */
static bool lies_in(const unsigned char *at, size_t length, const unsigned char *bytes, size_t size)
{
	return !at || (at >= bytes && length <= size && (size_t)(at - bytes) <= size - length);
}

/* The sanitizers see what is read beyond; without a whole header there is no packet, and with it there is. */
static bool is_cut_well(const unsigned char *bytes, size_t size, size_t header)
{
	unsigned char *copy = malloc(size ? size : 1);
	struct flow flow;
	bool read, well;

	memcpy(copy, bytes, size);
	read = flow_read(copy, size, &flow);
	well = read == (size >= header) && lies_in(flow.payload, flow.payload_size, copy, size) &&
	       lies_in(flow.quoted, flow.quoted_size, copy, size);
	free(copy);
	return well;
}

static void are_cut(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t size, cut = 0;
		unsigned char *bytes = bytes_of(rows[i].hex, &size);
		size_t header = bytes[0] >> 4 == 4 ? (size_t)(bytes[0] & 15) * 4 : 40;

		while (cut <= size && is_cut_well(bytes, cut, header))
			cut++;
		if (!tap_ok(cut > size, "%s, cut off at every length", rows[i].what))
			printf("# at %zu of %zu\n", cut, size);
		free(bytes);
	}
}

static void fields_of_ipv4(struct arena *arena)
{
	unsigned char *bytes;
	struct flow flow = flow_of(IPV4("01", "0020") "08 00 0000 3039 0007 00000000", &bytes);

	tap_ok(flow.id == 0x3039 && flow.sequence == 7 && flow.ttl == 64 && flow.length == 32 &&
			flow.do_not_fragment && !flow.quoted,
		"id, sequence number, TTL, length and DF of an echo");
	free(bytes);
	flow = flow_of(
		IPV4("06", "002c") "0050 8235 00000005 00000006 50 12 ffff 0000 0000 02040000", &bytes);
	tap_ok(flow.flags == (TH_SYN | TH_ACK) && flow.sequence == 5 && flow.payload_size == 4,
		"flags, sequence number and payload of TCP");
	free(bytes);
	flow = flow_of(IPV4("01", "001c") "03 04 0000 0000 04b0", &bytes);
	tap_ok(flow.mtu == 1200 && flow_is_error(&flow), "the MTU of frag-needed");
	free(bytes);
	flow = flow_of(IPV4("01", "0040") "03 03 0000 00000000 " IPV4("11", "0024") UDP, &bytes);
	tap_ok(flow.quoted && flow_read(flow.quoted, flow.quoted_size, &flow) && flow.sport == 33333,
		"what an error quotes can be read");
	tap_is(address_print(arena, &flow.to), "10.0.0.2", "with its addresses");
	free(bytes);
}

static void fields_of_ipv6(void)
{
	unsigned char *bytes;
	struct flow flow = flow_of(IPV6("3a", "0048") "02 00 0000 00000500 " IPV6("11", "0010") UDP, &bytes);

	tap_ok(flow.mtu == 1280 && flow_is_error(&flow) && flow.length == 112 && flow.do_not_fragment,
		"the MTU of packet-too-big; a whole length; routers never fragment IPv6");
	tap_ok(flow.quoted && flow_read(flow.quoted, flow.quoted_size, &flow) && flow.dport == 53,
		"what it quotes");
	free(bytes);
}

/* What is in an envelope, and how that is said; NULL: nothing that is known. */
static const struct row envelopes[] = {
	{ IPV4("04", "0040") IPV4("11", "0024") UDP, "10.0.0.1 → 10.0.0.2: UDP 33333 → 53", "IPv4 in IPv4" },
	{ IPV6("29", "0038") IPV6("11", "0010") UDP, "2001:db8::1 → 2001:db8::2: UDP 33333 → 53",
		"IPv6 in IPv6" },
	{ IPV6("2b", "0050") "29 02 04 00 00000000 20010db8000000000000000000000003 " IPV4("11", "0024") UDP,
		"10.0.0.1 → 10.0.0.2: UDP 33333 → 53", "behind a routing header" },
	{ IPV4("2f", "0040") "0000 0800 " IPV4("11", "0024") UDP, "10.0.0.1 → 10.0.0.2: UDP 33333 → 53",
		"GRE" },
	{ IPV4("2f", "0040") "b000 86dd 00000000 00000007 00000001 " IPV6("11", "0010") UDP,
		"2001:db8::1 → 2001:db8::2: UDP 33333 → 53", "GRE with a checksum, a key and a number" },
	{ IPV4("2f", "0040") "2000 6558 00000007 020000000001 020000000002 0800 " IPV4("11", "0024") UDP,
		"10.0.0.1 → 10.0.0.2: UDP 33333 → 53", "GRE with a frame" },
	{ IPV4("2f", "0040") "0001 0800 " IPV4("11", "0024") UDP, NULL, "GRE of another version" },
	{ IPV4("11", "0040") "8235 12b5 0030 0000 08000000 00000700 020000000001 020000000002 0800 " IPV4(
		  "11", "0024") UDP,
		"10.0.0.1 → 10.0.0.2: UDP 33333 → 53", "VXLAN" },
	{ IPV4("11", "0040") "8235 12b5 0030 0000 08000000 00000700 020000000001 020000000002 0806 " IPV4(
		  "11", "0024") UDP,
		NULL, "VXLAN with a frame that is no IP" },
	{ IPV4("11", "0024") UDP, NULL, "a datagram has nothing in it" },
};

static void are_inside(struct arena *arena)
{
	for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++) {
		unsigned char *bytes;
		struct flow outer = flow_of(envelopes[i].hex, &bytes), inside;
		bool found = flow_inside(&outer, &inside);

		if (envelopes[i].text)
			tap_is(found ? flow_print(arena, &inside) : "nothing", envelopes[i].text,
				"inside of %s", envelopes[i].what);
		else
			tap_ok(!found, "%s", envelopes[i].what);
		free(bytes);
	}
}

static bool is_cut_well_inside(const unsigned char *bytes, size_t size)
{
	unsigned char *copy = malloc(size ? size : 1);
	struct flow outer, inside;
	bool well;

	memcpy(copy, bytes, size);
	well = !flow_read(copy, size, &outer) || !flow_inside(&outer, &inside) ||
	       lies_in(inside.payload, inside.payload_size, copy, size);
	free(copy);
	return well;
}

static void are_cut_inside(void)
{
	for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++) {
		size_t size, cut = 0;
		unsigned char *bytes = bytes_of(envelopes[i].hex, &size);

		while (cut <= size && is_cut_well_inside(bytes, cut))
			cut++;
		tap_ok(cut > size, "%s, cut off at every length", envelopes[i].what);
		free(bytes);
	}
}

static void are_none(void)
{
	static const struct {
		const char *hex, *what;
	} none[] = {
		{ "", "nothing" },
		{ "44 00 0024 1234 4000 40 11 0000 0a000001 0a000002 " UDP,
			"a header shorter than the least" },
		{ "55 00 0024 1234 4000 40 11 0000 0a000001 0a000002 " UDP, "another version" },
		{ "4f 00 0024 1234 4000 40 11 0000 0a000001 0a000002 " UDP,
			"a header longer than the packet" },
	};

	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		unsigned char *bytes;
		struct flow flow = flow_of(none[i].hex, &bytes);

		tap_ok(flow.family == AF_UNSPEC, "%s is no packet", none[i].what);
		free(bytes);
	}
}

int main(void)
{
	struct arena *arena = arena_open();

	are_said(arena);
	are_cut();
	fields_of_ipv4(arena);
	fields_of_ipv6();
	are_inside(arena);
	are_cut_inside();
	are_none();
	arena_close(arena);
	return tap_done();
}
