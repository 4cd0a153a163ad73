/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One attempt at a step: a verb starts it, the event loop carries it on, and attempt_end says how it went.
 * What was expected is no business of the verb.
 */
#ifndef TUNLAB_ATTEMPT_H
#define TUNLAB_ATTEMPT_H

#include "lab/step.h"
#include "run/lateness.h"

/* How an attempt went. Several of these may hold at once: an ICMP error makes a socket's errno too. */
struct outcome {
	const char *word; /* one of the verb's words; NULL: none of them */
	bool icmp;	  /* an ICMP error came: */
	int family;
	uint8_t type, code;
	struct address from; /* who sent it */
	int number;	     /* errno of a call or of the socket; 0: none */
	const char *message; /* what the kernel said beyond it */
	json_t *values; /* what was seen, by the keys of an "expect" object; owned; NULL: nothing of the sort
			 */
	const char *text; /* for people, always: "no reply within 1s", "reply from 10.0.0.2 after 0.21 ms" */
};

struct attempt {
	struct site *site;
	const struct step *step;
	struct arena *arena; /* what lives as long as the attempt */
	uint64_t timeout;    /* nanoseconds that one try may take: the step's, the wires' delays, the scale
				factor */
	uint64_t slack; /* of these, what a machine with time for it does not need: all but the wires' delays
			 */
	struct span span; /* how far the machine fell behind meanwhile */
	struct outcome outcome;
	bool ended;
	uint64_t behind; /* of an outcome that came of an answer which came too late: how far the machine was
			    behind */
	uint16_t local;	 /* by which the probe's packets are known: its port, or an echo's id; 0: nothing was
			    sent */
	void *state;	 /* the verb's */
};

/* Ends the attempt with an outcome, which is copied; a second end is ignored. The loop returns to the step.
 */
void attempt_end(struct attempt *attempt, const struct outcome *outcome);

/*
 * Until when to wait for what should have come within the timeout from BEGAN on, on a machine that has fallen
 * BEHIND since then: where that is a good part of what it may take, as much longer. Who comes then is too
 * late nevertheless, but known to have come.
 */
uint64_t attempt_patience(const struct attempt *attempt, uint64_t began, uint64_t behind);

/* Ends the attempt with a call's errno: the text is "WHAT: " and the errno's name and text. */
void attempt_end_errno(struct attempt *attempt, int number, const char *what);

#endif
