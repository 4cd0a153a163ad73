/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relay's counters, as they stand among those of a namespace. */
#ifndef TUNLAB_RELAYED_H
#define TUNLAB_RELAYED_H

#include "run/site.h"

/* Adds to COUNTS what the relay has counted for each device of the namespace: "wire:tun0.lost", what it
 * dropped instead of handing it over; "router:tun0.no_route", the counters of the router at its other end. */
void relayed_add(struct site *site, struct arena *arena, const struct netns *in, struct counts *counts);

/* Whether a counter of the namespace is a router's and is told of where its first end is. */
bool relayed_is_told_elsewhere(struct arena *arena, const struct netns *in, const char *counter);

#endif
