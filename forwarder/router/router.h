/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A router: ports with addresses, a route table, neighbours. It forwards as RFC 1812 and RFC 8200 say, and
 * answers for itself what a router that runs no program answers.
 *
 *     frame ─▶ datagram ─▶ decision ─┬▶ forward ─▶ fragment ─▶ neighbour ─▶ frame
 *      └▶ arp                        ├▶ local ─▶ reassembly, icmp, nd, reset
 *                                    └▶ dropped, and an ICMP error about it
 *
 * Its parts are passive: they are told the time, as router->now, allocate nothing once it stands, and reach
 * the world by the three functions of struct router_outside, so that a test can be all that is around it.
 */
#ifndef TUNLAB_ROUTER_H
#define TUNLAB_ROUTER_H

#include "forwarder/packet.h"
#include "forwarder/router/address.h"
#include "forwarder/router/memory.h"
#include "forwarder/segment.h"

struct router;
struct router_port;
struct table;
struct limits;
struct neighbours;
struct reassembly;
struct advertiser;
struct datagram;

enum {
	ROUTER_LONGEST = 65535, /* bytes of a datagram */
};

#define ROUTER_NEVER UINT64_MAX

/* How it reaches what is around it. CONTEXT is the one below. */
struct router_outside {
	/* A packet came by PORT, and this is what became of it; it is told once of each, before anything that
	   follows from it. DROPPED: WHAT is why; else what it does. */
	void (*saw)(void *context, struct router_port *port, const struct packet *packet, bool dropped,
		const char *what);
	/* Sends PACKET, which is as the port carries it, out of PORT. WHAT: why it is sent, where that is no
	   packet that was forwarded; NULL else. */
	void (*send)(void *context, struct router_port *port, const struct packet *packet, const char *what);
	/* A packet that was on its way out of PORT goes no further; WHAT is why. */
	void (*lost)(void *context, struct router_port *port, const struct packet *packet, const char *what);
	void *context;
};

struct router_port {
	struct router *router;
	void *outside;	 /* of whoever is around it: the relay's port */
	uint32_t number; /* the relay's */
	enum relay_frame frame;
	uint32_t mtu; /* bytes, of IP packets */
	uint8_t hardware[6];
	struct ip link_local;	       /* IPv6 */
	struct advertiser *advertiser; /* NULL: it advertises nothing */
	uint64_t advertised;	       /* when it last did to all; 0: never */
};

/* An address that a router has on a port. */
struct router_address {
	struct router_port *port;
	struct ip ip;
	uint8_t length; /* of its prefix, in bits */
};

enum route_kind {
	ROUTE_UNICAST = RELAY_UNICAST,
	ROUTE_BLACKHOLE = RELAY_BLACKHOLE,
	ROUTE_UNREACHABLE = RELAY_UNREACHABLE,
	ROUTE_PROHIBIT = RELAY_PROHIBIT,
	ROUTE_LOCAL,	 /* an address of the router's */
	ROUTE_ANYCAST,	 /* the subnet-router anycast address (RFC 4291 2.6.1), which is one, too */
	ROUTE_BROADCAST, /* the last address of an IPv4 prefix with two host bits or more */
};

struct route {
	struct ip prefix; /* its bits beyond the length are 0 */
	uint8_t length;	  /* bits */
	enum route_kind kind;
	bool gateway; /* by "via"; else the target is a neighbour */
	struct ip via;
	struct router_port *port; /* of ROUTE_UNICAST, ROUTE_LOCAL, ROUTE_ANYCAST and ROUTE_BROADCAST */
};

struct router {
	const struct router_outside *outside;
	struct relay_router *memory;
	uint64_t seed;
	uint64_t now;	    /* nanoseconds of CLOCK_MONOTONIC, of what is being done */
	uint64_t ratelimit; /* nanoseconds of RELAY_ICMP_RATELIMIT */
	struct router_port **ports;
	size_t port_count;
	struct router_address *addresses; /* in the order in which they were added */
	size_t address_count;
	struct route *routes; /* that it was told; those that follow from addresses are in the table only */
	size_t route_count;
	struct table *table;
	struct limits *limits;
	struct neighbours *neighbours;
	struct reassembly *reassembly;
	uint16_t identification;  /* of the last IPv4 packet of its own */
	uint32_t identification6; /* how many IPv6 packets it cut */
	/* Where packets of its own are made, and pieces of packets: each behind ROUTER_ROOM free bytes. */
	uint8_t made[ROUTER_ROOM + 40 + ROUTER_LONGEST]; /* IPv6 counts without its header */
	uint8_t piece[ROUTER_ROOM + SEGMENT_LONGEST];
	uint8_t wire[ROUTER_ROOM + SEGMENT_LONGEST]; /* a packet of those that came as one segment */
};

/*
 * Makes a router that is not connected to anything. OUTSIDE and MEMORY (the caller's, of zeros) must stay as
 * long as it does. NULL without memory.
 */
struct router *router_open(const struct router_outside *outside, struct relay_router *memory, uint64_t seed);

/* Forgets all that waits. NULL is allowed. */
void router_close(struct router *router);

/* A further port: what its frames are, and how long packets may be, is set in it, now and later. HARDWARE has
 * 6 bytes. NULL without memory. */
struct router_port *router_add_port(
	struct router *router, uint32_t number, const uint8_t *hardware, const struct ip *link_local);

/*
 * These change what the router knows; it goes by it from the next router_settle() on. False without memory.
 * Adding what is there changes nothing, or replaces it: of an address its prefix length, of a route, which
 * goes by its prefix, all. Removing what is not there does nothing.
 */
bool router_add_address(struct router_port *port, const struct ip *ip, uint8_t length);
void router_remove_address(struct router_port *port, const struct ip *ip, uint8_t length);
bool router_add_route(struct router *router, const struct route *route);
void router_remove_route(struct router *router, const struct ip *prefix, uint8_t length);
bool router_settle(struct router *router);

/*
 * Takes PACKET, which came by PORT at NOW. Its bytes are at BYTES, which the router may write to, with
 * ROUTER_ROOM bytes before them, and are not of use any more when this returns.
 */
void router_take(struct router_port *port, uint64_t now, const struct packet *packet, uint8_t *bytes);

/* When the router wants to be called again, if no packet comes; ROUTER_NEVER. */
uint64_t router_next(const struct router *router);

/* Does what is due by NOW: asks neighbours again, gives up on them and on fragments, advertises. */
void router_tick(struct router *router, uint64_t now);

/* --- what its parts share --- */

/* The address of the router's own that this is, of whatever port; one that is link-local: of PORT. NULL: it
 * is none's. The link-local one of a port is not among router->addresses: then *local is true, and NULL is
 * returned. PORT may be NULL. */
const struct router_address *router_own(
	const struct router *router, const struct router_port *port, const struct ip *ip, bool *local);

/* Whether it has this address: as router_own() says. */
bool router_has(const struct router *router, const struct router_port *port, const struct ip *ip);

/*
 * Sends a datagram of the router's own: by PORT where its target is link-local or multicast, else, or where
 * PORT is NULL, by its route; in fragments where it is too long, with WHAT for who captures it. False: there
 * is no way, and it is lost without a word.
 */
bool router_output(
	struct router *router, struct router_port *port, struct datagram *datagram, const char *what);

/* Counts COUNT packets. */
void router_count(struct router *router, enum router_counter counter, unsigned count);

/* Why packets of this counter are dropped: "there is no route". */
const char *router_why(enum router_counter counter);

/* Says what becomes of a packet that came by PORT and is not dropped. */
void router_saw(struct router_port *port, const struct packet *packet, const char *what);

/* Says of a packet that came that it is dropped, and why, and counts it. */
void router_drop(struct router *router, const struct datagram *datagram, enum router_counter counter);

#endif
