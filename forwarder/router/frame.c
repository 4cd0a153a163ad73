/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/frame.h"

#include <linux/if_ether.h>

#include "forwarder/router/checksum.h"

enum {
	FRAME_OTHER_LONGEST = 128, /* bytes of what is not IP, which is ARP: 28 */
	IP4_GROUP_BITS = 0x7f,	   /* of a group's second byte, that its hardware address has (RFC 1112) */
};

static void write_header(
	uint8_t *header, const struct router_port *port, const uint8_t *hardware, uint16_t protocol)
{
	memcpy(header, hardware, ETH_ALEN);
	memcpy(header + ETH_ALEN, port->hardware, ETH_ALEN);
	store16(header + offsetof(struct ethhdr, h_proto), protocol);
}

static void send_packet(struct router_port *port, const struct packet *packet, const char *what)
{
	const struct router_outside *outside = port->router->outside;

	outside->send(outside->context, port, packet, what);
}

/* What an offload says of places in the packet is from its beginning on, which moves. */
static void move_offload(struct virtio_net_hdr *offload)
{
	if (offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		offload->csum_start = (uint16_t)(offload->csum_start + ETH_HLEN);
	if (offload->hdr_len)
		offload->hdr_len = (uint16_t)(offload->hdr_len + ETH_HLEN);
}

/* The datagram as PORT carries it. */
static struct packet wrap(
	const struct router_port *port, const uint8_t *hardware, const struct datagram *datagram)
{
	struct packet packet = datagram->packet;
	uint8_t *begin = datagram->bytes;

	packet.frame = port->frame;
	packet.protocol = datagram->bytes[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6;
	if (port->frame == RELAY_ETHERNET) {
		begin -= ETH_HLEN;
		write_header(begin, port, hardware, packet.protocol);
		packet.length += ETH_HLEN;
		move_offload(&packet.offload);
	}
	packet.bytes = begin;
	packet.roomy = begin;
	return packet;
}

void frame_send(
	struct router_port *port, const uint8_t *hardware, struct datagram *datagram, const char *what)
{
	const struct packet packet = wrap(port, hardware, datagram);

	send_packet(port, &packet, what);
}

void frame_lose(struct router_port *port, struct datagram *datagram, const char *what)
{
	static const uint8_t unknown[ETH_ALEN];
	const struct router_outside *outside = port->router->outside;
	const struct packet packet = wrap(port, unknown, datagram);

	outside->lost(outside->context, port, &packet, what);
}

void frame_send_other(struct router_port *port, const uint8_t *hardware, uint16_t protocol,
	const uint8_t *bytes, size_t size, const char *what)
{
	uint8_t buffer[PACKET_ROOM + ETH_HLEN + FRAME_OTHER_LONGEST];
	uint8_t *frame = buffer + PACKET_ROOM;
	struct packet packet = { .bytes = frame, .roomy = frame, .frame = RELAY_ETHERNET };

	if (size > FRAME_OTHER_LONGEST)
		return;
	write_header(frame, port, hardware, protocol);
	memcpy(frame + ETH_HLEN, bytes, size);
	packet.length = ETH_HLEN + size;
	packet.protocol = protocol;
	send_packet(port, &packet, what);
}

bool frame_group(const struct ip *target, uint8_t hardware[6])
{
	const uint8_t *ip = target->bytes;

	if (ip_is_broadcast(target)) {
		memset(hardware, 0xff, ETH_ALEN);
		return true;
	}
	if (!ip_is_multicast(target))
		return false;
	if (target->family == AF_INET) {
		const uint8_t group[] = { 0x01, 0x00, 0x5e, ip[1] & IP4_GROUP_BITS, ip[2], ip[3] };

		memcpy(hardware, group, ETH_ALEN);
	} else {
		const uint8_t group[] = { 0x33, 0x33, ip[12], ip[13], ip[14], ip[15] };

		memcpy(hardware, group, ETH_ALEN);
	}
	return true;
}
