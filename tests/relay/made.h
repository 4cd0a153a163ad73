/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of TCP and UDP as a kernel makes them: of wire size, with every checksum, or as a segment that it
 * leaves to its device to cut. Written straight from the RFCs, and slow: the segments of the relay are
 * compared with these.
 */
#ifndef TUNLAB_TESTS_RELAY_MADE_H
#define TUNLAB_TESTS_RELAY_MADE_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MADE_MOST = 70000 };

struct made {
	unsigned version; /* of IP */
	bool udp, ethernet, ecn;
	unsigned tags; /* VLAN tags of the frame */
	/* Bytes; of IPv6, extension headers of 24 each, of which the last is a routing header where it is
	   ROUTED: the checksum is made with the destination that stands there. */
	unsigned ip_options, tcp_options;
	bool routed;
	uint32_t sequence;
	uint16_t id;
	uint8_t flags;
	const uint8_t *payload;
	size_t size;
	unsigned gso; /* payload of each packet of wire size; 0: all in one */
};

static inline void made_number(uint8_t *at, unsigned size, uint32_t number)
{
	while (size) {
		at[--size] = (uint8_t)number;
		number >>= 8;
	}
}

static inline uint32_t made_add(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

static inline unsigned made_count(const struct made *made)
{
	return made->gso && made->size > made->gso ? (unsigned)((made->size + made->gso - 1) / made->gso) : 1;
}

/* The packet of wire size that is numbered so. */
static inline struct made made_piece(const struct made *made, unsigned number)
{
	struct made piece = *made;
	unsigned count = made_count(made);

	piece.gso = 0;
	if (count == 1)
		return piece;
	piece.payload += (size_t)number * made->gso;
	piece.size = number + 1 < count ? made->gso : made->size - (size_t)number * made->gso;
	piece.sequence += number * made->gso;
	piece.id = (uint16_t)(made->id + number);
	if (number > 0)
		piece.flags &= 0x7f;
	if (number + 1 < count)
		piece.flags &= 0xf6;
	return piece;
}

static inline size_t made_frame(const struct made *made, uint8_t *at)
{
	size_t size = 12;

	if (!made->ethernet)
		return 0;
	memset(at, 2, 12);
	for (unsigned i = 0; i < made->tags; i++, size += 4)
		made_number(at + size, 4, made->tags == 2 && i == 0 ? 0x88a80005 : 0x81000007);
	made_number(at + size, 2, made->version == 4 ? 0x0800 : 0x86dd);
	return size + 2;
}

static inline size_t made_ip(const struct made *made, uint8_t *at, size_t inside)
{
	unsigned protocol = made->udp ? 17 : 6;
	size_t header = 20 + made->ip_options, extensions = made->ip_options / 24;

	if (made->version == 4) {
		memset(at, 1, header);
		at[0] = (uint8_t)(0x40 | header / 4);
		at[1] = 0;
		made_number(at + 2, 2, (uint32_t)(header + inside));
		made_number(at + 4, 2, made->id);
		made_number(at + 6, 2, 0x4000);
		at[8] = 64;
		at[9] = (uint8_t)protocol;
		made_number(at + 10, 2, 0);
		memcpy(at + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
		made_number(at + 10, 2, ~made_add(0, at, header) & 0xffff);
		return header;
	}
	header = 40 + 24 * extensions;
	memset(at, 0, header);
	at[0] = 0x60;
	made_number(at + 4, 2, (uint32_t)(24 * extensions + inside));
	at[6] = (uint8_t)protocol;
	at[7] = 64;
	for (unsigned i = 0; i < 32; i++)
		at[8 + i] = (uint8_t)(0x20 + i);
	for (size_t i = 0, next = 6; i < extensions; i++, next = 40 + 24 * (i - 1)) {
		static const uint8_t kinds[] = { 0, 60, 43 };

		at[40 + 24 * i] = at[next];
		at[40 + 24 * i + 1] = 2;
		at[next] = i + 1 == extensions && made->routed ? 43 : kinds[i % 3];
		memset(at + 40 + 24 * i + 8, 0xaa, 16);
	}
	return header;
}

/* Where the destination is that the checksum is made with. */
static inline const uint8_t *made_destination(const struct made *made, const uint8_t *ip)
{
	if (made->version == 4)
		return ip + 16;
	return made->routed ? ip + 40 + made->ip_options - 24 + 8 : ip + 24;
}

static inline uint32_t made_pseudo(const struct made *made, const uint8_t *ip, size_t inside)
{
	size_t address = made->version == 4 ? 4 : 16;
	uint32_t sum = made_add(0, made->version == 4 ? ip + 12 : ip + 8, address);

	sum = made_add(sum, made_destination(made, ip), address);
	sum += (uint32_t)inside + (made->udp ? 17 : 6);
	return (sum & 0xffff) + (sum >> 16);
}

/* PARTIAL: the checksum is left to the device, and its bytes are the sum of the pseudo header. */
static inline size_t made_bytes(const struct made *made, uint8_t *bytes, bool partial, size_t *transport)
{
	size_t header = made->udp ? 8 : 20 + made->tcp_options, at = made_frame(made, bytes);
	uint8_t *ip = bytes + at, *inside;
	uint32_t sum;

	at += made_ip(made, ip, header + made->size);
	*transport = at;
	inside = bytes + at;
	memset(inside, 1, header);
	made_number(inside, 4, 0x12345678);
	if (made->udp) {
		made_number(inside + 4, 2, (uint32_t)(8 + made->size));
	} else {
		made_number(inside + 4, 4, made->sequence);
		inside[12] = (uint8_t)(header / 4 << 4);
		inside[13] = made->flags;
	}
	memcpy(inside + header, made->payload, made->size);
	sum = made_pseudo(made, ip, header + made->size);
	made_number(inside + (made->udp ? 6 : 16), 2, 0);
	if (!partial) {
		sum = ~made_add(sum, inside, header + made->size) & 0xffff;
		sum = sum || !made->udp ? sum : 0xffff;
	}
	made_number(inside + (made->udp ? 6 : 16), 2, (sum & 0xffff) + (sum >> 16));
	return at + header + made->size;
}

/* Makes it as it is on the wire; returns its length. BYTES: MADE_MOST. */
static inline size_t made_wire(const struct made *made, uint8_t *bytes)
{
	size_t transport;

	return made_bytes(made, bytes, false, &transport);
}

/* Makes it as it is before its device has seen it. */
static inline size_t made_whole(const struct made *made, uint8_t *bytes, struct virtio_net_hdr *offload)
{
	size_t transport, length = made_bytes(made, bytes, true, &transport);

	*offload = (struct virtio_net_hdr) { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = (uint16_t)transport,
		.csum_offset = made->udp ? 6 : 16 };
	if (!made->gso)
		return length;
	offload->gso_type = made->udp		 ? 5
			    : made->version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
						 : VIRTIO_NET_HDR_GSO_TCPV6;
	offload->gso_type = (uint8_t)(offload->gso_type | (made->ecn ? VIRTIO_NET_HDR_GSO_ECN : 0));
	offload->gso_size = (uint16_t)made->gso;
	offload->hdr_len = (uint16_t)transport; /* it is only a hint */
	return length;
}

#endif
