/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/queues.h"

#include <inttypes.h>

#include "kernel/link_statistics.h"

static bool is_read(const struct link *link)
{
	return link->wire && link->wire->kind->relay;
}

static bool has_read(const struct netns *in)
{
	for (size_t i = 0; i < in->link_count; i++)
		if (is_read(in->links[i]))
			return true;
	return false;
}

struct error *queues_tell(struct site *site, struct arena *arena, struct verdict *verdict)
{
	struct error *error = NULL;

	for (size_t i = 0; i < site->lab->namespace_count && !error; i++) {
		const struct netns *in = site->lab->namespaces[i];
		struct link_statistics devices = { 0 };

		if (has_read(in))
			error = link_statistics_read(arena, site->namespaces[i].rtnl, &devices);
		for (size_t j = 0; j < in->link_count && !error; j++) {
			uint64_t packets = link_dropped(&devices, in->links[j]->name);
			const char *line;

			if (!packets || !is_read(in->links[j]))
				continue;
			line = arena_printf(arena,
				"%s/%s dropped %" PRIu64
				" packet%s that %s to leave (tx_dropped), since the lab began",
				in->name, in->links[j]->name, packets, packets == 1 ? "" : "s",
				packets == 1 ? "was" : "were");
			arena_append(arena, &verdict->queues, &verdict->queue_count, &line, sizeof line);
		}
	}
	return error;
}
