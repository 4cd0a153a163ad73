/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/arp.h"

void arp_take(struct router_port *port, const struct packet *packet)
{
	router_saw(port, packet, "ARP");
}

void arp_ask(struct router_port *port, const struct ip *target, const uint8_t *hardware)
{
	(void)port, (void)target, (void)hardware;
}
