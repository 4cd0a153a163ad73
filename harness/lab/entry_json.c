/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries as `ip -j` has them: reading an object, and writing one. */
#include <string.h>
#include <sys/socket.h>

#include "lab/entry.h"
#include "lab/tables.h"

static const struct name family_names[] = { { "inet", AF_INET }, { "inet6", AF_INET6 }, { 0 } };

/* Of every object: what stands in a line before the object's own words. */
const struct field entry_fields[] = {
	{ .key = "op",
		.type = &type_word,
		.names = entry_commands,
		.what = "the verb that a line would begin with" },
	{ .key = "family", .type = &type_word, .names = family_names, .what = "the address family" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

const struct field shown_fields[] = {
	{ .key = "flags", .flags = FIELD_SHOWN, .what = "a list of flags" },
	{ .key = "iif_detached", .flags = FIELD_SHOWN, .what = "the device of \"iif\" need not exist" },
	{ .key = "oif_detached", .flags = FIELD_SHOWN, .what = "the device of \"oif\" need not exist" },
	{ 0 },
};

static const char *flags_list(struct arena *arena, const struct field *fields)
{
	const char *list = "";

	for (; fields->word || fields->key; fields++)
		if (fields->word && fields->type->bare && !fields->group)
			list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", fields->word);
	return *list ? list : "none";
}

/* `ip -j` prints flags as a list of words, of which each is one of FIELDS. */
static void read_flags(const struct reading *reading, const json_t *list, const struct place *where,
	const struct field *fields, struct values *values)
{
	size_t i;
	json_t *element;

	if (!json_is_array(list))
		wrong_kind(reading, list, where, "an array of words");
	json_array_foreach ((json_t *)list, i, element) {
		const char *word = json_is_string(element) ? json_string_value(element) : "";
		const struct field *field = field_by_word(fields, word);
		struct value value = { .field = field, .where = place_index(reading->arena, where, i) };

		if (!field || !field->type->bare) {
			problem_add(reading->problems, value.where, "no flag; allowed: %s",
				flags_list(reading->arena, fields));
			continue;
		}
		value.number = 1;
		if (!(field->flags & FIELD_SHOWN))
			values_add(reading->arena, values, &value);
	}
}

static void read_inner(const struct reading *reading, const struct object *object, const json_t *json,
	const struct place *where, const struct field *fields, struct values *values);

static void read_group(const struct reading *reading, const struct object *object, const json_t *json,
	const struct place *where, const struct field *field, struct values *values)
{
	const struct field *const tables[] = { field->group, NULL };
	struct value value = { .field = field, .where = where };

	if (json_is_object(json)) {
		values_read(reading, json, where, tables, &value.group);
		read_inner(reading, object, json, where, field->group, &value.group);
	} else if (json_is_string(json)) {
		group_read_line(reading, object, json_string_value(json), where, field->group, &value.group);
	} else {
		wrong_kind(reading, json, where, "an object, or a string of ip's words");
	}
	values_add(reading->arena, values, &value);
}

static void read_groups(const struct reading *reading, const struct object *object, const json_t *list,
	const struct place *where, const struct field *field, struct values *values)
{
	size_t i;
	json_t *element;

	if (!json_is_array(list))
		wrong_kind(reading, list, where, "an array of objects");
	json_array_foreach ((json_t *)list, i, element)
		read_group(reading, object, element, place_index(reading->arena, where, i), field, values);
}

/* What is no single value: a list of flags, and groups. */
static void read_inner(const struct reading *reading, const struct object *object, const json_t *json,
	const struct place *where, const struct field *fields, struct values *values)
{
	const json_t *flags = json_object_get(json, "flags");

	if (flags)
		read_flags(reading, flags, place_key(reading->arena, where, "flags"), fields, values);
	for (const struct field *field = fields; field->word || field->key; field++) {
		const json_t *inner = field->group ? json_object_get(json, field_key(field)) : NULL;
		const struct place *place = place_key(reading->arena, where, field_key(field));

		if (field->flags & FIELD_SHOWN)
			continue;
		if (inner && field->flags & FIELD_LIST)
			read_groups(reading, object, inner, place, field, values);
		else if (inner)
			read_group(reading, object, inner, place, field, values);
	}
}

static const struct place *op_place(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	return json_object_get(json, "op") ? place_key(reading->arena, where, "op") : where;
}

void entry_read_object(const struct reading *reading, const json_t *json, struct entry *entry)
{
	const char *op = json_string_value(json_object_get(json, "op"));
	const struct field *tables[] = { NULL, entry_fields, shown_fields, NULL };
	struct values own = { 0 };

	entry->command = op && !strcmp(op, command_word(COMMAND_FLUSH)) ? COMMAND_FLUSH : COMMAND_STATE;
	tables[0] = entry_words(entry);
	values_read(reading, json, entry->where, tables, &own);
	for (size_t i = 0; i < own.count; i++) {
		if (own.at[i].field == &entry_fields[0])
			entry->command = (enum command_word)own.at[i].number;
		else if (own.at[i].field == &entry_fields[1])
			entry->family = (int)own.at[i].number;
		else if (own.at[i].field != &entry_fields[2])
			values_add(reading->arena, &entry->values, &own.at[i]);
	}
	entry->detached = json_object_get(json, "iif_detached") || json_object_get(json, "oif_detached");
	entry_check_command(reading, entry, op_place(reading, json, entry->where));
	read_inner(reading, entry->object, json, entry->where, entry_words(entry), &entry->values);
}

static json_t *values_json(struct arena *arena, const struct values *values);

static json_t *one_json(struct arena *arena, const struct value *value)
{
	return value->field->group ? values_json(arena, &value->group) : value_json(arena, value);
}

static void put(json_t *object, const char *key, json_t *json)
{
	if (!json || json_object_set_new(object, key, json))
		memory_exhausted();
}

static void put_some(json_t *object, struct arena *arena, const struct values *values, bool groups)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];
		const char *key = field_key(value->field);
		json_t *list = json_object_get(object, key);

		if (value->field->flags & FIELD_SHOWN || groups != (value->field->group != NULL))
			continue;
		if (!(value->field->flags & FIELD_LIST)) {
			put(object, key, one_json(arena, value));
			continue;
		}
		if (!list) {
			list = json_array();
			put(object, key, list);
		}
		if (json_array_append_new(list, one_json(arena, value)))
			memory_exhausted();
	}
}

/* Groups come last, as they do where the object is read. */
void values_put(json_t *object, struct arena *arena, const struct values *values)
{
	put_some(object, arena, values, false);
	put_some(object, arena, values, true);
}

static json_t *values_json(struct arena *arena, const struct values *values)
{
	json_t *object = json_object();

	if (!object)
		memory_exhausted();
	values_put(object, arena, values);
	return object;
}

json_t *entry_json(struct arena *arena, const struct entry *entry)
{
	json_t *object = json_object();

	if (!object)
		memory_exhausted();
	if (entry->command != COMMAND_STATE)
		json_put(object, "op", "%s", command_word(entry->command));
	if (entry->family)
		json_put(object, "family", "%s", name_of(family_names, (uint64_t)entry->family));
	if (entry->detached)
		put(object, "iif_detached", json_true());
	values_put(object, arena, &entry->values);
	return object;
}
