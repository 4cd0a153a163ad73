/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of IPv4 (RFC 791, RFC 7126) and extension headers of IPv6 (RFC 8200 4). */
#ifndef TUNLAB_ROUTER_OPTIONS_H
#define TUNLAB_ROUTER_OPTIONS_H

#include "forwarder/router/icmp.h"

/* What is wrong with the options of a datagram. */
struct options_wrong {
	enum router_counter why; /* ROUTER_COUNTERS: nothing is */
	enum icmp_error error;	 /* that is to be sent; ICMP_NONE */
	uint32_t at;		 /* where, in bytes from the IP header */
};

/* Judges the options of IPv4, or what hop-by-hop options say to a router. AT_HOME: it is for the router, and
 * options for its target count, too. */
struct options_wrong options_check(const struct datagram *datagram, bool at_home);

/* Does what the options of an IPv4 datagram say that is sent on by an address of the router's: writes it
 * where the route is recorded, and the time; and sets the header's checksum right. Without options it does
 * nothing. */
void options_forward(struct router *router, struct datagram *datagram, const struct ip *by);

#endif
