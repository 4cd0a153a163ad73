/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Router advertisements (RFC 4861 6.2, RFC 4191, RFC 8106). */
#ifndef TUNLAB_ROUTER_ADVERTISE_H
#define TUNLAB_ROUTER_ADVERTISE_H

#include "forwarder/router/datagram.h"

/* PORT advertises what NUMBERS say (enum relay_advertise_number), with no options as yet, the first time when
 * the router is next called and has the options that are to follow, but not within 3 s of what it last
 * advertised to all; NULL: no more. False without memory. */
bool advertise_set(struct router_port *port, const uint64_t *numbers);

/* One more option, as RELAY_ADVERTISE_OPTION says. False: there are too many. */
bool advertise_add(struct router_port *port, enum relay_advertised kind, const struct ip *prefix,
	uint8_t length, const uint64_t *numbers);

/* Answers a solicitation of a host at TO, whose address may be unspecified, as RFC 4861 6.2.6 says. Where
 * PORT advertises nothing it does nothing. */
void advertise_answer(struct router_port *port, const struct ip *to);

uint64_t advertise_next(const struct router *router);
void advertise_tick(struct router *router);

#endif
