/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/icmp.h"

bool router_source(
	const struct router *router, const struct router_port *port, const struct ip *target, struct ip *out)
{
	(void)router, (void)port, (void)target, (void)out;
	return false;
}
