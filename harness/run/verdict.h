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
	const char *slow; /* of a failed step: that this machine was too slow for what it found to mean
			     anything; NULL: it was not */
	bool excused;	  /* so that it is no failure, as the user wants it */
	const char *did;  /* the step as one would say it */
	const char *expected;
	const char *seen;
	uint16_t local;	    /* as of the attempt */
	uint64_t patience;  /* nanoseconds that one try could take; 0: nobody knows */
	uint64_t stood;	    /* since when it stands, in nanoseconds since 1970; 0: nobody knows */
	const char *kind;   /* what it was, in a word: the outcome's own, an ICMP error's name, an errno's;
			       "other" */
	const char **wrong; /* what else was expected and did not hold: packets, counters */
	size_t wrong_count;
	struct moved *moved; /* of a failed step, and of silence: per namespace, what moved */
	size_t moved_count;
	const char **queues; /* of a failed step: devices whose queues dropped packets (run/queues.h) */
	size_t queue_count;
	enum mechanism mechanism; /* of the cause */
	const char *cause;	  /* of a failed step: why, in a sentence; NULL: nobody knows */
	const char *ended;	  /* where, as "right/tun0" or "right"; NULL like the cause */
	const char **evidence;	  /* by which one knows */
	size_t evidence_count;
	const char *blind; /* why drops were not seen when the cause was looked for; NULL: they were */
	const char *again; /* what was seen in a second run of the lab, where that ended differently; NULL: it
			      did not */
};

/* An outcome in a word. */
const char *outcome_kind(const struct outcome *outcome);

/* Whether one of the step's expectations holds; else *DIFFERENCE (NULL, or taken from the attempt's arena)
 * says what differs. */
bool outcome_holds(const struct attempt *attempt, const char **difference);

/* Whether the outcome, which has no values to be compared, is what EXPECTATION says. */
bool outcome_is(const struct outcome *outcome, const struct expectation *expectation);

/* Whether one of the step's expectations may have held on a machine with time for it; by how many nanoseconds
 * this one fell behind. */
bool outcome_excused(const struct attempt *attempt, uint64_t *behind);

/* What else was expected and did not hold, as a sentence. */
void verdict_add_wrong(struct arena *arena, struct verdict *verdict, const char *text);

/* Whether NUMBER is within the bounds of what is counted; and these in words: "at least 2". */
bool bounds_hold(const struct bounds *bounds, uint64_t number);
const char *bounds_print(struct arena *arena, const struct bounds *bounds);

#endif
