/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is watched while a step runs: packets that devices see, and counters that move. */
#ifndef TUNLAB_OBSERVE_H
#define TUNLAB_OBSERVE_H

#include "run/verdict.h"

/* One of the step's "packets", being counted. */
struct observed_packets {
	const struct packets *wanted;
	struct filter filter;
	uint32_t relay_watch; /* of the relay's side of a device */
	uint64_t seen;
};

/* The packet socket of a namespace, read while the step runs. */
struct observed_netns {
	struct observation *observation;
	struct site_netns *there;
	struct packet_count *counts;
	size_t *sources; /* which of "packets" each count is of */
	size_t count;
	struct watch watch;
};

struct observation {
	struct site *site;
	const struct step *step;
	struct arena *arena;
	struct observed_packets *packets;
	struct observed_netns *namespaces; /* those with a packet socket that the step needs */
	size_t netns_count;
	struct counts *before; /* counters, by the namespace's index; NULL: not taken */
	uint64_t lost;	       /* packets that the kernel could not queue for us */
	uint64_t settled;      /* when the relay need not be waited for any more, by loop_now() */
	unsigned rounds;       /* in which nothing came, up to the end */
	bool few, many, other; /* what does not hold: too few packets, too many, something else */
};

/*
 * Begins to watch what STEP expects of packets and counters: opens packet sockets where none is open yet, and
 * throws away what they saw before. Counters are those of the last look (see observe_look), or read now.
 */
struct error *observe_begin(struct observation *out, struct site *site, const struct step *step,
	struct arena *arena, struct counts *before);

/*
 * Waits, once the verdict stands, until nothing is under way any more and all minima are met, or until
 * DEADLINE; then says what does not hold, as sentences appended to VERDICT.
 */
struct error *observe_end(struct observation *observation, uint64_t deadline, struct verdict *verdict);

/* The same of counters alone, at which observe_end looks behind the packets. */
struct error *observe_counters(struct observation *observation, uint64_t deadline, struct verdict *verdict);

/*
 * Of a step that failed, after observe_end: why it says nothing of the lab, "this machine fell behind by 38
 * ms". NULL where something would be wrong on any machine; HOLDS: not the attempt's outcome.
 */
const char *observe_slow(struct observation *observation, struct attempt *attempt, bool holds);

/* Gives back what observe_begin took; to be called whether it succeeded or not. */
void observe_stop(struct observation *observation);

/* Reads the counters of all namespaces: an array by their index. */
struct error *observe_look(struct site *site, struct arena *arena, struct counts **out);

/* What moved since BEFORE, in all namespaces, into VERDICT. */
struct error *observe_moved(
	struct site *site, struct arena *arena, const struct counts *before, struct verdict *verdict);

#endif
