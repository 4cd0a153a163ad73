/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbours: who has which hardware address on a link with Ethernet, for IPv4 (ARP, RFC 826) and IPv6 (RFC
 * 4861). The table is what the router shows in its memory, with what it keeps to itself beside it. States and
 * times are those of RFC 4861 7.3 and 10, and of Linux where that says nothing:
 *
 *     none ─▶ incomplete ─▶ reachable ─▶ stale ─▶ delay ─▶ probe ─▶ failed
 *                 └──────────── 3 questions, 1 s apart ──────────────▶┘
 */
#ifndef TUNLAB_ROUTER_NEIGHBOUR_H
#define TUNLAB_ROUTER_NEIGHBOUR_H

#include "forwarder/router/datagram.h"

/* NULL without memory. */
struct neighbours *neighbours_open(void);
void neighbours_close(struct neighbours *neighbours);

/*
 * Sends a datagram out of PORT to NEXT_HOP, which is its target or a gateway: at once where no hardware
 * address is needed or it is known (multicast and broadcast have one by rule); else it waits, as a copy, and
 * NEXT_HOP is asked for. WHAT is for who captures it, as of struct router_outside.
 */
void neighbour_send(
	struct router_port *port, const struct ip *next_hop, struct datagram *datagram, const char *what);

/* What was heard of a neighbour. */
struct neighbour_news {
	struct router_port *port;
	struct ip ip;
	const uint8_t *hardware;     /* NULL: it was not said */
	bool solicited;		     /* it answers a question: it can be reached */
	bool override;		     /* what was known before gives way */
	bool is_router, says_router; /* the latter: whether the former is known */
	bool create;		     /* also of one that the table does not have */
};

/* Whether the table has it, in whatever state. */
bool neighbour_is_known(const struct router_port *port, const struct ip *ip);

void neighbour_learn(struct router *router, const struct neighbour_news *news);

/* One that is stated, for ever; HARDWARE NULL: it is forgotten. False: the table is full. */
bool neighbour_state(struct router_port *port, const struct ip *ip, const uint8_t *hardware);

uint64_t neighbour_next(const struct router *router);
void neighbour_tick(struct router *router);

#endif
