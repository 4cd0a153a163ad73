/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/relayed.h"

#include <string.h>

#include "kernel/router_memory.h"

static const char router_prefix[] = "router:";

static void add(struct arena *arena, struct counts *counts, const char *name, uint64_t number)
{
	const struct count count = { name, number };

	arena_append(arena, &counts->at, &counts->count, &count, sizeof count);
}

static void add_wire(
	const struct site *site, struct arena *arena, const struct link *link, struct counts *counts)
{
	const struct relay_counters *relay = relay_counters(site->relay, link->port);

	for (const struct relay_drop *drop = relay_drops; drop->name; drop++)
		add(arena, counts, arena_printf(arena, "wire:%s.%s", link->name, drop->name),
			relay_dropped(relay, drop));
}

/* One that a change makes counts nothing before. */
static void add_router(
	const struct site *site, struct arena *arena, const struct link *link, struct counts *counts)
{
	const struct relay_router *router = relay_router(site->relay, link->wire->router);

	for (enum router_counter i = 0; i < ROUTER_COUNTERS; i++)
		add(arena, counts,
			arena_printf(
				arena, "%s%s.%s", router_prefix, link->name, router_counter_texts[i].name),
			router ? router_counted(router, i) : 0);
}

void relayed_add(struct site *site, struct arena *arena, const struct netns *in, struct counts *counts)
{
	for (size_t i = 0; site->relay && i < in->link_count; i++) {
		const struct link *link = in->links[i];

		if (!link->wire || !link->wire->kind->relay)
			continue;
		add_wire(site, arena, link, counts);
		if (link->wire->kind->router)
			add_router(site, arena, link, counts);
	}
}

bool relayed_is_told_elsewhere(struct arena *arena, const struct netns *in, const char *counter)
{
	const char *name = counter + strlen(router_prefix), *dot = strrchr(counter, '.');
	const struct link *link;

	if (!dot || strncmp(counter, router_prefix, strlen(router_prefix)) != 0)
		return false;
	link = namespace_link(in, arena_printf(arena, "%.*s", (int)(dot - name), name));
	return link && link->wire && link->wire->ends[0] != link;
}
