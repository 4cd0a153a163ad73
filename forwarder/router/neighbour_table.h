/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of neighbours: what the router shows of each, and what it keeps to itself. */
#ifndef TUNLAB_ROUTER_NEIGHBOUR_TABLE_H
#define TUNLAB_ROUTER_NEIGHBOUR_TABLE_H

#include "forwarder/router/neighbour.h"
#include "forwarder/router/neighbour_queue.h"
#include "forwarder/stream.h"

/* RFC 4861 10, in nanoseconds; Linux has the same for IPv4. */
#define REACHABLE_TIME	       30000000000ULL
#define RETRANS_TIMER	       1000000000ULL
#define DELAY_FIRST_PROBE_TIME 5000000000ULL

enum { NEIGHBOUR_CHAINS = 256 };

struct neighbour {
	struct relay_neighbour *shown;
	struct router_port *port;
	struct ip ip;
	struct neighbour *next; /* of its chain */
	uint64_t due;		/* when its state ends, or is looked at; ROUTER_NEVER */
	uint64_t used;		/* when it was last sent to */
	uint64_t updated;	/* when its state or hardware address last changed */
	unsigned asked;		/* questions, since it became incomplete or probe */
	struct queue queue;
};

struct neighbours {
	struct neighbour all[RELAY_NEIGHBOURS];
	struct neighbour *chains[NEIGHBOUR_CHAINS];
	struct queue_pool *pool;
	struct stream stream;
	uint64_t draws;
	uint64_t next; /* no neighbour is due before */
};

/* NULL: the table does not have it. */
struct neighbour *neighbour_find(
	struct neighbours *neighbours, const struct router_port *port, const struct ip *ip);

/* A new one, of NEIGHBOUR_NONE; where there is no place what is of the least use gives way. NULL: all are
 * permanent. */
struct neighbour *neighbour_add(struct router_port *port, const struct ip *ip);

/* Its place is free; what waits for it is lost, counted as WHY, and WHAT is what is said of it. */
void neighbour_remove(struct neighbour *neighbour, enum router_counter why, const char *what);

/* It has the state from now on, and no time when that ends. */
void neighbour_enter(struct neighbour *neighbour, enum relay_neighbour_state state);

/* It is due so many nanoseconds from now. */
void neighbour_after(struct neighbour *neighbour, uint64_t nanoseconds);

/* Makes it reachable: for a time that is drawn (RFC 4861 6.3.2). */
void neighbour_confirm(struct neighbour *neighbour);

/* What waited goes no further: it is counted, and who captures it is told. */
void neighbour_lose(
	struct neighbours *neighbours, struct queued *queued, enum router_counter why, const char *what);

/* Something is sent to it, whose hardware address is known: whether that is still right is asked later. */
void neighbour_use(struct neighbour *neighbour);

/* Sends what waits, now that its hardware address is known. */
void neighbour_flush(struct neighbour *neighbour);

/* Whether it has a hardware address that is used. */
static inline bool neighbour_valid(const struct neighbour *neighbour)
{
	uint32_t state = neighbour->shown->state;

	return state != NEIGHBOUR_NONE && state != NEIGHBOUR_INCOMPLETE && state != NEIGHBOUR_FAILED;
}

#endif
