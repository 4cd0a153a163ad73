/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/neighbour_queue.h"

#include <stdio.h>
#include <stdlib.h>

enum { PLACE = ROUTER_ROOM + SEGMENT_LONGEST }; /* bytes of one packet */

struct queue_pool {
	struct queued packets[QUEUE_POOL];
	struct queued *free;
	uint64_t number; /* of the one that was added last */
	uint8_t *bytes;	 /* a PLACE for each packet */
};

struct queue_pool *queue_pool_open(void)
{
	struct queue_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->bytes = malloc((size_t)QUEUE_POOL * PLACE);
	if (!pool->bytes) {
		queue_pool_close(pool);
		return NULL;
	}
	for (size_t i = 0; i < QUEUE_POOL; i++)
		queue_free(pool, &pool->packets[i]);
	return pool;
}

void queue_pool_close(struct queue_pool *pool)
{
	if (!pool)
		return;
	free(pool->bytes);
	free(pool);
}

struct queued *queue_take(struct queue *queue)
{
	struct queued *queued = queue->first;

	if (!queued)
		return NULL;
	queue->first = queued->next;
	queue->count--;
	queued->queue = NULL;
	return queued;
}

/* The oldest of a queue is its first, so the oldest of all is one that queue_take() gives. */
static struct queue *oldest_queue(struct queue_pool *pool)
{
	struct queued *oldest = NULL;

	for (size_t i = 0; i < QUEUE_POOL; i++) {
		struct queued *queued = &pool->packets[i];

		if (queued->queue && (!oldest || queued->number < oldest->number))
			oldest = queued;
	}
	return oldest ? oldest->queue : NULL;
}

struct queued *queue_surplus(struct queue_pool *pool, struct queue *queue)
{
	if (queue->count < QUEUE_EACH)
		queue = pool->free ? NULL : oldest_queue(pool);
	return queue ? queue_take(queue) : NULL;
}

/* The copy's packet is IP alone, whatever the datagram came in. */
static void copy(struct queued *queued, uint8_t *bytes, const struct datagram *datagram)
{
	struct datagram *own = &queued->datagram;

	*own = *datagram;
	memcpy(bytes, datagram->bytes, datagram->packet.length);
	own->bytes = bytes;
	own->packet.bytes = bytes;
	own->packet.roomy = bytes;
	own->packet.frame = RELAY_IP;
	own->packet.trip = NULL;
	own->packet.note = NULL;
	own->came = own->packet;
}

void queue_add(struct queue_pool *pool, struct queue *queue, struct router_port *port,
	const struct datagram *datagram, const char *what)
{
	struct queued *queued = pool->free;
	size_t place = (size_t)(queued - pool->packets);

	pool->free = queued->next;
	*queued = (struct queued) { .queue = queue, .number = ++pool->number, .port = port, .says = what };
	copy(queued, pool->bytes + place * PLACE + ROUTER_ROOM, datagram);
	if (what)
		snprintf(queued->what, sizeof(queued->what), "%s", what);
	if (queue->first)
		queue->last->next = queued;
	else
		queue->first = queued;
	queue->last = queued;
	queue->count++;
}

void queue_free(struct queue_pool *pool, struct queued *queued)
{
	queued->queue = NULL;
	queued->next = pool->free;
	pool->free = queued;
}
