/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ARP (RFC 826, RFC 5227) on ports that are TAP devices. */
#ifndef TUNLAB_ROUTER_ARP_H
#define TUNLAB_ROUTER_ARP_H

#include "forwarder/router/datagram.h"

/* Takes an ARP packet that came by PORT in a frame: says what becomes of it, learns, and answers for the
 * router's IPv4 addresses, of whatever port, as Linux does (arp_ignore 0). */
void arp_take(struct router_port *port, const struct packet *packet);

/* Asks who has TARGET: everybody, or only HARDWARE where that is not NULL; from the address SOURCE of what
 * waits, if that is not NULL. */
void arp_ask(
	struct router_port *port, const struct ip *target, const uint8_t *hardware, const struct ip *source);

#endif
