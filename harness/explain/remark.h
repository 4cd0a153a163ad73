/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the relay says in a capture of what befell a packet (forwarder/capture.h). */
#ifndef TUNLAB_REMARK_H
#define TUNLAB_REMARK_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/arena.h"

struct remark {
	const char *dropped; /* "dropped: loss 1%"; NULL: it was not */
	const char *said;    /* what else is said of it, as of what a router does; NULL: nothing */
	uint64_t delay;	     /* nanoseconds that it was under way; 0: it went on at once */
	uint64_t late;	     /* nanoseconds of these, after it was due: the machine was slow */
	unsigned copy;	     /* the how manieth it is, from 1; 0: there is but one */
	bool corrupted;	     /* in "bit", from 0 */
	uint32_t bit;
};

/* Reads a comment; NULL has nothing. */
struct remark remark_read(struct arena *arena, const char *comment);

/* By which impairment of the wire it was lost, as "loss 1%"; NULL: by none, such as where a device refused
 * it. */
const char *remark_lost_by(const char *dropped);

#endif
