/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is for the router itself. */
#ifndef TUNLAB_ROUTER_LOCAL_H
#define TUNLAB_ROUTER_LOCAL_H

#include "forwarder/router/datagram.h"

/*
 * Takes a datagram for the router, a fragment or a segment too: answers echo requests, hands on neighbour
 * discovery, and answers what nobody is there for (RFC 1122 3.2.2, RFC 4443): UDP with port unreachable, TCP
 * with a reset, other protocols with protocol unreachable. Says what became of it.
 */
void local_take(struct router *router, struct datagram *datagram);

/* Answers a TCP segment to a port where nobody listens (RFC 9293 3.10.7.1), if it asks for it. It is whole
 * and right, and nothing of it is left to a device. */
void reset_answer(struct router *router, const struct datagram *datagram);

#endif
