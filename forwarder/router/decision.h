/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a datagram goes that came to a router, decided before anything is done. */
#ifndef TUNLAB_ROUTER_DECISION_H
#define TUNLAB_ROUTER_DECISION_H

#include "forwarder/router/datagram.h"
#include "forwarder/router/icmp.h"

enum going {
	GOING_ON,   /* it is forwarded */
	GOING_HOME, /* it is for the router */
	GOING_NOWHERE,
};

struct decision {
	enum going going;
	const struct route *route; /* of GOING_ON, and of what its kind ends */
	struct ip next_hop;	   /* of GOING_ON */
	enum router_counter why;   /* of GOING_NOWHERE */
	enum icmp_error error;	   /* that is to be sent; ICMP_NONE */
	uint32_t argument;	   /* of the error: the MTU, or where it points */
	bool cut;		   /* of GOING_ON: it is longer than the next link takes, and may be cut */
};

/*
 * Decides; reads nothing but the datagram, the router's addresses and its table. A segment is too big, or
 * cut, if its packets of wire size are.
 */
struct decision decide(const struct router *router, const struct datagram *datagram);

/* What is said of it in a capture, in TEXT of SIZE bytes: "forwarded by 10.2.0.0/16 via 10.0.1.2, ttl 63",
 * "for the router", "there is no route to 10.9.9.9". Returns TEXT. */
const char *decision_print(
	const struct decision *decision, const struct datagram *datagram, char *text, size_t size);

#endif
