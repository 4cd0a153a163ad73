/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP errors (RFC 792, RFC 1812 4.3, RFC 4443) and the source of what a router sends itself. */
#ifndef TUNLAB_ROUTER_ICMP_H
#define TUNLAB_ROUTER_ICMP_H

#include "forwarder/router/datagram.h"

/* Each is a type and a code in both families, but where one has none. */
enum icmp_error {
	ICMP_NONE,
	ICMP_TTL_EXCEEDED,
	ICMP_REASSEMBLY_EXCEEDED,
	ICMP_NO_ROUTE,	    /* net unreachable; no route to destination */
	ICMP_NO_NEIGHBOUR,  /* host unreachable; address unreachable */
	ICMP_NO_PROTOCOL,   /* protocol unreachable; parameter problem, unrecognized next header */
	ICMP_NO_PORT,	    /* port unreachable */
	ICMP_PROHIBITED,    /* communication administratively prohibited */
	ICMP_TOO_BIG,	    /* fragmentation needed; packet too big: with the MTU */
	ICMP_BAD_PARAMETER, /* parameter problem, with where it is: erroneous header field */
	ICMP_BAD_OPTION,    /* of IPv6: parameter problem, unrecognized option; of IPv4 as the one above */
	ICMP_BEYOND_SCOPE,  /* of IPv6: beyond the scope of the source address; of IPv4: host unreachable */
	ICMP_NO_HEADERS,    /* of IPv6: parameter problem, a first fragment without all headers (RFC 7112) */
};

/*
 * Sends an error about a datagram that came, whose bytes are as they came, or, where it waited for a
 * neighbour, with one less to live, to its source; unless none may be sent about it (RFC 1812 4.3.2.7, RFC
 * 4443 2.4 e), the limit is reached, or there is no way there. ARGUMENT: the MTU, or the offset that a
 * parameter problem points to. It comes from the datagram's target where that is one of the router's
 * (unicast) addresses, else from the address that router_source() gives.
 */
void icmp_error(
	struct router *router, const struct datagram *about, enum icmp_error error, uint32_t argument);

/* Whether an address may be one host's: only that is told anything (RFC 1122 3.2.2, RFC 4443 2.4 e.6). */
bool icmp_is_one_host(const struct router *router, const struct ip *ip);

/*
 * The address that the router takes as source of what it sends by PORT to TARGET: on that port and in the
 * same subnet, on that port, any (RFC 1812 4.3.2.4; RFC 6724 for IPv6: of the same scope, with the longest
 * common prefix). False: it has none of the family.
 */
bool router_source(
	const struct router *router, const struct router_port *port, const struct ip *target, struct ip *out);

/* How many errors one that asks for them gets: tokens for each address that they go to. NULL without memory.
 */
struct limits *limits_open(void);
void limits_close(struct limits *limits);

/* Whether one more may be sent TO at router->now; then it counts. */
bool limits_allow(struct router *router, const struct ip *to);

#endif
