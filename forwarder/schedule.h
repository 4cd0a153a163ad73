/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of impairments that come into force later, in the order of their times; those of one time in the
 * order in which they were told. What comes again takes its next turn once it was applied.
 */
#ifndef TUNLAB_SCHEDULE_H
#define TUNLAB_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forwarder/protocol.h"

struct lane;

/* A setting that is to come. */
struct change {
	uint64_t at;	/* nanoseconds of CLOCK_MONOTONIC */
	uint64_t order; /* of all that were ever told, from 1 */
	struct lane *lane;
	struct relay_message message;
};

struct schedule {
	struct change **heap; /* whichever comes first is first */
	size_t count, room;
	uint64_t newest;
};

/* Adds a RELAY_IMPAIR, a copy, that comes at its time "at". False without memory. */
bool schedule_add(struct schedule *schedule, struct lane *lane, const struct relay_message *message);

/*
 * The change that comes first, where its time has come by NOW, else NULL. Of one that had several turns
 * meanwhile only the last counts, at its place among the others.
 */
const struct change *schedule_due(struct schedule *schedule, uint64_t now);

/* That one is done: it is forgotten, or comes again. */
void schedule_done(struct schedule *schedule);

/* Forgets those of a lane, of one impairment or (NULL) of all. */
void schedule_forget(struct schedule *schedule, const struct lane *lane, const char *impairment);

/* Whether one of a lane is to come. */
bool schedule_concerns(const struct schedule *schedule, const struct lane *lane);

/* Forgets all of them. */
void schedule_close(struct schedule *schedule);

#endif
