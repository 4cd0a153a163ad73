/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `tunlab list` tells of a router beside its wire. */
#ifndef TUNLAB_LISTING_ROUTER_H
#define TUNLAB_LISTING_ROUTER_H

#include "kernel/router_memory.h"
#include "lab/json.h"
#include "run/site.h"

/* What the router that WIRE is has now: "addresses" with the ends that its ports face, "routes", "neighbours"
 * and "counters". NULL: it does not stand yet. */
json_t *router_json(const struct site *site, struct arena *arena, const struct wire *wire);

/* Parts of that. The neighbours that WIRE's router has on its links, as `ip -j neighbour` prints them, with
 * the end that a port faces as its "dev". */
json_t *router_neighbours_json(
	struct arena *arena, const struct wire *wire, const struct relay_router *router);

/* Its counters by their names, but those that are 0. */
json_t *router_counters_json(const struct relay_router *router);

/* Prints ROUTER, which is such an object. */
void listing_print_router(FILE *to, const json_t *router);

#endif
