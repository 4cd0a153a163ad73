/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of fields as JSON Schema: what a value may be, and objects of several. */
#include <string.h>

#include "schema.h"

/* What a number may be, by its field or by its type. */
static void put_range(json_t *schema, const struct field *field)
{
	static const json_int_t mosts[] = { [ENCODE_U8] = UINT8_MAX,
		[ENCODE_U16] = UINT16_MAX,
		[ENCODE_BE16] = UINT16_MAX,
		[ENCODE_U32] = UINT32_MAX };
	enum encoding encoding = field->type->encoding;
	bool said = field->least || field->most;

	if (!field->type->is_signed)
		schema_put(schema, "minimum", json_integer((json_int_t)field->least));
	if (said)
		schema_put(schema, "maximum", json_integer((json_int_t)field->most));
	else if (field->type->is_number && encoding < sizeof mosts / sizeof *mosts && mosts[encoding])
		schema_put(schema, "maximum", json_integer(mosts[encoding]));
}

/* Whether the field's type takes TEXT: who could tell better? */
static bool takes(struct arena *arena, const struct field *field, const char *text)
{
	struct lab lab = { .arena = arena };
	struct problems problems = { .arena = arena };
	const struct reading reading = { .lab = &lab, .arena = arena, .problems = &problems };
	struct value value = { .field = field };

	return !field->type->read(&reading, field, text, &value);
}

static bool takes_integers(struct arena *arena, const struct field *field)
{
	const char *text = arena_printf(arena, "%llu", (unsigned long long)(field->least ? field->least : 1));

	if (field->type->is_number || field->type->hexadecimal)
		return true;
	return !field->type->only_string && takes(arena, field, text);
}

static json_t *names_schema(const struct field *field)
{
	json_t *words = schema_made(json_array());

	for (const struct name *name = field->names; name->name; name++)
		schema_append(words, json_string(name->name));
	return schema_made(json_pack("{s:o}", "enum", words));
}

json_t *schema_value(struct arena *arena, const struct field *field)
{
	const struct type *type = field->type;
	json_t *several = schema_made(json_array()), *integer;

	if (type->bare) {
		schema_append(several, json_pack("{s:[s, s]}", "type", "boolean", "null"));
		return schema_any_of(several);
	}
	if (field->names)
		schema_append(several, names_schema(field));
	if (type->words)
		schema_append(several, schema_words(type->words(arena)));
	if (type->takes_boolean)
		schema_append(several, schema_typed("boolean"));
	if (takes_integers(arena, field)) {
		integer = schema_typed("integer");
		put_range(integer, field);
		schema_append(several, integer);
	}
	if (type->hexadecimal)
		schema_append(several, schema_matching("^(0[xX])?[0-9a-fA-F]+$"));
	else if (type->pattern && type != &type_word)
		schema_append(several, schema_matching(type->pattern));
	else if (type != &type_word && !type->words)
		schema_append(several, schema_typed("string"));
	if (type->as_text)
		schema_append(several, json_pack("{s:[s, s]}", "type", "array", "object"));
	if (field->before)
		schema_append(several,
			schema_matching(arena_printf(arena, "^(%s) ",
				strchr(field->before, ' ')
					? arena_printf(arena, "%.*s|%s", (int)strcspn(field->before, " "),
						  field->before, strchr(field->before, ' ') + 1)
					: field->before)));
	return schema_any_of(several);
}

/* How the default is written in JSON. */
static json_t *default_of(const struct field *field)
{
	uint64_t number;

	if (field->type->is_number && number_read(field->fallback, &number))
		return schema_made(json_integer((json_int_t)number));
	if (field->type->takes_boolean)
		return schema_made(
			json_boolean(!strcmp(field->fallback, "true") || !strcmp(field->fallback, "on")));
	return schema_string(field->fallback);
}

/* What stands inside a group, as an object or as a string of ip's words. */
static json_t *group_schema(struct arena *arena, const struct field *field)
{
	const struct field *const tables[] = { field->group, NULL };
	json_t *group = schema_either(schema_object(arena, tables), schema_typed("string"));

	return field->flags & FIELD_LIST ? schema_array_of(group) : group;
}

json_t *schema_flag(const struct field *table)
{
	json_t *words = schema_made(json_array());

	for (const struct field *field = table; !table_ends(field); field++)
		if (field->word && field->type && field->type->bare && !field->group)
			schema_append(words, json_string(field->word));
	return schema_made(json_pack("{s:o}", "enum", words));
}

/* Objects in an array, or one, whose members are fields of the same table with a nest. */
static json_t *spread_schema(struct arena *arena, const struct field *table)
{
	enum { MOST = 128 };
	struct field inside[MOST] = { { 0 } };
	const struct field *const tables[] = { inside, NULL };
	size_t count = 0;

	for (const struct field *field = table; !table_ends(field) && count < MOST - 1; field++)
		if (field->nest)
			inside[count++] = *field;
	return schema_either(schema_array_of(schema_object(arena, tables)), schema_object(arena, tables));
}

static json_t *described(json_t *schema, const struct field *field)
{
	const char *shown = field->flags & FIELD_SHOWN ? " (which only show prints: it has no effect)" : "";

	if (field->what)
		schema_put(schema, "description", json_sprintf("%s%s", field->what, shown));
	if (field->fallback)
		schema_put(schema, "default", default_of(field));
	return schema;
}

static json_t *field_schema(struct arena *arena, const struct field *table, const struct field *field)
{
	json_t *schema;

	if (field->flags & FIELD_SPREAD)
		schema = spread_schema(arena, table);
	else if (!strcmp(field_key(field), "flags") && !field->type)
		schema = schema_array_of(schema_flag(table));
	else if (field->flags & FIELD_SHOWN)
		schema = schema_made(json_object());
	else if (field->group)
		schema = group_schema(arena, field);
	else if (!field->type)
		schema = schema_composite(arena, table, field);
	else if (field->flags & FIELD_LIST)
		schema = schema_either(
			schema_value(arena, field), schema_array_of(schema_value(arena, field)));
	else
		schema = schema_value(arena, field);
	return described(schema, field);
}

/* A key that adds to a field: a length, a mask, an end of a range. */
static json_t *more_schema(struct arena *arena, const struct field *field)
{
	const struct field number = { .key = "number",
		.type = field->type == &type_ports ? &type_u16 : &type_u32,
		.most = field->type == &type_prefix || field->type == &type_address ? 128 : 0 };
	json_t *schema = schema_value(arena, &number);

	schema_put(schema, "description", json_sprintf("adds to \"%s\": %s", field_key(field), field->what));
	return schema;
}

static void put_more(struct arena *arena, json_t *schema, const struct field *field)
{
	json_t *properties = json_object_get(schema, "properties"),
	       *needs = json_object_get(schema, "dependentRequired");
	bool range = field->type == &type_ports || field->type == &type_uids;

	for (const char *at = field->more; at && *at; at += strcspn(at, " "), at += *at == ' ') {
		const char *key = arena_copy(arena, at, strcspn(at, " "));

		schema_put(properties, key, more_schema(arena, field));
		if (range)
			continue;
		if (!needs) {
			needs = schema_made(json_object());
			schema_put(schema, "dependentRequired", needs);
		}
		schema_put(needs, key, json_pack("[s]", field_key(field)));
	}
}

static void put_other_keys(
	struct arena *arena, json_t *schema, const struct field *table, const struct field *field)
{
	for (const char *at = field->keys; at && *at; at += strcspn(at, " "), at += *at == ' ')
		schema_put(json_object_get(schema, "properties"), arena_copy(arena, at, strcspn(at, " ")),
			field_schema(arena, table, field));
}

/* Adds what TABLE has to an object's properties and to what it requires. */
static void put_fields(struct arena *arena, json_t *schema, const struct field *table)
{
	json_t *properties = json_object_get(schema, "properties"),
	       *required = json_object_get(schema, "required");

	for (const struct field *field = table; !table_ends(field); field++) {
		if (!*field_key(field) || json_object_get(properties, field_key(field)))
			continue;
		schema_put(properties, field_key(field), field_schema(arena, table, field));
		put_more(arena, schema, field);
		put_other_keys(arena, schema, table, field);
		if (!(field->flags & FIELD_REQUIRED))
			continue;
		if (!required) {
			required = schema_made(json_array());
			schema_put(schema, "required", required);
		}
		schema_append(required, schema_string(field_key(field)));
	}
}

json_t *schema_open_object(struct arena *arena, const struct field *const *tables)
{
	json_t *schema = schema_made(json_pack("{s:s, s:{}}", "type", "object", "properties"));

	for (; *tables; tables++)
		put_fields(arena, schema, *tables);
	return schema;
}

json_t *schema_object(struct arena *arena, const struct field *const *tables)
{
	json_t *schema = schema_open_object(arena, tables),
	       *properties = json_object_get(schema, "properties");

	if (!json_object_get(properties, "note"))
		schema_put(properties, "note",
			json_pack("{s:s, s:s}", "type", "string", "description", "for people"));
	schema_put(schema, "additionalProperties", json_false());
	return schema;
}
