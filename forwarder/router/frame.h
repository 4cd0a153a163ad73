/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ethernet around datagrams, on ports that are TAP devices. */
#ifndef TUNLAB_ROUTER_FRAME_H
#define TUNLAB_ROUTER_FRAME_H

#include "forwarder/router/datagram.h"

/* Sends a datagram out of PORT: on a TAP to the station HARDWARE, with an Ethernet header before it; on a TUN
 * as it is, and HARDWARE may be NULL. The bytes before the datagram are written over. */
void frame_send(
	struct router_port *port, const uint8_t *hardware, struct datagram *datagram, const char *what);

/* Says that a datagram on its way out of PORT goes no further, whose station is not known. The bytes before
 * it are written over. */
void frame_lose(struct router_port *port, struct datagram *datagram, const char *what);

/* Sends SIZE bytes of a protocol that is not IP to HARDWARE; PORT is a TAP. */
void frame_send_other(struct router_port *port, const uint8_t *hardware, uint16_t protocol,
	const uint8_t *bytes, size_t size, const char *what);

/* The hardware address of a multicast or broadcast (RFC 1112 6.4, RFC 2464 7); false: TARGET is none. */
bool frame_group(const struct ip *target, uint8_t hardware[6]);

#endif
