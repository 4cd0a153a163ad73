/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of neighbours, by a clock that the test turns, and what waits for them. */
#include "forwarder/router/neighbour.h"

#include "forwarder/router/neighbour_queue.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum { IP4_BYTES = 28, FRAME = 14 };

static const uint8_t one[6] = { 2, 0, 0, 0, 9, 1 }, other[6] = { 2, 0, 0, 0, 9, 2 };

struct test {
	struct world world;
	struct router_port *tun, *tap;
	uint8_t buffer[ROUTER_ROOM + IP4_BYTES];
	uint8_t number; /* of the last packet, in its last byte */
};

static struct test test;

static void begin(void)
{
	world_open(&test.world);
	test.tun = world_port(&test.world, RELAY_IP, 1500);
	test.tap = world_port(&test.world, RELAY_ETHERNET, 1500);
	world_address(test.tun, "10.0.0.254/24");
	world_address(test.tap, "10.0.1.254/24");
	world_address(test.tap, "2001:db8::fe/64");
	test.number = 0;
}

static void end(void)
{
	world_close(&test.world);
}

/* A packet from 10.0.0.1 that came by FROM is sent to NEXT_HOP. */
static void send_from(struct router_port *from, const char *next_hop)
{
	struct ip ip = world_ip(next_hop, NULL);
	struct datagram datagram = { .bytes = test.buffer + ROUTER_ROOM, .from = from, .protocol = 17 };

	memset(datagram.bytes, 0, IP4_BYTES);
	memcpy(datagram.bytes, (const uint8_t[]) { 0x45, 0, 0, IP4_BYTES, 0, 0, 0, 0, 63, 17 }, 10);
	memcpy(datagram.bytes + 12, (const uint8_t[]) { 10, 0, 0, 1, 10, 0, 1, 9 }, 8);
	datagram.bytes[IP4_BYTES - 1] = ++test.number;
	datagram.source = ip_load(AF_INET, datagram.bytes + 12);
	datagram.target = ip_load(AF_INET, datagram.bytes + 16);
	datagram.header = 20;
	datagram.hops = 63;
	datagram.form.count = 1;
	datagram.packet = (struct packet) {
		.bytes = datagram.bytes, .length = IP4_BYTES, .frame = RELAY_IP, .roomy = datagram.bytes
	};
	datagram.came = datagram.packet;
	test.world.router->now = test.world.now;
	neighbour_send(test.tap, &ip, &datagram, NULL);
}

static void send_one(const char *next_hop)
{
	send_from(test.tun, next_hop);
}

static const struct relay_neighbour *shown(const char *text)
{
	struct ip ip = world_ip(text, NULL);

	for (size_t i = 0; i < RELAY_NEIGHBOURS; i++) {
		const struct relay_neighbour *neighbour = &test.world.memory.neighbours[i];

		if (neighbour->state && neighbour->family == ip.family &&
			!memcmp(neighbour->address, ip.bytes, 16))
			return neighbour;
	}
	return NULL;
}

static unsigned state_of(const char *text)
{
	const struct relay_neighbour *neighbour = shown(text);

	return neighbour ? neighbour->state : NEIGHBOUR_NONE;
}

static bool has(const char *text, const uint8_t *hardware)
{
	const struct relay_neighbour *neighbour = shown(text);

	return neighbour && !memcmp(neighbour->hardware, hardware, 6);
}

enum { SOLICITED = 1, OVERRIDE = 2, CREATE = 4, IS_ROUTER = 8 };

static void hear(const char *text, const uint8_t *hardware, unsigned flags)
{
	struct neighbour_news news = {
		.port = test.tap,
		.ip = world_ip(text, NULL),
		.hardware = hardware,
		.solicited = flags & SOLICITED,
		.override = flags & OVERRIDE,
		.create = flags & CREATE,
		.is_router = flags & IS_ROUTER,
		.says_router = flags & IS_ROUTER,
	};

	test.world.router->now = test.world.now;
	neighbour_learn(test.world.router, &news);
}

/* What was sent, or lost, that is IPv4, and questions. */
static unsigned sent(bool lost)
{
	unsigned count = 0;

	for (size_t i = 0; i < test.world.sent_count; i++) {
		const struct world_sent *packet = &test.world.sent[i];

		count += packet->lost == lost && packet->length == FRAME + IP4_BYTES &&
			 packet->bytes[12] == 8 && packet->bytes[13] == 0;
	}
	return count;
}

static uint64_t questions(void)
{
	return world_count(&test.world, ROUTER_questions);
}

/* ICMP errors that left by the TUN: host unreachable, with the time to live that was sent on. */
static unsigned errors_to_sender(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < test.world.sent_count; i++) {
		const struct world_sent *packet = &test.world.sent[i];

		count += packet->port == test.tun && packet->bytes[20] == 3 && packet->bytes[21] == 1 &&
			 packet->bytes[28 + 8] == 63;
	}
	return count;
}

static void pass(double seconds)
{
	world_pass(&test.world, (uint64_t)(seconds * WORLD_SECOND));
}

static void test_incomplete(void)
{
	begin();
	send_one("10.0.1.9");
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_INCOMPLETE && questions() == 1 && !sent(false),
		"a packet for one who is not known waits, and he is asked for at once");
	send_one("10.0.1.9");
	tap_ok(questions() == 1, "a second packet asks no more");
	pass(0.999);
	tap_ok(questions() == 1, "not before a second is over");
	pass(0.001);
	tap_ok(questions() == 2, "a second later he is asked for again");
	pass(1.5);
	tap_ok(questions() == 3 && state_of("10.0.1.9") == NEIGHBOUR_INCOMPLETE, "three times in all");
	world_forget(&test.world);
	hear("10.0.1.9", one, SOLICITED | OVERRIDE);
	tap_ok(sent(false) == 2 && state_of("10.0.1.9") == NEIGHBOUR_REACHABLE,
		"an answer sends what waits, and he is reachable");
	tap_ok(test.world.sent[0].bytes[FRAME + IP4_BYTES - 1] == 1 &&
			test.world.sent[1].bytes[FRAME + IP4_BYTES - 1] == 2 &&
			!memcmp(test.world.sent[0].bytes, one, 6),
		"in its order, to his hardware address");
	send_one("10.0.1.9");
	tap_ok(sent(false) == 3, "what comes then is sent at once");
	end();
}

static void test_failed(void)
{
	begin();
	send_one("10.0.1.9");
	send_one("10.0.1.9");
	world_forget(&test.world);
	pass(2.999);
	tap_ok(!sent(true), "what waits does so for three seconds");
	pass(0.001);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_FAILED && sent(true) == 2 && questions() == 3,
		"then he has failed, and it is lost");
	tap_ok(world_count(&test.world, ROUTER_no_answer) == 2, "and counted");
	tap_ok(world_count(&test.world, ROUTER_errors) == 2 && errors_to_sender() == 2,
		"its sender gets an error for each: host unreachable, about what would have been sent on");
	for (size_t i = 0; i < test.world.sent_count; i++) {
		if (test.world.sent[i].lost) {
			tap_is(test.world.sent[i].what, "the next hop did not answer: 10.0.1.9",
				"who captures it is told why");
			break;
		}
	}
	tap_ok(neighbour_next(test.world.router) == ROUTER_NEVER, "nothing more is to be done");
	hear("10.0.1.9", one, 0);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_STALE,
		"one that had failed is believed when he speaks (IPv4)");
	hear("2001:db8::9", one, 0);
	tap_ok(state_of("2001:db8::9") == NEIGHBOUR_NONE,
		"who is not in the table is not learned by news alone");
	end();
	begin();
	send_one("10.0.1.9");
	pass(10);
	send_one("10.0.1.9");
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_INCOMPLETE && questions() == 4,
		"one that had failed is asked again when a packet needs him");
	end();
}

static void test_reachable(void)
{
	double least = 1e9, most = 0;

	begin();
	for (int i = 0; i < 100; i++) {
		uint64_t began = test.world.now, next;

		hear("10.0.1.9", one, SOLICITED | OVERRIDE | CREATE);
		next = neighbour_next(test.world.router);
		if ((double)(next - began) / WORLD_SECOND < least)
			least = (double)(next - began) / WORLD_SECOND;
		if ((double)(next - began) / WORLD_SECOND > most)
			most = (double)(next - began) / WORLD_SECOND;
		pass(50);
	}
	tap_ok(least >= 15 && least < 18 && most <= 45 && most > 42,
		"a confirmation is good for 15 to 45 seconds: %.1f to %.1f", least, most);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_STALE, "then he is stale");
	world_forget(&test.world);
	send_one("10.0.1.9");
	tap_ok(sent(false) == 1 && state_of("10.0.1.9") == NEIGHBOUR_DELAY && questions() == 0,
		"a packet for one who is stale is sent at once");
	pass(4.999);
	tap_ok(questions() == 0, "for five seconds he is not asked");
	pass(0.001);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_PROBE && questions() == 1, "then he is");
	tap_ok(!memcmp(test.world.sent[test.world.sent_count - 1].bytes, one, 6), "he alone");
	pass(1);
	tap_ok(questions() == 2, "and a second later again");
	hear("10.0.1.9", one, SOLICITED | OVERRIDE);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_REACHABLE, "his answer makes him reachable");
	pass(50);
	send_one("10.0.1.9");
	pass(7.999);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_PROBE && questions() == 5, "three questions to a probe");
	pass(0.001);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_FAILED, "without an answer he has failed");
	end();
}

static void test_used(void)
{
	begin();
	hear("10.0.1.9", one, SOLICITED | OVERRIDE | CREATE);
	while (state_of("10.0.1.9") == NEIGHBOUR_REACHABLE) {
		send_one("10.0.1.9");
		pass(1);
		world_forget(&test.world);
	}
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_DELAY,
		"one who is in use when his time is over is not stale, but soon asked");
	end();
}

static void test_override(void)
{
	begin();
	hear("2001:db8::9", one, SOLICITED | OVERRIDE | CREATE);
	hear("2001:db8::9", other, 0);
	tap_ok(has("2001:db8::9", one) && state_of("2001:db8::9") == NEIGHBOUR_STALE,
		"another address without override makes him stale (RFC 4861 7.2.5)");
	hear("2001:db8::9", other, SOLICITED | IS_ROUTER);
	tap_ok(has("2001:db8::9", one) && state_of("2001:db8::9") == NEIGHBOUR_STALE &&
			!shown("2001:db8::9")->is_router,
		"and is else ignored");
	hear("2001:db8::9", NULL, SOLICITED | IS_ROUTER);
	tap_ok(state_of("2001:db8::9") == NEIGHBOUR_REACHABLE && shown("2001:db8::9")->is_router,
		"an answer without an address confirms the one that is known");
	hear("2001:db8::9", other, OVERRIDE);
	tap_ok(has("2001:db8::9", other) && state_of("2001:db8::9") == NEIGHBOUR_STALE,
		"another address with override replaces it, and is stale");
	hear("2001:db8::9", other, OVERRIDE | SOLICITED);
	hear("2001:db8::9", other, OVERRIDE);
	tap_ok(state_of("2001:db8::9") == NEIGHBOUR_REACHABLE, "the same address leaves him reachable");
	hear("10.0.1.9", one, SOLICITED | OVERRIDE | CREATE);
	hear("10.0.1.9", other, SOLICITED);
	tap_ok(has("10.0.1.9", one), "of several IPv4 answers the first counts, for a second");
	pass(1.1);
	hear("10.0.1.9", other, SOLICITED);
	tap_ok(has("10.0.1.9", other), "then another one does");
	end();
}

static void test_stated(void)
{
	struct ip ip = world_ip("10.0.1.9", NULL);

	begin();
	send_one("10.0.1.9");
	world_forget(&test.world);
	tap_ok(neighbour_state(test.tap, &ip, one) && sent(false) == 1,
		"what waits is sent when he is stated");
	hear("10.0.1.9", other, SOLICITED | OVERRIDE);
	tap_ok(has("10.0.1.9", one) && state_of("10.0.1.9") == NEIGHBOUR_PERMANENT, "nobody overrides it");
	pass(100);
	send_one("10.0.1.9");
	pass(100);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_PERMANENT && questions() == 1, "he is not asked, and stays");
	neighbour_state(test.tap, &ip, NULL);
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_NONE, "until he is forgotten");
	send_one("10.0.1.9");
	tap_ok(questions() == 2, "then he is asked for");
	world_forget(&test.world);
	neighbour_state(test.tap, &ip, NULL);
	tap_ok(sent(true) == 1 && world_count(&test.world, ROUTER_no_answer) == 1 &&
			!world_count(&test.world, ROUTER_waiting),
		"what waits for one who is forgotten had no answer");
	tap_is(test.world.sent[0].what, "the neighbour was deleted", "and who captures it is told why");
	end();
}

/* Whether what was lost are the packets of these numbers, in their order. */
static bool lost_is(unsigned first, unsigned last)
{
	for (size_t i = 0; i < test.world.sent_count; i++) {
		const struct world_sent *packet = &test.world.sent[i];

		if (packet->lost && packet->bytes[FRAME + IP4_BYTES - 1] != first++)
			return false;
	}
	return first == last + 1;
}

static void test_queue(void)
{
	begin();
	for (unsigned i = 0; i < QUEUE_EACH + 3; i++)
		send_one("10.0.1.9");
	tap_ok(sent(true) == 3 && world_count(&test.world, ROUTER_waiting) == 3,
		"%d packets wait for one neighbour: the oldest give way, and are counted", QUEUE_EACH);
	tap_ok(test.world.sent[1].lost && test.world.sent[1].bytes[FRAME + IP4_BYTES - 1] == 1,
		"the first one first");
	world_forget(&test.world);
	hear("10.0.1.9", one, SOLICITED);
	tap_ok(sent(false) == QUEUE_EACH, "the others are sent");
	end();
	begin();
	for (unsigned i = 0; i < QUEUE_POOL + 5; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.0.1.%u", 1 + i % 100);
		send_one(text);
	}
	tap_ok(sent(true) == 5 && lost_is(1, 5), "%d wait in all: the oldest of all give way", QUEUE_POOL);
	world_forget(&test.world);
	pass(4);
	tap_ok(sent(true) == QUEUE_POOL && world_count(&test.world, ROUTER_no_answer) == QUEUE_POOL,
		"all that wait are lost when nobody answers");
	end();
}

static void test_own(void)
{
	begin();
	world_forget(&test.world);
	send_from(NULL, "10.0.1.9");
	pass(4);
	tap_ok(sent(true) == 1 && world_count(&test.world, ROUTER_errors) == 0,
		"of a packet of the router's own nobody gets an error");
	end();
}

static void name(char *text, size_t size, unsigned number)
{
	snprintf(text, size, "10.0.%u.%u", 4 + number / 250, 1 + number % 250);
}

static void test_table(void)
{
	char text[32];
	unsigned failed = 0;

	begin();
	for (unsigned i = 0; i < RELAY_NEIGHBOURS; i++) {
		name(text, sizeof(text), i);
		hear(text, one, CREATE | (i == 7 ? 0 : SOLICITED));
		test.world.now++;
	}
	hear("10.0.1.9", one, CREATE);
	name(text, sizeof(text), 7);
	tap_ok(state_of(text) == NEIGHBOUR_NONE && state_of("10.0.1.9") == NEIGHBOUR_STALE,
		"in a full table one that is stale gives way");
	send_one("10.0.1.10");
	tap_ok(state_of("10.0.1.9") == NEIGHBOUR_NONE && state_of("10.0.1.10") == NEIGHBOUR_INCOMPLETE,
		"for one that is asked for, too");
	send_one("10.0.1.11");
	name(text, sizeof(text), 0);
	tap_ok(state_of(text) == NEIGHBOUR_REACHABLE && state_of("10.0.1.10") == NEIGHBOUR_NONE,
		"one that did not answer as yet gives way before one that did (RFC 6583)");
	hear("10.0.1.11", one, SOLICITED);
	send_one("10.0.1.10");
	tap_ok(state_of(text) == NEIGHBOUR_NONE && state_of("10.0.1.11") == NEIGHBOUR_REACHABLE,
		"where all did the one that was used the longest ago");
	for (unsigned i = 0; i < RELAY_NEIGHBOURS; i++) {
		struct ip ip;

		name(text, sizeof(text), i);
		ip = world_ip(text, NULL);
		failed += !neighbour_state(test.tap, &ip, one);
	}
	tap_ok(!failed, "all places can be taken by those that are stated");
	world_forget(&test.world);
	send_one("10.0.1.10");
	tap_ok(sent(true) == 1, "a packet that then finds no place is lost");
	end();
}

int main(void)
{
	test_incomplete();
	test_failed();
	test_reachable();
	test_used();
	test_override();
	test_stated();
	test_queue();
	test_own();
	test_table();
	return tap_done();
}
