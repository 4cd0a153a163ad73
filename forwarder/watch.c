/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/watch.h"

#include <stdlib.h>
#include <string.h>

#include "forwarder/counter.h"
#include "forwarder/filter.h"
#include "forwarder/port.h"

struct watch *watch_add(struct port *port, uint64_t *counter, const struct relay_message *message)
{
	size_t size = message->instructions * sizeof(struct sock_filter);
	struct watch *watch = malloc(sizeof(*watch) + size);

	if (!watch)
		return NULL;
	*watch = (struct watch) {
		.next = port->watches,
		.port = port,
		.counter = counter,
		.direction = message->direction,
		.instructions = message->instructions,
	};
	memcpy(watch->filter, message->filter, size);
	counter_set(counter, 0);
	port->watches = watch;
	return watch;
}

void watch_remove(struct watch *watch)
{
	if (!watch)
		return;

	struct watch **link = &watch->port->watches;

	while (*link != watch)
		link = &(*link)->next;
	*link = watch->next;
	free(watch);
}

/* Whether it counts packets of this direction: without a filter all, with one those that match. */
static bool counts(const struct watch *watch, enum relay_direction direction, bool filters)
{
	return watch->direction & direction && (watch->instructions != 0) == filters;
}

/* Counts a packet of wire size in those that have a filter. */
static void count_matches(
	const struct watch *list, enum relay_direction direction, const struct packet *packet)
{
	for (const struct watch *watch = list; watch; watch = watch->next) {
		if (counts(watch, direction, true) && filter_run(watch->filter, packet) != 0)
			counter_add(watch->counter, 1);
	}
}

void watch_count(const struct watch *list, enum relay_direction direction, const struct packet *packet,
	const struct segment *form)
{
	uint8_t room[SEGMENT_LONGEST];
	struct packet piece;
	bool filters = false;

	for (const struct watch *watch = list; watch; watch = watch->next) {
		if (counts(watch, direction, false))
			counter_add(watch->counter, form->count);
		filters |= counts(watch, direction, true);
	}
	for (unsigned i = 0; filters && i < form->count; i++) {
		segment_complete(packet, form, i, room, &piece);
		count_matches(list, direction, &piece);
	}
}
