/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A router with neighbours, for tests of their states and of what waits for them. */
#ifndef TUNLAB_TESTS_RELAY_NEIGHBOURS_H
#define TUNLAB_TESTS_RELAY_NEIGHBOURS_H

#include "forwarder/router/neighbour.h"
#include "tests/relay/world.h"

enum { IP4_BYTES = 28, FRAME = 14 };

static const uint8_t one[6] = { 2, 0, 0, 0, 9, 1 }, other[6] = { 2, 0, 0, 0, 9, 2 };

struct test {
	struct world world;
	struct router_port *tun, *tap;
	uint8_t buffer[ROUTER_ROOM + IP4_BYTES];
	uint8_t number; /* of the last packet, in its last byte */
};

static struct test test;

static inline void begin(void)
{
	world_open(&test.world);
	test.tun = world_port(&test.world, RELAY_IP, 1500);
	test.tap = world_port(&test.world, RELAY_ETHERNET, 1500);
	world_address(test.tun, "10.0.0.254/24");
	world_address(test.tap, "10.0.1.254/24");
	world_address(test.tap, "2001:db8::fe/64");
	test.number = 0;
}

static inline void end(void)
{
	world_close(&test.world);
}

/* A packet from 10.0.0.1 that came by FROM is sent to NEXT_HOP. */
static inline void send_from(struct router_port *from, const char *next_hop)
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

static inline void send_one(const char *next_hop)
{
	send_from(test.tun, next_hop);
}

static inline unsigned state_of(const char *text)
{
	return world_state(&test.world, text);
}

static inline bool has(const char *text, const uint8_t *hardware)
{
	return world_is_at(&test.world, text, hardware);
}

enum { SOLICITED = 1, OVERRIDE = 2, CREATE = 4, IS_ROUTER = 8 };

static inline void hear(const char *text, const uint8_t *hardware, unsigned flags)
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
static inline unsigned sent(bool lost)
{
	unsigned count = 0;

	for (size_t i = 0; i < test.world.sent_count; i++) {
		const struct world_sent *packet = &test.world.sent[i];

		count += packet->lost == lost && packet->length == FRAME + IP4_BYTES &&
			 packet->bytes[12] == 8 && packet->bytes[13] == 0;
	}
	return count;
}

static inline uint64_t questions(void)
{
	return world_count(&test.world, ROUTER_questions);
}

/* ICMP errors that left by the TUN: host unreachable, with the time to live that was sent on. */
static inline unsigned errors_to_sender(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < test.world.sent_count; i++) {
		const struct world_sent *packet = &test.world.sent[i];

		count += packet->port == test.tun && packet->bytes[20] == 3 && packet->bytes[21] == 1 &&
			 packet->bytes[28 + 8] == 63;
	}
	return count;
}

static inline void pass(double seconds)
{
	world_pass(&test.world, (uint64_t)(seconds * WORLD_SECOND));
}

#endif
