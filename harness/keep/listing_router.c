/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/listing_router.h"

#include <string.h>
#include <sys/socket.h>

#include "lab/router.h"
#include "run/router.h"

/* The end that the port of this number faces; NULL: it is of another wire. */
static const char *end_of(struct arena *arena, const struct wire *wire, uint32_t port)
{
	for (size_t i = 0; i < wire->count; i++)
		if (wire->ends[i]->port == port)
			return link_path(arena, wire->ends[i]);
	return NULL;
}

static void put_hardware(json_t *one, const uint8_t *hardware)
{
	static const uint8_t unknown[6];

	if (memcmp(hardware, unknown, sizeof unknown) != 0)
		json_put(one, "lladdr", "%02x:%02x:%02x:%02x:%02x:%02x", hardware[0], hardware[1],
			hardware[2], hardware[3], hardware[4], hardware[5]);
}

static json_t *neighbour_json(
	struct arena *arena, const struct wire *wire, const struct relay_neighbour *neighbour)
{
	const char *state = router_neighbour_state(neighbour), *end = end_of(arena, wire, neighbour->port);
	struct address address = { .family = neighbour->family };
	json_t *one, *states;

	if (!state || !end)
		return NULL;
	address.length = (uint8_t)(8 * family_size(address.family));
	memcpy(address.bytes, neighbour->address, family_size(address.family));
	one = json_new_object();
	json_put(one, "dst", "%s", address_print(arena, &address));
	json_put(one, "dev", "%s", end);
	put_hardware(one, neighbour->hardware);
	if (neighbour->is_router)
		json_put_new(one, "router", json_null());
	states = json_new_array();
	json_append_new(states, json_string(state));
	json_put_new(one, "state", states);
	return one;
}

json_t *router_neighbours_json(
	struct arena *arena, const struct wire *wire, const struct relay_router *router)
{
	json_t *all = json_new_array();

	for (size_t i = 0; i < RELAY_NEIGHBOURS; i++) {
		json_t *one = neighbour_json(arena, wire, &router->neighbours[i]);

		if (one)
			json_append_new(all, one);
	}
	return all;
}

json_t *router_counters_json(const struct relay_router *router)
{
	json_t *all = json_new_object();

	for (enum router_counter i = 0; i < ROUTER_COUNTERS; i++) {
		uint64_t number = router_counted(router, i);

		if (number)
			json_put_number(all, router_counter_texts[i].name, (long long)number);
	}
	return all;
}

/* "blackhole "; "" of a route that leads somewhere. */
static const char *kind_print(struct arena *arena, const struct router_item *item)
{
	const struct field *const tables[] = { router_route.fields, NULL };
	const struct name *name = field_by_key(tables, "type")->names;

	if (item->kind == RELAY_UNICAST)
		return "";
	while (name->number != item->kind)
		name++;
	return arena_printf(arena, "%s ", name->name);
}

/* IPv6's is told from IPv4's by what stands behind it, if anything does. */
static const char *prefix_print(struct arena *arena, const struct router_item *item)
{
	struct address prefix = item->at;

	prefix.prefixed = true;
	if (!prefix.length && (prefix.family == AF_INET || item->gateway))
		return "default";
	return address_print(arena, &prefix);
}

/* As one writes it in a lab, with the end that a next hop was found to be behind. */
static const char *item_print(struct arena *arena, const struct router_item *item)
{
	struct address host = item->at;
	const char *dev = "";

	host.prefixed = false;
	if (item->dev)
		dev = arena_printf(arena, " dev %s", link_path(arena, item->dev));
	if (item->object == &router_address)
		return arena_printf(arena, "%s/%u%s", address_print(arena, &host), item->at.length, dev);
	return arena_printf(arena, "%s%s%s%s%s", kind_print(arena, item), prefix_print(arena, item),
		item->gateway ? " via " : "", item->gateway ? address_print(arena, &item->via) : "", dev);
}

static json_t *items_json(struct arena *arena, const struct router_state *state, const struct object *object)
{
	json_t *all = json_new_array();

	for (size_t i = 0; i < state->count; i++)
		if (state->items[i].object == object)
			json_append_new(all, json_string(item_print(arena, &state->items[i])));
	return all;
}

json_t *router_json(const struct site *site, struct arena *arena, const struct wire *wire)
{
	const struct router_state *state = router_stands(site, wire);
	const struct relay_router *router = state ? relay_router(site->relay, wire->router) : NULL;
	json_t *one;

	if (!router)
		return NULL;
	one = json_new_object();
	json_put_new(one, "addresses", items_json(arena, state, &router_address));
	json_put_new(one, "routes", items_json(arena, state, &router_route));
	json_put_new(one, "neighbours", router_neighbours_json(arena, wire, router));
	json_put_new(one, "counters", router_counters_json(router));
	return one;
}

static void print_neighbour(FILE *to, const json_t *neighbour)
{
	const char *hardware = json_string_value(json_object_get(neighbour, "lladdr"));
	json_t *state;
	size_t i;

	fprintf(to, "    neighbour %s dev %s", json_string_value(json_object_get(neighbour, "dst")),
		json_string_value(json_object_get(neighbour, "dev")));
	if (hardware)
		fprintf(to, " lladdr %s", hardware);
	if (json_object_get(neighbour, "router"))
		fputs(" router", to);
	json_array_foreach (json_object_get(neighbour, "state"), i, state)
		fprintf(to, " %s", json_string_value(state));
	putc('\n', to);
}

static void print_counters(FILE *to, const json_t *counters)
{
	const char *key, *between = "    router: ";
	json_t *number;

	json_object_foreach ((json_t *)counters, key, number) {
		fprintf(to, "%s%" JSON_INTEGER_FORMAT " %s", between, json_integer_value(number), key);
		between = ", ";
	}
	if (json_object_size(counters))
		putc('\n', to);
}

static void print_lines(FILE *to, const json_t *lines, const char *word)
{
	size_t i;
	json_t *line;

	json_array_foreach ((json_t *)lines, i, line)
		fprintf(to, "    %s %s\n", word, json_string_value(line));
}

void listing_print_router(FILE *to, const json_t *router)
{
	size_t i;
	json_t *neighbour;

	print_lines(to, json_object_get(router, "addresses"), "address");
	print_lines(to, json_object_get(router, "routes"), "route");
	json_array_foreach (json_object_get(router, "neighbours"), i, neighbour)
		print_neighbour(to, neighbour);
	print_counters(to, json_object_get(router, "counters"));
}
