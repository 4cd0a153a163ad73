/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router sends itself, without options, as Linux sends it. */
#ifndef TUNLAB_ROUTER_OWN_H
#define TUNLAB_ROUTER_OWN_H

#include "forwarder/router/datagram.h"

struct own {
	struct ip source, target;
	uint8_t protocol;
	uint8_t tos;	    /* or traffic class */
	bool fixed;	    /* IPv4: it must not be cut, and so needs no identification (RFC 6864 4.1) */
	size_t checksum_at; /* where in its bytes the protocol has its checksum */
	size_t size;	    /* bytes behind the IP header */
};

/* Where the bytes behind the IP header of what is to be sent are written to: in router->made. */
uint8_t *own_bytes(struct router *router, uint8_t family);

/* Sends what was written there, with its checksum and an IP header; PORT and WHAT as of router_output(). */
void own_send(struct router *router, struct router_port *port, const struct own *own, const char *what);

#endif
