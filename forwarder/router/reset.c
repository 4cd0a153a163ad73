/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/icmp.h"
#include "forwarder/router/local.h"
#include "forwarder/router/own.h"

enum {
	TCP_TARGET_PORT = 2,
	TCP_SEQUENCE = 4,
	TCP_ACKNOWLEDGED = 8,
	TCP_SIZE = 12,
	TCP_FLAGS = 13,
	TCP_CHECKSUM = 16,
	TCP_HEADER = 20,
	/* Flags. */
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	ACK = 0x10,
	/* Of a TOS. */
	ECN = 0x03,
};

/* A segment that came. */
struct seen {
	const uint8_t *tcp;
	uint32_t length; /* of it, in sequence numbers */
};

static bool is_right(const struct datagram *datagram, const uint8_t *tcp, size_t size)
{
	uint64_t sum =
		checksum_add_pseudo(0, &datagram->source, &datagram->target, IPPROTO_TCP, (uint32_t)size);

	return checksum_finish(checksum_add(sum, tcp, size)) == 0;
}

static bool read_segment(const struct datagram *datagram, struct seen *out)
{
	const uint8_t *tcp = datagram->bytes + datagram->header;
	size_t size, header;

	if (datagram->packet.length < datagram->header + TCP_HEADER)
		return false;
	size = datagram->packet.length - datagram->header;
	header = 4 * (size_t)(tcp[TCP_SIZE] >> 4);
	if (header < TCP_HEADER || header > size || !is_right(datagram, tcp, size))
		return false;
	out->tcp = tcp;
	out->length = (uint32_t)(size - header) + !!(tcp[TCP_FLAGS] & SYN) + !!(tcp[TCP_FLAGS] & FIN);
	return true;
}

/* Whether it came from one host to this one alone (RFC 9293 3.9.2.3). */
static bool is_between_two(const struct router *router, const struct datagram *datagram)
{
	bool own;

	router_own(router, datagram->from, &datagram->target, &own);
	return own && !datagram->to_several && icmp_is_one_host(router, &datagram->source);
}

static void write_reset(uint8_t *tcp, const struct seen *seen)
{
	memset(tcp, 0, TCP_HEADER);
	memcpy(tcp, seen->tcp + TCP_TARGET_PORT, 2);
	memcpy(tcp + TCP_TARGET_PORT, seen->tcp, 2);
	tcp[TCP_SIZE] = TCP_HEADER / 4 << 4;
	tcp[TCP_FLAGS] = RST;
	if (seen->tcp[TCP_FLAGS] & ACK) {
		memcpy(tcp + TCP_SEQUENCE, seen->tcp + TCP_ACKNOWLEDGED, 4);
		return;
	}
	tcp[TCP_FLAGS] |= ACK;
	store32(tcp + TCP_ACKNOWLEDGED, load32(seen->tcp + TCP_SEQUENCE) + seen->length);
}

void reset_answer(struct router *router, const struct datagram *datagram)
{
	struct own own = {
		.source = datagram->target,
		.target = datagram->source,
		.protocol = IPPROTO_TCP,
		.fixed = true,
		.checksum_at = TCP_CHECKSUM,
		.size = TCP_HEADER,
	};
	struct seen seen;

	if (!is_between_two(router, datagram) || !read_segment(datagram, &seen) || seen.tcp[TCP_FLAGS] & RST)
		return;
	/* As Linux has it: a reset is not ECN-capable (RFC 3168 6.1.1). */
	own.tos = own_tos(datagram) & (uint8_t)~ECN;
	write_reset(own_bytes(router, datagram->source.family), &seen);
	if (own_send(router, datagram->from, &own, "reset: nobody listens at this port"))
		router_count(router, ROUTER_resets, 1);
}
