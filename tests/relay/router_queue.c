/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits for neighbours that are asked for: how much of it, what gives way, and who is told. */
#include "forwarder/router/neighbour_queue.h"

#include "tests/relay/neighbours.h"
#include "tests/unit/tap.h"

/* As the documents have them, and as a change of the headers does not move them here. */
enum { EACH = 128, POOL = 256 };

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
	for (unsigned i = 0; i < EACH + 3; i++)
		send_one("10.0.1.9");
	tap_ok(sent(true) == 3 && world_count(&test.world, ROUTER_waiting) == 3,
		"%d packets wait for one neighbour: the oldest give way, and are counted", EACH);
	tap_ok(test.world.sent[1].lost && test.world.sent[1].bytes[FRAME + IP4_BYTES - 1] == 1,
		"the first one first");
	world_forget(&test.world);
	hear("10.0.1.9", one, SOLICITED);
	tap_ok(sent(false) == EACH, "the others are sent");
	end();
	begin();
	for (unsigned i = 0; i < POOL + 5; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.0.1.%u", 1 + i % 100);
		send_one(text);
	}
	tap_ok(sent(true) == 5 && lost_is(1, 5), "%d wait in all: the oldest of all give way", POOL);
	world_forget(&test.world);
	pass(4);
	tap_ok(sent(true) == POOL && world_count(&test.world, ROUTER_no_answer) == POOL,
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

int main(void)
{
	test_queue();
	test_own();
	return tap_done();
}
