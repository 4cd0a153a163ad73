/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and extension headers: which are wrong, where, and what is written into them. What Linux 6.18 made
 * of each was looked at. */
#include "forwarder/router/options.h"
#include "tests/relay/probe.h"
#include "tests/unit/tap.h"

enum { FINE = ROUTER_COUNTERS, OPTION = ROUTER_bad_option, ROUTE = ROUTER_source_route };

static struct world world;
static struct router_port *port;
static struct probe probe;
static struct datagram datagram;

struct wrong4 {
	const char *what;
	uint8_t bytes[24];
	int why;
	uint32_t at; /* from the options on; of what an error is sent about */
};

static const struct wrong4 table4[] = {
	{ "nothing but padding", { 1, 1, 1, 1 }, FINE, 0 },
	{ "an end, and what is behind it", { 0, 7, 1, 0 }, FINE, 0 },
	{ "a type without a length", { 1, 1, 1, 7 }, OPTION, 3 },
	{ "a length of 1", { 222, 1 }, OPTION, 0 },
	{ "a length beyond the header", { 1, 222, 4 }, OPTION, 1 },
	{ "one that is not known", { 222, 4 }, FINE, 0 },
	{ "a route of two bytes", { 7, 2 }, OPTION, 1 },
	{ "a route whose pointer is too small", { 7, 7, 3 }, OPTION, 2 },
	{ "a route with room", { 7, 7, 4 }, FINE, 0 },
	{ "a route with room for a part", { 7, 7, 5 }, OPTION, 2 },
	{ "a full route", { 7, 7, 8 }, FINE, 0 },
	{ "two routes", { 7, 7, 4, 0, 0, 0, 0, 7, 7, 4 }, OPTION, 7 },
	{ "times of three bytes", { 68, 3, 5 }, OPTION, 1 },
	{ "times whose pointer is too small", { 68, 8, 4 }, OPTION, 2 },
	{ "times with room", { 68, 8, 5 }, FINE, 0 },
	{ "times with room for a part", { 68, 8, 6 }, OPTION, 2 },
	{ "addresses and times with room for a part", { 68, 8, 5, 1 }, OPTION, 2 },
	{ "given addresses with room for a part", { 68, 8, 5, 3 }, OPTION, 2 },
	{ "times without room", { 68, 8, 9 }, FINE, 0 },
	{ "times without room, counted in full", { 68, 8, 9, 0xf0 }, OPTION, 3 },
	{ "given addresses without room", { 68, 8, 9, 0xf3 }, FINE, 0 },
	{ "times twice", { 68, 8, 5, 0, 0, 0, 0, 0, 68, 8, 5 }, OPTION, 8 },
	{ "a loose source route", { 131, 7, 4 }, ROUTE, 0 },
	{ "a source route that is done", { 131, 7, 8 }, ROUTE, 0 },
	{ "a strict source route", { 137, 7, 4 }, ROUTE, 0 },
	{ "a source route of two bytes", { 131, 2 }, OPTION, 1 },
	{ "a source route whose pointer is too small", { 131, 3, 3 }, OPTION, 2 },
	{ "a loose and a strict source route", { 131, 3, 4, 1, 137, 3, 4 }, OPTION, 4 },
	{ "a router alert", { 148, 4 }, FINE, 0 },
	{ "a router alert of three bytes", { 148, 3 }, OPTION, 1 },
};

static enum router_counter read_probe(void)
{
	struct packet packet = { .length = probe.length, .frame = RELAY_IP };

	packet.bytes = memcpy(world.buffer + ROUTER_ROOM, probe.bytes, probe.length);
	return datagram_read(port, &packet, world.buffer + ROUTER_ROOM, &datagram);
}

static bool read4(const uint8_t *options, size_t size)
{
	probe_ip(&probe, "10.0.0.1", "10.0.1.2", IPPROTO_UDP);
	probe_extra(&probe, 0, options, size);
	probe_payload(&probe, 20);
	return read_probe() == ROUTER_COUNTERS;
}

static void judges4(void)
{
	for (size_t i = 0; i < sizeof(table4) / sizeof(table4[0]); i++) {
		const struct wrong4 *row = &table4[i];
		/* Exactly as long as the row, or with an end behind it. */
		size_t size = i >= 2 && i < 5 ? 4 : sizeof(row->bytes);
		bool read = read4(row->bytes, size);
		struct options_wrong wrong = options_check(&datagram, i % 2);
		bool told = row->why == OPTION;

		tap_ok(read && (int)wrong.why == row->why &&
				wrong.error == (told ? ICMP_BAD_PARAMETER : ICMP_NONE) &&
				(!told || wrong.at == 20 + row->at),
			"IPv4: %s (%d %d %u)", row->what, wrong.why, wrong.error, wrong.at);
	}
	tap_ok(read4(NULL, 0) && options_check(&datagram, true).why == ROUTER_COUNTERS, "IPv4: none");
}

/* Gives options to be forwarded; returns them as they are then. */
static const uint8_t *forwarded(const uint8_t *options, size_t size)
{
	struct ip by = world_ip("10.0.1.254", NULL);

	world_need(read4(options, size), "options in a test are wrong");
	options_forward(world.router, &datagram, &by);
	return probe_holds(datagram.bytes, datagram.packet.length) ? datagram.bytes + 20
								   : (const uint8_t *)"wrong";
}

static void records(void)
{
	static const uint8_t route[12] = { 7, 11, 4 }, full[8] = { 7, 7, 8, 1, 2, 3, 4 };
	static const uint8_t times[8] = { 68, 8, 5 }, none[8] = { 68, 8, 9, 0x10, 1, 2, 3, 4 },
			     none_given[8] = { 68, 8, 9, 0x13, 1, 2, 3, 4 };
	static const uint8_t addresses[12] = { 68, 12, 5, 1 }, mine[12] = { 68, 12, 5, 3, 10, 0, 0, 254 },
			     other[12] = { 68, 12, 5, 3, 10, 0, 0, 1 }, end[8] = { 1, 0, 7, 7, 4, 9, 9, 9 };
	const uint8_t *now;

	now = forwarded(route, sizeof(route));
	tap_ok(now[2] == 8 && !memcmp(now + 3, (const uint8_t[8]) { 10, 0, 1, 254 }, 8),
		"a route: the address of the next port");
	tap_ok(!memcmp(forwarded(full, 8), full, 8), "a full route stays");
	world.router->now = 5 * (uint64_t)WORLD_SECOND;
	now = forwarded(times, sizeof(times));
	tap_ok(!memcmp(now, (const uint8_t[8]) { 68, 8, 9, 0, 0x80, 0, 0x13, 0x88 }, 8),
		"times: milliseconds that are not since midnight");
	tap_ok(forwarded(none, 8)[3] == 0x20 && !memcmp(forwarded(none, 8) + 4, none + 4, 4),
		"times without room are counted");
	tap_ok(!memcmp(forwarded(none_given, 8), none_given, 8), "but not where the addresses are given");
	now = forwarded(addresses, sizeof(addresses));
	tap_ok(!memcmp(now, (const uint8_t[12]) { 68, 12, 13, 1, 10, 0, 0, 254, 0x80, 0, 0x13, 0x88 }, 12),
		"addresses and times: of the port by which it came");
	now = forwarded(mine, sizeof(mine));
	tap_ok(now[2] == 13 && now[8] == 0x80, "given addresses: the router's own");
	tap_ok(!memcmp(forwarded(other, 12), other, 12), "given addresses: another's");
	tap_ok(!memcmp(forwarded(end, 8), (const uint8_t[8]) { 1 }, 8), "behind the end are zeros");
}

static void echoes(void)
{
	static const uint8_t both[20] = { 68, 8, 5, 0, 0, 0, 0, 0, 1, 7, 11, 4 };
	static const uint8_t wanted[20] = { 7, 11, 12, 10, 0, 0, 254, 10, 0, 0, 254, 68, 8, 9, 0, 0x80, 0,
		0x13, 0x88, 0 };
	struct ip by = world_ip("10.0.0.254", NULL);
	uint8_t to[40];

	world_need(read4(both, sizeof(both)), "options in a test are wrong");
	tap_ok(options_echo(world.router, &datagram, &by, to) == 20 && !memcmp(to, wanted, 20),
		"an echo reply has the route and the times, filled in on both ways");
}

struct wrong6 {
	const char *what;
	uint8_t first; /* header */
	uint8_t bytes[24];
	uint8_t size;
	int why, at_home; /* of each: ROUTER_... */
	enum icmp_error error;
	uint32_t at; /* from the extension header on */
};

static const struct wrong6 table6[] = {
	{ "padding", 0, { 17, 0, 1, 4 }, 8, FINE, FINE, 0, 0 },
	{ "padding that is not 0", 0, { 17, 0, 1, 4, 0, 1 }, 8, OPTION, OPTION, 0, 0 },
	{ "6 bytes of padding, and 8 more", 0, { 17, 1, 1, 4, 0, 0, 0, 0, 1, 6 }, 16, OPTION, OPTION, 0, 0 },
	{ "an option to be skipped", 0, { 17, 0, 0x1e, 4 }, 8, FINE, FINE, 0, 0 },
	{ "an option to be dropped", 0, { 17, 0, 0x5e, 4 }, 8, OPTION, OPTION, 0, 0 },
	{ "an option to be told of", 0, { 17, 0, 0x9e, 4 }, 8, OPTION, OPTION, ICMP_BAD_OPTION, 2 },
	{ "an option to be told of to one", 0, { 17, 0, 0, 0xde, 3 }, 8, OPTION, OPTION, ICMP_BAD_OPTION, 3 },
	{ "an option that goes too far", 0, { 17, 0, 0x1e, 5 }, 8, OPTION, OPTION, 0, 0 },
	{ "half an option", 0, { 17, 0, 0x1e, 3, 0, 0, 0, 0x1e }, 8, OPTION, OPTION, 0, 0 },
	{ "a router alert", 0, { 17, 0, 5, 2, 0, 0, 1, 0 }, 8, FINE, FINE, 0, 0 },
	{ "a router alert of 1 byte", 0, { 17, 0, 5, 1, 0, 1, 1, 0 }, 8, OPTION, OPTION, 0, 0 },
	{ "a jumbo payload that is none", 0, { 17, 0, 0xc2, 4, 0, 0, 255, 255 }, 8, OPTION, OPTION,
		ICMP_BAD_PARAMETER, 4 },
	{ "a jumbo payload with a length", 0, { 17, 0, 0xc2, 4, 0, 1, 0, 0 }, 8, OPTION, OPTION,
		ICMP_BAD_PARAMETER, 2 },
	{ "a jumbo payload of 3 bytes", 0, { 17, 0, 0xc2, 3, 0, 0, 1 }, 8, OPTION, OPTION, 0, 0 },
	{ "eight options", 0,
		{ 17, 2, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 1, 4 }, 24,
		FINE, FINE, 0, 0 },
	{ "nine options", 0,
		{ 17, 2, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 0x1e, 0, 1,
			2 },
		24, OPTION, OPTION, 0, 0 },
	{ "destination options to be told of", 60, { 17, 0, 0x9e, 4 }, 8, FINE, OPTION, ICMP_BAD_OPTION, 2 },
	{ "destination options: no router alert", 60, { 17, 0, 5, 1, 0, 1, 1, 0 }, 8, FINE, FINE, 0, 0 },
	{ "destination options that are not whole", 60, { 17, 9, 1, 4 }, 8, FINE, ROUTER_bad_length, 0, 0 },
	{ "hop-by-hop options that are not whole", 0, { 17, 9, 1, 4 }, 8, ROUTER_bad_length,
		ROUTER_bad_length, 0, 0 },
	{ "a routing header that is done", 43, { 17, 0, 0, 0 }, 8, FINE, FINE, 0, 0 },
	{ "a routing header that leads on", 43, { 17, 0, 0, 1 }, 8, FINE, ROUTE, ICMP_BAD_PARAMETER, 2 },
	{ "both, the second wrong", 0, { 60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0x9e, 4 }, 16, FINE, OPTION,
		ICMP_BAD_OPTION, 10 },
};

static void judge6(const struct wrong6 *row, bool at_home)
{
	int why = at_home ? row->at_home : row->why;
	struct options_wrong wrong;
	bool read;

	probe_ip(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_UDP);
	probe_extra(&probe, row->first, row->bytes, row->size);
	probe_payload(&probe, 20);
	read = read_probe() == ROUTER_COUNTERS;
	wrong = options_check(&datagram, at_home);
	tap_ok(read && (int)wrong.why == why && wrong.error == (why == FINE ? ICMP_NONE : row->error) &&
			(!wrong.error || wrong.at == 40 + row->at),
		"IPv6, %s: %s (%d %d %u)", at_home ? "for the router" : "for another", row->what, wrong.why,
		wrong.error, wrong.at);
}

static void judges6(void)
{
	static const uint8_t told[8] = { 17, 0, 0xde, 4 };

	for (size_t i = 0; i < sizeof(table6) / sizeof(table6[0]); i++) {
		judge6(&table6[i], false);
		judge6(&table6[i], true);
	}
	probe_ip(&probe, "2001:db8::1", "ff02::1", IPPROTO_UDP);
	probe_extra(&probe, 0, told, sizeof(told));
	probe_payload(&probe, 20);
	read_probe();
	tap_ok((int)options_check(&datagram, true).why == OPTION &&
			options_check(&datagram, true).error == ICMP_NONE,
		"IPv6: several are not told of an option");
}

static void no_length(void)
{
	static const uint8_t padding[8] = { 17, 0, 1, 4 };
	struct options_wrong wrong;

	probe_ip(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_UDP);
	probe_extra(&probe, 0, padding, sizeof(padding));
	probe_payload(&probe, 20);
	made_number(probe.bytes + 4, 2, 0);
	read_probe();
	wrong = options_check(&datagram, false);
	tap_ok(wrong.why == ROUTER_bad_length && wrong.error == ICMP_BAD_PARAMETER && wrong.at == 4,
		"IPv6: a length of 0 without a jumbo payload is told of (RFC 2675)");
}

int main(void)
{
	world_open(&world);
	port = world_port(&world, RELAY_IP, 1500);
	world_address(port, "10.0.0.254/24");
	judges4();
	records();
	echoes();
	judges6();
	no_length();
	world_close(&world);
	return tap_done();
}
