/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the judges of a packet that came into a namespace share. */
#ifndef TUNLAB_ARRIVAL_H
#define TUNLAB_ARRIVAL_H

#include "explain/cause.h"

/* What one of them works on. */
struct arrival {
	const struct evidence *evidence;
	const struct stop *stop;
	uint32_t mark; /* of the packet, where it was dropped */
	bool is_led;   /* a ruleset may have changed where it goes, and nobody knows */
	struct decision way;
	struct cause *out;
};

/* What the namespace was asked about the packet. */
struct question arrival_question(const struct arrival *arrival);

/* "dropped the request on tun0". */
const char *arrival_dropped(const struct arrival *arrival);

bool arrival_is_ipv4(const struct arrival *arrival);

/* ", by rule 32766, table main", as far as that is known. */
const char *decision_by_rule(struct arena *arena, const struct decision *decision);

/* Puts down the cause, and returns true. */
bool arrival_is(struct arrival *arrival, enum mechanism mechanism, const char *text);

/* Whether the packet, and none of those that are ALIKE, moved the counter: that is noted, and the cause
 * observed. */
bool arrival_moved_of(struct arrival *arrival, const char *name, enum alike alike);
bool arrival_moved(struct arrival *arrival, const char *name); /* of those of its family */

/* Whether it was seen to be dropped for one of REASONS, which end with NULL: that is noted, and the cause
 * observed. */
bool arrival_drop_seen(struct arrival *arrival, const char *const *reasons);

/* Notes that the lookup of the packet says WHAT. */
void arrival_note_lookup(struct arrival *arrival, const char *what);

/*
 * Whether a ruleset may have dropped it before anything else was decided, and nobody tells: what settings,
 * rules and routes say of the packet is then no cause, unless a counter says so, too.
 */
bool arrival_is_hidden(const struct arrival *arrival);

/* The counter of what is too big to be sent on. */
const char *arrival_too_big(const struct arrival *arrival);

/* Judges: whether that was the cause, which is then put down. */
bool arrival_source_check(struct arrival *arrival);
bool arrival_own_source(struct arrival *arrival);
bool arrival_martian(struct arrival *arrival);
bool arrival_firewalled(struct arrival *arrival); /* the kernel says so */
/* A counter that what was decided would have moved did not: a ruleset was there before. */
bool arrival_dropped_before(struct arrival *arrival);
/* Its way is clear, and yet it was neither given to its protocol nor sent on. */
bool arrival_silently_firewalled(struct arrival *arrival);

#endif
