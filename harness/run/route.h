/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes as `ip -d -j route` prints them. */
#ifndef TUNLAB_RUN_ROUTE_H
#define TUNLAB_RUN_ROUTE_H

#include "run/site.h"

struct nlmsghdr;

/*
 * The route in MESSAGE (RTM_NEWROUTE) from the namespace IN, as an object with the keys and forms of `ip -d
 * -j route`; the caller owns it. Devices are asked for by their index, so MESSAGE must be a copy, not one in
 * a socket's buffer. Names of tables are the lab's; of protocols and scopes iproute2's own, whatever this
 * machine's files say.
 */
struct error *route_json(
	struct arena *arena, struct site_netns *in, const struct nlmsghdr *message, json_t **out);

/* The same for people: "local 10.0.0.2 dev lo table local src 10.0.0.2". */
const char *route_print(struct arena *arena, const json_t *route);

#endif
