/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams that wait until a neighbour's hardware address is known, as copies in a pool of a fixed size. */
#ifndef TUNLAB_ROUTER_NEIGHBOUR_QUEUE_H
#define TUNLAB_ROUTER_NEIGHBOUR_QUEUE_H

#include "forwarder/router/datagram.h"

enum {
	QUEUE_POOL = 256, /* that wait in one router */
	QUEUE_EACH = 128, /* for one neighbour: the longest packet in fragments of 576 bytes */
	QUEUE_WHAT = 96,  /* bytes of what is said of one */
};

struct queued {
	struct queue *queue; /* in which it waits; NULL: in none */
	struct queued *next;
	uint64_t number; /* those that came earlier have lower ones */
	struct router_port *port;
	struct datagram datagram;
	bool says;
	char what[QUEUE_WHAT];
};

/* What waits for one neighbour, the oldest first. Of zeros it is empty. */
struct queue {
	struct queued *first, *last;
	unsigned count;
};

/* NULL without memory, of which as much is the machine's as was used. */
struct queue_pool *queue_pool_open(void);
void queue_pool_close(struct queue_pool *pool);

/* Takes out what must give way before one more can be added to QUEUE, of this queue or of another; NULL:
 * there is room. It is the caller's until queue_free(). */
struct queued *queue_surplus(struct queue_pool *pool, struct queue *queue);

/* Adds a copy that is to go out of PORT; there is room. */
void queue_add(struct queue_pool *pool, struct queue *queue, struct router_port *port,
	const struct datagram *datagram, const char *what);

/* Takes out the oldest; NULL: there is none. It is the caller's until queue_free(). */
struct queued *queue_take(struct queue *queue);

void queue_free(struct queue_pool *pool, struct queued *queued);

/* What is said of it; NULL: nothing. */
static inline const char *queue_what(const struct queued *queued)
{
	return queued->says ? queued->what : NULL;
}

#endif
