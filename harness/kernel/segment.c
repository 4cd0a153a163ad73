/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/segment.h"

#include <stdbool.h>

/*
 * Where the TCP or UDP header begins. The kernel leaves the checksum of a packet that is to be cut to whoever
 * cuts it, and says where that begins: right there, whatever tunnels and options are before it. Otherwise the
 * IP header says it.
 */
static size_t transport_offset(
	const struct virtio_net_hdr *header, const uint8_t *bytes, size_t size, size_t link_header)
{
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return header->csum_start;
	if (size > link_header && bytes[link_header] >> 4 == 4)
		return link_header + 4 * (size_t)(bytes[link_header] & 15);
	return link_header + 40; /* IPv6 */
}

static size_t transport_size(bool tcp, const uint8_t *bytes, size_t size, size_t offset)
{
	if (!tcp)
		return 8;
	return offset + 12 < size ? 4 * (size_t)(bytes[offset + 12] >> 4) : 20;
}

uint64_t segment_count(const struct virtio_net_hdr *header, const uint8_t *bytes, size_t size, size_t length,
	size_t link_header)
{
	unsigned type = header->gso_type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN;
	bool tcp = type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6;
	size_t offset, headers;

	if (type == VIRTIO_NET_HDR_GSO_NONE || !header->gso_size)
		return 1;
	offset = transport_offset(header, bytes, size, link_header);
	headers = offset + transport_size(tcp, bytes, size, offset);
	if (headers >= length)
		return 1;
	return (length - headers + header->gso_size - 1) / header->gso_size;
}
