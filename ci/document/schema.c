/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab's format as JSON Schema. Whatever a table says becomes a property with its description, range,
 * words and default. What several objects share is a definition ("$defs"). What depends on a kind or a verb
 * is composed by "if" and "then", and "unevaluatedProperties" refuses the rest.
 */
#include <string.h>

#include "document.h"
#include "lab/flush.h"
#include "lab/icmp.h"

static bool failed;

static json_t *made(json_t *json)
{
	if (!json)
		memory_exhausted();
	return json;
}

/* Members and elements are given away. */
static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, made(value)))
		memory_exhausted();
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, made(value)))
		memory_exhausted();
}

static json_t *string(const char *text)
{
	return made(json_string(text));
}

static json_t *typed(const char *type)
{
	return made(json_pack("{s:s}", "type", type));
}

static json_t *reference(const char *name)
{
	return made(json_pack("{s:s+}", "$ref", "#/$defs/", name));
}

static json_t *matching(const char *pattern)
{
	return made(json_pack("{s:s, s:s}", "type", "string", "pattern", pattern));
}

static json_t *array_of(json_t *items)
{
	return made(json_pack("{s:s, s:o}", "type", "array", "items", items));
}

/* One of several, where there is more than one. Takes ARRAY. */
static json_t *any_of(json_t *array)
{
	json_t *only;

	if (json_array_size(array) > 1)
		return made(json_pack("{s:o}", "anyOf", array));
	only = json_incref(json_array_get(array, 0));
	json_decref(array);
	return only;
}

static json_t *either(json_t *first, json_t *second)
{
	return made(json_pack("{s:[o, o]}", "anyOf", first, second));
}

/* An object whose members have names that match PATTERN, and values like VALUE. */
static json_t *map_of(const char *pattern, json_t *value)
{
	return made(json_pack("{s:s, s:{s:o}, s:b}", "type", "object", "patternProperties", pattern, value,
		"additionalProperties", 0));
}

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

static json_t *composite(struct arena *arena, const struct field *table, const struct field *field);

/* What a number may be, by its field or by its type. */
static void put_range(json_t *schema, const struct field *field)
{
	static const json_int_t mosts[] = { [ENCODE_U8] = UINT8_MAX,
		[ENCODE_U16] = UINT16_MAX,
		[ENCODE_BE16] = UINT16_MAX,
		[ENCODE_U32] = UINT32_MAX };
	enum encoding encoding = field->type->encoding;
	bool said = field->least || field->most;

	put(schema, "minimum", json_integer((json_int_t)field->least));
	if (said)
		put(schema, "maximum", json_integer((json_int_t)field->most));
	else if (field->type->is_number && encoding < sizeof mosts / sizeof *mosts && mosts[encoding])
		put(schema, "maximum", json_integer(mosts[encoding]));
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
	json_t *words = made(json_array());

	for (const struct name *name = field->names; name->name; name++)
		append(words, json_string(name->name));
	return made(json_pack("{s:o}", "enum", words));
}

static json_t *words_schema(const char *const *words)
{
	json_t *list = made(json_array());

	for (; *words; words++)
		append(list, json_string(*words));
	return made(json_pack("{s:o}", "enum", list));
}

/* A value by itself, as a member or as an element of a list. */
static json_t *value_schema(struct arena *arena, const struct field *field)
{
	const struct type *type = field->type;
	json_t *several = made(json_array()), *integer;

	if (type->bare) {
		append(several, json_pack("{s:[s, s]}", "type", "boolean", "null"));
		return any_of(several);
	}
	if (field->names)
		append(several, names_schema(field));
	if (type->words)
		append(several, words_schema(type->words(arena)));
	if (type->takes_boolean)
		append(several, typed("boolean"));
	if (takes_integers(arena, field)) {
		integer = typed("integer");
		put_range(integer, field);
		append(several, integer);
	}
	if (type->hexadecimal)
		append(several, matching("^(0[xX])?[0-9a-fA-F]+$"));
	else if (type->pattern && type != &type_word)
		append(several, matching(type->pattern));
	else if (type != &type_word && !type->words)
		append(several, typed("string"));
	if (type->as_text)
		append(several, json_pack("{s:[s, s]}", "type", "array", "object"));
	if (field->before)
		append(several,
			matching(arena_printf(arena, "^(%s) ",
				strchr(field->before, ' ')
					? arena_printf(arena, "%.*s|%s", (int)strcspn(field->before, " "),
						  field->before, strchr(field->before, ' ') + 1)
					: field->before)));
	return any_of(several);
}

/* How the default is written in JSON. */
static json_t *default_of(const struct field *field)
{
	uint64_t number;

	if (field->type->is_number && number_read(field->fallback, &number))
		return made(json_integer((json_int_t)number));
	if (field->type->takes_boolean)
		return made(json_boolean(!strcmp(field->fallback, "true") || !strcmp(field->fallback, "on")));
	return string(field->fallback);
}

static json_t *object_of(struct arena *arena, const struct field *const *tables);

/* What stands inside a group, as an object or as a string of ip's words. */
static json_t *group_schema(struct arena *arena, const struct field *field)
{
	const struct field *const tables[] = { field->group, NULL };
	json_t *group = either(object_of(arena, tables), typed("string"));

	return field->flags & FIELD_LIST ? array_of(group) : group;
}

/* The words of ip that stand alone, as `ip -j` lists them under "flags". */
static json_t *flags_schema(const struct field *table)
{
	json_t *words = made(json_array());

	for (const struct field *field = table; !table_ends(field); field++)
		if (field->word && field->type && field->type->bare && !field->group)
			append(words, json_string(field->word));
	return array_of(made(json_pack("{s:o}", "enum", words)));
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
	return either(array_of(object_of(arena, tables)), object_of(arena, tables));
}

static json_t *described(json_t *schema, const struct field *field)
{
	const char *shown = field->flags & FIELD_SHOWN ? " (which only show prints: it has no effect)" : "";

	if (field->what)
		put(schema, "description", json_sprintf("%s%s", field->what, shown));
	if (field->fallback)
		put(schema, "default", default_of(field));
	return schema;
}

static json_t *field_schema(struct arena *arena, const struct field *table, const struct field *field)
{
	json_t *schema;

	if (field->flags & FIELD_SPREAD)
		schema = spread_schema(arena, table);
	else if (!strcmp(field_key(field), "flags") && !field->type)
		schema = flags_schema(table);
	else if (field->flags & FIELD_SHOWN)
		schema = made(json_object());
	else if (field->group)
		schema = group_schema(arena, field);
	else if (!field->type)
		schema = composite(arena, table, field);
	else if (field->flags & FIELD_LIST)
		schema = either(value_schema(arena, field), array_of(value_schema(arena, field)));
	else
		schema = value_schema(arena, field);
	return described(schema, field);
}

/* A key that adds to a field: a length, a mask, an end of a range. */
static json_t *more_schema(struct arena *arena, const struct field *field)
{
	const struct field number = { .key = "number",
		.type = field->type == &type_ports ? &type_u16 : &type_u32,
		.most = field->type == &type_prefix || field->type == &type_address ? 128 : 0 };
	json_t *schema = value_schema(arena, &number);

	put(schema, "description", json_sprintf("adds to \"%s\": %s", field_key(field), field->what));
	return schema;
}

static void put_more(struct arena *arena, json_t *schema, const struct field *field)
{
	json_t *properties = json_object_get(schema, "properties"),
	       *needs = json_object_get(schema, "dependentRequired");
	bool range = field->type == &type_ports || field->type == &type_uids;

	for (const char *at = field->more; at && *at; at += strcspn(at, " "), at += *at == ' ') {
		const char *key = arena_copy(arena, at, strcspn(at, " "));

		put(properties, key, more_schema(arena, field));
		if (range)
			continue;
		if (!needs) {
			needs = made(json_object());
			put(schema, "dependentRequired", needs);
		}
		put(needs, key, json_pack("[s]", field_key(field)));
	}
}

static void put_other_keys(
	struct arena *arena, json_t *schema, const struct field *table, const struct field *field)
{
	for (const char *at = field->keys; at && *at; at += strcspn(at, " "), at += *at == ' ')
		put(json_object_get(schema, "properties"), arena_copy(arena, at, strcspn(at, " ")),
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
		put(properties, field_key(field), field_schema(arena, table, field));
		put_more(arena, schema, field);
		put_other_keys(arena, schema, table, field);
		if (!(field->flags & FIELD_REQUIRED))
			continue;
		if (!required) {
			required = made(json_array());
			put(schema, "required", required);
		}
		append(required, string(field_key(field)));
	}
}

/* An object with the fields of these tables, open to more. */
static json_t *open_object(struct arena *arena, const struct field *const *tables)
{
	json_t *schema = made(json_pack("{s:s, s:{}}", "type", "object", "properties"));

	for (; *tables; tables++)
		put_fields(arena, schema, *tables);
	return schema;
}

/* Only these, and "note". */
static json_t *object_of(struct arena *arena, const struct field *const *tables)
{
	json_t *schema = open_object(arena, tables), *properties = json_object_get(schema, "properties");

	if (!json_object_get(properties, "note"))
		put(properties, "note",
			json_pack("{s:s, s:s}", "type", "string", "description", "for people"));
	put(schema, "additionalProperties", json_false());
	return schema;
}

static json_t *when(json_t *condition, json_t *then)
{
	return made(json_pack("{s:o, s:o}", "if", condition, "then", then));
}

static json_t *has(const char *key)
{
	return made(json_pack("{s:[s]}", "required", key));
}

static json_t *is(const char *key, const char *value)
{
	return made(json_pack("{s:{s:{s:s}}, s:[s]}", "properties", key, "const", value, "required", key));
}

/* Kinds of links. */

static json_t *link_kinds_schema(void)
{
	json_t *kinds = made(json_array());

	for (const struct link_kind *const *kind = link_kinds; *kind; kind++)
		if ((*kind)->made != LINK_IS_THERE)
			append(kinds, json_pack("{s:s, s:s}", "const", (*kind)->name, "description",
					      (*kind)->what));
	return made(json_pack("{s:o}", "oneOf", kinds));
}

static const char *kind_definition(struct arena *arena, const char *what, const char *kind)
{
	return arena_printf(arena, "%s-%s", what, kind);
}

/* Without a kind it may be a device of any. */
static void put_links(struct arena *arena, json_t *definitions)
{
	const struct field *const common[] = { link_fields, NULL };
	json_t *link = open_object(arena, common), *conditions = made(json_array()),
	       *any = made(json_array());

	for (const struct link_kind *const *kind = link_kinds; *kind; kind++) {
		const struct field *const own[] = { (*kind)->fields, NULL };
		const char *name = kind_definition(arena, "link", (*kind)->name);

		if (!(*kind)->fields)
			continue;
		put(definitions, name, open_object(arena, own));
		put(json_object_get(definitions, name), "description", string((*kind)->what));
		append(conditions, when(is("kind", (*kind)->name), reference(name)));
		append(any, reference(name));
	}
	if (json_array_size(any)) {
		append(any, typed("object"));
		append(conditions,
			json_pack("{s:o, s:{}, s:o}", "if", has("kind"), "then", "else", any_of(any)));
	} else {
		json_decref(any);
	}
	put(link, "allOf", conditions);
	put(link, "unevaluatedProperties", json_false());
	put(definitions, "link", link);
}

/* Wires. */

static json_t *wire_kinds_schema(void)
{
	json_t *kinds = made(json_array()), *schema;

	for (const struct wire_kind *const *kind = wire_kinds; *kind; kind++)
		append(kinds, json_pack("{s:s, s:s}", "const", (*kind)->name, "description", (*kind)->what));
	schema = made(json_pack("{s:o, s:s}", "oneOf", kinds, "default", "wire"));
	return schema;
}

static json_t *ends_of(struct arena *arena, const struct wire_kind *kind)
{
	static const struct field end = { .key = "end", .type = &type_end };
	json_t *ends = array_of(value_schema(arena, &end));

	if (!kind)
		return ends;
	put(ends, "minItems", json_integer((json_int_t)kind->least));
	if (kind->most < SIZE_MAX)
		put(ends, "maxItems", json_integer((json_int_t)kind->most));
	return ends;
}

static const struct wire_kind *default_wire(void)
{
	const struct wire_kind *const *kind = wire_kinds;

	while (*kind && strcmp((*kind)->name, "wire"))
		kind++;
	return *kind;
}

static json_t *wire_then(struct arena *arena, const struct wire_kind *kind)
{
	static const struct field none[] = { { 0 } };
	const struct field *const own[] = { kind->fields ? kind->fields : none, NULL };
	json_t *then = open_object(arena, own);

	put(json_object_get(then, "properties"), "ends", ends_of(arena, kind));
	return then;
}

static void put_wires(struct arena *arena, json_t *definitions)
{
	const struct field *const common[] = { wire_fields, NULL };
	json_t *wire = open_object(arena, common), *conditions = made(json_array());

	for (const struct wire_kind *const *kind = wire_kinds; *kind; kind++) {
		json_t *condition = is("kind", (*kind)->name);

		if (*kind == default_wire())
			json_object_del(condition, "required");
		append(conditions, when(condition, wire_then(arena, *kind)));
	}
	put(wire, "allOf", conditions);
	put(wire, "unevaluatedProperties", json_false());
	put(definitions, "wire", either(ends_of(arena, default_wire()), wire));
}

/* iproute2's objects. */

static const char *entry_definition(struct arena *arena, const struct object *object)
{
	return arena_printf(arena, "entry-%s", object->key);
}

static json_t *commands_schema(const struct object *object)
{
	json_t *words = made(json_array());

	for (enum command_word command = COMMAND_ADD; command < COMMAND_FLUSH; command++)
		if (object->commands & 1 << command)
			append(words, json_string(command_word(command)));
	if (object->commands & 1 << COMMAND_DEL)
		append(words, json_string("delete"));
	return made(json_pack("{s:o, s:s}", "enum", words, "description",
		"the verb: without one this must stand afterwards"));
}

static json_t *line_schema(struct arena *arena, const struct object *object)
{
	json_t *line = matching("\\S");

	put(line, "description",
		string(arena_printf(arena, "what one types after `ip %s`, or a line of what its show prints",
			object->name)));
	return line;
}

/* A link of `ip -j`, with a list of entries that do not name it. */
static json_t *listed_schema(const struct object *object)
{
	return made(json_pack("{s:s, s:[s, s], s:{s:{s:s}, s:{s:s, s:{s:s}}}}", "type", "object", "required",
		object->list_device, object->list, "properties", object->list_device, "type", "string",
		object->list, "type", "array", "items", "type", "object"));
}

/* An object whose "op" is flush has keys of its own. */
static json_t *flush_schema(struct arena *arena, const struct object *object)
{
	const struct field *const tables[] = { object->flush->fields, entry_fields, NULL };
	json_t *schema = object_of(arena, tables);

	put(json_object_get(schema, "properties"), "op", json_pack("{s:s}", "const", "flush"));
	put(schema, "required", json_pack("[s]", "op"));
	put(schema, "description",
		string(arena_printf(arena, "what `ip %s flush` selects by", object->name)));
	return schema;
}

static void put_entries(struct arena *arena, json_t *definitions)
{
	for (const struct object *const *object = objects; *object; object++) {
		const struct field *const tables[] = { (*object)->fields, entry_fields, shown_fields, NULL };
		json_t *entry = object_of(arena, tables), *several = made(json_array());

		put(json_object_get(entry, "properties"), "op", commands_schema(*object));
		put(entry, "description",
			string(arena_printf(
				arena, "an element of what `ip -j %s show` prints", (*object)->name)));
		append(several, line_schema(arena, *object));
		if ((*object)->list) {
			append(several, listed_schema(*object));
		}
		append(several, entry);
		if ((*object)->flush)
			append(several, flush_schema(arena, *object));
		put(definitions, entry_definition(arena, *object), any_of(several));
	}
}

/* What stands in a namespace: a link says its kind there unless a wire makes it. */
static void put_content(struct arena *arena, json_t *definitions)
{
	const struct field *const tables[] = { content_fields, NULL };
	json_t *content = object_of(arena, tables), *properties = json_object_get(content, "properties");

	for (const struct object *const *object = objects; *object; object++) {
		json_t *entries = array_of(reference(entry_definition(arena, *object)));

		put(entries, "description", string((*object)->what));
		put(properties, (*object)->key, entries);
	}
	put(definitions, "namespace", content);
}

/* Steps. */

static json_t *icmp_names_schema(void)
{
	json_t *names = made(json_array());

	for (const struct icmp_name *name = icmp_names; name->name; name++) {
		bool there = false;

		for (const struct icmp_name *before = icmp_names; before != name; before++)
			there |= !strcmp(before->name, name->name);
		if (!there)
			append(names, json_string(name->name));
	}
	return made(json_pack("{s:o}", "enum", names));
}

static json_t *errno_names_schema(void)
{
	json_t *names = made(json_array());

	for (int number = 1; number <= ERRNO_MOST; number++)
		if (error_name(number))
			append(names, json_string(error_name(number)));
	return made(json_pack("{s:o}", "enum", names));
}

/* One expectation of several that a verb may have. */
static json_t *expectation_schema(struct arena *arena, const struct verb *verb)
{
	json_t *several = made(json_array());

	append(several, words_schema(verb->words));
	if (verb->expectations & EXPECTS_ICMP) {
		append(several, reference("icmp-error"));
		append(several, reference("icmp-error-from"));
	}
	if (verb->expectations & EXPECTS_ERRNO) {
		append(several, reference("errno"));
		append(several, reference("errno-and-message"));
	}
	if (verb->expects) {
		const struct field *const tables[] = { verb->expects, NULL };
		json_t *object = object_of(arena, tables);

		put(object, "minProperties", json_integer(1));
		append(several, object);
	} else if (verb->expectations & EXPECTS_OBJECT) {
		append(several, json_pack("{s:s, s:i}", "type", "object", "minProperties", 1));
	}
	if (verb->expectations & EXPECTS_LIST)
		append(several, typed("array"));
	return any_of(several);
}

static void put_expectations(struct arena *arena, json_t *definitions)
{
	const struct field *const icmp[] = { icmp_fields, NULL }, *const error[] = { errno_fields, NULL };
	json_t *object = object_of(arena, icmp);

	put(definitions, "icmp-error", icmp_names_schema());
	put(json_object_get(object, "properties"), "icmp", reference("icmp-error"));
	put(definitions, "icmp-error-from", object);
	object = object_of(arena, error);
	put(definitions, "errno", errno_names_schema());
	put(json_object_get(object, "properties"), "errno", reference("errno"));
	put(definitions, "errno-and-message", object);
	for (const struct verb *const *verb = verbs; *verb; verb++)
		put(definitions, arena_printf(arena, "expectation-%s", (*verb)->name),
			expectation_schema(arena, *verb));
}

static json_t *expect_of(struct arena *arena, const struct verb *verb)
{
	const char *name = arena_printf(arena, "expectation-%s", verb->name);
	json_t *schema, *several;

	if (verb->expectations & EXPECTS_LIST) {
		schema = reference(name);
	} else {
		several = array_of(reference(name));
		put(several, "minItems", json_integer(1));
		schema = either(reference(name), several);
	}
	put(schema, "description", string("what must come of it, or an array of what may"));
	put(schema, "default", string(verb->words[0]));
	return schema;
}

static json_t *target_of(struct arena *arena, const struct verb *verb)
{
	const struct field target = { .key = verb->name, .type = verb->target };
	json_t *schema;

	if (verb->target) {
		schema = value_schema(arena, &target);
	} else {
		schema = either(reference("namespace"), reference("change"));
	}
	put(schema, "description", string(verb->what));
	return schema;
}

static json_t *step_of(struct arena *arena, const struct verb *verb)
{
	const struct field *tables[4] = { NULL };
	json_t *step, *properties;
	size_t count = 0;

	if (verb->fields)
		tables[count++] = verb->fields;
	if (verb->probe)
		tables[count++] = probe_fields;
	if (verb->listens)
		tables[count++] = listen_fields;
	step = open_object(arena, tables);
	properties = json_object_get(step, "properties");
	put(properties, verb->name, target_of(arena, verb));
	put(properties, "expect", expect_of(arena, verb));
	return step;
}

static void put_steps(struct arena *arena, json_t *definitions)
{
	const struct field *const common[] = { step_fields, NULL }, *const change[] = { change_fields, NULL };
	json_t *step = open_object(arena, common), *conditions = made(json_array()),
	       *one = made(json_array());

	put_expectations(arena, definitions);
	put(definitions, "change", object_of(arena, change));
	for (const struct verb *const *verb = verbs; *verb; verb++) {
		const char *name = arena_printf(arena, "step-%s", (*verb)->name);

		put(definitions, name, step_of(arena, *verb));
		append(conditions, when(has((*verb)->name), reference(name)));
		append(one, has((*verb)->name));
	}
	put(step, "oneOf", one);
	put(step, "allOf", conditions);
	put(step, "unevaluatedProperties", json_false());
	put(definitions, "step", step);
}

static json_t *bounds_schema(struct arena *arena)
{
	static const struct field count = { .key = "count", .type = &type_u64 };
	const struct field *const tables[] = { bounds_fields, NULL };
	json_t *bounds = object_of(arena, tables);

	put(bounds, "minProperties", json_integer(1));
	return either(value_schema(arena, &count), bounds);
}

/* What fields hold that have no type. */

static json_t *tables_schema(struct arena *arena)
{
	static const struct field number = {
		.key = "table", .type = &type_u32, .least = 1, .most = UINT32_MAX
	};
	json_t *schema =
		map_of(arena_printf(arena, "^(?!(main|local|default)$)[A-Za-z].{0,%d}$", TABLE_NAME_MOST - 1),
			value_schema(arena, &number));

	put(schema, "maxProperties", json_integer(LAB_TABLES));
	return schema;
}

static const char *namespace_pattern(struct arena *arena)
{
	return arena_printf(arena, "^%s$", name_pattern(arena, &namespace_names));
}

static json_t *namespaces_schema(struct arena *arena)
{
	json_t *schema = map_of(namespace_pattern(arena), reference("namespace"));

	put(schema, "minProperties", json_integer(1));
	put(schema, "maxProperties", json_integer(LAB_NAMESPACES));
	return schema;
}

static json_t *wires_schema(struct arena *arena)
{
	json_t *schema = array_of(reference("wire"));

	(void)arena;
	put(schema, "maxItems", json_integer(LAB_WIRES));
	return schema;
}

static json_t *steps_schema(struct arena *arena)
{
	json_t *schema = array_of(reference("step"));

	(void)arena;
	put(schema, "maxItems", json_integer(LAB_STEPS));
	return schema;
}

static json_t *links_schema(struct arena *arena)
{
	json_t *schema =
		map_of(arena_printf(arena, "^(?!(all|default)$)%s$", name_pattern(arena, &device_names)),
			reference("link"));

	put(schema, "maxProperties", json_integer(LAB_LINKS_EACH));
	return schema;
}

static json_t *sysctls_schema(struct arena *arena)
{
	(void)arena;
	return map_of("^net[./]", made(json_pack("{s:[s, s, s]}", "type", "string", "integer", "null")));
}

/* Text as `nft -f` reads it, or nft's own JSON. */
static json_t *nft_schema(struct arena *arena)
{
	(void)arena;
	return made(json_pack("{s:[o, o, o, {s:s, s:[s], s:{s:o}}]}", "anyOf", typed("string"),
		array_of(typed("string")), array_of(typed("object")), "type", "object", "required",
		"nftables", "properties", "nftables", array_of(typed("object"))));
}

static json_t *packets_schema(struct arena *arena)
{
	const struct field *const tables[] = { packets_fields, NULL };

	return array_of(object_of(arena, tables));
}

static json_t *counters_schema(struct arena *arena)
{
	json_t *counters =
		made(json_pack("{s:s, s:o}", "type", "object", "additionalProperties", bounds_schema(arena)));

	return map_of(namespace_pattern(arena), counters);
}

static json_t *listen_schema(struct arena *arena)
{
	const struct field *const tables[] = { listener_fields, NULL };

	return made(json_pack("{s:[o, o, o]}", "anyOf", typed("string"), json_pack("{s:b}", "const", 0),
		object_of(arena, tables)));
}

static json_t *ends_schema(struct arena *arena)
{
	return ends_of(arena, NULL);
}

static json_t *any_schema(struct arena *arena)
{
	(void)arena;
	return made(json_object());
}

static json_t *link_kind_schema(struct arena *arena)
{
	(void)arena;
	return link_kinds_schema();
}

static json_t *wire_kind_schema(struct arena *arena)
{
	(void)arena;
	return wire_kinds_schema();
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
	{ change_fields, "wires", wires_schema },
	{ link_fields, "kind", link_kind_schema },
	{ wire_fields, "ends", ends_schema },
	{ wire_fields, "kind", wire_kind_schema },
	{ step_fields, "expect", any_schema },
	{ step_fields, "packets", packets_schema },
	{ step_fields, "counters", counters_schema },
	{ packets_fields, "count", bounds_schema },
	{ listen_fields, "listen", listen_schema },
};

static json_t *composite(struct arena *arena, const struct field *table, const struct field *field)
{
	for (size_t i = 0; i < sizeof composites / sizeof *composites; i++)
		if (composites[i].table == table && !strcmp(composites[i].key, field_key(field)))
			return composites[i].make(arena);
	fprintf(stderr, "document: \"%s\" (%s) has neither a type nor a shape in document/schema.c\n",
		field_key(field), field->what ? field->what : "");
	failed = true;
	return made(json_object());
}

bool schema_print(FILE *to)
{
	const struct field *const tables[] = { lab_fields, NULL };
	struct arena *arena = arena_open();
	json_t *schema = made(json_pack("{s:s, s:s, s:s}", "$schema",
		"https://json-schema.org/draft/2020-12/schema", "title", "a lab of tunlab", "$comment",
		"made from the tables that tunlab reads labs by (make documents); not to be edited"));
	json_t *definitions = made(json_object()), *lab = object_of(arena, tables);

	json_object_update(schema, lab);
	json_decref(lab);
	put_content(arena, definitions);
	put_links(arena, definitions);
	put_entries(arena, definitions);
	put_wires(arena, definitions);
	put_steps(arena, definitions);
	put(schema, "$defs", definitions);
	if (json_dumpf(schema, to, JSON_INDENT(2)) || putc('\n', to) == EOF)
		failed = true;
	json_decref(schema);
	arena_close(arena);
	return !failed;
}
