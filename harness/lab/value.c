/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/value.h"
#include "lab/lab.h"

#include <stdlib.h>
#include <string.h>

const char *field_key(const struct field *field)
{
	return field->key ? field->key : field->word;
}

static bool is_last(const struct field *field)
{
	return !field->word && !field->key;
}

bool word_among(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; at && *at; at += strcspn(at, " "), at += *at == ' ')
		if (strcspn(at, " ") == length && !strncmp(at, word, length))
			return true;
	return false;
}

uint8_t field_before(const struct field *field, const char *word)
{
	size_t length = strlen(word);
	uint8_t which = 1;

	for (const char *at = field->before; at && *at; at += strcspn(at, " "), at += *at == ' ', which++)
		if (strcspn(at, " ") == length && !strncmp(at, word, length))
			return which;
	return 0;
}

/* Whether KEY is the field's own, or another for it. */
static bool is_key(const struct field *field, const char *key)
{
	return !strcmp(field_key(field), key) || word_among(field->keys, key);
}

const struct field *field_by_key(const struct field *const *tables, const char *key)
{
	for (; *tables; tables++)
		for (const struct field *field = *tables; !is_last(field); field++)
			if (is_key(field, key) || word_among(field->more, key))
				return field;
	return NULL;
}

const struct value *value_of(const struct values *values, const char *key)
{
	for (size_t i = 0; i < values->count; i++)
		if (!strcmp(field_key(values->at[i].field), key))
			return &values->at[i];
	return NULL;
}

uint64_t value_number(const struct values *values, const char *key, uint64_t otherwise)
{
	const struct value *value = value_of(values, key);

	return value ? value->number : otherwise;
}

const char *value_text(const struct values *values, const char *key)
{
	const struct value *value = value_of(values, key);

	return value ? value->text : NULL;
}

const struct address *value_address(const struct values *values, const char *key)
{
	const struct value *value = value_of(values, key);

	return value ? &value->address : NULL;
}

bool value_said(const struct values *values, const char *key)
{
	return value_of(values, key) != NULL;
}

bool values_have(const struct values *values, const struct field *field)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->at[i].field == field)
			return true;
	return false;
}

void values_add(struct arena *arena, struct values *values, const struct value *value)
{
	arena_append(arena, &values->at, &values->count, value, sizeof *value);
}

void value_assume(
	const struct reading *reading, struct values *values, const struct field *field, const char *text)
{
	struct value value = { .field = field };

	if (!field->type->read(reading, field, text, &value))
		values_add(reading->arena, values, &value);
}

void values_complete(const struct reading *reading, const struct field *const *tables, struct values *values)
{
	for (; *tables; tables++)
		for (const struct field *field = *tables; !is_last(field); field++)
			if (field->type && field->fallback && !value_said(values, field_key(field)))
				value_assume(reading, values, field, field->fallback);
}

void key_unknown(const struct reading *reading, const struct place *where, const char *key,
	const struct field *const *tables)
{
	const char *names[128] = { NULL }, *near, *all = "";
	size_t count = 0;

	if (problems_full(reading->problems)) {
		problem_add(reading->problems, where, "unknown key");
		return;
	}
	for (; *tables; tables++)
		for (const struct field *field = *tables; !is_last(field) && count < 127; field++)
			if (!(field->flags & FIELD_SHOWN) && *field_key(field))
				names[count++] = field_key(field);

	near = nearest(key, names);
	where = place_name(reading->arena, where);
	if (near) {
		problem_add(reading->problems, where, "unknown key; did you mean \"%s\"?", near);
		return;
	}
	for (size_t i = 0; i < count; i++)
		all = arena_printf(reading->arena, "%s%s%s", all, i ? ", " : "", names[i]);
	problem_add(reading->problems, where, "unknown key; allowed: %s", *all ? all : "none");
}

/* What a type reads: strings as they are, integers in digits; of a word that stands alone true, and null as
 * `ip -j`. */
static const char *as_text(const struct reading *reading, const json_t *json, const struct type *type)
{
	if (type->bare)
		return json_is_true(json) || json_is_null(json) ? "true" : NULL;
	if (json_is_string(json))
		return json_string_value(json);
	if (json_is_integer(json) && type->unit)
		return arena_printf(
			reading->arena, "%" JSON_INTEGER_FORMAT "%s", json_integer_value(json), type->unit);
	if (json_is_integer(json) && type->hexadecimal && json_integer_value(json) >= 0)
		return arena_printf(reading->arena, "0x%llx", (unsigned long long)json_integer_value(json));
	if (json_is_integer(json) && !type->only_string)
		return arena_printf(reading->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
	if (json_is_boolean(json) && type->takes_boolean)
		return json_is_true(json) ? "true" : "false";
	return type->as_text ? type->as_text(reading, json) : NULL;
}

static const char *names_list(struct arena *arena, const struct field *field)
{
	const char *list = "";

	for (const struct name *name = field->names; name->name; name++)
		list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", name->name);
	return field->type->only_names ? list : arena_printf(arena, "%s, or %s", list, field->type->allowed);
}

static const char *words_list(struct arena *arena, const struct type *type)
{
	const char *list = "";

	for (const char *const *word = type->words(arena); *word; word++)
		list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", *word);
	return list;
}

const char *field_allowed(struct arena *arena, const struct field *field)
{
	if (field->type->words)
		return words_list(arena, field->type);
	if (field->least || field->most)
		return arena_printf(arena, "an integer from %llu to %llu", (unsigned long long)field->least,
			(unsigned long long)field->most);
	return field->names ? names_list(arena, field) : field->type->allowed;
}

const char *field_near(struct arena *arena, const struct field *field, const char *text)
{
	const char *names[64] = { NULL }, *near;
	size_t count = 0;

	for (const struct name *name = field->names; name && name->name && count < 63; name++)
		names[count++] = name->name;
	near = nearest(text, field->type->words ? field->type->words(arena) : names);
	return near ? arena_printf(arena, "; did you mean \"%s\"?", near) : "";
}

void wrong_kind(
	const struct reading *reading, const json_t *json, const struct place *where, const char *allowed)
{
	problem_add(reading->problems, where, "is %s; allowed: %s", json_kind(reading->arena, json), allowed);
}

/* "lock 1400": the word before the value is noted, and what follows it returned. */
static const char *past_before(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	size_t length = strcspn(text, " ");

	out->before = 0;
	if (field->before && text[length] == ' ')
		out->before = field_before(field, arena_copy(reading->arena, text, length));
	return out->before ? text + length + 1 : text;
}

bool value_read(const struct reading *reading, const json_t *json, const struct place *where,
	const struct field *field, struct value *out)
{
	const char *text = as_text(reading, json, field->type), *wrong;

	out->field = field;
	out->where = where;
	if (!text) {
		wrong_kind(reading, json, where, field_allowed(reading->arena, field));
		return false;
	}
	text = past_before(reading, field, text, out);
	wrong = field->type->read(reading, field, text, out);
	if (wrong && field->type == &type_namespace)
		problem_add(reading->problems, where, "%s", namespace_unknown(reading));
	else if (wrong)
		problem_add(reading->problems, where, "%s%s; allowed: %s", wrong,
			field_near(reading->arena, field, text), field_allowed(reading->arena, field));
	return !wrong;
}

static void read_member(const struct reading *reading, const json_t *json, const struct place *where,
	const struct field *field, struct values *values)
{
	struct value value = { .field = field };
	size_t i;
	json_t *element;

	if ((field->flags & FIELD_LIST) && json_is_array(json)) {
		json_array_foreach ((json_t *)json, i, element)
			read_member(reading, element, place_index(reading->arena, where, i), field, values);
		return;
	}
	if (field->type->bare && json_is_false(json))
		return;
	if (value_read(reading, json, where, field, &value))
		values_add(reading->arena, values, &value);
}

static bool is_range(const struct field *field)
{
	return field->type == &type_ports || field->type == &type_uids;
}

/* What a further key says: a length of an address, a mask of a mark, an end of a range. */
static void add_more(const struct reading *reading, const struct place *where, const char *key,
	const struct value *number, struct value *value)
{
	size_t bits = 8 * family_size(value->address.family);

	if (is_range(value->field)) {
		*(strstr(key, "_end") ? &value->last : &value->first) = (uint32_t)number->number;
	} else if (value->field->type == &type_mark) {
		value->last = (uint32_t)number->number;
		value->masked = true;
	} else if (number->number > bits) {
		problem_add(reading->problems, where, "longer than the address; allowed: 0 to %zu", bits);
	} else {
		value->address.length = (uint8_t)number->number;
		value->address.prefixed = true;
	}
}

static void read_more(const struct reading *reading, const json_t *object, const char *key,
	const struct place *where, const struct field *field, struct values *values)
{
	static const struct field wide = { .word = "number", .type = &type_u32 },
				  port = { .word = "number", .type = &type_u16 };
	const struct field *as = field->type == &type_ports ? &port : &wide;
	struct value number = { .field = field }, *value;

	if (!value_read(reading, json_object_get(object, key), where, as, &number))
		return;
	if (is_range(field) && !value_said(values, field_key(field))) {
		number.field = field;
		number.first = number.last = (uint32_t)number.number;
		values_add(reading->arena, values, &number);
		return;
	}
	value = (struct value *)value_of(values, field_key(field));
	if (value)
		add_more(reading, where, key, &number, value);
	else if (!json_object_get(object, field_key(field)))
		problem_add(reading->problems, place_name(reading->arena, where), "needs \"%s\" beside it",
			field_key(field));
}

/* The members of the objects in a list, as `ip -j route` has them in "metrics", or of one object. */
static void read_spread(const struct reading *reading, const json_t *list, const struct place *where,
	const struct field *const *tables, struct values *values)
{
	struct values inside = { 0 };
	size_t i;
	json_t *element;

	if (json_is_object(list))
		values_read(reading, list, where, tables, &inside);
	else if (!json_is_array(list))
		wrong_kind(reading, list, where, "an array of objects");
	json_array_foreach ((json_t *)list, i, element) {
		const struct place *place = place_index(reading->arena, where, i);

		if (json_is_object(element))
			values_read(reading, element, place, tables, &inside);
		else
			wrong_kind(reading, element, place, "an object");
	}
	for (i = 0; i < inside.count; i++) {
		if (!inside.at[i].where)
			continue; /* what holds where nothing is said is added for the whole object */
		if (inside.at[i].field->nest)
			values_add(reading->arena, values, &inside.at[i]);
		else
			problem_add(reading->problems, inside.at[i].where,
				"stands in the wrong place; allowed: beside this list, not in it");
	}
}

static void read_key(const struct reading *reading, const json_t *json, const char *key,
	const struct place *where, const struct field *const *tables, struct values *values)
{
	const struct field *field = field_by_key(tables, key);

	if (!field && !strcmp(key, "note") && json_is_string(json))
		return;
	if (!field)
		key_unknown(reading, where, key, tables);
	else if (field->flags & FIELD_SPREAD)
		read_spread(reading, json, where, tables, values);
	else if (field->type && !field->group && !(field->flags & FIELD_SHOWN) && is_key(field, key) &&
		 value_said(values, field_key(field)))
		problem_add(reading->problems, place_name(reading->arena, where),
			"says the same as another key; allowed: \"%s\" alone", field_key(field));
	else if (field->type && !field->group && !(field->flags & FIELD_SHOWN) && is_key(field, key))
		read_member(reading, json, where, field, values);
}

void values_read(const struct reading *reading, const json_t *object, const struct place *where,
	const struct field *const *tables, struct values *values)
{
	const char *key;
	json_t *json;

	json_object_foreach ((json_t *)object, key, json)
		read_key(reading, json, key, place_key(reading->arena, where, key), tables, values);
	json_object_foreach ((json_t *)object, key, json) {
		const struct field *field = field_by_key(tables, key);

		if (field && !is_key(field, key) && word_among(field->more, key))
			read_more(reading, object, key, place_key(reading->arena, where, key), field, values);
	}
	for (const struct field *const *table = tables; *table; table++)
		for (const struct field *field = *table; !is_last(field); field++)
			if ((field->flags & FIELD_REQUIRED) && !json_object_get(object, field_key(field)))
				problem_add(reading->problems, where, "lacks \"%s\"", field_key(field));
	values_complete(reading, tables, values);
}

static void print_before(FILE *to, const struct value *value)
{
	const char *at = value->field->before;

	for (uint8_t i = 1; i < value->before; i++)
		at += strcspn(at, " ") + 1;
	if (value->before)
		fprintf(to, "%.*s ", (int)strcspn(at, " "), at);
}

const char *value_print(struct arena *arena, const struct value *value)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	const char *copy;

	if (!to)
		memory_exhausted();
	print_before(to, value);
	value->field->type->print(to, value);
	if (fclose(to))
		memory_exhausted();
	copy = arena_copy(arena, text, size);
	free(text);
	return copy;
}

json_t *value_json(struct arena *arena, const struct value *value)
{
	const struct type *type = value->field->type;
	json_t *json;

	if (type->bare || type->takes_boolean)
		json = json_boolean(value->number != 0);
	else if (type->is_number && !value->before && !name_of(value->field->names, value->number) &&
		 value->number <= INT64_MAX)
		json = json_integer((json_int_t)value->number);
	else
		json = json_string(value_print(arena, value));
	if (!json)
		memory_exhausted();
	return json;
}

const char *name_of(const struct name *names, uint64_t number)
{
	for (; names && names->name; names++)
		if (names->number == number)
			return names->name;
	return NULL;
}
