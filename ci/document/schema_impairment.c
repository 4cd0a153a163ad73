/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What impairs wires as JSON Schema: the same keys in a wire, toward one of its ends, and in a schedule. */
#include <string.h>

#include "schema.h"

static json_t *null_schema(void)
{
	return schema_typed("null");
}

/* Of some keys just one must be said; what one needs is there too. */
static json_t *group_object(
	struct arena *arena, const struct impairment_kind *kind, const struct field *group)
{
	const struct field *const tables[] = { group, NULL };
	json_t *object = schema_object(arena, tables), *one = schema_made(json_array()),
	       *needs = schema_made(json_object());

	for (const struct field *field = group; !table_ends(field); field++)
		if (kind->one_of && word_among(kind->one_of, field_key(field)))
			schema_append(one, schema_has(field_key(field)));
	if (json_array_size(one))
		schema_put(object, "oneOf", one);
	else
		json_decref(one);
	for (const struct need *need = kind->needs; need && need->key; need++)
		schema_put(needs, need->key, json_pack("[s]", need->needs));
	if (json_object_size(needs))
		schema_put(object, "dependentRequired", needs);
	else
		json_decref(needs);
	return object;
}

/* What a key holds: its value, or of a group that of the first field or an object; or null. */
static json_t *key_schema(struct arena *arena, const struct impairment_kind *kind, const struct field *field)
{
	json_t *several = schema_made(json_array()), *schema;

	schema_append(several, schema_value(arena, field->group ? field->group : field));
	if (field->group)
		schema_append(several, group_object(arena, kind, field->group));
	schema_append(several, null_schema());
	schema = schema_any_of(several);
	schema_put(schema, "description", schema_string(field->what));
	return schema;
}

static json_t *impairments_schema(struct arena *arena)
{
	const struct field *const none[] = { NULL };
	json_t *schema = schema_open_object(arena, none), *properties = json_object_get(schema, "properties");

	for (const struct impairment_kind *const *kind = impairment_kinds; *kind; kind++)
		for (const struct field *field = (*kind)->keys; !table_ends(field); field++)
			schema_put(properties, field_key(field), key_schema(arena, *kind, field));
	return schema;
}

/* An object of impairments and of the fields of TABLES, and of nothing else. */
static json_t *closed(struct arena *arena, const struct field *const *tables)
{
	json_t *schema = schema_open_object(arena, tables),
	       *properties = json_object_get(schema, "properties");

	if (!json_object_get(properties, "note"))
		schema_put(properties, "note", schema_typed("string"));
	schema_put(schema, "$ref", schema_string("#/$defs/impairments"));
	schema_put(schema, "unevaluatedProperties", json_false());
	return schema;
}

void schema_put_impairments(struct arena *arena, json_t *definitions)
{
	const struct field *const none[] = { NULL }, *const entry[] = { schedule_fields, NULL };

	schema_put(definitions, "impairments", impairments_schema(arena));
	schema_put(definitions, "toward", schema_map_of(type_end.pattern, closed(arena, none)));
	schema_put(
		definitions, "schedule", schema_either(schema_array_of(closed(arena, entry)), null_schema()));
}
