/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/segment.h"

#include <linux/if_ether.h>
#include <string.h>

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* Linux 6.2 */
#endif

enum {
	TAG = 4, /* bytes, of 802.1Q and 802.1ad */
	ADDRESSES = 2 * ETH_ALEN,
	IP_MOST = 65535, /* bytes of an IPv4 packet, or behind the header of an IPv6 packet */
	/* Offsets. */
	TCP_SEQUENCE = 4,
	TCP_SIZE = 12,
	TCP_FLAGS = 13,
	UDP_LENGTH = 4,
	UDP_CHECKSUM = 6,
};

/* What a type of segment asks of its bytes. */
struct shape {
	unsigned type;	  /* VIRTIO_NET_HDR_GSO_... */
	unsigned version; /* of IP; 0: either */
	unsigned protocol;
	unsigned checksum; /* where it is in the header of the protocol */
	size_t header;	   /* bytes that this has at least */
};

static const struct shape shapes[] = {
	{ VIRTIO_NET_HDR_GSO_TCPV4, 4, IPPROTO_TCP, 16, 20 },
	{ VIRTIO_NET_HDR_GSO_TCPV6, 6, IPPROTO_TCP, 16, 20 },
	{ VIRTIO_NET_HDR_GSO_UDP_L4, 0, IPPROTO_UDP, UDP_CHECKSUM, 8 },
};

static const struct shape *shape_of(const struct virtio_net_hdr *offload)
{
	unsigned type = offload->gso_type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (shapes[i].type == type)
			return &shapes[i];
	}
	return NULL;
}

/* Behind the Ethernet header and its tags; the packet's end where that comes first. TYPE is what it says. */
static size_t network_of(const struct packet *packet, enum relay_frame frame, uint32_t *type)
{
	size_t at = ADDRESSES;

	if (frame == RELAY_IP)
		return 0;
	while (packet_load(packet, at, 2, type) && (*type == ETH_P_8021Q || *type == ETH_P_8021AD))
		at += TAG;
	at += ETH_HLEN - ADDRESSES;
	return at < packet->length ? at : packet->length;
}

/* Each gives where what is in the IP packet begins; 0 where that is not of PROTOCOL. */
static size_t inside_ip4(const struct packet *packet, size_t network, unsigned protocol)
{
	uint32_t first, found;
	size_t size;

	if (!packet_load(packet, network, 1, &first) ||
		!packet_load(packet, network + IP4_PROTOCOL, 1, &found))
		return 0;
	size = 4 * (size_t)(first & 15);
	return size >= IP4_HEADER && found == protocol && packet->length - network <= IP_MOST ? network + size
											      : 0;
}

static size_t inside_ip6(const struct packet *packet, size_t network, unsigned protocol)
{
	size_t at = network + IP6_HEADER;
	uint32_t next, size;

	if (!packet_load(packet, network + IP6_NEXT, 1, &next))
		return 0;
	while (ip6_is_extension(next)) {
		if (!packet_load(packet, at + 1, 1, &size) || !packet_load(packet, at, 1, &next))
			return 0;
		at += 8 * ((size_t)size + 1);
	}
	return next == protocol && packet->length - network <= IP6_HEADER + IP_MOST ? at : 0;
}

static size_t transport_of(const struct packet *packet, size_t network, const struct shape *shape)
{
	uint32_t first;
	unsigned version;

	if (!packet_load(packet, network, 1, &first))
		return 0;
	version = first >> 4;
	if (shape->version && version != shape->version)
		return 0;
	if (version == 4)
		return inside_ip4(packet, network, shape->protocol);
	return version == 6 ? inside_ip6(packet, network, shape->protocol) : 0;
}

/* Where the payload begins; 0 where the header before it is none. */
static size_t payload_of(const struct packet *packet, size_t transport, const struct shape *shape)
{
	uint32_t size, length;
	size_t header = shape->header;

	if (shape->protocol == IPPROTO_TCP) {
		if (!packet_load(packet, transport + TCP_SIZE, 1, &size))
			return 0;
		header = 4 * (size_t)(size >> 4);
	} else if (!packet_load(packet, transport + UDP_LENGTH, 2, &length) ||
		   length != packet->length - transport) {
		return 0;
	}
	return header >= shape->header && transport + header <= packet->length ? transport + header : 0;
}

/* The kernel leaves the checksum of what is to be cut to whoever cuts it, and says so. */
static bool read_shape(const struct packet *packet, const struct shape *shape, struct segment *out)
{
	const struct virtio_net_hdr *offload = &packet->offload;
	size_t transport, headers, payload;

	if (!shape || !offload->gso_size || !(offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return false;
	transport = transport_of(packet, out->network, shape);
	if (!transport || offload->csum_start != transport || offload->csum_offset != shape->checksum)
		return false;
	headers = payload_of(packet, transport, shape);
	if (!headers)
		return false;
	payload = packet->length - headers;
	if (payload <= offload->gso_size)
		return true;
	out->headers = headers;
	out->payload = offload->gso_size;
	out->count = (unsigned)((payload + offload->gso_size - 1) / offload->gso_size);
	return true;
}

static bool checksum_fits(const struct packet *packet)
{
	const struct virtio_net_hdr *offload = &packet->offload;

	return !(offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	       (size_t)offload->csum_start + offload->csum_offset + 2 <= packet->length;
}

bool segment_read(const struct packet *packet, enum relay_frame frame, struct segment *out)
{
	uint32_t type = 0;

	*out = (struct segment) {
		.count = 1,
		.network = network_of(packet, frame, &type),
		.payload = packet->length ? packet->length : 1,
	};
	if (packet->offload.gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return checksum_fits(packet);
	if (frame == RELAY_ETHERNET && type != ETH_P_IP && type != ETH_P_IPV6)
		return false;
	return checksum_fits(packet) && read_shape(packet, shape_of(&packet->offload), out);
}

static void cut_ip4(uint8_t *ip, size_t size, unsigned first)
{
	store16(ip + IP4_LENGTH, (uint16_t)size);
	store16(ip + IP4_ID, (uint16_t)(load16(ip + IP4_ID) + first));
	store16(ip + IP4_CHECKSUM, 0);
	store16(ip + IP4_CHECKSUM, checksum_finish(checksum_add(0, ip, 4 * (size_t)(ip[0] & 15))));
}

static void cut_ip(uint8_t *ip, size_t size, unsigned first)
{
	if (ip[0] >> 4 == 4)
		cut_ip4(ip, size, first);
	else
		store16(ip + IP6_LENGTH, (uint16_t)(size - IP6_HEADER));
}

/* Only the first says that the congestion window was reduced, only the last that something ends. */
static void cut_tcp(uint8_t *tcp, uint32_t behind, bool begins, bool ends)
{
	enum { FIN = 0x01, PSH = 0x08, CWR = 0x80 };

	store32(tcp + TCP_SEQUENCE, load32(tcp + TCP_SEQUENCE) + behind);
	if (!begins)
		tcp[TCP_FLAGS] &= (uint8_t)~CWR;
	if (!ends)
		tcp[TCP_FLAGS] &= (uint8_t) ~(FIN | PSH);
}

/* What stands there is the sum of the pseudo header, which has the length: another one now. */
static void cut_checksum(uint8_t *checksum, size_t before, size_t now)
{
	store16(checksum,
		(uint16_t)~checksum_update((uint16_t)~load16(checksum), (uint16_t)before, (uint16_t)now));
}

static void cut_offload(
	struct virtio_net_hdr *offload, const struct segment *form, unsigned first, unsigned count)
{
	offload->hdr_len = (uint16_t)form->headers;
	if (first)
		offload->gso_type &= (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
	if (count > 1)
		return;
	offload->hdr_len = 0;
	offload->gso_type = VIRTIO_NET_HDR_GSO_NONE;
	offload->gso_size = 0;
}

void segment_cut(const struct packet *packet, const struct segment *form, unsigned first, unsigned count,
	uint8_t *buffer, struct packet *out)
{
	const struct virtio_net_hdr *offload = &packet->offload;
	size_t behind = (size_t)first * form->payload, begin = form->headers + behind,
	       size = (size_t)count * form->payload, transport = offload->csum_start, length;
	bool ends = first + count == form->count;

	*out = *packet;
	if (count == form->count)
		return;
	if (ends)
		size = packet->length - begin;
	length = form->headers + size;
	memcpy(buffer, packet->bytes, form->headers);
	memcpy(buffer + form->headers, packet->bytes + begin, size);
	out->bytes = buffer;
	out->length = length;
	cut_ip(buffer + form->network, length - form->network, first);
	if (shape_of(offload)->protocol == IPPROTO_TCP)
		cut_tcp(buffer + transport, (uint32_t)behind, first == 0, ends);
	else
		store16(buffer + transport + UDP_LENGTH, (uint16_t)(length - transport));
	cut_checksum(
		buffer + transport + offload->csum_offset, packet->length - transport, length - transport);
	cut_offload(&out->offload, form, first, count);
}

void segment_checksum(struct packet *packet, uint8_t *bytes)
{
	const struct virtio_net_hdr *offload = &packet->offload;
	size_t start = offload->csum_start;
	uint16_t checksum;

	/* 0 is another word for "none" in UDP, which has 65535 for it (RFC 768). The kernel's own
	 * skb_checksum_help() has that in all protocols; no other sender does, and tshark calls it bad. */
	if (offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM && checksum_fits(packet)) {
		checksum = checksum_finish(checksum_add(0, bytes + start, packet->length - start));
		if (!checksum && offload->csum_offset == UDP_CHECKSUM)
			checksum = 0xffff;
		store16(bytes + start + offload->csum_offset, checksum);
	}
	packet->offload = (struct virtio_net_hdr) { 0 };
}

void segment_complete(const struct packet *packet, const struct segment *form, unsigned number,
	uint8_t *buffer, struct packet *out)
{
	segment_cut(packet, form, number, 1, buffer, out);
	if (!(out->offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) {
		out->offload = (struct virtio_net_hdr) { 0 };
		return;
	}
	if (out->bytes != buffer)
		memcpy(buffer, out->bytes, out->length);
	out->bytes = buffer;
	segment_checksum(out, buffer);
}
