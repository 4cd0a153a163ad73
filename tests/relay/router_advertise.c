/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Router advertisements: their bytes, and when they are sent, by a clock that the test turns. */
#include "forwarder/router/advertise.h"

#include "forwarder/router/checksum.h"
#include "forwarder/router/neighbour.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum { FRAME = 14, MESSAGE = FRAME + 40 };

static struct world world;
static struct router_port *tun, *tap;

static const uint64_t numbers[RELAY_NUMBERS] = {
	[RELAY_MIN_INTERVAL] = 200000,
	[RELAY_MAX_INTERVAL] = 600000,
	[RELAY_OTHER_CONFIG] = 1,
	[RELAY_LINK_MTU] = 1400,
	[RELAY_REACHABLE_TIME] = 30000,
	[RELAY_RETRANS_TIMER] = 1000,
	[RELAY_CUR_HOP_LIMIT] = 64,
	[RELAY_DEFAULT_LIFETIME] = 1800,
	[RELAY_DEFAULT_PREFERENCE] = 1,
	[RELAY_SOURCE_LL_ADDRESS] = 1,
};

static const uint64_t option[RELAY_NUMBERS] = {
	[RELAY_VALID_LIFETIME] = 86400,
	[RELAY_PREFERRED_LIFETIME] = 14400,
	[RELAY_ON_LINK] = 1,
	[RELAY_AUTONOMOUS] = 1,
	[RELAY_ROUTE_PREFERENCE] = 3,
};

static void begin(void)
{
	world_open(&world);
	tun = world_port(&world, RELAY_IP, 1500);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
}

static void pass(double seconds)
{
	world_pass(&world, (uint64_t)(seconds * WORLD_SECOND));
}

static bool add(enum relay_advertised kind, const char *text)
{
	uint8_t length;
	struct ip ip = world_ip(text, &length);

	return advertise_add(tap, kind, &ip, length, option);
}

static void solicit(struct router_port *port, const char *text)
{
	struct ip ip = world_ip(text, NULL);

	world.router->now = world.now;
	advertise_answer(port, &ip);
}

static unsigned sent_to(const uint8_t hardware[6])
{
	unsigned count = 0;

	for (size_t i = 0; i < world.sent_count; i++)
		count += !memcmp(world.sent[i].bytes, hardware, 6);
	return count;
}

static const uint8_t all[6] = { 0x33, 0x33, 0, 0, 0, 1 }, host[6] = { 2, 0, 0, 0, 9, 1 };

static void know_host(const char *text)
{
	struct ip ip = world_ip(text, NULL);

	neighbour_state(tap, &ip, host);
}

static void test_bytes(void)
{
	static const uint8_t wanted[] = {
		134, 0, 0, 0, 64, 0x48, 7, 8, 0, 0, 0x75, 0x30, 0, 0, 3, 0xe8,	    /* the header */
		1, 1, 2, 0, 0, 0, 0, 2,						    /* hardware address */
		5, 1, 0, 0, 0, 0, 5, 0x78,					    /* MTU */
		3, 4, 60, 0xc0, 0, 1, 0x51, 0x80, 0, 0, 0x38, 0x40, 0, 0, 0, 0,	    /* prefix */
		0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0xf0, 0, 0, 0, 0, 0, 0, 0, 0,	    /* and its bits */
		24, 1, 0, 0x18, 0, 1, 0x51, 0x80,				    /* default route */
		24, 2, 48, 0x18, 0, 1, 0x51, 0x80, 0x20, 1, 0x0d, 0xb8, 0, 7, 0, 0, /* another */
		25, 3, 0, 0, 0, 1, 0x51, 0x80,					    /* RDNSS */
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,	    /* and its server */
	};
	const struct world_sent *sent = &world.sent[0];
	struct ip source = world_ip("fe80::2", NULL), target = world_ip("ff02::1", NULL);
	uint64_t four[RELAY_NUMBERS], sum;

	begin();
	memcpy(four, numbers, sizeof(four));
	four[RELAY_OPTION_COUNT] = 4;
	tap_ok(advertise_set(tap, four) && add(RELAY_ADVERTISED_PREFIX, "2001:db8:1:ff::9/60") &&
			add(RELAY_ADVERTISED_ROUTE, "::/0") && add(RELAY_ADVERTISED_ROUTE, "2001:db8:7::/48"),
		"a port advertises, with options");
	solicit(tap, "::");
	pass(1);
	tap_ok(!world.sent_count && advertise_next(world.router) == ROUTER_NEVER,
		"nothing, as long as one of these is missing");
	tap_ok(add(RELAY_ADVERTISED_RDNSS, "2001:db8::53"), "that one comes");
	tap_ok(advertise_next(world.router) <= world.now, "at once");
	pass(0);
	tap_ok(world.sent_count == 1 && sent->length == MESSAGE + sizeof(wanted), "an advertisement is sent");
	sum = checksum_add_pseudo(0, &source, &target, IPPROTO_ICMPV6, sizeof(wanted));
	tap_ok(checksum_finish(checksum_add(sum, sent->bytes + MESSAGE, sizeof(wanted))) == 0 &&
			!memcmp(sent->bytes, all, 6) && !memcmp(sent->bytes + FRAME + 8, source.bytes, 16) &&
			!memcmp(sent->bytes + FRAME + 24, target.bytes, 16) && sent->bytes[FRAME + 7] == 255,
		"from the link-local address to all nodes, with a right checksum");
	memset(sent->bytes + MESSAGE + 2, 0, 2);
	tap_ok(!memcmp(sent->bytes + MESSAGE, wanted, sizeof(wanted)), "these are its bytes");
	tap_is(sent->what, "router advertisement", "who captures it is told what it is");
	tap_ok(world_count(&world, ROUTER_advertised) == 1, "it counts");
	world_forget(&world);
	advertise_set(tap, NULL);
	tap_ok(world.sent_count == 1 && sent->bytes[MESSAGE + 6] == 0 && sent->bytes[MESSAGE + 7] == 0 &&
			sent->bytes[MESSAGE + 5] == 0x40,
		"the last one has a lifetime of 0, and no preference (RFC 4191)");
	tap_ok(advertise_next(world.router) == ROUTER_NEVER, "then there are no more");
	world_close(&world);
}

static void test_router_address(void)
{
	static const uint8_t wanted[] = { 0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe };
	struct ip ip = world_ip("2001:db8:1::fe", NULL);
	uint64_t whole[RELAY_NUMBERS] = { [RELAY_ROUTER_ADDR] = 1 };
	const uint8_t *prefix;

	begin();
	advertise_set(tap, numbers);
	advertise_add(tap, RELAY_ADVERTISED_PREFIX, &ip, 64, whole);
	pass(0);
	prefix = world.sent[0].bytes + MESSAGE + 16 + 16;
	tap_ok(prefix[2] == 64 && prefix[3] == 0x20 && !memcmp(prefix + 16, wanted, sizeof(wanted)),
		"a prefix that is the router's address is sent whole (RFC 6275 7.2)");
	world_close(&world);
}

static void test_tun(void)
{
	begin();
	advertise_set(tun, numbers);
	pass(0);
	tap_ok(world.sent_count == 1 && world.sent[0].length == 40 + 16 + 8 && world.sent[0].bytes[56] == 5,
		"on a TUN it has no hardware address");
	world_close(&world);
}

/* The intervals between the first few that nobody asked for. */
static void test_times(void)
{
	uint64_t last, now, interval, least = UINT64_MAX, most = 0;
	bool initial = true;

	begin();
	advertise_set(tap, numbers);
	pass(0);
	last = world.now;
	for (unsigned i = 1; i < 200; i++) {
		now = advertise_next(world.router);
		interval = now - last;
		last = now;
		if (i < 3)
			initial = initial && interval == 16ULL * WORLD_SECOND;
		else if (interval < least)
			least = interval;
		if (i >= 3 && interval > most)
			most = interval;
		world_pass(&world, now - world.now);
	}
	tap_ok(initial, "the first three are 16 s apart (RFC 4861 6.2.4)");
	tap_ok(least >= 200ULL * WORLD_SECOND && least < 215ULL * WORLD_SECOND &&
			most <= 600ULL * WORLD_SECOND && most > 585ULL * WORLD_SECOND,
		"then 200 to 600: %.0f to %.0f", (double)least / WORLD_SECOND, (double)most / WORLD_SECOND);
	world_close(&world);
}

static void test_solicited(void)
{
	begin();
	know_host("fe80::9");
	advertise_set(tap, numbers);
	pass(0);
	world_forget(&world);
	solicit(tap, "fe80::9");
	solicit(tap, "fe80::9");
	tap_ok(!world.sent_count, "an answer waits for some of half a second");
	pass(0.5);
	tap_ok(world.sent_count == 1 && sent_to(host) == 1, "then the host gets it alone, once");
	world_forget(&world);
	solicit(tap, "::");
	pass(2.4);
	tap_ok(world.sent_count == 0, "one who has no address waits: all had one less than 3 s ago");
	pass(0.2);
	tap_ok(sent_to(all) == 1, "then all have another");
	world_forget(&world);
	for (unsigned i = 1; i <= 12; i++) {
		char text[32];

		snprintf(text, sizeof(text), "fe80::a:%u", i);
		know_host(text);
		solicit(tap, text);
	}
	pass(4);
	tap_ok(sent_to(host) == 8 && sent_to(all) == 1, "more than eight hosts at once are answered as all");
	world_forget(&world);
	solicit(tun, "fe80::9");
	pass(4);
	tap_ok(!world.sent_count, "a port that advertises nothing does not answer");
	world_close(&world);
}

static void test_silent(void)
{
	uint64_t silent[RELAY_NUMBERS];

	memcpy(silent, numbers, sizeof(silent));
	silent[RELAY_MIN_INTERVAL] = silent[RELAY_MAX_INTERVAL] = 0;
	begin();
	know_host("fe80::9");
	advertise_set(tap, silent);
	tap_ok(advertise_next(world.router) == ROUTER_NEVER, "without intervals it says nothing of itself");
	solicit(tap, "fe80::9");
	pass(1);
	tap_ok(sent_to(host) == 1, "but answers");
	world_forget(&world);
	advertise_set(tap, NULL);
	tap_ok(sent_to(all) == 1, "and then says to all when it is no router any more");
	world_forget(&world);
	advertise_set(tap, silent);
	advertise_set(tap, NULL);
	tap_ok(!world.sent_count, "but not where it never said that it is one");
	advertise_set(tap, silent);
	solicit(tap, "::");
	pass(3);
	tap_ok(sent_to(all) == 1 && advertise_next(world.router) == ROUTER_NEVER, "and all, once");
	world_close(&world);
}

static void test_many(void)
{
	unsigned count = 0;

	begin();
	tap_ok(!add(RELAY_ADVERTISED_PREFIX, "2001:db8::/64"),
		"a port that advertises nothing has no options");
	advertise_set(tap, numbers);
	while (add(RELAY_ADVERTISED_PREFIX, "2001:db8::/64"))
		count++;
	pass(0);
	tap_ok(count == 37 && world.sent[0].length == FRAME + 40 + 16 + 16 + 37 * 32,
		"%u prefixes fit into 1280 bytes", count);
	world_forget(&world);
	pass(3);
	advertise_set(tap, numbers);
	pass(0);
	tap_ok(world.sent_count == 1 && world.sent[0].length == MESSAGE + 16 + 16,
		"what is set anew has none, and is sent at once");
	world_close(&world);
}

static void test_change(void)
{
	uint64_t silent[RELAY_NUMBERS];

	memcpy(silent, numbers, sizeof(silent));
	silent[RELAY_MIN_INTERVAL] = silent[RELAY_MAX_INTERVAL] = 0;
	begin();
	know_host("fe80::9");
	advertise_set(tap, numbers);
	pass(1);
	world_forget(&world);
	solicit(tap, "fe80::9");
	advertise_set(tap, numbers);
	pass(0.5);
	tap_ok(sent_to(host) == 1, "who waits for an answer gets it, though what is advertised changed");
	pass(1.4);
	tap_ok(!sent_to(all), "all hear of a change not before 3 s are over (RFC 4861 6.2.6)");
	pass(0.1);
	tap_ok(sent_to(all) == 1, "but then");
	world_forget(&world);
	solicit(tap, "::");
	advertise_set(tap, silent);
	pass(2.9);
	tap_ok(!sent_to(all), "one without an address waits as long, when nothing is said unasked any more");
	pass(0.6);
	tap_ok(sent_to(all) == 1 && advertise_next(world.router) == ROUTER_NEVER, "and gets his answer");
	world_close(&world);
}

int main(void)
{
	test_bytes();
	test_router_address();
	test_tun();
	test_times();
	test_solicited();
	test_silent();
	test_many();
	test_change();
	return tap_done();
}
