/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in a namespace as JSON Schema: its content, and an entry for each of iproute2's objects. */
#include "lab/flush.h"
#include "schema.h"

static const char *entry_definition(struct arena *arena, const struct object *object)
{
	return arena_printf(arena, "entry-%s", object->key);
}

static json_t *commands_schema(const struct object *object)
{
	json_t *words = schema_made(json_array());

	for (enum command_word command = COMMAND_ADD; command < COMMAND_FLUSH; command++)
		if (object->commands & 1 << command)
			schema_append(words, json_string(command_word(command)));
	if (object->commands & 1 << COMMAND_DEL)
		schema_append(words, json_string("delete"));
	return schema_made(json_pack("{s:o, s:s}", "enum", words, "description",
		"the verb: without one this must stand afterwards"));
}

static json_t *line_schema(struct arena *arena, const struct object *object)
{
	json_t *line = schema_matching("\\S");

	schema_put(line, "description",
		schema_string(arena_printf(arena,
			"what one types after `ip %s`, or a line of what its show prints", object->name)));
	return line;
}

/* A link of `ip -j`, with a list of entries that do not name it. */
static json_t *listed_schema(const struct object *object)
{
	return schema_made(json_pack("{s:s, s:[s, s], s:{s:{s:s}, s:{s:s, s:{s:s}}}}", "type", "object",
		"required", object->list_device, object->list, "properties", object->list_device, "type",
		"string", object->list, "type", "array", "items", "type", "object"));
}

/* An object whose "op" is flush has keys of its own. */
static json_t *flush_schema(struct arena *arena, const struct object *object)
{
	const struct field *const tables[] = { object->flush->fields, entry_fields, NULL };
	json_t *schema = schema_object(arena, tables);

	schema_put(json_object_get(schema, "properties"), "op", json_pack("{s:s}", "const", "flush"));
	schema_put(schema, "required", json_pack("[s]", "op"));
	schema_put(schema, "description",
		schema_string(arena_printf(arena, "what `ip %s flush` selects by", object->name)));
	return schema;
}

/* What shows print of every object differs by whether it has words for it. */
static void settle_properties(json_t *properties, const struct object *object)
{
	const struct field *const tables[] = { object->fields, NULL };

	schema_put(properties, "op", commands_schema(object));
	if (!field_by_key(tables, "flags"))
		schema_put(json_object_get(properties, "flags"), "items", schema_flag(object->fields));
	if (!field_by_key(tables, "iif"))
		json_object_del(properties, "iif_detached");
	if (!field_by_key(tables, "oif"))
		json_object_del(properties, "oif_detached");
}

json_t *schema_entry(struct arena *arena, const struct object *object, const char *what)
{
	const struct field *const tables[] = { object->fields, entry_fields, shown_fields, NULL };
	json_t *entry = schema_object(arena, tables), *several = schema_made(json_array());

	settle_properties(json_object_get(entry, "properties"), object);
	schema_put(entry, "description", schema_string(what));
	schema_append(several, line_schema(arena, object));
	if (object->list)
		schema_append(several, listed_schema(object));
	schema_append(several, entry);
	if (object->flush)
		schema_append(several, flush_schema(arena, object));
	return schema_any_of(several);
}

void schema_put_entries(struct arena *arena, json_t *definitions)
{
	for (const struct object *const *object = objects; *object; object++)
		schema_put(definitions, entry_definition(arena, *object),
			schema_entry(arena, *object,
				arena_printf(arena, "an element of what `ip -j %s show` prints",
					(*object)->name)));
}

/* What stands in a namespace: a link says its kind there unless a wire makes it. */
void schema_put_namespace(struct arena *arena, json_t *definitions)
{
	const struct field *const tables[] = { content_fields, NULL };
	json_t *content = schema_object(arena, tables), *properties = json_object_get(content, "properties");

	for (const struct object *const *object = objects; *object; object++) {
		json_t *entries = schema_array_of(schema_reference(entry_definition(arena, *object)));

		schema_put(entries, "description", schema_string((*object)->what));
		schema_put(properties, (*object)->key, entries);
	}
	schema_put(definitions, "namespace", content);
}
