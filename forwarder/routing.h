/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The routers of a relay: how they are told what they are, and what is around them. */
#ifndef TUNLAB_ROUTING_H
#define TUNLAB_ROUTING_H

#include "forwarder/parcel.h"
#include "forwarder/relay.h"
#include "forwarder/router/router.h"

/* Closes a router and what shows it. */
void routing_close(struct routing *routing);

/* A port's frame or MTU may have changed: if it is one of a router's, the router goes by it. */
void routing_note(struct port *port);

/* Has every router do what is due by relay->now. */
void routings_tick(struct relay *relay);

/* When the first of them wants to be called; OTHERWISE where that is earlier. */
uint64_t routings_next(const struct relay *relay, uint64_t otherwise);

/* Has routers go by what they were told. Returns 0, or -1 with relay->fault. */
int routings_settle(struct relay *relay);

/* The messages about routers. Each returns 0, or -1 with relay->fault. */
int routing_take_router(struct relay *relay, struct parcel *parcel);
int routing_take_set(struct relay *relay, struct parcel *parcel);
int routing_take_port(struct relay *relay, struct parcel *parcel);
int routing_take_address(struct relay *relay, struct parcel *parcel);
int routing_take_route(struct relay *relay, struct parcel *parcel);
int routing_take_neighbour(struct relay *relay, struct parcel *parcel);
int routing_take_advertise(struct relay *relay, struct parcel *parcel);
int routing_take_option(struct relay *relay, struct parcel *parcel);

#endif
