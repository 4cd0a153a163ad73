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

/* How many sequence numbers a segment of SIZE bytes takes. */
static uint32_t length_of(const uint8_t *tcp, size_t size)
{
	size_t header = 4 * (size_t)(tcp[TCP_SIZE] >> 4);

	return (uint32_t)(size - header) + !!(tcp[TCP_FLAGS] & SYN) + !!(tcp[TCP_FLAGS] & FIN);
}

/* Whether it came from one host to this one alone (RFC 9293 3.9.2.3). */
static bool is_between_two(const struct router *router, const struct datagram *datagram)
{
	return !datagram->to_several && router_has(router, datagram->from, &datagram->target) &&
	       icmp_is_one_host(router, &datagram->source);
}

static void write_reset(uint8_t *tcp, const uint8_t *came, size_t size)
{
	memset(tcp, 0, TCP_HEADER);
	memcpy(tcp, came + TCP_TARGET_PORT, 2);
	memcpy(tcp + TCP_TARGET_PORT, came, 2);
	tcp[TCP_SIZE] = TCP_HEADER / 4 << 4;
	tcp[TCP_FLAGS] = RST;
	if (came[TCP_FLAGS] & ACK) {
		memcpy(tcp + TCP_SEQUENCE, came + TCP_ACKNOWLEDGED, 4);
		return;
	}
	tcp[TCP_FLAGS] |= ACK;
	store32(tcp + TCP_ACKNOWLEDGED, load32(came + TCP_SEQUENCE) + length_of(came, size));
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
	const uint8_t *tcp = datagram->bytes + datagram->header;

	if (!is_between_two(router, datagram) || tcp[TCP_FLAGS] & RST)
		return;
	/* As Linux has it: a reset is not ECN-capable (RFC 3168 6.1.1). */
	own.tos = own_tos(datagram) & (uint8_t)~ECN;
	write_reset(
		own_bytes(router, datagram->source.family), tcp, datagram->packet.length - datagram->header);
	if (own_send(router, datagram->from, &own, "reset: nobody listens at this port"))
		router_count(router, ROUTER_resets, 1);
}
