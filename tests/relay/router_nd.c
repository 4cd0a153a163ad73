/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbour discovery: what is answered, learned and dropped, as Linux was seen to do it. */
#include "forwarder/router/nd.h"

#include "forwarder/router/advertise.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/nd_message.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum { FRAME = 14, FLAGS = FRAME + 40 + 4, NEIGHBOUR = FRAME + 40 + 24 };

static struct world world;
static struct router_port *tun, *tap;
static const uint8_t host[6] = { 2, 0, 0, 0, 9, 1 }, other[6] = { 2, 0, 0, 0, 9, 2 };

/* A message that comes. */
struct given {
	const char *source, *target; /* of the packet */
	uint8_t type, code, flags, hops;
	const char *about; /* NULL: it is about no neighbour */
	uint8_t options[16];
	size_t size; /* bytes of them */
};

static void begin(void)
{
	world_open(&world);
	tun = world_port(&world, RELAY_IP, 1500);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
	world_address(tun, "2001:db8:1::1/64");
	world_address(tap, "2001:db8::fe/64");
}

static size_t write_message(const struct given *given, uint8_t *at)
{
	size_t size = given->type == ND_ROUTER_ADVERT_TYPE ? ND_ADVERT_SIZE : ND_SOLICIT_SIZE;
	struct ip about;

	at[0] = given->type;
	at[1] = given->code;
	at[ND_FLAGS] = given->flags;
	if (given->about) {
		about = world_ip(given->about, NULL);
		memcpy(at + ND_TARGET, about.bytes, 16);
		size = given->type == ND_REDIRECT_TYPE ? ND_REDIRECT_SIZE : ND_NEIGHBOUR_SIZE;
	}
	memcpy(at + size, given->options, given->size);
	return size + given->size;
}

static bool reassembled; /* what comes was put together */

/* It comes by PORT, and CUT bytes of it do not. */
static void give_cut(struct router_port *port, const struct given *given, size_t cut)
{
	uint8_t buffer[ROUTER_ROOM + 40 + 64] = { 0 }, *ip = buffer + ROUTER_ROOM;
	struct ip source = world_ip(given->source, NULL), target = world_ip(given->target, NULL);
	size_t size = write_message(given, ip + 40) - cut;
	struct datagram datagram;

	ip[0] = 6 << 4;
	store16(ip + 4, (uint16_t)size);
	ip[6] = IPPROTO_ICMPV6;
	ip[7] = given->hops ? given->hops : 255;
	memcpy(ip + 8, source.bytes, 16);
	memcpy(ip + 24, target.bytes, 16);
	datagram_made(ip, 40 + size, &datagram);
	datagram.from = port;
	datagram.reassembled = reassembled;
	world_forget(&world);
	world.router->now = world.now;
	nd_take(world.router, &datagram);
}

static void give(struct router_port *port, const struct given *given)
{
	give_cut(port, given, 0);
}

#define OPTION(kind, hardware) { kind, 1, 2, 0, 0, 0, 9, hardware }, .size = 8

static const struct given solicit = { "2001:db8::9", "ff02::1:ff00:fe", ND_NEIGHBOUR_SOLICIT_TYPE,
	.about = "2001:db8::fe", .options = OPTION(ND_OPTION_SOURCE, 1) };

static bool is_ip(const uint8_t *bytes, const char *text)
{
	struct ip ip = world_ip(text, NULL);

	return !memcmp(bytes, ip.bytes, 16);
}

/* Whether one thing was sent: an advertisement of a neighbour with these flags, and with or without option.
 */
static bool answered(const char *source, const char *target, uint8_t flags, bool option)
{
	const struct world_sent *sent = &world.sent[0];
	const uint8_t *ip = sent->bytes + FRAME;

	return world.sent_count == 1 && sent->length == NEIGHBOUR + (option ? 8 : 0) && ip[7] == 255 &&
	       ip[40] == ND_NEIGHBOUR_ADVERT_TYPE && is_ip(ip + 8, source) && is_ip(ip + 24, target) &&
	       sent->bytes[FLAGS] == flags && (!option || !memcmp(ip + 66, tap->hardware, 6));
}

static bool is_summed(const uint8_t *ip, size_t length)
{
	struct ip source = ip_load(AF_INET6, ip + 8), target = ip_load(AF_INET6, ip + 24);
	uint64_t sum = checksum_add_pseudo(0, &source, &target, IPPROTO_ICMPV6, (uint32_t)(length - 40));

	return checksum_finish(checksum_add(sum, ip + 40, length - 40)) == 0;
}

static void test_answer(void)
{
	struct given given = solicit;

	begin();
	give(tap, &given);
	tap_ok(answered("2001:db8::fe", "2001:db8::9", 0xe0, true),
		"who asks everybody is told, and overrides");
	tap_ok(is_summed(world.sent[0].bytes + FRAME, world.sent[0].length - FRAME), "with a right checksum");
	tap_ok(!memcmp(world.sent[0].bytes, host, 6), "at the hardware address that he says");
	tap_is(world.said, "neighbour solicitation: who has 2001:db8::fe",
		"the question is said to have come");
	tap_ok(world_is_at(&world, "2001:db8::9", host) &&
			world_state(&world, "2001:db8::9") == NEIGHBOUR_DELAY,
		"he becomes known, and as he was answered, delayed");
	given.target = given.about;
	give(tap, &given);
	tap_ok(answered("2001:db8::fe", "2001:db8::9", 0xc0, false),
		"who asks the router alone is told no hardware address");
	given.size = 0;
	give(tap, &given);
	tap_ok(answered("2001:db8::fe", "2001:db8::9", 0xc0, false), "nor need he say his own");
	given.source = "2001:db8::a";
	give(tap, &given);
	tap_ok(world.sent_count == 1 && world.sent[0].bytes[FRAME + 40] == ND_NEIGHBOUR_SOLICIT_TYPE,
		"if he is not known he is asked for it first");
	given = solicit;
	given.source = "2001:db8::b";
	given.size = 0;
	give(tap, &given);
	tap_ok(!world.sent_count && !world_state(&world, "2001:db8::b"),
		"who asks everybody without it gets no answer");
	given = solicit;
	given.about = "2001:db8:1::1";
	give(tap, &given);
	tap_ok(!world.sent_count && !world.dropped, "an address of another port is not answered for");
	given.about = "fe80::2";
	give(tap, &given);
	tap_ok(answered("fe80::2", "2001:db8::9", 0xe0, true), "the port's link-local one is");
	given.target = "ff02::1:ff00:0";
	given.about = "2001:db8::";
	give(tap, &given);
	tap_ok(answered("2001:db8::fe", "2001:db8::9", 0xc0, true),
		"the anycast address of a subnet's routers is, from another, and overrides nothing");
	given.about = "2001:db8:1::";
	give(tap, &given);
	tap_ok(!world.sent_count, "that of another port's subnet is not");
	world_close(&world);
}

/* A port without addresses but its own. */
static void test_link_local(void)
{
	struct given given = solicit;
	struct ip group = world_ip("ff02::1:ff00:0", NULL);

	world_open(&world);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
	tap_ok(nd_listens(tap, &group), "it listens to the group of fe80::, too");
	given.source = "fe80::9";
	given.target = "ff02::1:ff00:0";
	given.about = "fe80::";
	give(tap, &given);
	tap_ok(answered("fe80::1", "fe80::9", 0xc0, true),
		"the anycast address of a link's routers is answered");
	given.about = "fe80:0:0:1::";
	give(tap, &given);
	tap_ok(!world.sent_count, "that of another prefix is not");
	world_close(&world);
}

static void test_dad(void)
{
	struct given given = solicit;

	begin();
	given.source = "::";
	give(tap, &given);
	tap_ok(world.dropped && world_count(&world, ROUTER_bad_message) == 1,
		"detection of duplicates with a hardware address is wrong (RFC 4861 7.1.1)");
	given.size = 0;
	give(tap, &given);
	tap_ok(answered("2001:db8::fe", "ff02::1", 0xa0, true), "without it, all are answered");
	given.target = "2001:db8::fe";
	give(tap, &given);
	tap_ok(world.dropped && !world.sent_count, "it must go to the group");
	world_close(&world);
}

static void test_tun(void)
{
	struct given given = { "fe80::9", "fe80::1", ND_NEIGHBOUR_SOLICIT_TYPE, .about = "fe80::1" };

	begin();
	give(tun, &given);
	tap_ok(world.sent_count == 1 && world.sent[0].length == 40 + 24 && world.sent[0].bytes[44] == 0xc0,
		"a TUN is answered without hardware addresses");
	given.target = "ff02::1:ff00:1";
	give(tun, &given);
	tap_ok(world.sent_count == 1 && world.sent[0].length == 40 + 24 && world.sent[0].bytes[44] == 0xe0,
		"who asks all there, too");
	given.size = 8;
	memcpy(given.options, (const uint8_t[]) { 1, 1, 2, 0, 0, 0, 9, 1 }, 8);
	give(tun, &given);
	tap_ok(!world_state(&world, "fe80::9"), "and nobody there becomes a neighbour");
	world_close(&world);
}

static void test_wrong(void)
{
	struct given given;
	uint64_t count;

	begin();
	given = solicit;
	given.hops = 254;
	give(tap, &given);
	tap_ok(world.dropped, "dropped: it was forwarded");
	given = solicit;
	reassembled = true;
	give(tap, &given);
	reassembled = false;
	tap_ok(world.dropped, "dropped: it came in fragments (RFC 6980)");
	given.code = 1;
	give(tap, &given);
	tap_ok(world.dropped, "dropped: a code");
	given = solicit;
	given.about = "ff02::1";
	give(tap, &given);
	tap_ok(world.dropped, "dropped: a group as target");
	for (uint8_t length = 0; length < 5; length++) {
		if (length == 1)
			continue;
		given = solicit;
		given.options[1] = length;
		given.size = 16;
		give(tap, &given);
		tap_ok(world.dropped, "dropped: an option of %u units in 2", length);
	}
	count = world_count(&world, ROUTER_bad_message);
	for (size_t cut = 1; cut < 32; cut++) {
		if (cut != 8)
			give_cut(tap, &solicit, cut);
	}
	tap_ok(world_count(&world, ROUTER_bad_message) == count + 30, "dropped: shorter ones");
	given = (struct given) { "2001:db8::9", "ff02::1", ND_NEIGHBOUR_ADVERT_TYPE, .flags = 0x60,
		.about = "2001:db8::9", .options = OPTION(ND_OPTION_TARGET, 1) };
	give(tap, &given);
	tap_ok(world.dropped, "dropped: an answer to all");
	given = (struct given) { "2001:db8::9", "ff02::1", ND_ROUTER_ADVERT_TYPE, .code = 0 };
	give(tap, &given);
	tap_ok(world.dropped, "dropped: a router that is not link-local");
	given = (struct given) { "::", "ff02::2", ND_ROUTER_SOLICIT_TYPE,
		.options = OPTION(ND_OPTION_SOURCE, 1) };
	give(tap, &given);
	tap_ok(world.dropped, "dropped: a solicitation from nowhere with a hardware address");
	tap_ok(!world_state(&world, "2001:db8::9") && !world_count(&world, ROUTER_answers),
		"nothing comes of any");
	world_close(&world);
}

static void test_learn(void)
{
	struct given advert = { "2001:db8::9", "2001:db8::fe", ND_NEIGHBOUR_ADVERT_TYPE, .flags = 0x60,
		.about = "2001:db8::9", .options = OPTION(ND_OPTION_TARGET, 1) };
	struct given given;

	begin();
	give(tap, &advert);
	tap_ok(!world_state(&world, "2001:db8::9") && !world.dropped,
		"an advertisement of one who is not known is not kept");
	give(tap, &solicit);
	give(tap, &advert);
	tap_ok(world_state(&world, "2001:db8::9") == NEIGHBOUR_REACHABLE &&
			!world_neighbour(&world, "2001:db8::9")->is_router,
		"an answer makes him reachable");
	given = advert;
	given.target = "ff02::1";
	given.flags = 0xa0;
	give(tap, &given);
	tap_ok(world_state(&world, "2001:db8::9") == NEIGHBOUR_REACHABLE &&
			world_neighbour(&world, "2001:db8::9")->is_router,
		"an unasked one says that he is a router");
	given.flags = 0;
	given.options[7] = 2;
	give(tap, &given);
	tap_ok(world_state(&world, "2001:db8::9") == NEIGHBOUR_STALE &&
			world_is_at(&world, "2001:db8::9", host),
		"another hardware address without override makes him stale");
	given = (struct given) { "fe80::8", "ff02::1", ND_ROUTER_ADVERT_TYPE,
		.options = OPTION(ND_OPTION_SOURCE, 2) };
	give(tap, &given);
	tap_ok(world_is_at(&world, "fe80::8", other) && world_neighbour(&world, "fe80::8")->is_router &&
			world_state(&world, "fe80::8") == NEIGHBOUR_STALE,
		"a router that advertises itself becomes known");
	given = (struct given) { "fe80::8", "2001:db8::fe", ND_REDIRECT_TYPE, .about = "2001:db8::77" };
	give(tap, &given);
	tap_ok(!world.dropped && !world.sent_count, "a redirect is not for a router");
	world_close(&world);
}

static void test_question(void)
{
	struct ip target = world_ip("2001:db8::9", NULL), source = world_ip("2001:db8::fe", NULL);
	const uint8_t *ip;

	begin();
	nd_ask(tap, &target, NULL, NULL);
	ip = world.sent[0].bytes + FRAME;
	tap_ok(world.sent_count == 1 && world.sent[0].length == NEIGHBOUR + 8 && is_ip(ip + 8, "fe80::2") &&
			is_ip(ip + 24, "ff02::1:ff00:9") && is_ip(ip + 48, "2001:db8::9") && ip[7] == 255 &&
			!memcmp(ip + 66, tap->hardware, 6) && is_summed(ip, world.sent[0].length - FRAME),
		"a question to the group, from the link-local address");
	tap_ok(!memcmp(world.sent[0].bytes, (const uint8_t[]) { 0x33, 0x33, 0xff, 0, 0, 9 }, 6),
		"in a frame for the group");
	world_forget(&world);
	nd_ask(tap, &target, host, &source);
	ip = world.sent[0].bytes + FRAME;
	tap_ok(is_ip(ip + 8, "2001:db8::fe") && is_ip(ip + 24, "2001:db8::9") &&
			!memcmp(world.sent[0].bytes, host, 6),
		"one to a station alone, from the source of what waits");
	tap_ok(world_count(&world, ROUTER_questions) == 2, "questions count");
	world_close(&world);
}

static void test_listens(void)
{
	static const char *const groups[] = { "ff01::1", "ff02::1", "ff01::2", "ff02::2", "ff05::2",
		"ff02::1:ff00:2", "ff02::1:ff00:fe", "ff02::1:ff00:0" };
	static const char *const others[] = { "ff02::3", "ff05::1", "ff02::1:ff00:1", "ff02::fb",
		"224.0.0.1" };
	struct ip ip;

	begin();
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		ip = world_ip(groups[i], NULL);
		tap_ok(nd_listens(tap, &ip), "it listens to %s", groups[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ip = world_ip(others[i], NULL);
		tap_ok(!nd_listens(tap, &ip), "not to %s", others[i]);
	}
	world_close(&world);
}

int main(void)
{
	test_answer();
	test_link_local();
	test_dad();
	test_tun();
	test_wrong();
	test_learn();
	test_question();
	test_listens();
	return tap_done();
}
