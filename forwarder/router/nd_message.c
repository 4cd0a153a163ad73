/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/nd_message.h"

#include "forwarder/router/checksum.h"
#include "forwarder/router/frame.h"
#include "forwarder/router/neighbour.h"

enum {
	HARDWARE = 6, /* bytes */
	IP6_VERSION = 6 << 4,
	SOLICITED_BITS = 24, /* of an address, that its group has */
};

bool nd_read_options(const uint8_t *options, size_t size, uint8_t kind, const uint8_t **out)
{
	*out = NULL;
	while (size) {
		size_t length = size > 1 ? (size_t)options[1] * ND_OPTION_UNIT : 0;

		if (!length || length > size)
			return false;
		/* That of Ethernet is one unit long (RFC 2464 6). */
		if (options[0] == kind && length != ND_OPTION_UNIT)
			return false;
		if (options[0] == kind && !*out)
			*out = options + 2;
		options += length;
		size -= length;
	}
	return true;
}

size_t nd_write_address(const struct router_port *port, uint8_t kind, uint8_t *at)
{
	if (port->frame == RELAY_IP)
		return 0;
	at[0] = kind;
	at[1] = 1;
	memcpy(at + 2, port->hardware, HARDWARE);
	return ND_OPTION_UNIT;
}

static void write_ip(uint8_t *ip, const struct ip *source, const struct ip *target, size_t size)
{
	memset(ip, 0, IP6_HEADER);
	ip[0] = IP6_VERSION;
	store16(ip + IP6_LENGTH, (uint16_t)size);
	ip[IP6_NEXT] = IPPROTO_ICMPV6;
	ip[IP6_HOPS] = ND_HOPS;
	memcpy(ip + IP6_SOURCE, source->bytes, sizeof(source->bytes));
	memcpy(ip + IP6_TARGET, target->bytes, sizeof(target->bytes));
}

void nd_send(struct router_port *port, const struct ip *source, const struct ip *target,
	const uint8_t *hardware, uint8_t *buffer, size_t size, const char *what)
{
	uint8_t *ip = buffer + ROUTER_ROOM, *message = buffer + ND_ROOM;
	struct datagram datagram;
	uint64_t sum;

	write_ip(ip, source, target, size);
	store16(message + ND_CHECKSUM, 0);
	sum = checksum_add_pseudo(0, source, target, IPPROTO_ICMPV6, (uint32_t)size);
	store16(message + ND_CHECKSUM, checksum_finish(checksum_add(sum, message, size)));
	datagram_made(ip, IP6_HEADER + size, &datagram);
	if (hardware)
		frame_send(port, hardware, &datagram, what);
	else
		neighbour_send(port, target, &datagram, what);
}

struct ip nd_group(uint8_t number)
{
	return (struct ip) { AF_INET6, { 0xff, 2, [15] = number } };
}

struct ip nd_solicited_group(const struct ip *ip)
{
	struct ip group = { AF_INET6, { 0xff, 2, [11] = 1, [12] = 0xff } };

	memcpy(group.bytes + 13, ip->bytes + 13, SOLICITED_BITS / 8);
	return group;
}
