/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Routes and addresses of routers on wires, which the lab alone can give them. */
#include <string.h>

#include "explain/mend_idea.h"
#include "kernel/relay.h"
#include "run/router.h"

/* One router, and one end of the probe. */
struct router_search {
	struct ideas *ideas;
	const struct wire *wire;
	const struct view_end *end;
	unsigned cost;
};

/* [{ "ends": [...], "routes": ["add 10.8.0.1 via 10.0.1.2 dev right/tap0"] }] */
static json_t *line_of(
	struct arena *arena, const struct wire *wire, const char *key, const char *verb, const char *line)
{
	json_t *wires = json_new_array(), *one = json_new_object(), *lines = json_new_array();

	json_append_new(lines, json_sprintf("%s %s", verb, line));
	json_put_new(one, "ends", wire_ends_json(arena, wire));
	json_put_new(one, key, lines);
	json_append_new(wires, one);
	return wires;
}

static void add_line(struct ideas *ideas, unsigned cost, const char *group, const struct wire *wire,
	const struct view_netns *nearest, const char *key, const char *line)
{
	struct arena *arena = ideas->view->arena;

	idea_add_wires(ideas, cost, group, nearest, line_of(arena, wire, key, "add", line),
		line_of(arena, wire, key, "del", line));
}

/* Whether a router's counters say that it had no way for something. */
static bool lacks_ways(const struct view *view, const struct wire *wire)
{
	static const enum router_counter counters[] = { ROUTER_no_route, ROUTER_blackhole, ROUTER_unreachable,
		ROUTER_prohibited };
	const struct relay_router *router = relay_router(view->site->relay, wire->router);

	for (size_t i = 0; router && i < sizeof counters / sizeof *counters; i++)
		if (router->counters[counters[i]])
			return true;
	return false;
}

/* How far the end is from the nearest of those that the router has a port to. */
static unsigned least_hops(const struct router_search *search)
{
	unsigned least = VIEW_FAR;

	for (size_t i = 0; i < search->wire->count; i++) {
		unsigned hops = search->end->hops[search->wire->ends[i]->in->index];

		least = hops < least ? hops : least;
	}
	return least;
}

static void add_route(const struct router_search *search, const struct view_device *by)
{
	struct arena *arena = search->ideas->view->arena;
	const struct link *link = by->link;
	const char *hop = view_address_on(search->ideas->view, by), *way;

	if (!hop && link->kind->ethernet)
		return;
	if (hop && strcmp(hop, search->end->text) != 0)
		way = arena_printf(arena, "via %s dev %s", hop, link_path(arena, link));
	else
		way = arena_printf(arena, "dev %s", link_path(arena, link));
	add_line(search->ideas, search->cost,
		arena_printf(arena, "router %u route %s", search->wire->router, search->end->text),
		search->wire, by->of, "routes", arena_printf(arena, "%s %s", search->end->text, way));
}

static void search_end(struct ideas *ideas, const struct wire *wire, const struct view_end *end)
{
	const struct router_search search = { ideas, wire, end,
		lacks_ways(ideas->view, wire) ? COST_TOLD : COST_ROUTE + 3 };
	unsigned least = least_hops(&search);

	for (size_t i = 0; least < VIEW_FAR && i < wire->count; i++) {
		const struct view_device *device = view_device_of(ideas->view, wire->ends[i]);

		if (device && device->json && end->hops[wire->ends[i]->in->index] == least)
			add_route(&search, device);
	}
}

/* The next hops of a namespace behind the router's wire that nobody has: with the prefix that they are in. */
static void add_addresses(struct ideas *ideas, const struct wire *wire, const struct view_device *device)
{
	struct view *view = ideas->view;
	size_t i;
	json_t *route;

	json_array_foreach (device->of->routes, i, route) {
		const char *gateway = view_text(route, "gateway"), *dev = view_text(route, "dev");
		struct address address;
		unsigned length;

		if (!gateway || !dev || strcmp(dev, device->name) != 0 ||
			address_read(view->arena, gateway, false, &address) ||
			view_somebody_owns(view, &address) || router_owner(view->site, &address))
			continue;
		length = view_length_on(view, device, &address);
		if (length)
			add_line(ideas, COST_OBJECT,
				arena_printf(view->arena, "router %u address %s", wire->router, gateway),
				wire, device->of, "addresses",
				arena_printf(view->arena, "%s/%u dev %s", gateway, length,
					link_path(view->arena, device->link)));
	}
}

static void search_router(struct ideas *ideas, const struct wire *wire)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->target_count; i++)
		search_end(ideas, wire, &view->targets[i]);
	for (size_t i = 0; i < view->source_count; i++)
		search_end(ideas, wire, &view->sources[i]);
	for (size_t i = 0; i < wire->count; i++) {
		const struct view_device *device = view_device_of(view, wire->ends[i]);

		if (device && device->json)
			add_addresses(ideas, wire, device);
	}
}

void ideas_routers(struct ideas *ideas)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
			const struct link *link = view->namespaces[i].devices[j].link;

			if (link->wire && link->end == 0 && router_stands(view->site, link->wire))
				search_router(ideas, link->wire);
		}
}
