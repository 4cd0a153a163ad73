/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the fields of IP headers are, in bytes from where the header begins (RFC 791, RFC 8200). */
#ifndef TUNLAB_IP_H
#define TUNLAB_IP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	IP4_TOS = 1,
	IP4_LENGTH = 2,
	IP4_ID = 4,
	IP4_FRAGMENT = 6,
	IP4_TTL = 8,
	IP4_PROTOCOL = 9,
	IP4_CHECKSUM = 10,
	IP4_SOURCE = 12,
	IP4_TARGET = 16,
	IP4_HEADER = 20, /* bytes, without options */
	IP6_LENGTH = 4,
	IP6_NEXT = 6,
	IP6_HOPS = 7,
	IP6_SOURCE = 8,
	IP6_TARGET = 24,
	IP6_HEADER = 40, /* bytes, without extensions */
};

/* Whether a header that IPv6 has is one of those that say how long they are, in 8 bytes beyond the first, and
 * what comes behind them. */
static inline bool ip6_is_extension(uint32_t header)
{
	return header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING || header == IPPROTO_DSTOPTS;
}

#endif
