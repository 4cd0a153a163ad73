/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP addresses of both families, and what kinds of them there are (RFC 6890, RFC 4291). */
#ifndef TUNLAB_ROUTER_ADDRESS_H
#define TUNLAB_ROUTER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

struct ip {
	uint8_t family;	   /* AF_INET or AF_INET6 */
	uint8_t bytes[16]; /* in network order; of IPv4 the first 4, and the others are 0 */
};

static inline unsigned ip_size(const struct ip *ip)
{
	return ip->family == AF_INET ? 4 : 16;
}

/* The address whose bytes are at AT. */
static inline struct ip ip_load(uint8_t family, const uint8_t *at)
{
	struct ip ip = { .family = family };

	memcpy(ip.bytes, at, ip_size(&ip));
	return ip;
}

static inline bool ip_equal(const struct ip *one, const struct ip *other)
{
	return one->family == other->family && !memcmp(one->bytes, other->bytes, 16);
}

/* Whether the first LENGTH bits of both are the same. */
static inline bool ip_within(const struct ip *ip, const struct ip *prefix, unsigned length)
{
	unsigned whole = length / 8, rest = length % 8;

	if (ip->family != prefix->family || memcmp(ip->bytes, prefix->bytes, whole) != 0)
		return false;
	return !rest || (ip->bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}

/* IP with 0 for the bits beyond the first LENGTH. */
static inline struct ip ip_network(const struct ip *ip, unsigned length)
{
	struct ip network = *ip;

	for (unsigned bit = length; bit < 8 * ip_size(ip); bit++)
		network.bytes[bit / 8] = (uint8_t)(network.bytes[bit / 8] & ~(0x80 >> bit % 8));
	return network;
}

static inline bool ip_is_unspecified(const struct ip *ip)
{
	static const uint8_t zeros[16];

	return !memcmp(ip->bytes, zeros, 16);
}

static inline bool ip_is_loopback(const struct ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip->family == AF_INET ? ip->bytes[0] == 127 : !memcmp(ip->bytes, one, 16);
}

static inline bool ip_is_multicast(const struct ip *ip)
{
	return ip->family == AF_INET ? ip->bytes[0] >> 4 == 14 : ip->bytes[0] == 0xff;
}

static inline bool ip_is_link_local(const struct ip *ip)
{
	return ip->family == AF_INET ? ip->bytes[0] == 169 && ip->bytes[1] == 254
				     : ip->bytes[0] == 0xfe && ip->bytes[1] >> 6 == 2;
}

/* 255.255.255.255. */
static inline bool ip_is_broadcast(const struct ip *ip)
{
	static const uint8_t ones[4] = { 255, 255, 255, 255 };

	return ip->family == AF_INET && !memcmp(ip->bytes, ones, 4);
}

#endif
