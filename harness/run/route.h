/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes as `ip -d -j route` prints them. */
#ifndef TUNLAB_RUN_ROUTE_H
#define TUNLAB_RUN_ROUTE_H

#include "run/shown.h"

/*
 * The route in MESSAGE (RTM_NEWROUTE) as an object with the keys and forms of `ip -d -j route`; the caller
 * owns it. Devices are asked for by their index, so MESSAGE must be a copy, not one in a socket's buffer.
 * Names of tables are the lab's; of protocols and scopes iproute2's own, whatever this machine's files say.
 */
json_t *route_json(struct shown *shown, const struct nlmsghdr *message);

/* The table that it stands in. */
uint32_t route_table(const struct nlmsghdr *message);

/* The next hop object in MESSAGE (RTM_NEWNEXTHOP), which must be a copy, as `ip -d -j nexthop` prints it. */
json_t *nexthop_json(struct shown *shown, const struct nlmsghdr *message);

/* The same for people: "local 10.0.0.2 dev lo table local src 10.0.0.2". */
const char *route_print(struct arena *arena, const json_t *route);

/* TEXT, and behind it WORD and a string or a number; TEXT where VALUE is neither. */
const char *route_word(struct arena *arena, const char *text, const char *word, const json_t *value);

#endif
