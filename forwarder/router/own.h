/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router sends itself, as Linux sends it. */
#ifndef TUNLAB_ROUTER_OWN_H
#define TUNLAB_ROUTER_OWN_H

#include "forwarder/router/datagram.h"

struct own {
	struct ip source, target;
	uint8_t protocol;
	uint8_t tos;	    /* or traffic class */
	size_t options;	    /* bytes of IPv4 options, in words, that stand before the others */
	bool fixed;	    /* IPv4: it must not be cut, and so needs no identification (RFC 6864 4.1) */
	size_t checksum_at; /* where in its bytes the protocol has its checksum */
	size_t size;	    /* bytes of the protocol */
};

/* That of a packet that came. */
uint8_t own_tos(const struct datagram *datagram);

/* Where options and then the protocol's bytes are written to: in router->made. */
uint8_t *own_bytes(struct router *router, uint8_t family);

/* Sends what was written there, with its checksum and an IP header; PORT, WHAT, and what it returns, as of
 * router_output(). */
bool own_send(struct router *router, struct router_port *port, const struct own *own, const char *what);

#endif
