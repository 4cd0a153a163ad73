/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/advertise.h"

bool advertise_set(struct router_port *port, const uint64_t *numbers)
{
	(void)port, (void)numbers;
	return true;
}

bool advertise_add(struct router_port *port, enum relay_advertised kind, const struct ip *prefix,
	uint8_t length, const uint64_t *numbers)
{
	(void)port, (void)kind, (void)prefix, (void)length, (void)numbers;
	return true;
}

void advertise_answer(struct router_port *port, const struct ip *to)
{
	(void)port, (void)to;
}

uint64_t advertise_next(const struct router *router)
{
	(void)router;
	return ROUTER_NEVER;
}

void advertise_tick(struct router *router)
{
	(void)router;
}
