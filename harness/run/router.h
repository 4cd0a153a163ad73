/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The routers of a lab that stands: telling the relay, and knowing what each has. */
#ifndef TUNLAB_RUN_ROUTER_H
#define TUNLAB_RUN_ROUTER_H

#include "lab/router.h"
#include "run/site.h"

/* Has the relay make the router that WIRE is, whose ports it knows. */
struct error *router_make(struct site *site, const struct wire *wire);

/* Does an operation of the kinds ROUTER, RATELIMIT and ADVERTISE. What the kernel would refuse is refused
 * with its errno and its words. */
struct error *router_do(struct site *site, const struct operation *operation);

/* What the router that WIRE is has now; NULL: it does not stand yet. */
const struct router_state *router_stands(const struct site *site, const struct wire *wire);

/* The wire of a router that has ADDRESS; NULL: none has. */
const struct wire *router_owner(const struct site *site, const struct address *address);

#endif
