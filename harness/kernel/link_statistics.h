/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the devices of a namespace have dropped that were to send it (IFLA_STATS64): for who reads a TUN or
 * TAP does not see what found its queue full.
 */
#ifndef TUNLAB_LINK_STATISTICS_H
#define TUNLAB_LINK_STATISTICS_H

#include "kernel/rtnl.h"
#include "lab/arena.h"

struct link_statistics {
	struct link_dropped {
		const char *name;
		uint64_t packets; /* tx_dropped */
	} * at;			  /* by name */
	size_t count;
};

/* Asks for all devices of the socket's namespace, in one dump; names are taken from ARENA. */
struct error *link_statistics_read(struct arena *arena, struct rtnl *rtnl, struct link_statistics *out);

/* The packets that a device has dropped as they were to leave; 0 where there is no such device. */
uint64_t link_dropped(const struct link_statistics *statistics, const char *name);

#endif
