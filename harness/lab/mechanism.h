/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can end a packet's way: the names are fixed, the manual lists them, and labs may expect them. */
#ifndef TUNLAB_MECHANISM_H
#define TUNLAB_MECHANISM_H

enum mechanism {
	CAUSE_UNKNOWN,
	CAUSE_SOURCE_CHECK,
	CAUSE_OWN_SOURCE,
	CAUSE_MARTIAN,
	CAUSE_NOT_FORWARDED,
	CAUSE_NO_ROUTE,
	CAUSE_BLACKHOLE,
	CAUSE_PROHIBIT,
	CAUSE_UNREACHABLE,
	CAUSE_FIREWALL,
	CAUSE_TTL,
	CAUSE_TOO_BIG,
	CAUSE_NEIGHBOUR,
	CAUSE_IGNORED,
	CAUSE_CLOSED,
	CAUSE_NO_WAY_BACK,
	CAUSE_DEVICE_DOWN,
	CAUSE_IPV6_OFF,
	CAUSE_WIRE,
	CAUSE_LEADS_NOWHERE,
	CAUSE_SOURCE_ADDRESS,
	CAUSE_WRONG_SOURCE,
	CAUSE_BROADCAST,
	CAUSE_BRIDGE,
	CAUSE_QUEUE,
	CAUSE_ROUTER,
	CAUSE_MECHANISMS,
};

/* Its name, and what it means in a line. */
const char *mechanism_name(enum mechanism mechanism);
const char *mechanism_what(enum mechanism mechanism);

/* The one of that name; CAUSE_UNKNOWN if there is none. */
enum mechanism mechanism_of(const char *name);

#endif
