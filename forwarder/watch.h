/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A watch counts the packets that pass a port and match a filter. A port's watches are a list.
 */
#ifndef TUNLAB_WATCH_H
#define TUNLAB_WATCH_H

#include "forwarder/packet.h"
#include "forwarder/protocol.h"
#include "forwarder/segment.h"

struct port;

struct watch {
	struct watch *next; /* of the same port */
	struct port *port;
	uint64_t *counter; /* in the shared memory */
	enum relay_direction direction;
	uint32_t instructions; /* 0: every packet matches */
	struct sock_filter filter[];
};

/*
 * Makes a watch as RELAY_WATCH says, whose direction and filter were checked, puts it before the port's
 * others, and sets its counter to 0. Returns NULL without memory.
 */
struct watch *watch_add(struct port *port, uint64_t *counter, const struct relay_message *message);

/* Takes a watch from its port and frees it; its counter keeps its value. NULL is allowed. */
void watch_remove(struct watch *watch);

/*
 * Counts a packet that passed in "direction", RELAY_IN or RELAY_OUT, in each watch of the list that it
 * matches. One of the form of several packets of wire size counts as these, each of which may match or not.
 */
void watch_count(const struct watch *list, enum relay_direction direction, const struct packet *packet,
	const struct segment *form);

#endif
