/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends that face the router, as in router.json and twin.json, and who is behind them. Nobody but the
 * programs here speaks there: the namespaces left and right have no addresses.
 */
#ifndef TUNLAB_TESTS_LIVE_ROUTER_PORTS_H
#define TUNLAB_TESTS_LIVE_ROUTER_PORTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct end {
	const char *name; /* NAMESPACE/DEVICE */
	bool ethernet;
	uint8_t net; /* of 10.0.0.0/24: 0.0 */
	uint8_t subnet;
};

enum { ENDS = 5, ROUTER_HOST = 254 };

/* The host .1 is behind each; where there is Ethernet, the router has its hardware address for ever. */
static const struct end ends[ENDS] = {
	{ "left/tun0", false, 0, 0 },
	{ "left/tap0", true, 0, 1 },
	{ "right/tun0", false, 1, 0 },
	{ "right/tap0", true, 1, 1 },
	{ "right/tun1", false, 1, 2 },
};

/* Who answers when asked for. All others but .1 are silent. */
enum { FIRST_KNOWN = 0x20, LAST_KNOWN = 0x3f };

static inline const struct end *find_end(const char *name)
{
	for (const struct end *end = ends; end < ends + ENDS; end++) {
		if (!strcmp(end->name, name))
			return end;
	}
	return NULL;
}

/* The hardware address of a host there. */
static inline void hardware_of(const struct end *end, uint8_t host, uint8_t *out)
{
	const uint8_t made[6] = { 2, 0, 0, end->net, end->subnet, host };

	memcpy(out, made, sizeof(made));
}

static inline void address_of(const struct end *end, uint8_t host, uint8_t *out)
{
	const uint8_t made[4] = { 10, end->net, end->subnet, host };

	memcpy(out, made, sizeof(made));
}

static inline bool is_known(uint8_t host)
{
	return host >= FIRST_KNOWN && host <= LAST_KNOWN;
}

/* Multicast listener reports and solicitations of routers, which a kernel sends when it likes. */
static inline bool is_noise(const uint8_t *ip, size_t size)
{
	size_t icmp = size > 48 && ip[6] == IPPROTO_HOPOPTS ? 48 : 40;
	uint8_t type;

	if (size <= icmp || ip[0] >> 4 != 6 || ip[icmp == 48 ? 40 : 6] != IPPROTO_ICMPV6)
		return false;
	type = ip[icmp];
	return type == 131 || type == 132 || type == 133 || type == 143;
}

/* The bytes that TEXT says in hexadecimal, up to the end of a word. Returns how many. */
static inline size_t put_hex(uint8_t *at, const char *text)
{
	size_t size = 0;

	for (; text[0] > ' ' && text[1] > ' '; text += 2) {
		const char pair[3] = { text[0], text[1], 0 };

		at[size++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return size;
}

/* The checksum of the Internet (RFC 1071), begun with what SUM says. */
static inline uint16_t checksum(const uint8_t *bytes, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline void put16(uint8_t *at, uint32_t number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

static inline uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* What begins the sum of ICMPv6, TCP and UDP: two addresses of SIZE bytes each, a length, and a protocol. */
static inline uint32_t pseudo(const uint8_t *addresses, size_t size, size_t length, uint8_t protocol)
{
	return (uint16_t)~checksum(addresses, 2 * size, 0) + (uint32_t)length + protocol;
}

#endif
