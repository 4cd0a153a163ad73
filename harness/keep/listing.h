/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `tunlab list` tells of a lab. */
#ifndef TUNLAB_LISTING_H
#define TUNLAB_LISTING_H

#include "keep/registry.h"
#include "lab/json.h"
#include "run/site.h"

/*
 * The lab as JSON: name, file, pid, uptime (seconds since SINCE, of loop_now), namespaces with the paths by
 * which the host reaches them, wires with their ends, impairments and, toward and from each end, the relay's
 * counters and its device's.
 * BROKEN (NULL: nothing) says what is wrong with it.
 */
json_t *listing_make(
	const struct site *site, const struct registration *registration, uint64_t since, const char *broken);

/* Prints a list of such labs for people. */
void listing_print(FILE *to, const json_t *labs);

#endif
