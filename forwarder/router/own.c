/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/own.h"

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"

enum { HOPS = 64 /* RFC 1700, and Linux */ };

static size_t header_of(uint8_t family)
{
	return family == AF_INET ? IP4_HEADER : IP6_HEADER;
}

uint8_t own_tos(const struct datagram *datagram)
{
	const uint8_t *ip = datagram->bytes;

	return datagram->source.family == AF_INET ? ip[IP4_TOS] : (uint8_t)(load16(ip) >> 4);
}

uint8_t *own_bytes(struct router *router, uint8_t family)
{
	return router->made + ROUTER_ROOM + header_of(family);
}

static void write_ip4(struct router *router, uint8_t *ip, const struct own *own)
{
	enum { DF = 0x4000 };

	size_t header = IP4_HEADER + own->options;

	memset(ip, 0, IP4_HEADER);
	ip[0] = (uint8_t)(4 << 4 | header / 4);
	ip[IP4_TOS] = own->tos;
	store16(ip + IP4_LENGTH, (uint16_t)(header + own->size));
	store16(ip + IP4_ID, own->fixed ? 0 : ++router->identification);
	store16(ip + IP4_FRAGMENT, own->fixed ? DF : 0);
	ip[IP4_TTL] = HOPS;
	ip[IP4_PROTOCOL] = own->protocol;
	memcpy(ip + IP4_SOURCE, own->source.bytes, 4);
	memcpy(ip + IP4_TARGET, own->target.bytes, 4);
	store16(ip + IP4_CHECKSUM, checksum_finish(checksum_add(0, ip, header)));
}

static void write_ip6(uint8_t *ip, const struct own *own)
{
	store32(ip, (uint32_t)6 << 28 | (uint32_t)own->tos << 20);
	store16(ip + IP6_LENGTH, (uint16_t)own->size);
	ip[IP6_NEXT] = own->protocol;
	ip[IP6_HOPS] = HOPS;
	memcpy(ip + IP6_SOURCE, own->source.bytes, 16);
	memcpy(ip + IP6_TARGET, own->target.bytes, 16);
}

/* ICMP is the one protocol that sums no pseudo header. */
static void write_checksum(uint8_t *bytes, const struct own *own)
{
	uint64_t sum = 0;

	if (own->protocol != IPPROTO_ICMP)
		sum = checksum_add_pseudo(
			sum, &own->source, &own->target, own->protocol, (uint32_t)own->size);
	store16(bytes + own->checksum_at, 0);
	store16(bytes + own->checksum_at, checksum_finish(checksum_add(sum, bytes, own->size)));
}

bool own_send(struct router *router, struct router_port *port, const struct own *own, const char *what)
{
	uint8_t family = own->target.family, *ip = router->made + ROUTER_ROOM;
	struct datagram datagram;

	write_checksum(own_bytes(router, family) + own->options, own);
	if (family == AF_INET)
		write_ip4(router, ip, own);
	else
		write_ip6(ip, own);
	datagram_made(ip, header_of(family) + own->options + own->size, &datagram);
	return router_output(router, port, &datagram, what);
}
