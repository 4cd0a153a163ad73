/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/datagram.h"

enum router_counter datagram_read(
	struct router_port *from, const struct packet *packet, uint8_t *bytes, struct datagram *out)
{
	*out = (struct datagram) { .packet = *packet, .came = *packet, .bytes = bytes, .from = from };
	return ROUTER_bad_header;
}

void datagram_made(uint8_t *bytes, size_t length, struct datagram *out)
{
	*out = (struct datagram) { .packet = { .bytes = bytes, .length = length }, .bytes = bytes };
}

void datagram_complete(struct datagram *datagram)
{
	(void)datagram;
}
