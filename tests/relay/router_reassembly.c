/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments that come to a router, and the packets that they are. */
#include "forwarder/router/icmp.h"
#include "forwarder/router/reassembly.h"
#include "tests/relay/pieces.h"
#include "tests/unit/tap.h"

enum { AT_A_TIME = 16 };

static struct world world;
static struct router_port *port, *other_port;
static struct piece fragment;
static struct datagram out;
static uint8_t content[67000];
static int error;
static uint32_t argument;

static void make(unsigned version, uint32_t id, size_t begin, size_t size, bool more)
{
	pieces_fragment(&fragment, version, id, content, begin, size, more);
}

static enum router_counter give_by(struct router_port *by, struct piece *piece)
{
	struct datagram datagram;

	world_need(pieces_read(by, piece, &datagram) == ROUTER_COUNTERS, "a datagram");
	world.router->now = world.now;
	return reassembly_take(world.router, &datagram, &out, &error, &argument);
}

static enum router_counter give(struct piece *piece)
{
	return give_by(port, piece);
}

static bool is_whole(unsigned version, size_t size)
{
	return pieces_whole(&out, version, content, size);
}

/* What became of the fragment that was given last: "m": others are missing; "W13": it is complete, of 13
 * bytes; "x": it is dropped; "p44": with a parameter problem at 44. */
static int print(char *text, size_t size, unsigned version, enum router_counter what)
{
	size_t payload = out.packet.length - out.header;

	if (what == ROUTER_COUNTERS && is_whole(version, payload))
		return snprintf(text, size, "W%zu ", payload);
	if (error)
		return snprintf(text, size, "p%u ", argument);
	return snprintf(text, size, "%s ",
		what == ROUTER_delivered      ? "m"
		: what == ROUTER_bad_fragment ? "x"
					      : "?");
}

/* Gives "0:8+ 8:5 ": 8 bytes from 0 on, and more follows; the last 5. */
static const char *play(unsigned version, uint32_t id, const char *script)
{
	static char text[400];
	size_t at = 0;
	char *next;

	while (*script) {
		size_t begin = strtoul(script, &next, 10), size = strtoul(next + 1, &next, 10);

		make(version, id, begin, size, *next == '+');
		at += (size_t)print(text + at, sizeof(text) - at, version, give(&fragment));
		script = next + strspn(next, "+ ");
	}
	text[at ? at - 1 : 0] = 0;
	return text;
}

static const struct {
	const char *name, *script, *out4, *out6;
} scripts[] = {
	{ "in order", "0:16+ 16:8+ 24:5 ", "m m W29", "m m W29" },
	{ "backwards", "24:5 16:8+ 0:16+ ", "m m W29", "m m W29" },
	{ "a hole in the middle", "0:16+ 24:5 16:8+ ", "m m W29", "m m W29" },
	{ "a last one of whole units", "8:16 0:8+ ", "m W24", "m W24" },
	{ "what comes after it is complete begins anew", "0:8+ 8:8 8:8 0:8+ ", "m W16 m W16", "m W16 m W16" },
	{ "a copy is ignored", "0:16+ 0:16+ 24:5 24:5 16:8+ ", "m m m m W29", "m m m m W29" },
	{ "so is a part of a run", "0:16+ 16:16+ 8:16+ 32:1 ", "m m m W33", "m m m W33" },
	{ "no part of two", "16:16+ 0:16+ 8:16+ 32:1 ", "m m x m", "m m x m" },
	{ "it overlaps the one before", "0:16+ 8:16+ 24:8 ", "m x m", "m x m" },
	{ "it overlaps the one behind", "16:16+ 8:16+ 0:8+ 32:8 ", "m x m m", "m x m m" },
	{ "it covers another", "8:8+ 0:24+ 24:8 ", "m x m", "m x m" },
	{ "it covers all", "8:8+ 0:32+ ", "m x", "m x" },
	{ "after an overlap it begins anew", "0:16+ 8:16+ 0:8+ 8:8 ", "m x m W16", "m x m W16" },
	{ "two ends", "16:8 32:8 0:8+ ", "m x m", "m x m" },
	{ "an end before what came", "16:16+ 8:8 0:8+ ", "m x m", "m x m" },
	{ "something behind the end", "16:8 24:8+ 0:8+ ", "m x m", "m x m" },
	{ "the last is longer than the end", "16:5 16:8+ ", "m x", "m x" },
	{ "a first one of no whole units", "0:13+ 8:8 ", "m W16", "p4 m" },
	{ "an end in the middle of a unit", "0:16+ 16:5+ 16:8 ", "m x m", "m p4 W24" },
	{ "nothing", "8:0 0:8+ 8:0 ", "x m x", "x m x" },
	{ "as long as can be", "65504:11 0:32768+ 32768:32736+ ", "m m W65515", "m m W65515" },
	{ "one longer", "65504:12 0:32768+ 32768:32736+ ", "m m x", "m m W65516" },
	{ "as long as IPv6 can be", "65528:7 0:32768+ 32768:32760+ ", "m m x", "m m W65535" },
	{ "too long by one", "0:8+ 65528:8 8:8 ", "m x m", "m p42 W16" },
	{ "too long", "65528:1000 ", "x", "p42" },
};

static void test_scripts(void)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		tap_is(play(4, (uint32_t)i, scripts[i].script), scripts[i].out4, "IPv4: %s", scripts[i].name);
		world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
		tap_is(play(6, (uint32_t)i, scripts[i].script), scripts[i].out6, "IPv6: %s", scripts[i].name);
		world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	}
}

static void test_keys(void)
{
	static const struct {
		unsigned version;
		size_t at, size;
		bool same;
		const char *what;
	} bytes[] = {
		{ 4, 12, 4, false, "IPv4: another source" },
		{ 4, 16, 4, false, "IPv4: another target" },
		{ 4, 4, 2, false, "IPv4: another identification" },
		{ 4, 9, 1, false, "IPv4: another protocol" },
		{ 4, 1, 1, true, "IPv4: another traffic class is the same packet's" },
		{ 6, 8, 16, false, "IPv6: another source" },
		{ 6, 24, 16, false, "IPv6: another target" },
		{ 6, 44, 4, false, "IPv6: another identification" },
		{ 6, 40, 1, true, "IPv6: another next header is the same packet's" },
		{ 6, 7, 1, true, "IPv6: another hop limit is the same packet's" },
	};

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		enum router_counter what;

		make(bytes[i].version, 700, 0, 8, true);
		give(&fragment);
		make(bytes[i].version, 700, 8, 8, false);
		fragment.bytes[bytes[i].at + bytes[i].size - 1] ^= 4;
		pieces_finish(&fragment);
		what = give(&fragment);
		tap_ok(what == (bytes[i].same ? ROUTER_COUNTERS : ROUTER_delivered), "%s", bytes[i].what);
		world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
	}
}

static void test_ports(void)
{
	make(4, 1, 0, 8, true);
	give(&fragment);
	make(4, 1, 8, 8, false);
	tap_ok(give_by(other_port, &fragment) == ROUTER_COUNTERS && out.from == other_port,
		"fragments come by two ports: the packet by the last one's");
	make(6, 1, 0, 8, true);
	memcpy(fragment.bytes + 24, "\xfe\x80", 2);
	give(&fragment);
	make(6, 1, 8, 8, false);
	memcpy(fragment.bytes + 24, "\xfe\x80", 2);
	tap_ok(give_by(other_port, &fragment) == ROUTER_delivered,
		"a link-local target on another link is another one");
	tap_ok(give(&fragment) == ROUTER_COUNTERS, "and on the same link it is the same");
	world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
}

static void test_atomic(void)
{
	make(6, 5, 0, 8, true);
	give(&fragment);
	make(6, 5, 0, 20, false);
	tap_ok(give(&fragment) == ROUTER_COUNTERS && !out.fragment && out.protocol == 17 && out.header == 48,
		"an atomic fragment is its packet");
	make(6, 5, 8, 8, false);
	tap_ok(give(&fragment) == ROUTER_COUNTERS && is_whole(6, 16),
		"and others with its identification are another's");
}

static void test_headers(void)
{
	/* Hop-by-hop options of 16 bytes, destination options, and the fragment header; behind it destination
	   options again. */
	static const uint8_t before[32] = { [0] = 60, [1] = 1, [16] = 44, [24] = 60, [27] = 1 },
			     inside[8] = { [0] = 17 };
	uint8_t head[40];

	memcpy(head, before, 32);
	memcpy(head + 32, inside, 8);
	pieces_make6(&fragment, 0, head, sizeof(head), 3, 16);
	tap_ok(give(&fragment) == ROUTER_delivered, "the first of two, with extension headers");
	make(6, 0, 24, 9, false);
	tap_ok(give(&fragment) == ROUTER_COUNTERS && out.packet.length == 40 + 24 + 33 &&
			pieces_load(out.bytes + 4, 2) == 24 + 33 && out.bytes[6] == 0 &&
			out.bytes[40] == 60 && out.bytes[56] == 60 && out.bytes[64] == 17 &&
			out.protocol == 17 && out.header == 40 + 32 &&
			!memcmp(out.bytes + 40 + 24 + 24, content + 24, 9),
		"it is put together without the fragment header");
}

static void test_incomplete_headers(void)
{
	static const struct {
		uint8_t protocol;
		size_t size;
		bool good;
		const char *what;
	} heads[] = {
		{ 6, 16, false, "16 bytes of TCP" },
		{ 6, 24, true, "24 bytes of TCP" },
		{ 17, 8, true, "8 bytes of UDP" },
		{ 58, 8, true, "8 bytes of ICMPv6" },
		{ 59, 8, true, "no next header" },
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		enum router_counter what;

		make(6, 60 + (uint32_t)i, 0, heads[i].size, true);
		fragment.bytes[40] = heads[i].protocol;
		what = give(&fragment);
		tap_ok(heads[i].good ? what == ROUTER_delivered && !error
				     : what == ROUTER_bad_fragment && error == ICMP_NO_HEADERS,
			"first fragment: %s: %s", heads[i].what, heads[i].good ? "good" : "an error");
	}
	world_pass(&world, 61 * (uint64_t)WORLD_SECOND);
}

/* RFC 3168 5.3. Marks of the fragments, and the packet's; -1: it is dropped. */
static void test_marks(void)
{
	static const struct {
		unsigned one, two;
		int both;
	} marks[] = { { 0, 0, 0 }, { 1, 1, 1 }, { 1, 2, 1 }, { 1, 3, 3 }, { 3, 2, 3 }, { 0, 3, -1 },
		{ 2, 0, -1 } };

	for (unsigned version = 4; version <= 6; version += 2) {
		unsigned shift = version == 4 ? 0 : 4;

		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			enum router_counter what;

			make(version, 80 + (uint32_t)i, 0, 8, true);
			fragment.bytes[1] = (uint8_t)(marks[i].one << shift);
			pieces_finish(&fragment);
			give(&fragment);
			make(version, 80 + (uint32_t)i, 8, 8, false);
			fragment.bytes[1] = (uint8_t)(marks[i].two << shift);
			pieces_finish(&fragment);
			what = give(&fragment);
			tap_ok(marks[i].both < 0 ? what == ROUTER_bad_fragment
						 : what == ROUTER_COUNTERS && is_whole(version, 16) &&
							   out.bytes[1] >> shift == marks[i].both,
				"IPv%u: fragments marked %u and %u: %d", version, marks[i].one, marks[i].two,
				marks[i].both);
		}
	}
}

/* As Linux: the packet has DF where the longest of its fragments had. */
static void test_fixed(void)
{
	for (unsigned i = 0; i < 2; i++) {
		make(4, 90 + i, 0, 16, true);
		fragment.bytes[6] |= i == 0 ? 0x40 : 0;
		pieces_finish(&fragment);
		give(&fragment);
		make(4, 90 + i, 16, 8, false);
		fragment.bytes[6] |= i == 1 ? 0x40 : 0;
		pieces_finish(&fragment);
		tap_ok(give(&fragment) == ROUTER_COUNTERS && is_whole(4, 24) && out.fixed == (i == 0),
			"DF on the %s fragment", i == 0 ? "longer" : "shorter");
	}
}

static void test_limit(void)
{
	unsigned good = 0;

	for (unsigned i = 0; i < AT_A_TIME + 3; i++) {
		make(4, 100 + i, 0, 8, true);
		give(&fragment);
		world_pass(&world, 1);
	}
	tap_ok(world_count(&world, ROUTER_many_fragments) == 3, "three more packets than there is room for");
	for (unsigned i = 3; i < AT_A_TIME + 3; i++) {
		make(4, 100 + i, 8, 8, false);
		good += give(&fragment) == ROUTER_COUNTERS && is_whole(4, 16);
	}
	tap_ok(good == AT_A_TIME, "the %u newest are put together", good);
	tap_ok(router_next(world.router) == ROUTER_NEVER, "and nothing waits any more");
}

static void test_time(void)
{
	uint64_t late = world_count(&world, ROUTER_late_fragment);

	for (unsigned version = 4; version <= 6; version += 2) {
		uint64_t patience = (version == 4 ? 30 : 60) * (uint64_t)WORLD_SECOND;

		make(version, 200, 0, 8, true);
		give(&fragment);
		tap_ok(reassembly_next(world.router) == world.now + patience, "IPv%u: fragments wait %u s",
			version, version == 4 ? 30 : 60);
		world_pass(&world, patience - 1);
		make(version, 200, 16, 8, true);
		tap_ok(give(&fragment) == ROUTER_delivered && reassembly_next(world.router) == world.now + 1,
			"another does not make it longer");
		world_pass(&world, 1);
		tap_ok(world_count(&world, ROUTER_late_fragment) == ++late &&
				reassembly_next(world.router) == ROUTER_NEVER,
			"then they are dropped");
		make(version, 200, 8, 8, true);
		tap_ok(give(&fragment) == ROUTER_delivered, "what comes later begins anew");
		world_pass(&world, patience);
		late++;
	}
}

int main(void)
{
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1500);
	other_port = world_port(&world, RELAY_IP, 1500);
	pieces_fill(content, sizeof(content), 1);
	test_scripts();
	test_keys();
	test_ports();
	test_atomic();
	test_headers();
	test_incomplete_headers();
	test_marks();
	test_fixed();
	test_limit();
	test_time();
	world_close(&world);
	return tap_done();
}
