/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sending datagrams on. */
#ifndef TUNLAB_ROUTER_FORWARD_H
#define TUNLAB_ROUTER_FORWARD_H

#include "forwarder/router/decision.h"

/* Does what was decided of a datagram that came, of GOING_ON: takes one from its time to live, and sends it
 * to the next hop, in fragments where it is to be cut. */
void forward(struct router *router, struct datagram *datagram, const struct decision *decision);

/* Sends one of wire size out of PORT to NEXT_HOP: what is longer than the link takes in fragments. WHAT is as
 * of router_output(), or NULL of what is forwarded. */
void forward_by(
	struct router_port *port, const struct ip *next_hop, struct datagram *datagram, const char *what);

#endif
