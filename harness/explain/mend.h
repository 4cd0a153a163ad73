/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What would mend a step: single changes, each tried in a copy of the lab, in a process of its own. Reported
 * are those after which the step does as wanted, and the steps before it still do.
 */
#ifndef TUNLAB_MEND_H
#define TUNLAB_MEND_H

#include "kernel/loop.h"
#include "lab/lab.h"

struct mend {
	const char *text;	  /* the change: a step as JSON, as `tunlab step` takes it */
	const char *const *lines; /* the same as commands to paste */
	size_t line_count;
	const char *also; /* what else it changes, such as "turns the source check off for all devices of
			     right"; NULL: nothing */
	bool late;	  /* made from the lab's start it does not hold: only just before the step */
	bool unproven;	  /* there was no time to try it from the lab's start */
	unsigned cost;	  /* the smaller and safer the less */
};

/* What is asked. */
struct mending {
	const struct lab *lab;	 /* programs in it must be allowed to run */
	const struct step *step; /* of the lab */
	const json_t *want; /* as at "expect"; NULL: what the step itself expects, packets and counters too */
	struct loop *loop;
	unsigned jobs;	 /* copies of the lab at once, at most; 0: as many as are good for this machine */
	uint64_t budget; /* nanoseconds that all of it may take; what was not tried until then is not found */
};

/* How the search went, for people. */
struct mend_tally {
	size_t candidates, tried;	   /* changes that were thought of, and that were decided */
	uint64_t looking, trying, proving; /* nanoseconds */
	bool late;			   /* the time was up */
};

enum { MENDS_MOST = 8 };

/*
 * Finds at most MENDS_MOST mends, the best first; they are taken from ARENA. TALLY may be NULL. What is wrong
 * with "want" is an error of status STATUS_WRONG; a lab that cannot be built, or a signal, one of
 * STATUS_UNABLE. Reading the changes adds to the lab's memory, and to nothing else of it.
 */
struct error *mends_find(struct arena *arena, const struct mending *mending, struct mend **out, size_t *count,
	struct mend_tally *tally);

#endif
