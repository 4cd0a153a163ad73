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

/* What is wrong, of which an error is sent, and what is not told of. */
static inline struct options_wrong wrong_at(enum icmp_error error, size_t at)
{
	return (struct options_wrong) { ROUTER_bad_option, error, (uint32_t)at };
}

static inline struct options_wrong wrong_silently(enum router_counter why)
{
	return (struct options_wrong) { .why = why };
}

static inline struct options_wrong nothing_wrong(void)
{
	return (struct options_wrong) { .why = ROUTER_COUNTERS };
}

/* Judges the options of IPv4, or what hop-by-hop options say to a router. AT_HOME: it is for the router, and
 * options for its target count, too. */
struct options_wrong options_check(const struct datagram *datagram, bool at_home);
struct options_wrong options6_check(const struct datagram *datagram, bool at_home); /* of IPv6 */

/* Does what the options of an IPv4 datagram say that is sent on by an address of the router's: writes it
 * where the route is recorded, and the time; and sets the header's checksum right. Without options it does
 * nothing. Beside a time stands the address of the port by which it came, as of Linux. */
void options_forward(struct router *router, struct datagram *datagram, const struct ip *by);

/* Writes the options of an echo reply to TO, of 40 bytes: records of the route and of times, with the address
 * BY that was asked (RFC 1122 3.2.2.6), filled with zeros to whole words. Returns their size. */
size_t options_echo(
	const struct router *router, const struct datagram *request, const struct ip *by, uint8_t *to);

#endif
