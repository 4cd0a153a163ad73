/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links and wires as JSON Schema: what all have, and what the kind adds. */
#include <string.h>

#include "schema.h"

json_t *schema_link_kinds(void)
{
	json_t *kinds = schema_made(json_array());

	for (const struct link_kind *const *kind = link_kinds; *kind; kind++)
		if ((*kind)->made != LINK_IS_THERE)
			schema_append(kinds, json_pack("{s:s, s:s}", "const", (*kind)->name, "description",
						     (*kind)->what));
	return schema_made(json_pack("{s:o}", "oneOf", kinds));
}

static const char *kind_definition(struct arena *arena, const char *what, const char *kind)
{
	return arena_printf(arena, "%s-%s", what, kind);
}

/* Without a kind it may be a device of any. */
void schema_put_links(struct arena *arena, json_t *definitions)
{
	const struct field *const common[] = { link_fields, NULL };
	json_t *link = schema_open_object(arena, common), *conditions = schema_made(json_array()),
	       *any = schema_made(json_array());

	for (const struct link_kind *const *kind = link_kinds; *kind; kind++) {
		const struct field *const own[] = { (*kind)->fields, NULL };
		const char *name = kind_definition(arena, "link", (*kind)->name);

		if (!(*kind)->fields)
			continue;
		schema_put(definitions, name, schema_open_object(arena, own));
		schema_put(json_object_get(definitions, name), "description", schema_string((*kind)->what));
		schema_append(
			conditions, schema_when(schema_is("kind", (*kind)->name), schema_reference(name)));
		schema_append(any, schema_reference(name));
	}
	if (json_array_size(any)) {
		schema_append(any, schema_typed("object"));
		schema_append(conditions, json_pack("{s:o, s:{}, s:o}", "if", schema_has("kind"), "then",
						  "else", schema_any_of(any)));
	} else {
		json_decref(any);
	}
	schema_put(link, "allOf", conditions);
	schema_put(link, "unevaluatedProperties", json_false());
	schema_put(definitions, "link", link);
}

json_t *schema_wire_kinds(void)
{
	json_t *kinds = schema_made(json_array()), *schema;

	for (const struct wire_kind *const *kind = wire_kinds; *kind; kind++)
		schema_append(
			kinds, json_pack("{s:s, s:s}", "const", (*kind)->name, "description", (*kind)->what));
	schema = schema_made(json_pack("{s:o, s:s}", "oneOf", kinds, "default", "wire"));
	return schema;
}

json_t *schema_ends(struct arena *arena, const struct wire_kind *kind)
{
	static const struct field end = { .key = "end", .type = &type_end };
	json_t *ends = schema_array_of(schema_value(arena, &end));

	if (!kind)
		return ends;
	schema_put(ends, "minItems", json_integer((json_int_t)kind->least));
	if (kind->most < SIZE_MAX)
		schema_put(ends, "maxItems", json_integer((json_int_t)kind->most));
	return ends;
}

/* What a wire is that says no kind. */
static bool is_default(const struct wire_kind *kind)
{
	return !strcmp(kind->name, "wire");
}

static const struct wire_kind *default_wire(void)
{
	const struct wire_kind *const *kind = wire_kinds;

	while (*kind && !is_default(*kind))
		kind++;
	return *kind;
}

static json_t *wire_then(struct arena *arena, const struct wire_kind *kind)
{
	static const struct field none[] = { { 0 } };
	const struct field *const own[] = { kind->fields ? kind->fields : none, NULL };
	json_t *then = schema_open_object(arena, own);

	schema_put(json_object_get(then, "properties"), "ends", schema_ends(arena, kind));
	if (kind->relay)
		schema_put(then, "$ref", schema_string("#/$defs/impairments"));
	return then;
}

/* What is said of a wire that stands, without its kind: whatever one of them takes. */
static json_t *standing_wire(struct arena *arena)
{
	const struct field *tables[32] = { wire_fields };
	size_t count = 1;
	json_t *wire;

	for (const struct wire_kind *const *kind = wire_kinds; *kind && count < 31; kind++)
		if ((*kind)->fields)
			tables[count++] = (*kind)->fields;
	wire = schema_open_object(arena, tables);
	json_object_del(json_object_get(wire, "properties"), "kind");
	schema_put(wire, "$ref", schema_string("#/$defs/impairments"));
	schema_put(wire, "unevaluatedProperties", json_false());
	return wire;
}

void schema_put_wires(struct arena *arena, json_t *definitions)
{
	const struct field *const common[] = { wire_fields, NULL };
	json_t *wire = schema_open_object(arena, common), *conditions = schema_made(json_array());

	for (const struct wire_kind *const *kind = wire_kinds; *kind; kind++) {
		json_t *condition = schema_is("kind", (*kind)->name);

		if (is_default(*kind))
			json_object_del(condition, "required");
		schema_append(conditions, schema_when(condition, wire_then(arena, *kind)));
	}
	schema_put(wire, "allOf", conditions);
	schema_put(wire, "unevaluatedProperties", json_false());
	schema_put(definitions, "wire", schema_either(schema_ends(arena, default_wire()), wire));
	schema_put(definitions, "wire-change", schema_either(schema_reference("wire"), standing_wire(arena)));
}
