/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is under way: packets that are due later, of all lanes, in the order in which they are due; of those
 * that are due at once, in the order in which they came. The memory for them is set aside at the beginning,
 * and is the machine's only as far as it was used.
 */
#ifndef TUNLAB_TRANSIT_H
#define TUNLAB_TRANSIT_H

#include "forwarder/packet.h"

struct lane;
struct transit;

/* A packet under way. */
struct traveller {
	uint64_t due;	/* nanoseconds of CLOCK_MONOTONIC */
	uint64_t order; /* of all that were ever put there, from 1 */
	struct lane *lane;
	uint32_t length;
	uint32_t cell;	       /* the first of those that have its bytes */
	uint32_t corrupt;      /* as of struct fate */
	uint32_t copy, copies; /* as of struct trip */
	uint64_t came;	       /* to the relay, at the earliest: nanoseconds of CLOCK_MONOTONIC */
	uint64_t starved;      /* nanoseconds of struct moment */
	struct virtio_net_hdr offload;
	uint16_t protocol, queue; /* as of struct packet */
};

/* NULL without memory. */
struct transit *transit_open(void);
void transit_close(struct transit *transit);

/* Puts a packet there, a copy, as WHAT, whose "order", "length" and "cell" are found here, and what
 * of the packet itself is above. False
 * where there is no room: it is lost. */
bool transit_put(struct transit *transit, const struct traveller *what, const struct packet *packet);

/* The one that is due first; NULL: nothing is under way. */
const struct traveller *transit_first(const struct transit *transit);

/* Takes that one, which must be, and copies its bytes into BUFFER, of SEGMENT_LONGEST bytes. */
void transit_take(struct transit *transit, uint8_t *buffer, struct packet *out);

/* Forgets those of a lane. */
void transit_forget(struct transit *transit, const struct lane *lane);

#endif
