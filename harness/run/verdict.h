/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a step, and whether it is what was expected. */
#ifndef TUNLAB_VERDICT_H
#define TUNLAB_VERDICT_H

#include "run/attempt.h"

/* One counter that moved, of a namespace or of the relay. */
struct moved {
	const char *where; /* the namespace's name */
	struct counts counts;
};

struct verdict {
	const struct step *step;
	bool passed;
	const char *did; /* the step as one would say it */
	const char *expected;
	const char *seen;
	const char **wrong; /* what else was expected and did not hold: packets, counters */
	size_t wrong_count;
	struct moved *moved; /* of a failed step: per namespace, what moved */
	size_t moved_count;
};

/* Whether one of the step's expectations holds; else *DIFFERENCE (NULL, or taken from the attempt's arena)
 * says what differs. */
bool outcome_holds(const struct attempt *attempt, const char **difference);

#endif
