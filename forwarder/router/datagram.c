/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/datagram.h"

#include <linux/if_ether.h>

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/extension.h"

enum {
	DONT_FRAGMENT = 0x4000,
	MORE_FRAGMENTS = 0x2000,
	OFFSET_MASK = 0x1fff, /* of IPv4, in units of 8 bytes */
};

/* --- the frame --- */

/* Whether a station with HARDWARE takes a frame for TO. */
static bool is_for(const uint8_t *to, const uint8_t *hardware)
{
	return to[0] & 1 || !memcmp(to, hardware, ETH_ALEN);
}

/* Takes away the bytes before the IP header; false: what was left to the device begins among them. */
static bool strip(struct datagram *datagram, size_t size)
{
	struct packet *packet = &datagram->packet;
	struct virtio_net_hdr *offload = &packet->offload;

	if (offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if (offload->csum_start < size)
			return false;
		offload->csum_start = (uint16_t)(offload->csum_start - size);
	}
	offload->hdr_len = offload->hdr_len > size ? (uint16_t)(offload->hdr_len - size) : 0;
	datagram->bytes += size;
	packet->length -= size;
	return true;
}

static enum router_counter read_frame(const struct router_port *port, struct datagram *datagram)
{
	const struct ethhdr *frame = (const void *)datagram->bytes;
	uint16_t protocol;

	if (datagram->packet.length < ETH_HLEN)
		return ROUTER_bad_header;
	memcpy(datagram->hardware, frame->h_source, ETH_ALEN);
	datagram->to_several = frame->h_dest[0] & 1;
	protocol = load16(datagram->bytes + offsetof(struct ethhdr, h_proto));
	datagram->packet.protocol = protocol;
	if (!is_for(frame->h_dest, port->hardware))
		return ROUTER_not_mine;
	if (protocol != ETH_P_IP && protocol != ETH_P_IPV6)
		return ROUTER_no_protocol;
	return strip(datagram, ETH_HLEN) ? ROUTER_COUNTERS : ROUTER_bad_header;
}

/* --- IPv4 (RFC 1812 5.2.2) --- */

static void read_fields4(struct datagram *datagram)
{
	const uint8_t *ip = datagram->bytes;
	uint16_t fragment = load16(ip + IP4_FRAGMENT);

	datagram->source = ip_load(AF_INET, ip + IP4_SOURCE);
	datagram->target = ip_load(AF_INET, ip + IP4_TARGET);
	datagram->hops = ip[IP4_TTL];
	datagram->protocol = ip[IP4_PROTOCOL];
	datagram->fixed = fragment & DONT_FRAGMENT;
	datagram->more = fragment & MORE_FRAGMENTS;
	datagram->offset = 8 * (size_t)(fragment & OFFSET_MASK);
	datagram->fragment = datagram->more || datagram->offset;
	datagram->identification = load16(ip + IP4_ID);
}

static enum router_counter read_ip4(struct datagram *datagram)
{
	const uint8_t *ip = datagram->bytes;
	size_t length = datagram->packet.length, total;

	if (length < IP4_HEADER)
		return ROUTER_bad_header;
	datagram->header = 4 * (size_t)(ip[0] & 15);
	if (datagram->header < IP4_HEADER || datagram->header > length)
		return ROUTER_bad_header;
	if (checksum_finish(checksum_add(0, ip, datagram->header)) != 0)
		return ROUTER_bad_checksum;
	total = load16(ip + IP4_LENGTH);
	if (total > length)
		return ROUTER_bad_length;
	if (total < datagram->header)
		return ROUTER_bad_header;
	datagram->packet.length = total;
	read_fields4(datagram);
	return ROUTER_COUNTERS;
}

/* --- IPv6 (RFC 8200 3 and 4) --- */

/* Reads a fragment header; returns whether headers of the whole may follow. */
static bool read_fragment6(struct datagram *datagram)
{
	const uint8_t *header = datagram->bytes + datagram->header;
	uint16_t word = load16(header + FRAGMENT6_OFFSET);

	datagram->fragment = true;
	datagram->fragment_at = datagram->header;
	datagram->offset = word & FRAGMENT6_OFFSET_MASK;
	datagram->more = word & FRAGMENT6_MORE;
	datagram->identification = load32(header + FRAGMENT6_IDENTIFICATION);
	return datagram->offset == 0;
}

/*
 * Walks the extension headers to what they are about, or to the first that is not whole. A router has no say
 * about those behind the first in what it forwards (RFC 8200 4), so that none of this is an error as yet. A
 * second hop-by-hop header is not walked: as it may only be the first it is like one that is not known.
 */
static void walk(struct datagram *datagram)
{
	const uint8_t *ip = datagram->bytes;
	size_t length = datagram->packet.length, size;
	bool first = true, go_on = true;

	for (; go_on; first = false) {
		bool fragment = datagram->protocol == IPPROTO_FRAGMENT && !datagram->fragment;

		if (!fragment && !ip6_is_extension(datagram->protocol))
			return;
		if (datagram->protocol == IPPROTO_HOPOPTS && !first)
			return;
		if (length - datagram->header < FRAGMENT6_SIZE)
			return;
		size = fragment ? FRAGMENT6_SIZE : 8 * ((size_t)ip[datagram->header + 1] + 1);
		if (length - datagram->header < size)
			return;
		if (fragment)
			go_on = read_fragment6(datagram);
		datagram->next_at = datagram->header;
		datagram->protocol = ip[datagram->header];
		datagram->header += size;
	}
}

static enum router_counter read_ip6(struct datagram *datagram)
{
	const uint8_t *ip = datagram->bytes;
	size_t length = datagram->packet.length, total;

	if (length < IP6_HEADER)
		return ROUTER_bad_header;
	total = IP6_HEADER + (size_t)load16(ip + IP6_LENGTH);
	if (total > length)
		return ROUTER_bad_length;
	datagram->source = ip_load(AF_INET6, ip + IP6_SOURCE);
	datagram->target = ip_load(AF_INET6, ip + IP6_TARGET);
	datagram->hops = ip[IP6_HOPS];
	datagram->protocol = ip[IP6_NEXT];
	datagram->next_at = IP6_NEXT;
	datagram->header = IP6_HEADER;
	datagram->fixed = true;
	/* 0 with hop-by-hop options may be a jumbogram (RFC 2675), of which these are the judges. */
	if (total > IP6_HEADER || datagram->protocol != IPPROTO_HOPOPTS)
		datagram->packet.length = total;
	walk(datagram);
	return ROUTER_COUNTERS;
}

/* --- both --- */

static enum router_counter read_ip(struct datagram *datagram)
{
	unsigned version = datagram->packet.length ? datagram->bytes[0] >> 4 : 0;
	uint16_t protocol = datagram->packet.protocol;

	if (protocol && protocol != ETH_P_IP && protocol != ETH_P_IPV6)
		return ROUTER_no_protocol;
	if (protocol && version != (protocol == ETH_P_IP ? 4 : 6))
		return ROUTER_bad_header;
	if (version == 4)
		return read_ip4(datagram);
	return version == 6 ? read_ip6(datagram) : ROUTER_bad_header;
}

enum router_counter datagram_read(
	struct router_port *from, const struct packet *packet, uint8_t *bytes, struct datagram *out)
{
	enum router_counter wrong = ROUTER_COUNTERS;

	*out = (struct datagram) {
		.packet = *packet, .came = *packet, .bytes = bytes, .from = from, .form.count = 1
	};
	if (from->frame == RELAY_ETHERNET)
		wrong = read_frame(from, out);
	if (wrong == ROUTER_COUNTERS)
		wrong = read_ip(out);
	out->packet.bytes = out->bytes;
	out->packet.roomy = NULL;
	out->packet.frame = RELAY_IP;
	if (wrong != ROUTER_COUNTERS)
		return wrong;
	out->packet.protocol = out->source.family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
	/* Behind the padding, if any: what its sender left to a device must fit what is left. */
	if (!segment_read(&out->packet, RELAY_IP, &out->form) || (out->form.count > 1 && out->fragment))
		return ROUTER_bad_length;
	return ROUTER_COUNTERS;
}

void datagram_made(uint8_t *bytes, size_t length, struct datagram *out)
{
	*out = (struct datagram) {
		.packet = { .bytes = bytes, .length = length, .frame = RELAY_IP },
		.bytes = bytes,
		.form = { .count = 1, .payload = length ? length : 1 },
	};
	read_ip(out);
	out->packet.protocol = out->source.family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
	out->came = out->packet;
}

void datagram_complete(struct datagram *datagram)
{
	size_t frame = datagram->came.frame == RELAY_ETHERNET ? ETH_HLEN : 0;

	segment_checksum(&datagram->packet, datagram->bytes);
	if (datagram->came.bytes + frame == datagram->bytes)
		datagram->came.offload = (struct virtio_net_hdr) { 0 };
}

void datagram_wire(struct router *router, struct datagram *datagram, unsigned number, struct datagram *out)
{
	if (datagram->form.count == 1) {
		datagram_complete(datagram);
		*out = *datagram;
		return;
	}
	*out = *datagram;
	out->bytes = router->wire + ROUTER_ROOM;
	segment_complete(&datagram->packet, &datagram->form, number, out->bytes, &out->packet);
	out->form = (struct segment) { .count = 1, .payload = out->packet.length };
	if (out->source.family == AF_INET)
		out->identification = load16(out->bytes + IP4_ID);
}
