/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lab or a change says of a router, and which addresses its ports have by themselves. */
#include "lab/router.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/hash.h"
#include "lab/lab.h"

enum {
	ENTRIES_MOST = 4096, /* of one key */
	ENTRIES_PRINTED = 16,
	MILLISECOND = 1000000, /* nanoseconds */
};

/* clang-format off */
const struct field router_fields[] = {
	{ .key = "addresses", .what = "addresses of its ports, as after `ip address`: dev is the end of the wire that a port faces" },
	{ .key = "neighbours", .what = "neighbours that it need not ask for, as after `ip neighbour`" },
	{ .key = "routes", .what = "its routes, as after `ip route`; those to its addresses' prefixes follow from these, and come before others to the same prefix while there is such an address" },
	{ .key = "advertise", .what = "end → what router advertisements it sends there, in the words of radvd.conf(5); in a change null: no more" },
	{ .key = "icmp_ratelimit", .type = &type_duration, .what = "in whole milliseconds, how long it takes to earn one more ICMP error about packets of one sender, of which six can be saved up; 0s: there is no limit; 1s unless given, as Linux has it" },
	{ 0 },
};
/* clang-format on */

const char *router_name(struct arena *arena, const struct wire *wire)
{
	const char *text = "router";

	for (size_t i = 0; i < wire->count; i++)
		text = arena_printf(arena, "%s %s", text, link_path(arena, wire->ends[i]));
	return text;
}

void router_identity(const struct wire *wire, const struct link *end, uint8_t hardware[6], uint8_t local[16])
{
	enum { GROUP = 1, LOCALLY_ADMINISTERED = 2 };
	struct arena *arena = arena_open();
	uint64_t h = hash(wire_seed(arena, wire, end), "hardware address");

	arena_close(arena);
	hardware[0] = LOCALLY_ADMINISTERED;
	for (size_t i = 1; i < 6; i++)
		hardware[i] = (uint8_t)(h >> 8 * i);
	memcpy(local, (const uint8_t[16]) { 0xfe, 0x80 }, 16);
	memcpy(local + 8, hardware, 3);
	memcpy(local + 11, (const uint8_t[2]) { 0xff, 0xfe }, 2);
	memcpy(local + 13, hardware + 3, 3);
	local[8] ^= LOCALLY_ADMINISTERED; /* the bit is the other way round there */
}

static const struct field *dev_field(const struct object *object)
{
	const struct field *const tables[] = { object->fields, NULL };

	return field_by_key(tables, "dev");
}

/* Of a wire with one end the device goes without saying. A deletion means any. */
static void infer_dev(const struct reading *reading, const struct wire *wire, struct entry *entry)
{
	const struct field *field = dev_field(entry->object);

	if (value_said(&entry->values, "dev") || wire->count != 1)
		return;
	if (entry->object == &router_route &&
		(value_number(&entry->values, "type", RELAY_UNICAST) != RELAY_UNICAST ||
			entry->command == COMMAND_DEL))
		return;
	value_assume(reading, &entry->values, field, link_path(reading->arena, wire->ends[0]));
}

static bool needs_dev(const struct entry *entry)
{
	if (entry->object != &router_route)
		return true;
	return entry->command != COMMAND_DEL && !value_said(&entry->values, "gateway") &&
	       value_number(&entry->values, "type", RELAY_UNICAST) == RELAY_UNICAST;
}

/* False: a problem was added. */
static bool find_dev(const struct reading *reading, const struct wire *wire, struct router_entry *entry)
{
	const struct place *where = entry->entry.where;
	const struct value *dev;

	infer_dev(reading, wire, &entry->entry);
	dev = value_of(&entry->entry.values, "dev");
	if (!dev && needs_dev(&entry->entry)) {
		problem_add(reading->problems, where, "lacks \"dev\"; allowed: with one of %s",
			wire_ends_text(reading->arena, wire));
		return false;
	}
	if (!dev)
		return true;
	entry->item.dev = wire_end(wire, dev->text);
	if (entry->item.dev)
		return true;
	problem_add(reading->problems, dev->where ? dev->where : where,
		"%s: no end of this wire; allowed: %s", dev->text, wire_ends_text(reading->arena, wire));
	return false;
}

static void find_item(struct router_entry *entry)
{
	const struct values *values = &entry->entry.values;
	const char *key = entry->entry.object == &router_address ? "local" : "dst";
	const struct address *via = value_address(values, "gateway"), *mac = value_address(values, "lladdr");
	struct router_item *item = &entry->item;

	item->object = entry->entry.object;
	item->at = *value_address(values, key);
	item->at.family = (uint8_t)entry->entry.family; /* "default" has none */
	item->kind = (enum relay_route_kind)value_number(values, "type", RELAY_UNICAST);
	if (item->object == &router_route)
		address_mask(&item->at);
	item->gateway = via;
	if (via)
		item->via = *via;
	if (mac)
		memcpy(item->hardware, mac->bytes, sizeof item->hardware);
}

static void check_neighbour(const struct reading *reading, const struct router_entry *entry)
{
	if (entry->item.object == &router_neighbour && entry->item.dev->kind &&
		!entry->item.dev->kind->ethernet)
		problem_add(reading->problems, entry->entry.where,
			"%s: a %s has no link-layer addresses; allowed: an end of kind tap",
			link_path(reading->arena, entry->item.dev), entry->item.dev->kind->name);
}

static void read_entry(const struct reading *reading, const struct wire *wire, const struct object *object,
	const json_t *json, const struct place *where, struct router_said *said)
{
	struct router_entry entry = { 0 };

	if (!entry_read(reading, object, json, where, &entry.entry) || !find_dev(reading, wire, &entry))
		return;
	find_item(&entry);
	check_neighbour(reading, &entry);
	reading->lab->uses_ipv6 |= entry.entry.family == AF_INET6;
	arena_append(reading->arena, &said->entries, &said->entry_count, &entry, sizeof entry);
}

static void read_entries(const struct reading *reading, const struct wire *wire, const struct object *object,
	const json_t *json, const struct place *where, struct router_said *said)
{
	size_t i;
	json_t *element;

	if (!json_is_array(json)) {
		wrong_kind(reading, json, where, "an array of strings or objects");
		return;
	}
	if (json_array_size(json) > ENTRIES_MOST) {
		problem_add(reading->problems, where, "has %zu entries; allowed: at most %d",
			json_array_size(json), ENTRIES_MOST);
		return;
	}
	json_array_foreach ((json_t *)json, i, element)
		read_entry(reading, wire, object, element, place_index(reading->arena, where, i), said);
}

static const char *refusal_text(struct arena *arena, const struct router_refusal *refusal)
{
	const char *text = strerror(refusal->number);

	return refusal->message ? arena_printf(arena, "%s: %s", text, refusal->message) : text;
}

/* The prefixes that are on the links of a router, in which a next hop is. */
static const char *prefixes_list(
	struct arena *arena, const struct router_state *state, const struct router_item *route)
{
	const char *list = "";

	for (size_t i = 0; i < state->count; i++) {
		struct address prefix = state->items[i].at;

		if (state->items[i].object != &router_address || prefix.family != route->at.family ||
			(route->dev && state->items[i].dev != route->dev))
			continue;
		address_mask(&prefix);
		list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", address_print(arena, &prefix));
	}
	return list;
}

static const char *gateway_allowed(
	struct arena *arena, const struct router_state *state, const struct router_item *item)
{
	const char *list = prefixes_list(arena, state, item);

	return *list ? arena_printf(arena, "via a host's address within %s", list)
		     : "with an address of the router whose prefix has the next hop";
}

/* What could stand instead of an entry that was refused. */
static const char *refusal_allowed(struct arena *arena, const struct router_state *state,
	const struct router_item *item, const struct router_refusal *refusal)
{
	switch (refusal->number) {
	case EEXIST: return "once, or with \"replace\"";
	case EOPNOTSUPP: return "without it, or with another address";
	case EINVAL:
	case ENETUNREACH:
	case EHOSTUNREACH:
		if (item->at.family == AF_INET6 && !item->dev && address_is_link_local(&item->via))
			return "with \"dev\"";
		return gateway_allowed(arena, state, item);
	default: return "what stands above";
	}
}

/* What a lab says of a new router must go together; what a change says may fail as its step expects. */
static void check_together(const struct reading *reading, const struct router_said *said)
{
	struct router_state state = { 0 };
	struct router_effects ignored = { 0 };

	for (size_t i = 0; i < said->entry_count; i++) {
		const struct router_entry *entry = &said->entries[i];
		struct router_refusal refusal = router_apply(reading->arena, &state, entry, &ignored);

		if (refusal.number)
			problem_add(reading->problems, entry->entry.where, "%s; allowed: %s",
				refusal_text(reading->arena, &refusal),
				refusal_allowed(reading->arena, &state, &entry->item, &refusal));
	}
}

/* The relay is told milliseconds, as a kernel's sysctl is. */
static void check_ratelimit(const struct reading *reading, const struct value *ratelimit)
{
	if (ratelimit && ratelimit->number % MILLISECOND)
		problem_add(
			reading->problems, ratelimit->where, "not whole; allowed: 0s, or whole milliseconds");
}

void router_read(const struct reading *reading, const json_t *json, const struct place *where,
	const struct values *values, struct statement *statement)
{
	const struct wire *wire = statement->wire;
	size_t before = reading->problems->count;
	struct router_said *said = arena_take(reading->arena, sizeof *said);
	const json_t *advertise = json_object_get(json, "advertise");

	statement->router = said;
	for (const struct object *const *object = router_objects; *object; object++) {
		const json_t *entries = json_object_get(json, (*object)->key);

		if (entries)
			read_entries(reading, wire, *object, entries,
				place_key(reading->arena, where, (*object)->key), said);
	}
	said->ratelimit = value_of(values, "icmp_ratelimit");
	check_ratelimit(reading, said->ratelimit);
	if (advertise)
		advertise_read(reading, wire, advertise, place_key(reading->arena, where, "advertise"),
			&said->advertisements, &said->advertisement_count);
	reading->lab->uses_ipv6 |= said->advertisement_count > 0;
	if (reading->problems->count == before && !reading->birth)
		check_together(reading, said);
}

void router_put(json_t *object, struct arena *arena, const struct statement *statement)
{
	const struct router_said *said = statement->router;

	for (size_t i = 0; i < said->entry_count; i++) {
		const struct entry *entry = &said->entries[i].entry;
		json_t *list = json_object_get(object, entry->object->key);

		if (!list) {
			list = json_new_array();
			json_put_new(object, entry->object->key, list);
		}
		json_append_new(list, entry_json(arena, entry));
	}
	if (said->advertisement_count)
		json_put_new(object, "advertise",
			advertise_json(arena, said->advertisements, said->advertisement_count));
	if (said->ratelimit)
		json_put_new(object, "icmp_ratelimit", value_json(arena, said->ratelimit));
}

const char *router_print(struct arena *arena, const struct statement *statement)
{
	const struct router_said *said = statement->router;
	const char *text = "";

	for (size_t i = 0; i < said->entry_count && i < ENTRIES_PRINTED; i++)
		text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "",
			entry_print(arena, &said->entries[i].entry));
	if (said->entry_count > ENTRIES_PRINTED)
		text = arena_printf(arena, "%s, ...", text);
	for (size_t i = 0; i < said->advertisement_count; i++)
		text = arena_printf(arena, "%s%sadvertises %sto %s", text, *text ? ", " : "",
			advertise_sends(&said->advertisements[i]) ? "" : "nothing ",
			link_path(arena, said->advertisements[i].on));
	if (said->ratelimit)
		text = arena_printf(arena, "%s%sicmp_ratelimit %s", text, *text ? ", " : "",
			value_print(arena, said->ratelimit));
	return text;
}
