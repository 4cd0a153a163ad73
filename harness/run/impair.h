/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What impairs the wires of a lab that stands: telling the relay, and knowing what it was told. */
#ifndef TUNLAB_IMPAIR_H
#define TUNLAB_IMPAIR_H

#include "run/site.h"

/* What the relay was told, and from when on it counts. */
struct imposed {
	const struct imposition *imposition;
	uint64_t from; /* nanoseconds of loop_now() */
};

/* Of one port. */
struct imposed_on {
	struct imposed *at;
	size_t count;
};

/* What follows is counted from now on: the lab stands, or all else of a change is done. */
void impair_begin(struct site *site);

/* Tells the relay. What was scheduled is counted from when impair_begin() was called last. */
struct error *impair(struct site *site, const struct imposition *imposition);

/* What impairs packets to END at the time NOW, schedules included; taken from ARENA. */
struct values impaired_now(
	const struct site *site, struct arena *arena, const struct link *end, uint64_t now);

/* Has LAB, which is further read, know what really impairs its wires. */
void impaired_learn(const struct site *site, struct lab *lab);

#endif
