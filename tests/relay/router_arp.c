/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ARP: what is answered, learned and dropped, as Linux was seen to do it. */
#include "forwarder/router/arp.h"

#include "forwarder/router/neighbour.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

enum { ARP_FRAME = 42, REQUEST = 1, REPLY = 2 };

static struct world world;
static struct router_port *tun, *tap;
static const uint8_t host[6] = { 2, 0, 0, 0, 9, 1 }, other[6] = { 2, 0, 0, 0, 9, 2 };
static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static uint8_t frame[ARP_FRAME];

static void begin(void)
{
	world_open(&world);
	tun = world_port(&world, RELAY_IP, 1500);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
	world_address(tun, "10.0.0.254/24");
	world_address(tap, "10.0.1.254/24");
}

/* An ARP packet of HARDWARE's in a frame to TO. */
static void make(const uint8_t *to, uint8_t operation, const uint8_t *hardware, const char *sender,
	const uint8_t *target_hardware, const char *target)
{
	static const uint8_t fixed[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0 };

	memcpy(frame, to, 6);
	memcpy(frame + 6, hardware, 6);
	memcpy(frame + 12, fixed, sizeof(fixed));
	frame[21] = operation;
	memcpy(frame + 22, hardware, 6);
	world_need(inet_pton(AF_INET, sender, frame + 28) == 1, "an address");
	memset(frame + 32, 0, 6);
	if (target_hardware)
		memcpy(frame + 32, target_hardware, 6);
	world_need(inet_pton(AF_INET, target, frame + 38) == 1, "an address");
}

static void give(size_t length)
{
	world_forget(&world);
	world_give(&world, tap, frame, length);
}

static void ask(const char *sender, const char *target)
{
	make(everybody, REQUEST, host, sender, NULL, target);
	give(ARP_FRAME);
}

static void test_answer(void)
{
	static const uint8_t wanted[ARP_FRAME] = {
		2, 0, 0, 0, 9, 1, 2, 0, 0, 0, 0, 2, 8, 6,			/* Ethernet */
		0, 1, 8, 0, 6, 4, 0, 2,						/* a reply */
		2, 0, 0, 0, 0, 2, 10, 0, 1, 254, 2, 0, 0, 0, 9, 1, 10, 0, 1, 9, /* sender, target */
	};

	begin();
	ask("10.0.1.9", "10.0.1.254");
	tap_ok(world.sent_count == 1 && world.sent[0].length == ARP_FRAME &&
			!memcmp(world.sent[0].bytes, wanted, ARP_FRAME),
		"a request is answered, byte by byte");
	tap_ok(!world.dropped && world.said_count == 1, "and said to have come, once");
	tap_is(world.said, "ARP: who has 10.0.1.254", "in these words");
	tap_is(world.sent[0].what, "ARP: answer for 10.0.1.254", "and what is sent in these");
	tap_ok(world_state(&world, "10.0.1.9") == NEIGHBOUR_STALE && world_is_at(&world, "10.0.1.9", host),
		"who asks becomes known, stale");
	tap_ok(world_count(&world, ROUTER_answers) == 1, "the answer counts");
	ask("10.0.1.9", "10.0.0.254");
	tap_ok(world.sent_count == 1, "the address of another port is answered for, too, as Linux does");
	ask("10.0.1.9", "10.0.1.5");
	tap_ok(world.sent_count == 0 && !world.dropped, "one of somebody else is not");
	ask("10.0.1.9", "10.0.1.255");
	tap_ok(world.sent_count == 0, "nor the broadcast");
	ask("0.0.0.0", "10.0.1.254");
	tap_ok(world.sent_count == 1 && world_state(&world, "0.0.0.0") == NEIGHBOUR_NONE,
		"a probe is answered, and nothing learned (RFC 5227)");
	ask("10.0.1.254", "10.0.1.254");
	tap_ok(world.sent_count == 0 && world_state(&world, "10.0.1.254") == NEIGHBOUR_NONE,
		"another one with the router's address is not");
	make(tap->hardware, REQUEST, host, "10.0.1.9", NULL, "10.0.1.254");
	give(ARP_FRAME);
	tap_ok(world.sent_count == 1, "a request to the router alone is answered");
	make(everybody, REQUEST, host, "10.0.1.9", NULL, "10.0.1.254");
	frame[15] = 6;
	give(ARP_FRAME);
	tap_ok(world.sent_count == 1, "the hardware type of IEEE 802 is taken");
	world_close(&world);
}

static void test_wrong(void)
{
	static const struct {
		const char *what;
		uint8_t at, value;
	} wrongs[] = {
		{ "hardware type", 15, 7 },
		{ "protocol type", 17, 6 },
		{ "hardware size", 18, 8 },
		{ "protocol size", 19, 5 },
		{ "operation", 21, 3 },
		{ "group as sender's hardware address", 22, 1 },
	};
	static const char *const senders[] = { "224.0.0.5", "255.255.255.255", "127.0.0.1", "10.0.1.255" };
	uint64_t count;

	begin();
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		make(everybody, REQUEST, host, "10.0.1.9", NULL, "10.0.1.254");
		frame[wrongs[i].at] = wrongs[i].value;
		give(ARP_FRAME);
		tap_ok(world.dropped && !world.sent_count, "dropped: wrong %s", wrongs[i].what);
	}
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		ask(senders[i], "10.0.1.254");
		tap_ok(world.dropped && !world.sent_count, "dropped: sender %s", senders[i]);
	}
	ask("10.0.1.9", "127.0.0.1");
	tap_ok(world.dropped, "dropped: target 127.0.0.1");
	count = world_count(&world, ROUTER_bad_message);
	tap_ok(count == 11 && !world_state(&world, "10.0.1.9"),
		"all are counted, and nothing is learned of them");
	make(everybody, REQUEST, host, "10.0.1.9", NULL, "10.0.1.254");
	for (size_t length = 14; length < ARP_FRAME; length++)
		give(length);
	tap_ok(world_count(&world, ROUTER_bad_message) == count + ARP_FRAME - 14, "nor of shorter ones");
	make(other, REQUEST, host, "10.0.1.9", NULL, "10.0.1.254");
	give(ARP_FRAME);
	tap_ok(world.dropped && world_count(&world, ROUTER_not_mine) == 1,
		"a frame for another station is not the router's");
	world_close(&world);
}

static void test_learn(void)
{
	begin();
	make(tap->hardware, REPLY, host, "10.0.1.50", tap->hardware, "10.0.1.254");
	give(ARP_FRAME);
	tap_ok(!world_state(&world, "10.0.1.50"), "a reply that nobody asked for teaches nothing");
	ask("10.0.1.9", "10.0.1.254");
	make(everybody, REQUEST, other, "10.0.1.9", NULL, "10.0.1.9");
	give(ARP_FRAME);
	tap_ok(world_is_at(&world, "10.0.1.9", other) && world_state(&world, "10.0.1.9") == NEIGHBOUR_STALE,
		"a gratuitous request changes what is known at once");
	make(everybody, REPLY, other, "10.0.1.9", tap->hardware, "10.0.1.254");
	give(ARP_FRAME);
	tap_ok(world_state(&world, "10.0.1.9") == NEIGHBOUR_STALE, "a reply to all confirms nothing");
	make(tap->hardware, REPLY, host, "10.0.1.9", tap->hardware, "10.0.1.254");
	give(ARP_FRAME);
	tap_ok(world_is_at(&world, "10.0.1.9", other) && world_state(&world, "10.0.1.9") == NEIGHBOUR_STALE,
		"a reply with another address does not, within a second");
	world_pass(&world, 1200000000);
	give(ARP_FRAME);
	world_forget(&world);
	tap_ok(world_is_at(&world, "10.0.1.9", host) &&
			world_state(&world, "10.0.1.9") == NEIGHBOUR_REACHABLE,
		"later it does, and he is reachable");
	make(everybody, REPLY, other, "10.0.1.9", everybody, "10.0.1.9");
	give(ARP_FRAME);
	tap_ok(world_is_at(&world, "10.0.1.9", host),
		"a reply to all is gratuitous only where it says the sender twice");
	make(everybody, REQUEST, other, "10.0.1.9", NULL, "10.0.1.77");
	give(ARP_FRAME);
	tap_ok(world_is_at(&world, "10.0.1.9", host) &&
			world_state(&world, "10.0.1.9") == NEIGHBOUR_REACHABLE,
		"his question for another, from elsewhere, changes nothing within a second");
	make(everybody, REQUEST, other, "10.0.1.9", NULL, "10.0.1.254");
	give(ARP_FRAME);
	tap_ok(world_is_at(&world, "10.0.1.9", other) && world_state(&world, "10.0.1.9") == NEIGHBOUR_STALE,
		"a request to the router does, at any time");
	world_close(&world);
}

static void test_question(void)
{
	static const uint8_t wanted[ARP_FRAME] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2, 8, 6,	/* Ethernet */
		0, 1, 8, 0, 6, 4, 0, 1,						/* a request */
		2, 0, 0, 0, 0, 2, 10, 0, 0, 254, 0, 0, 0, 0, 0, 0, 10, 0, 1, 9, /* sender, target */
	};
	struct ip target = world_ip("10.0.1.9", NULL), source = world_ip("10.0.0.254", NULL);

	begin();
	arp_ask(tap, &target, NULL, &source);
	tap_ok(world.sent_count == 1 && world.sent[0].length == ARP_FRAME &&
			!memcmp(world.sent[0].bytes, wanted, ARP_FRAME),
		"a question, byte by byte, from the address of what waits");
	tap_is(world.sent[0].what, "ARP: who has 10.0.1.9", "in these words");
	world_forget(&world);
	arp_ask(tap, &target, host, NULL);
	tap_ok(!memcmp(world.sent[0].bytes, host, 6) && world_count(&world, ROUTER_questions) == 2,
		"one to a station alone");
	world_close(&world);
}

int main(void)
{
	test_answer();
	test_wrong();
	test_learn();
	test_question();
	return tap_done();
}
