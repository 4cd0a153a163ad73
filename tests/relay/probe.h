/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets for a router under test, written straight from the RFCs, and read with no code of the router's. */
#ifndef TUNLAB_TESTS_RELAY_PROBE_H
#define TUNLAB_TESTS_RELAY_PROBE_H

#include <netinet/in.h>

#include "tests/relay/made.h"
#include "tests/relay/world.h"

enum { PROBE_LONGEST = 65000 };

struct probe {
	size_t length, header; /* bytes; of the latter: before the payload */
	uint8_t protocol;      /* of the payload */
	uint8_t bytes[PROBE_LONGEST];
};

static inline bool probe_is4(const uint8_t *ip)
{
	return ip[0] >> 4 == 4;
}

/* An IP header, of 64 to live. */
static inline void probe_ip(struct probe *probe, const char *source, const char *target, uint8_t protocol)
{
	struct ip from = world_ip(source, NULL), to = world_ip(target, NULL);
	bool ip4 = from.family == AF_INET;
	uint8_t *ip = probe->bytes;

	memset(ip, 0, 40);
	ip[0] = ip4 ? 0x45 : 0x60;
	ip[ip4 ? 8 : 7] = 64;
	ip[ip4 ? 9 : 6] = protocol;
	if (ip4)
		made_number(ip + 4, 2, 0x1234);
	memcpy(ip + (ip4 ? 12 : 8), from.bytes, ip_size(&from));
	memcpy(ip + (ip4 ? 16 : 24), to.bytes, ip_size(&to));
	probe->protocol = protocol;
	probe->length = probe->header = ip4 ? 20 : 40;
}

/* Options of IPv4, of a multiple of 4 bytes, or extension headers, the first of which is FIRST. */
static inline void probe_extra(struct probe *probe, uint8_t first, const void *bytes, size_t size)
{
	if (size)
		memcpy(probe->bytes + probe->length, bytes, size);
	probe->length = probe->header += size;
	if (probe_is4(probe->bytes))
		probe->bytes[0] = (uint8_t)(0x40 | probe->header / 4);
	else
		probe->bytes[6] = first;
}

static inline uint32_t probe_pseudo(const uint8_t *ip, uint8_t protocol, size_t size)
{
	bool ip4 = probe_is4(ip);
	uint32_t sum = made_add(0, ip + (ip4 ? 12 : 8), ip4 ? 8 : 32);

	return sum + protocol + (uint32_t)size;
}

/* Where in a message of PROTOCOL its checksum is; 0: it has none. */
static inline size_t probe_checksum_at(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return 2;
	case IPPROTO_UDP: return 6;
	case IPPROTO_TCP: return 16;
	default: return 0;
	}
}

static inline uint32_t probe_sum(const uint8_t *ip, size_t header, size_t length, uint8_t protocol)
{
	uint32_t sum = protocol == IPPROTO_ICMP ? 0 : probe_pseudo(ip, protocol, length - header);

	return made_add(sum, ip + header, length - header);
}

/* Sets lengths and checksums right. */
static inline void probe_finish(struct probe *probe)
{
	uint8_t *ip = probe->bytes, *message = ip + probe->header;
	size_t at = probe_checksum_at(probe->protocol), size = probe->length - probe->header;

	if (probe_is4(ip)) {
		made_number(ip + 2, 2, (uint32_t)probe->length);
		made_number(ip + 10, 2, 0);
		made_number(ip + 10, 2, ~made_add(0, ip, 4 * (size_t)(ip[0] & 15)) & 0xffff);
	} else {
		made_number(ip + 4, 2, (uint32_t)(probe->length - 40));
	}
	if (!at || size < at + 2)
		return;
	made_number(message + at, 2, 0);
	made_number(message + at, 2, ~probe_sum(ip, probe->header, probe->length, probe->protocol) & 0xffff);
}

/* SIZE bytes behind the headers, which begin as a message of the protocol does; all is right then. */
static inline void probe_payload(struct probe *probe, size_t size)
{
	uint8_t *message = probe->bytes + probe->header;

	for (size_t i = 0; i < size; i++)
		message[i] = (uint8_t)(i * 7 + 3);
	probe->length = probe->header + size;
	if (probe->protocol == IPPROTO_ICMP || probe->protocol == IPPROTO_ICMPV6) {
		message[0] = probe->protocol == IPPROTO_ICMP ? 8 : 128; /* echo request */
		message[1] = 0;
	} else if (probe->protocol == IPPROTO_UDP) {
		made_number(message + 4, 2, (uint32_t)size);
	} else if (probe->protocol == IPPROTO_TCP) {
		message[12] = 5 << 4;
		message[13] = 2; /* SYN */
	}
	probe_finish(probe);
}

/* One that is whole, without options. */
static inline void probe_make(
	struct probe *probe, const char *source, const char *target, uint8_t protocol, size_t size)
{
	probe_ip(probe, source, target, protocol);
	probe_payload(probe, size);
}

/* Sets its time to live, or hop limit. */
static inline void probe_hops(struct probe *probe, uint8_t hops)
{
	probe->bytes[probe_is4(probe->bytes) ? 8 : 7] = hops;
	probe_finish(probe);
}

/* Puts an Ethernet header before it. */
static inline void probe_frame(struct probe *probe, const uint8_t *to, uint16_t protocol)
{
	static const uint8_t from[6] = { 2, 0, 0, 0, 1, 1 };

	memmove(probe->bytes + 14, probe->bytes, probe->length);
	memcpy(probe->bytes, to, 6);
	memcpy(probe->bytes + 6, from, 6);
	made_number(probe->bytes + 12, 2, protocol);
	probe->length += 14;
}

static inline void probe_give(struct world *world, struct router_port *port, const struct probe *probe)
{
	world_forget(world);
	world_give(world, port, probe->bytes, probe->length);
}

/* Whether the IP header, and what it is about, have right lengths and checksums. */
static inline bool probe_holds(const uint8_t *ip, size_t length)
{
	size_t header = probe_is4(ip) ? 4 * (size_t)(ip[0] & 15) : 40;
	uint8_t protocol = probe_is4(ip) ? ip[9] : ip[6];
	bool fragment = probe_is4(ip) && (ip[6] & 0x3f || ip[7]);

	if (probe_is4(ip) && (made_add(0, ip, header) != 0xffff || (size_t)(ip[2] << 8 | ip[3]) != length))
		return false;
	if (!probe_is4(ip) && (size_t)(ip[4] << 8 | ip[5]) + 40 != length)
		return false;
	return fragment || !probe_checksum_at(protocol) || probe_sum(ip, header, length, protocol) == 0xffff;
}

#endif
