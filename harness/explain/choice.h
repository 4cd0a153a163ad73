/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The choice that a namespace made of a packet, as far as one can know it: rules and tables are asked with
 * what the packet had, and the answer is held against what was seen of it afterwards.
 */
#ifndef TUNLAB_CHOICE_H
#define TUNLAB_CHOICE_H

#include "explain/passages.h"

/*
 * Whoever makes one sets what comes before "decision"; "question" needs no flow. All else is what was found.
 */
struct choice {
	const struct evidence *evidence;
	const struct netns *in;
	struct flow flow;
	struct question question;
	const struct event *left; /* the events at which it left again, up to "end"; none: it did not */
	const struct event *end;
	bool delivered;	     /* it ended here, as it was answered */
	bool dropped, taken; /* taken: up to where no socket was found for it */
	bool translated;     /* its destination was another when the decision was made */
	bool outer;	     /* it is not the probe's packet itself */
	struct decision decision;
	uint32_t mark; /* with which the decision is as was seen; 0: without one */
	bool agrees;   /* with what was seen, where anything was */
	bool guessed;  /* the mark is one of those that rules ask for */
	bool alike;    /* it is one of several routes to the prefix */
};

/* Asks "question" about "flow"; false: nobody knows. */
bool choice_ask(struct choice *choice);

/* Whether anything was seen of the packet afterwards, and whether the decision is that; true where nothing
 * was. Of several next hops nobody knows which it is. */
bool choice_is_known(const struct choice *choice);
bool choice_is_as_seen(const struct choice *choice);

/*
 * Asks as the packet is; if that is not what was seen, for another of several equal routes, and with each
 * mark that rules ask for. False: nobody knows.
 */
bool choice_make(struct choice *choice);

/* "router VERB it: rule ... → ...", and what may have been otherwise; NULL: there is nothing to say. */
const char *choice_print(const struct choice *choice, const char *verb);

/* Whether a decision is that the packet has arrived. */
bool decision_ends_here(const struct decision *decision);

#endif
