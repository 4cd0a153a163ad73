/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lane: what packets go through before a port receives them, from whichever port they come: its
 * impairments, one behind the other. A port that nothing impairs has none.
 *
 * Each packet of wire size is decided of by itself. Those of one segment that are treated alike go on as one:
 * to the port at once, or into transit until they are due. What is not allowed to be early never overtakes
 * what came before it.
 */
#ifndef TUNLAB_LANE_H
#define TUNLAB_LANE_H

#include "forwarder/impairment.h"
#include "forwarder/port.h"
#include "forwarder/transit.h"

enum { LANE_STAGES = 16 };

/* One impairment of a lane. */
struct stage {
	const struct impairment *impairment; /* NULL: ends the lane's stages */
	struct relay_message *message;	     /* its own: the settings, whose filter it uses */
	void *state;			     /* its own, too */
};

struct lane {
	struct port *to;
	struct transit *transit;	      /* the relay's */
	struct stage stages[LANE_STAGES + 1]; /* by rank */
	size_t under_way;		      /* packets that are in transit */
	uint64_t newest;		      /* when the last of them is due that may not be overtaken */
	uint8_t *buffer;		      /* the relay's, for runs of segments */
};

/* When a packet was read. */
struct moment {
	uint64_t now;	  /* nanoseconds of CLOCK_MONOTONIC */
	uint64_t starved; /* nanoseconds that it may have waited before, because others had the processor */
};

/* BUFFER, of SEGMENT_LONGEST bytes, may be that of other lanes, too: what is in it is written out before the
 * next packet is taken. NULL without memory. */
struct lane *lane_open(struct port *to, struct transit *transit, uint8_t *buffer);

/* Forgets what is under way to the port, too. NULL is allowed. */
void lane_close(struct lane *lane);

/* What is wrong with a RELAY_IMPAIR, whose filter was checked, or NULL: it can be set, now or later. */
const char *lane_check(const struct relay_message *message);

/* Sets an impairment as RELAY_IMPAIR says, or takes it away. NULL, or what is wrong. */
const char *lane_set(struct lane *lane, const struct relay_message *message);

/* Whether it has no impairment, and nothing is under way. */
bool lane_idle(const struct lane *lane);

/* Takes a packet that another port gave. What was due by then has been delivered. */
void lane_take(struct lane *lane, const struct moment *moment, const struct packet *packet);

/* Delivers what TRAVELLER was, which was due and has been taken out of transit, at NOW. */
void lane_deliver(
	struct lane *lane, uint64_t now, const struct traveller *traveller, const struct packet *packet);

#endif
