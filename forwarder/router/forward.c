/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/forward.h"

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/fragment.h"
#include "forwarder/router/neighbour.h"
#include "forwarder/router/options.h"

/* One less to live (RFC 1812 5.3.1), and the checksum of IPv4 as it is then (RFC 1624). */
static void take_hop(struct datagram *datagram)
{
	uint8_t *ip = datagram->bytes;
	uint16_t was;

	datagram->hops--;
	if (datagram->source.family == AF_INET6) {
		ip[IP6_HOPS] = datagram->hops;
		return;
	}
	was = load16(ip + IP4_TTL);
	ip[IP4_TTL] = datagram->hops;
	store16(ip + IP4_CHECKSUM, checksum_update(load16(ip + IP4_CHECKSUM), was, load16(ip + IP4_TTL)));
}

void forward_by(
	struct router_port *port, const struct ip *next_hop, struct datagram *datagram, const char *what)
{
	struct datagram piece;
	size_t offset = 0;
	bool more = true;

	if (datagram->packet.length <= port->mtu) {
		neighbour_send(port, next_hop, datagram, what);
		return;
	}
	router_count(port->router, ROUTER_fragmented, 1);
	while (more) {
		more = fragment_cut(port->router, datagram, port->mtu, &offset, &piece);
		neighbour_send(port, next_hop, &piece, what);
	}
}

void forward(struct router *router, struct datagram *datagram, const struct decision *decision)
{
	struct router_port *port = decision->route->port;
	struct datagram wire;
	struct ip by;

	router_count(router, ROUTER_forwarded, datagram->form.count);
	take_hop(datagram);
	if (datagram->source.family == AF_INET && datagram->header > IP4_HEADER &&
		router_source(router, port, &decision->next_hop, &by))
		options_forward(router, datagram, &by);
	if (!decision->cut) {
		neighbour_send(port, &decision->next_hop, datagram, NULL);
		return;
	}
	for (unsigned i = 0; i < datagram->form.count; i++) {
		datagram_wire(router, datagram, i, &wire);
		forward_by(port, &decision->next_hop, &wire, NULL);
	}
}
