/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The internet checksum (RFC 1071), and its change where a field changes (RFC 1624). */
#ifndef TUNLAB_ROUTER_CHECKSUM_H
#define TUNLAB_ROUTER_CHECKSUM_H

#include "forwarder/router/address.h"

/* Adds SIZE bytes to a sum, which begins as 0; all but the last part of what is summed have even sizes. */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size);

/* Adds the pseudo header of a transport protocol: LENGTH bytes of it with its header (RFC 9293 3.1, RFC 8200
 * 8.1). */
uint64_t checksum_add_pseudo(
	uint64_t sum, const struct ip *source, const struct ip *target, uint8_t protocol, uint32_t length);

/* The checksum: the complement of the folded sum. Over what has a right one it is 0. */
uint16_t checksum_finish(uint64_t sum);

/* What a CHECKSUM becomes where a field of 16 bits that was WAS is NOW (RFC 1624, equation 3). */
uint16_t checksum_update(uint16_t checksum, uint16_t was, uint16_t now);

/* A number of 16 or 32 bits in network order. */
static inline uint16_t load16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load32(const uint8_t *at)
{
	return (uint32_t)load16(at) << 16 | load16(at + 2);
}

static inline void store16(uint8_t *at, uint16_t number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

static inline void store32(uint8_t *at, uint32_t number)
{
	store16(at, (uint16_t)(number >> 16));
	store16(at + 2, (uint16_t)number);
}

#endif
