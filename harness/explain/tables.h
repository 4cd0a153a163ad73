/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The routing tables of a namespace as they stand, gone through as fib_table_lookup() and fib6_table_lookup()
 * do. */
#ifndef TUNLAB_TABLES_H
#define TUNLAB_TABLES_H

#include "run/shown.h"

/* A device, and what rules and tables ask of one. */
struct port_device {
	uint32_t index, group, master; /* 0: none */
	const char *name;
	bool up;
	bool bridge;
	uint32_t vrf_table; /* of a VRF: its table; 0: it is none */
};

/* An entry of a table. */
struct way {
	const struct nlmsghdr *message;
	uint32_t table;
	uint8_t type; /* RTN_UNICAST, ... */
	uint8_t tos;
	struct address to, from; /* prefixes */
};

/* What is looked up: what the kernel has in its struct flowi. */
struct asked {
	uint8_t family, protocol, tos;
	struct address to, from;
	bool has_from; /* else "from" is all zeros, as the kernel has it */
	uint32_t mark, uid;
	uint16_t sport, dport;
	const char *iif;		    /* "lo": it is sent here */
	const struct port_device *in, *out; /* NULL: sent here; bound to none, or to a VRF */
	const struct port_device *vrf;	    /* that either is of; NULL: none */
};

struct tables {
	struct arena *arena;
	uint8_t family;
	struct port_device *devices;
	size_t device_count;
	struct way *ways; /* in the kernel's order within each prefix */
	size_t way_count;
};

/* Reads devices, and all tables of the family, into ARENA. */
struct error *tables_read(struct arena *arena, struct site_netns *in, uint8_t family, struct tables *out);

/* The device of that name, or that index; NULL: there is none. */
const struct port_device *tables_device(const struct tables *tables, const char *name, uint32_t index);

/* The VRF that DEVICE is, or is a port of; NULL: none. */
const struct port_device *tables_vrf(const struct tables *tables, const struct port_device *device);

/* The entry that is found in the table; NULL: none is. It may be one that refuses, or a throw. */
const struct way *tables_find(const struct tables *tables, uint32_t table, const struct asked *asked);

/* errno of an entry that refuses (EAGAIN: of a throw); 0: it leads on. */
int way_number(const struct way *way);

/* The device of its first next hop; 0: it has none, or they are not told. */
uint32_t way_device(const struct way *way);

/* Whether one of its next hops is by the device of this index. */
bool way_uses(const struct way *way, uint32_t device);

/* A route (see route_json) as `ip route show` has it, as far as it tells it from others: "10.0.0.0/24 dev
 * tun0", and the source it gives. */
const char *way_print(struct arena *arena, const json_t *route);

#endif
