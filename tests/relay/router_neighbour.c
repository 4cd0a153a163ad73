/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states of neighbours, by a clock that the test turns, and their table. */
#include "forwarder/router/neighbour.h"

#include "tests/relay/neighbours.h"
#include "tests/unit/tap.h"

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
			!world_neighbour(&test.world, "2001:db8::9")->is_router,
		"and is else ignored");
	hear("2001:db8::9", NULL, SOLICITED | IS_ROUTER);
	tap_ok(state_of("2001:db8::9") == NEIGHBOUR_REACHABLE &&
			world_neighbour(&test.world, "2001:db8::9")->is_router,
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
	test_table();
	return tap_done();
}
