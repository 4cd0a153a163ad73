/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How several tries of one attempt went: with "count", every outcome must be as expected. */
#ifndef TUNLAB_TALLY_H
#define TUNLAB_TALLY_H

#include "run/attempt.h"

struct tally {
	struct tally_row {
		struct outcome outcome;
		size_t count;
	} * rows; /* one for each way in which a try went, in the order in which they first came */
	size_t row_count;
	size_t total;
};

/*
 * Adds a try. Two are alike where word, ICMP error and errno are the same; where they have none of these, the
 * same text. OUTCOME's "values" are not kept.
 */
void tally_add(struct arena *arena, struct tally *tally, const struct outcome *outcome);

/* The outcome of all tries: what they have in common if they are alike, else a text that says how many went
 * how. */
struct outcome tally_outcome(struct arena *arena, const struct tally *tally);

#endif
