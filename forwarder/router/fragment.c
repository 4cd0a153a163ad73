/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/fragment.h"

#include <linux/if_ether.h>

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/extension.h"
#include "forwarder/router/options4.h"
#include "forwarder/stream.h"

enum {
	UNIT = 8, /* bytes that offsets are counted in */
	MORE4 = 0x2000,
	OFFSET4 = 0x1fff,
};

/* What goes into one fragment. */
struct part {
	size_t front;  /* bytes of headers that every fragment begins with, but for the fragment header */
	size_t header; /* the same, with it */
	size_t begin;  /* in what is behind them */
	size_t size;
	bool more; /* another follows, of this datagram or of what it is a fragment of */
};

/* How much of what is left fits, in whole units where something follows; one unit always does. */
static size_t size_of(size_t left, size_t mtu, size_t header)
{
	size_t room = mtu > header ? mtu - header : 0;

	if (left <= room)
		return left;
	room -= room % UNIT;
	if (room < UNIT)
		room = UNIT;
	return left < room ? left : room;
}

/* Options that are not copied become as many that do nothing, so that every fragment's header is as long: as
 * Linux does it, and RFC 791 allows. */
static void forget_options(uint8_t *ip, size_t end)
{
	struct options4 options = { .ip = ip, .at = IP4_HEADER, .end = end };
	size_t at;

	while (next4(&options, &at)) {
		if (!(ip[at] & OPTION_COPIED))
			memset(ip + at, OPTION_NOP, ip[at + OPTION_LENGTH]);
	}
}

static void finish4(const struct datagram *datagram, const struct part *part, uint8_t *ip)
{
	size_t offset = (datagram->offset + part->begin) / UNIT;

	/* Those of a fragment that is not the first are as they are to be already. */
	if (part->begin && datagram->offset == 0)
		forget_options(ip, part->front);
	store16(ip + IP4_LENGTH, (uint16_t)(part->header + part->size));
	store16(ip + IP4_FRAGMENT, (uint16_t)((offset & OFFSET4) | (part->more ? MORE4 : 0)));
	store16(ip + IP4_CHECKSUM, 0);
	store16(ip + IP4_CHECKSUM, checksum_finish(checksum_add(0, ip, part->front)));
}

/*
 * The identification of the packet numbered so: no two of 2^32 in a row have the same, and who sees one does
 * not know the next (RFC 7739). A Feistel network over the number.
 */
static uint32_t identification_of(const struct router *router, uint32_t number)
{
	enum { ROUNDS = 4 };
	const struct stream stream = stream_open(router->seed, "identification");
	uint16_t left = (uint16_t)(number >> 16), right = (uint16_t)number;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint16_t mixed = (uint16_t)(left ^ stream_draw(&stream, right, i));

		left = right;
		right = mixed;
	}
	return (uint32_t)left << 16 | right;
}

static void finish6(struct router *router, const struct part *part, struct datagram *out)
{
	uint8_t *ip = out->bytes, *header = ip + part->front;
	size_t next = extension_next_at(ip, part->front);

	if (part->begin == 0)
		router->identification6++;
	out->identification = identification_of(router, router->identification6);
	out->fragment_at = part->front;
	if (part->begin == 0 && out->next_at != next) {
		out->next_at += FRAGMENT6_SIZE;
		out->header += FRAGMENT6_SIZE;
	} else {
		out->next_at = part->front;
		out->header = part->header;
	}
	header[0] = ip[next];
	header[1] = 0;
	store16(header + FRAGMENT6_OFFSET, (uint16_t)(part->begin | (part->more ? FRAGMENT6_MORE : 0)));
	store32(header + FRAGMENT6_IDENTIFICATION, out->identification);
	ip[next] = IPPROTO_FRAGMENT;
	store16(ip + IP6_LENGTH, (uint16_t)(part->header + part->size - IP6_HEADER));
}

static struct part part_of(const struct datagram *datagram, uint32_t mtu, size_t begin)
{
	struct part part = { .begin = begin };
	size_t left;

	if (datagram->source.family == AF_INET) {
		part.header = part.front = datagram->header;
	} else {
		part.front = extension_front(datagram->bytes, datagram->packet.length);
		part.header = part.front + FRAGMENT6_SIZE;
	}
	left = datagram->packet.length - part.front - begin;
	part.size = size_of(left, mtu, part.header);
	part.more = part.size < left || datagram->more;
	return part;
}

bool fragment_cut(struct router *router, const struct datagram *datagram, uint32_t mtu, size_t *offset,
	struct datagram *out)
{
	struct part part = part_of(datagram, mtu, *offset);
	uint8_t *bytes = router->piece + ROUTER_ROOM;
	size_t behind = part.begin + part.size;

	memcpy(bytes, datagram->bytes, part.front);
	memcpy(bytes + part.header, datagram->bytes + part.front + part.begin, part.size);
	*out = *datagram;
	out->bytes = bytes;
	out->packet = (struct packet) { .bytes = bytes,
		.roomy = bytes,
		.length = part.header + part.size,
		.frame = RELAY_IP,
		.protocol = datagram->source.family == AF_INET ? ETH_P_IP : ETH_P_IPV6,
		.queue = datagram->packet.queue };
	out->form = (struct segment) { .count = 1, .payload = out->packet.length };
	out->fixed = datagram->source.family == AF_INET6;
	out->more = part.more;
	out->offset = datagram->offset + part.begin;
	out->fragment = out->more || out->offset;
	if (datagram->source.family == AF_INET)
		finish4(datagram, &part, bytes);
	else
		finish6(router, &part, out);
	*offset = behind;
	return part.front + behind < datagram->packet.length;
}
