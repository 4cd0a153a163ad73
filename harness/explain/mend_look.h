/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab without a change, as the search for what mends a step begins: what stands, and what could help. */
#ifndef TUNLAB_MEND_LOOK_H
#define TUNLAB_MEND_LOOK_H

#include "explain/mend.h"
#include "explain/mend_idea.h"

/* Waits, in nanoseconds: a reply that comes at all comes within a few milliseconds. */
enum {
	WAIT_FIRST = 120 * 1000000, /* of the step as it is tried */
};

/* What is known of the lab without a change. */
struct plain {
	struct step wanted;
	struct step *earlier;  /* the steps before, which do not wait for silence for long */
	bool *passed, *silent; /* by them */
	bool one_mtu;
	struct ideas ideas;
	struct view view;
	struct verdict verdict; /* of the step, as wanted */
};

/* Runs the lab up to the step, whose "wanted" OUT has, and thinks of ideas. What OUT then has is of ARENA. */
struct error *mend_look(const struct mending *mending, struct arena *arena, struct plain *out);

/* Whether "no-reply" is wanted. */
bool mend_expects_silence(const struct expectation *expectation);

/* The value of a duration, if that is said and longer, becomes MOST. */
void mend_shorten(struct arena *arena, struct step *step, const char *key, uint64_t most);

#endif
