/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab's format as JSON Schema. Whatever a table says becomes a property with its description, range,
 * words and default. What several objects share is a definition ("$defs"). What depends on a kind or a verb
 * is composed by "if" and "then", and "unevaluatedProperties" refuses the rest.
 */
#include <string.h>

#include "document.h"
#include "lab/exec.h"
#include "lab/router.h"
#include "schema.h"

static bool failed;

/* In a class of characters - stands last. */
static const char *name_pattern(struct arena *arena, const struct name_rule *rule)
{
	const char *also = "";

	for (const char *at = rule->also; *at; at++)
		if (*at != '-')
			also = arena_printf(arena, "%s%c", also, *at);
	return arena_printf(arena, "[A-Za-z0-9_][A-Za-z0-9%s%s]{0,%zu}", also,
		strchr(rule->also, '-') ? "-" : "", rule->most - 1);
}

static json_t *bounds_schema(struct arena *arena)
{
	static const struct field count = { .key = "count", .type = &type_u64 };
	const struct field *const tables[] = { bounds_fields, NULL };
	json_t *bounds = schema_object(arena, tables);

	schema_put(bounds, "minProperties", json_integer(1));
	return schema_either(schema_value(arena, &count), bounds);
}

/* What fields hold that have no type. */

static json_t *tables_schema(struct arena *arena)
{
	static const struct field number = {
		.key = "table", .type = &type_u32, .least = 1, .most = UINT32_MAX
	};
	json_t *schema = schema_map_of(
		arena_printf(arena, "^(?!(main|local|default)$)[A-Za-z].{0,%d}$", TABLE_NAME_MOST - 1),
		schema_value(arena, &number));

	schema_put(schema, "maxProperties", json_integer(LAB_TABLES));
	return schema;
}

static const char *namespace_pattern(struct arena *arena)
{
	return arena_printf(arena, "^%s$", name_pattern(arena, &namespace_names));
}

static json_t *namespaces_schema(struct arena *arena)
{
	json_t *schema = schema_map_of(namespace_pattern(arena), schema_reference("namespace"));

	schema_put(schema, "minProperties", json_integer(1));
	schema_put(schema, "maxProperties", json_integer(LAB_NAMESPACES));
	return schema;
}

static json_t *wires_schema(struct arena *arena)
{
	json_t *schema = schema_array_of(schema_reference("wire"));

	(void)arena;
	schema_put(schema, "maxItems", json_integer(LAB_WIRES));
	return schema;
}

static json_t *steps_schema(struct arena *arena)
{
	json_t *schema = schema_array_of(schema_reference("step"));

	(void)arena;
	schema_put(schema, "maxItems", json_integer(LAB_STEPS));
	return schema;
}

static json_t *links_schema(struct arena *arena)
{
	json_t *schema = schema_map_of(
		arena_printf(arena, "^(?!(all|default)$)%s$", name_pattern(arena, &device_names)),
		schema_reference("link"));

	schema_put(schema, "maxProperties", json_integer(LAB_LINKS_EACH));
	return schema;
}

static json_t *sysctls_schema(struct arena *arena)
{
	(void)arena;
	return schema_map_of(
		"^net[./]", schema_made(json_pack("{s:[s, s, s]}", "type", "string", "integer", "null")));
}

/* Text as `nft -f` reads it, or nft's own JSON. */
static json_t *nft_schema(struct arena *arena)
{
	(void)arena;
	return schema_made(json_pack("{s:[o, o, o, {s:s, s:[s], s:{s:o}}]}", "anyOf", schema_typed("string"),
		schema_array_of(schema_typed("string")), schema_array_of(schema_typed("object")), "type",
		"object", "required", "nftables", "properties", "nftables",
		schema_array_of(schema_typed("object"))));
}

static json_t *packets_schema(struct arena *arena)
{
	const struct field *const tables[] = { packets_fields, NULL };

	return schema_array_of(schema_object(arena, tables));
}

static json_t *counters_schema(struct arena *arena)
{
	json_t *counters = schema_made(
		json_pack("{s:s, s:o}", "type", "object", "additionalProperties", bounds_schema(arena)));

	return schema_map_of(namespace_pattern(arena), counters);
}

static json_t *listen_schema(struct arena *arena)
{
	const struct field *const tables[] = { listener_fields, NULL };

	return schema_made(json_pack("{s:[o, o, o]}", "anyOf", schema_typed("string"),
		json_pack("{s:b}", "const", 0), schema_object(arena, tables)));
}

/* Variables of a program. */
static json_t *env_schema(struct arena *arena)
{
	(void)arena;
	return schema_map_of("^[^=]+$", schema_typed("string"));
}

/* One of what a program may have reached. */
static json_t *until_schema(struct arena *arena)
{
	const struct field *const tables[] = { until_fields, NULL };
	json_t *until = schema_object(arena, tables), *one = schema_made(json_array());

	for (const struct field *field = until_fields; !table_ends(field); field++)
		schema_append(one, schema_has(field_key(field)));
	schema_put(until, "oneOf", one);
	return until;
}

static json_t *ends_schema(struct arena *arena)
{
	return schema_ends(arena, NULL);
}

static json_t *any_schema(struct arena *arena)
{
	(void)arena;
	return schema_made(json_object());
}

static json_t *link_kind_schema(struct arena *arena)
{
	(void)arena;
	return schema_link_kinds();
}

static json_t *wire_kind_schema(struct arena *arena)
{
	(void)arena;
	return schema_wire_kinds();
}

static json_t *toward_schema(struct arena *arena)
{
	(void)arena;
	return schema_reference("toward");
}

static json_t *schedule_schema(struct arena *arena)
{
	(void)arena;
	return schema_reference("schedule");
}

static json_t *wire_changes_schema(struct arena *arena)
{
	json_t *schema = schema_array_of(schema_reference("wire-change"));

	(void)arena;
	schema_put(schema, "maxItems", json_integer(LAB_WIRES));
	return schema;
}

static json_t *router_addresses_schema(struct arena *arena)
{
	(void)arena;
	return schema_array_of(schema_reference("router-addresses"));
}

static json_t *router_neighbours_schema(struct arena *arena)
{
	(void)arena;
	return schema_array_of(schema_reference("router-neighbours"));
}

static json_t *router_routes_schema(struct arena *arena)
{
	(void)arena;
	return schema_array_of(schema_reference("router-routes"));
}

static json_t *prefixes_schema(struct arena *arena)
{
	return schema_advertised(arena, advertise_prefix_fields);
}

static json_t *advertised_routes_schema(struct arena *arena)
{
	return schema_advertised(arena, advertise_route_fields);
}

static json_t *servers_schema(struct arena *arena)
{
	return schema_advertised(arena, advertise_rdnss_fields);
}

static const struct {
	const struct field *table;
	const char *key;
	json_t *(*make)(struct arena *arena);
} composites[] = {
	{ lab_fields, "tables", tables_schema },
	{ lab_fields, "namespaces", namespaces_schema },
	{ lab_fields, "wires", wires_schema },
	{ lab_fields, "steps", steps_schema },
	{ content_fields, "links", links_schema },
	{ content_fields, "sysctls", sysctls_schema },
	{ content_fields, "nft", nft_schema },
	{ change_fields, "namespaces", namespaces_schema },
	{ change_fields, "wires", wire_changes_schema },
	{ link_fields, "kind", link_kind_schema },
	{ wire_fields, "ends", ends_schema },
	{ wire_fields, "kind", wire_kind_schema },
	{ wire_fields, "toward", toward_schema },
	{ wire_fields, "schedule", schedule_schema },
	{ schedule_fields, "toward", toward_schema },
	{ router_fields, "addresses", router_addresses_schema },
	{ router_fields, "neighbours", router_neighbours_schema },
	{ router_fields, "routes", router_routes_schema },
	{ router_fields, "advertise", schema_advertise },
	{ advertise_fields, "prefix", prefixes_schema },
	{ advertise_fields, "route", advertised_routes_schema },
	{ advertise_fields, "RDNSS", servers_schema },
	{ step_fields, "expect", any_schema },
	{ step_fields, "packets", packets_schema },
	{ step_fields, "counters", counters_schema },
	{ packets_fields, "count", bounds_schema },
	{ listen_fields, "listen", listen_schema },
	{ exec_fields, "env", env_schema },
	{ exec_fields, "until", until_schema },
};

json_t *schema_composite(struct arena *arena, const struct field *table, const struct field *field)
{
	for (size_t i = 0; i < sizeof composites / sizeof *composites; i++)
		if (composites[i].table == table && !strcmp(composites[i].key, field_key(field)))
			return composites[i].make(arena);
	fprintf(stderr, "document: \"%s\" (%s) has neither a type nor a shape in document/schema.c\n",
		field_key(field), field->what ? field->what : "");
	failed = true;
	return schema_made(json_object());
}

bool schema_print(FILE *to)
{
	const struct field *const tables[] = { lab_fields, NULL };
	struct arena *arena = arena_open();
	json_t *schema = schema_made(json_pack("{s:s, s:s, s:s}", "$schema",
		"https://json-schema.org/draft/2020-12/schema", "title", "a lab of tunlab", "$comment",
		"made from the tables that tunlab reads labs by (make documents); not to be edited"));
	json_t *definitions = schema_made(json_object()), *lab = schema_object(arena, tables);

	json_object_update(schema, lab);
	json_decref(lab);
	schema_put_namespace(arena, definitions);
	schema_put_links(arena, definitions);
	schema_put_entries(arena, definitions);
	schema_put_impairments(arena, definitions);
	schema_put_wires(arena, definitions);
	schema_put_routers(arena, definitions);
	schema_put_steps(arena, definitions);
	schema_put(schema, "$defs", definitions);
	if (json_dumpf(schema, to, JSON_INDENT(2)) || putc('\n', to) == EOF)
		failed = true;
	json_decref(schema);
	arena_close(arena);
	return !failed;
}
