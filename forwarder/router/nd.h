/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Neighbour discovery (RFC 4861): solicitations and advertisements of neighbours, solicitations of routers.
 */
#ifndef TUNLAB_ROUTER_ND_H
#define TUNLAB_ROUTER_ND_H

#include "forwarder/router/datagram.h"

/*
 * Takes an ICMPv6 message of types 133 to 137 that came for the router, whose checksum is right: says what
 * becomes of it, dropped where it is not valid (RFC 4861 6.1.1, 7.1.1, 7.1.2), learns, and answers.
 */
void nd_take(struct router *router, const struct datagram *datagram);

/* Asks for TARGET: everybody, or only HARDWARE where that is not NULL; from the address SOURCE of what waits,
 * if that is not NULL. */
void nd_ask(
	struct router_port *port, const struct ip *target, const uint8_t *hardware, const struct ip *source);

/* Whether PORT listens to the multicast group: of all nodes, of all routers, of its addresses (RFC 4291 2.8).
 */
bool nd_listens(const struct router_port *port, const struct ip *group);

#endif
