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

static bool matches(const struct watch *watch, const struct packet *packet)
{
	return watch->instructions == 0 || filter_run(watch->filter, packet) != 0;
}

void watch_count(const struct watch *list, enum relay_direction direction, const struct packet *packet)
{
	for (const struct watch *watch = list; watch; watch = watch->next) {
		if ((watch->direction & direction) && matches(watch, packet))
			counter_add(watch->counter, 1);
	}
}
