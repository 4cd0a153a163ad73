/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of an IPv4 header, one after another (RFC 791 3.1). */
#ifndef TUNLAB_ROUTER_OPTIONS4_H
#define TUNLAB_ROUTER_OPTIONS4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_RECORD_ROUTE = 7,
	OPTION_TIMESTAMP = 68,
	OPTION_CIPSO = 134,
	OPTION_LOOSE_ROUTE = 131,
	OPTION_STRICT_ROUTE = 137,
	OPTION_ROUTER_ALERT = 148,
	OPTION_COPIED = 0x80, /* of a type: it stands in every fragment */
	/* Offsets in an option. */
	OPTION_LENGTH = 1,
	OPTION_POINTER = 2, /* to what is free, from 1 */
	STAMP_FLAGS = 3,    /* how many had no room, in the high bits, and what is asked for */
	/* What is asked for. */
	STAMP_TIME = 0,
	STAMP_ADDRESS = 1,
	STAMP_PRESPECIFIED = 3,
	STAMP_MASK = 15,
	/* Pointers to the first of what is filled in. */
	FIRST_ADDRESS = 4,
	FIRST_STAMP = 5,
	FIELD = 4, /* bytes, of an address and of a time */
};

/* The options of a datagram one after another; AT is where the next one is, in bytes from the IP header. */
struct options4 {
	const uint8_t *ip;
	size_t at, end;
	bool seen[256]; /* of each type, whether it was there */
	bool wrong;	/* the next one is no option */
};

/* Sets *at to the next option that has a length, which it has room for; false: there is none. */
static inline bool next4(struct options4 *options, size_t *at)
{
	const uint8_t *ip = options->ip;
	size_t length;

	while (options->at < options->end && ip[options->at] == OPTION_NOP)
		options->at++;
	*at = options->at;
	if (*at >= options->end || ip[*at] == OPTION_END)
		return false;
	length = *at + 1 < options->end ? ip[*at + OPTION_LENGTH] : 0;
	options->wrong = length < 2 || length > options->end - *at;
	options->at += length;
	return !options->wrong;
}

#endif
