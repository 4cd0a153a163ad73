/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes tried in copies of a lab, each in a process that dies with this one and leaves nothing. */
#ifndef TUNLAB_MEND_TRIAL_H
#define TUNLAB_MEND_TRIAL_H

#include "kernel/loop.h"
#include "lab/lab.h"

/* What became of one change. */
enum trial_end {
	TRIAL_UNTRIED,
	TRIAL_REFUSED, /* it could not be made */
	TRIAL_EARLIER, /* a step before went wrong that went well without it */
	TRIAL_USELESS, /* the step does not do as wanted */
	TRIAL_HELPS,
};

struct trial {
	const char *change; /* a step, as JSON */
	const char *undo;   /* the step that takes it back; NULL: there is none */
	bool from_start; /* the change is made once the lab is built, not just before the step; UNDO is NULL
			  */
	uint8_t end;	 /* enum trial_end */
};

struct trials {
	const struct lab *lab;
	const struct step *earlier; /* the steps before */
	const struct step *wanted;  /* the step as it shall end */
	const bool *passed;	    /* by their index: it passed without a change */
	const bool *skipped;	    /* it need not be run; NULL: all are */
	bool fresh;    /* each gets a copy of its own, since one leaves something behind in the kernel */
	bool silences; /* one that helps leaves no more behind than one that does not */
	bool caused; /* silence must have the cause that the step says: each gets a copy of its own, which is
			watched */
	struct loop *loop;
	unsigned jobs;
	uint64_t deadline; /* of the monotonic clock */
};

/*
 * Tries them in their order, several at once. Where they are made just before the step, and can be undone,
 * one copy of the lab serves for several that are of no use; after one that helps a fresh copy is taken.
 */
struct error *trials_run(const struct trials *trials, struct trial *at, size_t count);

#endif
