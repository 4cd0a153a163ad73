/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/neighbour.h"

#include <stdlib.h>

#include "forwarder/router/frame.h"

struct neighbours {
	int unused;
};

struct neighbours *neighbours_open(void)
{
	return calloc(1, sizeof(struct neighbours));
}

void neighbours_close(struct neighbours *neighbours)
{
	free(neighbours);
}

void neighbour_send(
	struct router_port *port, const struct ip *next_hop, struct datagram *datagram, const char *what)
{
	uint8_t hardware[6];

	if (port->frame == RELAY_IP)
		frame_send(port, NULL, datagram, what);
	else if (frame_group(next_hop, hardware))
		frame_send(port, hardware, datagram, what);
}

void neighbour_learn(struct router *router, const struct neighbour_news *news)
{
	(void)router, (void)news;
}

bool neighbour_state(struct router_port *port, const struct ip *ip, const uint8_t *hardware)
{
	(void)port, (void)ip, (void)hardware;
	return true;
}

uint64_t neighbour_next(const struct router *router)
{
	(void)router;
	return ROUTER_NEVER;
}

void neighbour_tick(struct router *router)
{
	(void)router;
}
