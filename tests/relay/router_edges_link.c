/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where one more or one less is another thing to a router: what breaks made on purpose had shown to nobody.
 */
#include "forwarder/router/advertise.h"
#include "forwarder/router/nd.h"
#include "forwarder/router/nd_message.h"
#include "forwarder/router/neighbour.h"
#include "tests/relay/probe.h"
#include "tests/unit/tap.h"

static struct world world;
static struct router_port *left, *right, *tap;
static struct probe probe;

static void begin(void)
{
	world_open(&world);
	left = world_port(&world, RELAY_IP, 1500);
	right = world_port(&world, RELAY_IP, 1500);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
	world_address(left, "10.0.0.254/24");
	world_address(left, "2001:db8::fe/64");
	world_address(right, "10.0.1.254/24");
	world_address(tap, "10.0.2.254/24");
	world_address(tap, "2001:db8:2::fe/64");
}

static void give(const char *source, const char *target, uint8_t protocol, size_t size)
{
	probe_make(&probe, source, target, protocol, size);
	probe_give(&world, left, &probe);
}

/* Who asks first is to be asked again first, though another is heard of later. */
static void test_next(void)
{
	static const uint8_t hardware[6] = { 2, 0, 0, 0, 9, 1 };
	struct neighbour_news news = { .hardware = hardware, .solicited = true, .create = true };
	uint64_t asked;

	begin();
	give("10.0.0.1", "10.0.2.1", IPPROTO_UDP, 20);
	asked = world.now;
	world_pass(&world, WORLD_SECOND / 2);
	world.router->now = world.now;
	news.port = tap;
	news.ip = world_ip("10.0.2.2", NULL);
	neighbour_learn(world.router, &news);
	tap_ok(router_next(world.router) == asked + WORLD_SECOND,
		"the router is called for the first that is due");
	world_close(&world);
}

static void test_full(void)
{
	static const uint8_t hardware[6] = { 2, 0, 0, 0, 9, 1 };
	struct ip ip;

	begin();
	ip = world_ip("10.0.2.0", NULL);
	for (unsigned i = 0; i < RELAY_NEIGHBOURS; i++) {
		ip.bytes[1] = 1;
		ip.bytes[2] = (uint8_t)(i >> 8);
		ip.bytes[3] = (uint8_t)i;
		neighbour_state(tap, &ip, hardware);
	}
	give("10.0.0.1", "10.0.2.1", IPPROTO_UDP, 20);
	tap_ok(world.sent_count == 1 && world.sent[0].lost && world_count(&world, ROUTER_waiting) == 1,
		"where all neighbours are stated a packet for another is lost, and counted");
	world_close(&world);
}

/* Linux 6.18 counts an answer of another station as one within the second, though it keeps the address. */
static void test_resisted(void)
{
	static const uint8_t first[6] = { 2, 0, 0, 0, 9, 1 }, other[6] = { 2, 0, 0, 0, 9, 2 };
	struct neighbour_news news = { .hardware = first, .solicited = true, .create = true };
	const struct relay_neighbour *shown = &world.memory.neighbours[0];
	uint64_t due;

	begin();
	world.router->now = world.now;
	news.port = tap;
	news.ip = world_ip("10.0.2.1", NULL);
	neighbour_learn(world.router, &news);
	due = router_next(world.router);
	world_pass(&world, WORLD_SECOND / 2);
	world.router->now = world.now;
	news.hardware = other;
	neighbour_learn(world.router, &news);
	tap_ok(!memcmp(shown->hardware, first, 6) && shown->state == NEIGHBOUR_REACHABLE &&
			router_next(world.router) != due,
		"IPv4: the second of two answers confirms the first");
	world_close(&world);
}

static void test_changed(void)
{
	static const uint8_t first[6] = { 2, 0, 0, 0, 9, 1 }, other[6] = { 2, 0, 0, 0, 9, 2 };
	struct neighbour_news news = { .hardware = first, .create = true };
	const struct relay_neighbour *shown = &world.memory.neighbours[0];

	begin();
	world.router->now = world.now;
	news.port = tap;
	news.ip = world_ip("10.0.2.1", NULL);
	neighbour_learn(world.router, &news);
	world_pass(&world, 3 * (uint64_t)WORLD_SECOND);
	give("10.0.0.1", "10.0.2.1", IPPROTO_UDP, 20);
	world_pass(&world, WORLD_SECOND);
	world.router->now = world.now;
	news.hardware = other;
	neighbour_learn(world.router, &news);
	tap_ok(!memcmp(shown->hardware, first, 6) && shown->state == NEIGHBOUR_DELAY,
		"IPv4: another address is resisted for a second from when the state changed");
	world_pass(&world, 1);
	world.router->now = world.now;
	neighbour_learn(world.router, &news);
	tap_ok(!memcmp(shown->hardware, other, 6), "and no longer");
	world_close(&world);
}

static void test_options(void)
{
	static const uint8_t options[] = { 14, 1, 9, 9, 9, 9, 9, 9, 1, 1, 2, 0, 0, 0, 9, 1, 1, 1, 2, 0, 0, 0,
		9, 2 };
	const uint8_t *found;

	tap_ok(nd_read_options(options, sizeof(options), ND_OPTION_SOURCE, &found) && found == options + 10,
		"neighbour discovery: the first option of the kind that is asked for is taken");
}

static void test_groups(void)
{
	struct ip three = world_ip("ff02::1:ff00:f4", NULL), four = world_ip("ff02::1:ff00:f8", NULL);

	begin();
	world_address(left, "2001:db8:b::f5/127");
	world_address(left, "2001:db8:c::f9/126");
	tap_ok(!nd_listens(left, &three) && nd_listens(left, &four),
		"a prefix of 127 bits has no group of its anycast address, one of 126 has");
	world_close(&world);
}

static void learn(const char *text, uint8_t station)
{
	const uint8_t hardware[6] = { 2, 0, 0, 0, 9, station };
	struct neighbour_news news = { .port = tap, .hardware = hardware, .create = true };

	news.ip = world_ip(text, NULL);
	world.router->now = world.now;
	neighbour_learn(world.router, &news);
}

static void test_advertised_target(void)
{
	struct ip target = world_ip("2001:db8::fe", NULL);

	begin();
	probe_ip(&probe, "2001:db8::1", "2001:db8::fe", IPPROTO_ICMPV6);
	probe_payload(&probe, 24);
	memset(probe.bytes + 40, 0, 8);
	probe.bytes[40] = 135;
	memcpy(probe.bytes + 48, target.bytes, 16);
	probe_hops(&probe, 255);
	probe_give(&world, left, &probe);
	tap_ok(world.sent_count == 1 && world.sent[0].bytes[40] == 136 &&
			!memcmp(world.sent[0].bytes + 48, target.bytes, 16),
		"a neighbour advertisement says whose it is");
	world_close(&world);
}

static void test_two_due(void)
{
	begin();
	give("10.0.0.1", "10.0.2.1", IPPROTO_UDP, 20);
	world_pass(&world, WORLD_SECOND / 2);
	give("10.0.0.1", "10.0.2.2", IPPROTO_UDP, 20);
	world_pass(&world, WORLD_SECOND / 2);
	tap_ok(world_count(&world, ROUTER_questions) == 3, "each neighbour is asked again at its own time");
	world_close(&world);
}

/* The first place of the table is of the one that was heard of last. */
static void test_oldest(void)
{
	char text[32];
	struct ip ip;

	begin();
	for (unsigned i = 0; i < RELAY_NEIGHBOURS; i++) {
		snprintf(text, sizeof(text), "10.3.%u.%u", i / 256, i % 256);
		learn(text, 1);
		world.now++;
	}
	ip = world_ip("10.3.0.0", NULL);
	neighbour_state(tap, &ip, NULL);
	learn("10.4.0.0", 1);
	learn("10.4.0.1", 1);
	ip = world_ip("10.3.0.1", NULL);
	tap_ok(!neighbour_is_known(tap, &ip), "of equals that which was used longest ago gives way");
	ip = world_ip("10.4.0.0", NULL);
	tap_ok(neighbour_is_known(tap, &ip), "and no other");
	world_close(&world);
}

static void test_forgotten_neighbour(void)
{
	struct ip ip = world_ip("10.0.2.1", NULL);

	begin();
	tap_ok(neighbour_state(tap, &ip, NULL), "a neighbour that is not there is forgotten without harm");
	world_close(&world);
}

static void test_router_solicit(void)
{
	static const uint8_t said[8] = { 1, 1, 2, 0, 0, 0, 9, 2 };
	static const uint8_t group[6] = { 0x33, 0x33, 0, 0, 0, 2 };

	begin();
	learn("fe80::9", 1);
	probe_ip(&probe, "fe80::9", "ff02::2", IPPROTO_ICMPV6);
	probe_payload(&probe, 16);
	memset(probe.bytes + 40, 0, 8);
	probe.bytes[40] = 133;
	memcpy(probe.bytes + 48, said, sizeof(said));
	probe_hops(&probe, 255);
	probe_frame(&probe, group, 0x86dd);
	probe_give(&world, tap, &probe);
	tap_ok(!memcmp(world.memory.neighbours[0].hardware, said + 2, 6),
		"a router solicitation says another hardware address");
	world_close(&world);
}

static void test_advertise(void)
{
	const uint64_t numbers[RELAY_NUMBERS] = { [RELAY_MANAGED] = 1 };
	const struct ip any = { .family = AF_INET6 };
	uint64_t next = ROUTER_NEVER;
	bool later = false;

	begin();
	advertise_set(left, numbers);
	for (unsigned i = 0; i < 20; i++) {
		advertise_answer(left, &any);
		later |= advertise_next(world.router) > next;
		next = advertise_next(world.router);
	}
	tap_ok(!later && next < ROUTER_NEVER, "who asks as well does not put off the answer of another");
	world_pass(&world, WORLD_SECOND);
	tap_ok(world.sent_count == 1 && world.sent[0].bytes[45] == 0x80, "addresses come from DHCPv6: M");
	world_close(&world);
}

static void test_delays(void)
{
	const uint64_t numbers[RELAY_NUMBERS] = { 0 };
	const struct ip any = { .family = AF_INET6 };
	uint64_t longest = 0;

	begin();
	for (unsigned i = 0; i < 200; i++) {
		world.router->seed = i;
		advertise_set(left, NULL);
		advertise_set(left, numbers);
		advertise_answer(left, &any);
		if (advertise_next(world.router) - world.now > longest)
			longest = advertise_next(world.router) - world.now;
	}
	tap_ok(longest <= WORLD_SECOND / 2 && longest > 400000000,
		"an answer to all takes up to 500 ms (RFC 4861 10)");
	world_close(&world);
}

static void test_route_option(void)
{
	const uint64_t numbers[RELAY_NUMBERS] = {
		[RELAY_OPTION_COUNT] = 1, [RELAY_MIN_INTERVAL] = 600000, [RELAY_MAX_INTERVAL] = 600000
	};
	struct ip prefix = world_ip("2001:db8:7:1::", NULL);

	begin();
	advertise_set(left, numbers);
	advertise_add(left, RELAY_ADVERTISED_ROUTE, &prefix, 64, numbers);
	world_pass(&world, 0);
	tap_ok(world.sent_count == 1 && world.sent[0].length == 40 + 16 + 16 && world.sent[0].bytes[57] == 2,
		"a route of 64 bits takes 16 bytes (RFC 4191 2.3)");
	world_close(&world);
}

static void test_flushed(void)
{
	begin();
	give("10.0.0.1", "10.0.2.1", IPPROTO_UDP, 20);
	learn("10.0.2.1", 1);
	tap_ok(world.memory.neighbours[0].state == NEIGHBOUR_DELAY,
		"who is heard of and sent to is to confirm that he is there");
	world_close(&world);
}

static void test_locked_anew(void)
{
	const uint8_t hardware[6] = { 2, 0, 0, 0, 9, 2 };

	begin();
	learn("10.0.2.1", 1);
	world_pass(&world, 3 * (uint64_t)WORLD_SECOND);
	learn("10.0.2.1", 2);
	world_pass(&world, WORLD_SECOND / 2);
	learn("10.0.2.1", 3);
	tap_ok(!memcmp(world.memory.neighbours[0].hardware, hardware, 6),
		"IPv4: another address is resisted for a second from the last one on");
	world_close(&world);
}

/* RFC 4861 6.2.6; the last word of who is no router any more is one to all, too. */
static void test_advertise_again(void)
{
	const uint64_t numbers[RELAY_NUMBERS] = {
		[RELAY_MIN_INTERVAL] = 600000, [RELAY_MAX_INTERVAL] = 600000
	};

	begin();
	world.router->now = world.now;
	advertise_set(left, numbers);
	world_pass(&world, 5 * (uint64_t)WORLD_SECOND);
	world.router->now = world.now;
	advertise_set(left, NULL);
	world_pass(&world, WORLD_SECOND);
	tap_ok(world.sent_count == 2, "who advertises no more says so");
	world.router->now = world.now;
	advertise_set(left, numbers);
	world_pass(&world, 2 * (uint64_t)WORLD_SECOND - 1);
	tap_ok(world.sent_count == 2, "who begins anew is heard of not before 3 s are over");
	world_pass(&world, 1);
	tap_ok(world.sent_count == 3, "but then");
	advertise_set(left, numbers);
	advertise_set(left, NULL);
	tap_ok(world.sent_count == 4, "who spoke before its last change has a last word, too");
	world_close(&world);
}

int main(void)
{
	test_next();
	test_full();
	test_resisted();
	test_changed();
	test_options();
	test_groups();
	test_advertised_target();
	test_two_due();
	test_oldest();
	test_forgotten_neighbour();
	test_router_solicit();
	test_advertise();
	test_delays();
	test_route_option();
	test_flushed();
	test_locked_anew();
	test_advertise_again();
	return tap_done();
}
