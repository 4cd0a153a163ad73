/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/rtnetlink.h>
#include <string.h>

#include "explain/mend_idea.h"

enum { WAYS_MOST = 4 };

/* One namespace and one end. */
struct route_search {
	struct ideas *ideas;
	const struct view_netns *in;
	const struct view_end *end;
	struct view_lookup found;
	bool astray; /* the lookup fails, or leads by no way toward the end */
	const char *group, *group_default;
};

static bool has_default(const struct view *view, const struct view_netns *in)
{
	struct address prefix;
	size_t i;
	json_t *route;

	json_array_foreach (in->routes, i, route) {
		const char *table = view_text(route, "table");

		if (view_prefix(view, route, "dst", &prefix) && !prefix.length &&
			!json_object_get(route, "from") && !json_object_get(route, "src") &&
			(!table || !strcmp(table, "main")))
			return true;
	}
	return false;
}

static const char *way_print(struct arena *arena, const struct view_way *way)
{
	if (!way->gateway)
		return arena_printf(arena, "dev %s", way->out->name);
	return arena_printf(
		arena, "via %s dev %s%s", way->gateway, way->out->name, way->onlink ? " onlink" : "");
}

/* Tables but main and local that have a route to the end; each once. */
static size_t other_tables(const struct route_search *search, const char **out, size_t most)
{
	struct address prefix;
	size_t i, count = 0;
	json_t *route;

	json_array_foreach (search->in->routes, i, route) {
		const char *table = view_text(route, "table");
		bool known = false;

		if (!table || !strcmp(table, "main") || !strcmp(table, "local") ||
			!view_prefix(search->ideas->view, route, "dst", &prefix) ||
			!view_within(&prefix, &search->end->address))
			continue;
		for (size_t j = 0; j < count; j++)
			known |= !strcmp(out[j], table);
		if (!known && count < most)
			out[count++] = table;
	}
	return count;
}

/* Who sends and has no default at all lacks one; for others a route to the end alone is less. */
static unsigned default_less(const struct route_search *search, const struct view_way *way)
{
	if (!search->astray || !way->gateway)
		return 8;
	return search->in->in == search->ideas->view->step->in ? 0 : 2;
}

static void add_way(const struct route_search *search, const struct view_way *way)
{
	struct arena *arena = search->ideas->view->arena;
	const struct view *view = search->ideas->view;
	const char *by = way_print(arena, way), *to = search->end->text;
	const char *direct = arena_printf(arena, "dev %s", way->out->name);
	unsigned less = search->astray ? 1 : 7;
	const char *tables[3];
	size_t count = other_tables(search, tables, 3);
	bool bound = search->in->in == view->step->in && value_text(&view->step->values, "dev") &&
		     !strcmp(value_text(&view->step->values, "dev"), way->out->name);

	if (!has_default(view, search->in))
		idea_line(search->ideas, COST_ROUTE + default_less(search, way), search->group_default,
			"everything else that has no route takes it too", search->in, "routes", "default %s",
			by);
	idea_line(
		search->ideas, COST_ROUTE + less, search->group, NULL, search->in, "routes", "%s %s", to, by);
	if (way->last && way->gateway)
		idea_line(search->ideas, COST_ROUTE + 1 + less, search->group, NULL, search->in, "routes",
			"%s %s", to, direct);
	if (bound)
		idea_line(search->ideas, COST_ROUTE - 2, search->group, NULL, search->in, "routes",
			"default %s metric 1000", by);
	for (size_t i = 0; i < count; i++)
		idea_line(search->ideas, COST_ROUTE + 7 + less, search->group, NULL, search->in, "routes",
			"%s %s table %s", to, by, tables[i]);
}

/* What leads a search on that ended too early in a table. */
static void add_throw(const struct route_search *search)
{
	const char *tables[3];
	size_t count = other_tables(search, tables, 3);

	for (size_t i = 0; i < count; i++)
		idea_line(search->ideas, COST_ROUTE + 6, search->group, NULL, search->in, "routes",
			"throw %s table %s", search->end->text, tables[i]);
}

/* With another preferred source than the one that the kernel chooses. */
static void add_sources(const struct route_search *search, const struct view_way *way)
{
	const struct view *view = search->ideas->view;
	const char *by = way_print(view->arena, way);
	size_t i, j;
	json_t *link, *address;

	if (search->in->in != view->step->in || value_address(&view->step->values, "source"))
		return;
	json_array_foreach (search->in->addresses, i, link)
		json_array_foreach (json_object_get(link, "addr_info"), j, address) {
			const char *local = view_text(address, "local"), *scope = view_text(address, "scope"),
				   *family = view_text(address, "family");
			bool six = family && !strcmp(family, "inet6");

			if (local && scope && !strcmp(scope, "global") && six == (view->family == AF_INET6))
				idea_line(search->ideas, COST_ROUTE + 9, search->group, NULL, search->in,
					"routes", "%s %s src %s", search->end->text, by, local);
		}
}

/* That answers come from the address that was asked. */
static void answer_from(const struct route_search *search, const struct view_way *way)
{
	const struct view *view = search->ideas->view;

	if (!search->in->owns_target || !view_owns(search->in, &view->targets[0].address))
		return;
	idea_line(search->ideas, COST_ROUTE + 5, search->group, NULL, search->in, "routes", "%s %s src %s",
		search->end->text, way_print(view->arena, way), view->targets[0].text);
}

static bool same_text(const char *one, const char *other)
{
	return one && other && !strcmp(one, other);
}

static void search_route(struct ideas *ideas, const struct view_netns *in, const struct view_end *end)
{
	struct view *view = ideas->view;
	struct route_search search = { .ideas = ideas, .in = in, .end = end, .astray = true };
	struct view_way ways[WAYS_MOST];
	size_t count = view_ways(view, in, end, ways, WAYS_MOST);

	view_look_up(view, in, &end->address, &search.found);
	search.group = arena_printf(view->arena, "route %s %s", in->in->name, end->text);
	search.group_default = arena_printf(view->arena, "default %s", in->in->name);
	for (size_t i = 0; i < count; i++)
		if (!search.found.number && search.found.encap)
			search.astray = false;
		else if (!search.found.number && same_text(search.found.device, ways[i].out->name) &&
			 (ways[i].last || same_text(search.found.gateway, ways[i].gateway)))
			search.astray = false;
	for (size_t i = 0; i < count; i++)
		add_way(&search, &ways[i]);
	for (size_t i = 0; i < count && i < 1; i++)
		add_sources(&search, &ways[i]);
	for (size_t i = 0; i < count && i < 1 && !strcmp(view->step->verb->name, "udp"); i++)
		answer_from(&search, &ways[i]);
	if (count)
		add_throw(&search);
}

static json_t *listed(const char *op, json_t *route)
{
	json_t *change = json_new_object(), *lines = json_new_array();

	json_put(route, "op", "%s", op);
	json_append_new(lines, route);
	json_put_new(change, "routes", lines);
	return change;
}

static bool concerns(const struct view *view, const json_t *route)
{
	struct address prefix;

	if (!view_prefix(view, route, "dst", &prefix))
		return false;
	for (size_t i = 0; i < view->target_count; i++)
		if (view_within(&prefix, &view->targets[i].address))
			return true;
	for (size_t i = 0; i < view->source_count; i++)
		if (view_within(&prefix, &view->sources[i].address))
			return true;
	return false;
}

/* A route to one address is for nobody else. */
static const char *removal_also(const json_t *route)
{
	const char *to = view_text(route, "dst");
	bool wide = to && (strchr(to, '/') || !strcmp(to, "default") || json_object_get(route, "dstlen"));

	return wide ? "nothing else takes the route any more" : NULL;
}

/* Routes that the lab has made, and broadcast ones of the kernel, which may be in the way. */
static void remove_routes(struct ideas *ideas, const struct view_netns *in)
{
	size_t i;
	json_t *route;

	json_array_foreach (in->routes, i, route) {
		const char *protocol = view_text(route, "protocol"), *type = view_text(route, "type");
		bool kernels = protocol && !strcmp(protocol, "kernel");

		if (!concerns(ideas->view, route) || (kernels && (!type || strcmp(type, "broadcast") != 0)))
			continue;
		idea_add(ideas, kernels ? COST_CHANGED : COST_REMOVED,
			arena_printf(ideas->view->arena, "unroute %s %zu", in->in->name, i),
			removal_also(route), in, listed("del", json_deep_copy(route)),
			listed("add", json_deep_copy(route)));
	}
}

void ideas_routes(struct ideas *ideas)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++) {
		const struct view_netns *in = &view->namespaces[i];

		for (size_t j = 0; view->wants_success && j < view->target_count; j++)
			if (view->targets[j].hops[i])
				search_route(ideas, in, &view->targets[j]);
		for (size_t j = 0; view->wants_success && j < view->source_count; j++)
			if (view->sources[j].hops[i])
				search_route(ideas, in, &view->sources[j]);
		remove_routes(ideas, in);
	}
}
