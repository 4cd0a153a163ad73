/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A router on a wire: what a lab or a change says of it, in iproute2's words, and what it has after that. The
 * harness alone tells a router what to do, so that it knows without asking what stands.
 */
#ifndef TUNLAB_LAB_ROUTER_H
#define TUNLAB_LAB_ROUTER_H

#include "forwarder/protocol.h"
#include "lab/advertise.h"
#include "lab/object.h"
#include "lab/wire.h"

/* The objects that a router has: as those of a namespace, but "dev" is an end of its wire, and stands for the
 * router's port there. They are no part of objects[], which are rtnetlink's. */
extern const struct object router_address, router_neighbour, router_route;

/* The three, in the order in which they are made; ends with NULL. */
extern const struct object *const router_objects[];

/* The keys of a wire that is a router. */
extern const struct field router_fields[];

/* One thing that a router has: an address of a port, a route, or a neighbour at a port. */
struct router_item {
	const struct object *object;
	const struct link *dev; /* NULL: of a route that goes nowhere */
	struct address at;	/* the address, the destination, or the neighbour's address */
	enum relay_route_kind kind;
	bool gateway;
	struct address via;
	uint8_t hardware[6];
};

/* What is said of one; COMMAND_STATE: it must stand afterwards. */
struct router_entry {
	struct entry entry;
	struct router_item item; /* what a route's "via" leaves open is open yet: its "dev" is NULL */
};

/* What a lab or a change says of a router. */
struct router_said {
	struct router_entry *entries; /* in the order of router_objects, else in the order written */
	size_t entry_count;
	const struct value *ratelimit; /* NULL: nothing */
	struct advertisement *advertisements;
	size_t advertisement_count;
};

/* What a router has. */
struct router_state {
	struct router_item *items;
	size_t count;
};

/* That something is there from now on, or is not any more. */
struct router_effect {
	struct router_item item;
	bool set;
};

struct router_effects {
	struct router_effect *at;
	size_t count;
};

/* Why an entry fails: as rtnetlink would say it. */
struct router_refusal {
	int number;	     /* errno; 0: it does not fail */
	const char *message; /* what the kernel would tell beside it; NULL: nothing */
};

/* Reads what JSON, an object at WHERE, says of the router of STATEMENT's wire, beside VALUES. */
void router_read(const struct reading *reading, const json_t *json, const struct place *where,
	const struct values *values, struct statement *statement);

/* Puts what STATEMENT says of it into OBJECT, so that it reads back as the same. */
void router_put(json_t *object, struct arena *arena, const struct statement *statement);

/* The same in words: "address add 10.0.0.254/24 dev left/tun0, ..."; "" where it says nothing. */
const char *router_print(struct arena *arena, const struct statement *statement);

/*
 * Does what ENTRY says to STATE, which grows in ARENA, and appends to EFFECTS what that comes to: an address
 * that goes may take routes with it. Where it is refused, nothing changes.
 */
struct router_refusal router_apply(struct arena *arena, struct router_state *state,
	const struct router_entry *entry, struct router_effects *effects);

/* Whether one of its ports has the address. */
bool router_has_address(const struct router_state *state, const struct address *address);

/* The router as one would say it: "router left/tun0 right/tun0". */
const char *router_name(struct arena *arena, const struct wire *wire);

/* The hardware address of the router's port that faces END, which the lab's seed decides, and the link-local
 * address that comes from it (RFC 4291, appendix A). */
void router_identity(const struct wire *wire, const struct link *end, uint8_t hardware[6], uint8_t local[16]);

#endif
