/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world around a router under test: what it sends is kept, and the test turns its clock. */
#ifndef TUNLAB_TESTS_RELAY_WORLD_H
#define TUNLAB_TESTS_RELAY_WORLD_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forwarder/router/datagram.h"
#include "forwarder/router/memory.h"
#include "forwarder/router/router.h"

enum { WORLD_SENT = 512, WORLD_SECOND = 1000000000 };

/* A packet that left the router, or, LOST, was to. */
struct world_sent {
	const struct router_port *port;
	bool lost;
	size_t length;
	struct virtio_net_hdr offload;
	char what[200]; /* "": it was forwarded */
	uint8_t *bytes;
};

struct world {
	struct router *router;
	struct relay_router memory;
	struct router_outside outside;
	uint64_t now;
	struct world_sent sent[WORLD_SENT]; /* since world_forget() */
	size_t sent_count;
	bool dropped; /* what became of the packet that came last */
	char said[200];
	unsigned said_count; /* since world_forget(): one for each packet that came */
	struct packet seen;  /* the packet that came last, as whoever captures is given it */
	uint8_t seen_bytes[SEGMENT_LONGEST];
	uint8_t buffer[ROUTER_ROOM + SEGMENT_LONGEST];
};

static inline void world_need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

static inline void world_saw(
	void *context, struct router_port *port, const struct packet *packet, bool dropped, const char *what)
{
	struct world *world = context;

	(void)port;
	world_need(packet->length <= SEGMENT_LONGEST, "a packet that came is too long");
	world->seen = *packet;
	world->seen.bytes = memcpy(world->seen_bytes, packet->bytes, packet->length);
	world->dropped = dropped;
	world->said_count++;
	snprintf(world->said, sizeof(world->said), "%s", what);
}

static inline void world_keep(struct world *world, const struct router_port *port,
	const struct packet *packet, bool lost, const char *what)
{
	struct world_sent *sent = &world->sent[world->sent_count++];

	world_need(world->sent_count <= WORLD_SENT, "it sends too much");
	*sent = (struct world_sent) {
		.port = port, .lost = lost, .length = packet->length, .offload = packet->offload
	};
	sent->bytes = malloc(packet->length + 1);
	world_need(sent->bytes, "memory");
	memcpy(sent->bytes, packet->bytes, packet->length);
	snprintf(sent->what, sizeof(sent->what), "%s", what ? what : "");
}

static inline void world_send(
	void *context, struct router_port *port, const struct packet *packet, const char *what)
{
	world_keep(context, port, packet, false, what);
}

static inline void world_lost(
	void *context, struct router_port *port, const struct packet *packet, const char *what)
{
	world_keep(context, port, packet, true, what);
}

/* Begins one where it stays. */
static inline void world_open(struct world *world)
{
	*world = (struct world) { .now = 1000 * (uint64_t)WORLD_SECOND };
	world->outside = (struct router_outside) { world_saw, world_send, world_lost, world };
	world->router = router_open(&world->outside, &world->memory, 1);
	world_need(world->router, "memory");
	world->router->now = world->now;
}

/* Forgets what was sent and said. */
static inline void world_forget(struct world *world)
{
	for (size_t i = 0; i < world->sent_count; i++)
		free(world->sent[i].bytes);
	world->sent_count = 0;
	world->said_count = 0;
	world->said[0] = 0;
	world->dropped = false;
}

static inline void world_close(struct world *world)
{
	router_close(world->router);
	world_forget(world);
}

/* "10.0.0.1", "2001:db8::1/64" (*LENGTH; without one that of a host). */
static inline struct ip world_ip(const char *text, uint8_t *length)
{
	char host[64];
	const char *slash = strchr(text, '/');
	struct ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	snprintf(host, sizeof(host), "%.*s", slash ? (int)(slash - text) : (int)strlen(text), text);
	world_need(inet_pton(ip.family, host, ip.bytes) == 1, "an address in a test is wrong");
	if (length)
		*length = (uint8_t)(slash ? strtoul(slash + 1, NULL, 10) : 8 * (size_t)ip_size(&ip));
	return ip;
}

/* The next port: its hardware address is 02:00:00:00:00:N, its link-local one fe80::N, N from 1. */
static inline struct router_port *world_port(struct world *world, enum relay_frame frame, uint32_t mtu)
{
	uint8_t number = (uint8_t)(world->router->port_count + 1);
	const uint8_t hardware[6] = { 2, 0, 0, 0, 0, number };
	struct ip link_local = world_ip("fe80::", NULL);
	struct router_port *port;

	link_local.bytes[15] = number;
	port = router_add_port(world->router, number, hardware, &link_local);
	world_need(port, "memory");
	port->frame = frame;
	port->mtu = mtu;
	return port;
}

static inline void world_address(struct router_port *port, const char *text)
{
	uint8_t length;
	struct ip ip = world_ip(text, &length);

	world_need(router_add_address(port, &ip, length) && router_settle(port->router), "memory");
}

/* Begins one with two ports, to links of 1500 and 1400 bytes, whose subnets are 10.0.0.0/24, 2001:db8::/64
 * and 10.0.1.0/24, 2001:db8:1::/64. */
static inline void world_open_pair(struct world *world, struct router_port **left, struct router_port **right)
{
	world_open(world);
	*left = world_port(world, RELAY_IP, 1500);
	*right = world_port(world, RELAY_IP, 1400);
	world_address(*left, "10.0.0.254/24");
	world_address(*left, "2001:db8::fe/64");
	world_address(*right, "10.0.1.254/24");
	world_address(*right, "2001:db8:1::fe/64");
}

/* VIA NULL: its targets are neighbours; PORT is of ROUTE_UNICAST only. */
static inline void world_route(struct world *world, enum route_kind kind, const char *prefix, const char *via,
	struct router_port *port)
{
	struct route route = { .kind = kind, .port = port, .gateway = via };

	route.prefix = world_ip(prefix, &route.length);
	if (via)
		route.via = world_ip(via, NULL);
	world_need(router_add_route(world->router, &route) && router_settle(world->router), "memory");
}

/* A packet comes by PORT, now. */
static inline void world_give_offload(struct world *world, struct router_port *port, const void *bytes,
	size_t length, const struct virtio_net_hdr *offload)
{
	uint8_t *at = world->buffer + ROUTER_ROOM;
	struct packet packet = { .bytes = at, .length = length, .frame = port->frame };

	world_need(length <= SEGMENT_LONGEST, "a packet in a test is too long");
	memcpy(at, bytes, length);
	if (offload)
		packet.offload = *offload;
	router_take(port, world->now, &packet, at);
}

static inline void world_give(struct world *world, struct router_port *port, const void *bytes, size_t length)
{
	world_give_offload(world, port, bytes, length, NULL);
}

/* Time passes: the router is called whenever it wants to be. */
static inline void world_pass(struct world *world, uint64_t nanoseconds)
{
	uint64_t end = world->now + nanoseconds, next;

	while ((next = router_next(world->router)) <= end) {
		world->now = next > world->now ? next : world->now;
		router_tick(world->router, world->now);
	}
	world->now = end;
}

static inline uint64_t world_count(const struct world *world, enum router_counter counter)
{
	return world->memory.counters[counter];
}

/* What the world is shown of a neighbour; NULL: nothing. */
static inline const struct relay_neighbour *world_neighbour(const struct world *world, const char *text)
{
	struct ip ip = world_ip(text, NULL);

	for (size_t i = 0; i < RELAY_NEIGHBOURS; i++) {
		const struct relay_neighbour *neighbour = &world->memory.neighbours[i];

		if (neighbour->state && neighbour->family == ip.family &&
			!memcmp(neighbour->address, ip.bytes, 16))
			return neighbour;
	}
	return NULL;
}

/* NEIGHBOUR_NONE where it is not in the table. */
static inline unsigned world_state(const struct world *world, const char *text)
{
	const struct relay_neighbour *neighbour = world_neighbour(world, text);

	return neighbour ? neighbour->state : NEIGHBOUR_NONE;
}

/* Whether it is known, with this hardware address. */
static inline bool world_is_at(const struct world *world, const char *text, const uint8_t *hardware)
{
	const struct relay_neighbour *neighbour = world_neighbour(world, text);

	return neighbour && !memcmp(neighbour->hardware, hardware, 6);
}

#endif
