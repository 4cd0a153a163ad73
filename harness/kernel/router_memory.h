/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router of the relay's shows (forwarder/router/memory.h), for people. */
#ifndef TUNLAB_ROUTER_MEMORY_TEXT_H
#define TUNLAB_ROUTER_MEMORY_TEXT_H

#include <stdbool.h>

#include "forwarder/router/memory.h"

/* By enum router_counter. */
struct router_counter_text {
	const char *name; /* "no_route" */
	const char *what; /* "there is no route" */
};

extern const struct router_counter_text router_counter_texts[ROUTER_COUNTERS];

/* What one has counted. The memory is shared: values move while one looks. */
uint64_t router_counted(const struct relay_router *router, enum router_counter counter);

/* Whether it counts what somebody may miss: packets that were dropped, and errors that were not sent. */
bool router_counts_losses(enum router_counter counter);

/* The counter of what was dropped for the reason that a capture has, such as "there is no route to 10.9.9.9":
 * its text begins with the counter's. ROUTER_COUNTERS: no router says so. */
enum router_counter router_drop_of(const char *why);

/* The state as ip-neighbour(8) prints it, "REACHABLE"; NULL: the place in the table is free. */
const char *router_neighbour_state(const struct relay_neighbour *neighbour);

#endif
