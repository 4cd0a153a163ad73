/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/frame.h"

void frame_send(
	struct router_port *port, const uint8_t *hardware, struct datagram *datagram, const char *what)
{
	const struct router_outside *outside = port->router->outside;

	(void)hardware;
	outside->send(outside->context, port, &datagram->packet, what);
}

void frame_send_other(struct router_port *port, const uint8_t *hardware, uint16_t protocol,
	const uint8_t *bytes, size_t size, const char *what)
{
	(void)port, (void)hardware, (void)protocol, (void)bytes, (void)size, (void)what;
}

bool frame_group(const struct ip *target, uint8_t hardware[6])
{
	(void)target, (void)hardware;
	return false;
}
