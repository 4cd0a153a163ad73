/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/nd.h"

void nd_take(struct router *router, const struct datagram *datagram)
{
	(void)router, (void)datagram;
}

void nd_ask(struct router_port *port, const struct ip *target, const uint8_t *hardware)
{
	(void)port, (void)target, (void)hardware;
}

bool nd_listens(const struct router_port *port, const struct ip *group)
{
	(void)port, (void)group;
	return false;
}
