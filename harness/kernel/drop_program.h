/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program that the kernel runs at the tracepoint kfree_skb, and what it writes. */
#ifndef TUNLAB_DROP_PROGRAM_H
#define TUNLAB_DROP_PROGRAM_H

#include <stdint.h>

#include "kernel/bpf.h"
#include "kernel/drop_layout.h"

enum { DROP_BYTES = 128, DROP_PLACE = 64 };

/* What it writes for each drop. Where a pointer led nowhere, what is behind it is 0. */
struct drop_record {
	uint64_t time; /* nanoseconds of the monotonic clock */
	uint64_t cookie;
	char place[DROP_PLACE]; /* the function that dropped it, as "%ps" prints it; "" where it was not told
				 */
	uint32_t reason;
	uint32_t device;
	uint32_t length; /* of the packet, from its network header */
	uint32_t size;	 /* of what is kept of it; at most DROP_BYTES */
	uint32_t mark;
	uint16_t protocol; /* in network byte order */
	uint8_t bytes[DROP_BYTES];
};

/* Descriptors of its maps. */
struct drop_maps {
	int namespaces; /* hash: the cookie of a namespace that is watched to 8 bytes of anything */
	int ring;	/* ring buffer: a drop_record for each */
	int lost;	/* array: one number of 8 bytes, of drops that found no room in the ring */
	int format;	/* array, frozen: drop_place_format */
};

/* How a place is printed: what the map "format" has to hold. */
extern const char drop_place_format[8];

/* Makes it for a kernel with that layout. */
void drop_program_make(
	const struct drop_layout *layout, const struct drop_maps *maps, struct bpf_program *out);

#endif
