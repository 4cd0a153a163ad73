/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The headers of an IPv6 packet that every fragment of it begins with (RFC 8200 4.5). */
#ifndef TUNLAB_ROUTER_EXTENSION_H
#define TUNLAB_ROUTER_EXTENSION_H

#include <stddef.h>

#include "forwarder/ip.h"

/* Of a fragment header: where its fields are, and what is in the first. */
enum {
	FRAGMENT6_OFFSET = 2,
	FRAGMENT6_IDENTIFICATION = 4,
	FRAGMENT6_SIZE = 8,
	FRAGMENT6_OFFSET_MASK = 0xfff8, /* in bytes */
	FRAGMENT6_MORE = 1,
};

/* Where the number stands of the header that is at END, in a packet whose headers before it are whole. */
static inline size_t extension_next_at(const uint8_t *ip, size_t end)
{
	size_t field = IP6_NEXT, at = IP6_HEADER;

	while (at < end) {
		field = at;
		at += 8 * ((size_t)ip[at + 1] + 1);
	}
	return field;
}

/* Bytes of its per-fragment headers: up to the routing header, or hop-by-hop options, or none. */
static inline size_t extension_front(const uint8_t *ip, size_t length)
{
	size_t front = IP6_HEADER, at = IP6_HEADER;
	uint8_t next = ip[IP6_NEXT];

	while (ip6_is_extension(next) && at + 2 <= length) {
		uint8_t header = next;

		next = ip[at];
		at += 8 * ((size_t)ip[at + 1] + 1);
		if (header != IPPROTO_DSTOPTS && at <= length)
			front = at;
	}
	return front;
}

#endif
