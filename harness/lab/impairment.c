/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/impairment.h"

#include <string.h>

#include "lab/lab.h"

static bool table_ends(const struct field *field)
{
	return !field->word && !field->key;
}

const struct impairment_kind *impairment_of(const char *key, const struct field **field)
{
	for (const struct impairment_kind *const *kind = impairment_kinds; *kind; kind++) {
		const struct field *const tables[] = { (*kind)->keys, NULL };

		*field = field_by_key(tables, key);
		if (*field)
			return *kind;
	}
	return NULL;
}

const struct impairment_kind *impairment_of_value(const struct value *value)
{
	const struct field *field;

	return impairment_of(field_key(value->field), &field);
}

const struct field *const *impairment_tables(
	struct arena *arena, const struct field *const *first, size_t count)
{
	const struct field **tables = arena_take(arena, (count + IMPAIRMENT_KINDS + 1) * sizeof *tables);

	memcpy(tables, first, count * sizeof *tables);
	for (size_t i = 0; i < IMPAIRMENT_KINDS && impairment_kinds[i]; i++)
		tables[count + i] = impairment_kinds[i]->keys;
	return tables;
}

/* "percent, nth, first" */
static const char *commas(struct arena *arena, const char *words)
{
	const char *list = "";

	for (const char *at = words; *at; at += strcspn(at, " "), at += *at == ' ')
		list = arena_printf(arena, "%s%s%.*s", list, *list ? ", " : "", (int)strcspn(at, " "), at);
	return list;
}

static void check_one_of(const struct reading *reading, const struct impairment_kind *kind,
	const struct values *group, const struct place *where)
{
	const struct value *found = NULL;

	for (size_t i = 0; i < group->count; i++) {
		const char *key = field_key(group->at[i].field);

		if (!word_among(kind->one_of, key))
			continue;
		if (found)
			problem_add(reading->problems, place_name(reading->arena, group->at[i].where),
				"stands beside \"%s\"; allowed: one of %s", field_key(found->field),
				commas(reading->arena, kind->one_of));
		else
			found = &group->at[i];
	}
	if (!found)
		problem_add(
			reading->problems, where, "lacks one of %s", commas(reading->arena, kind->one_of));
}

/* Whether something is wrong with the value that stands there, which was said. */
static bool is_told(const struct reading *reading, const struct place *where)
{
	for (size_t i = 0; i < reading->problems->told; i++) {
		const struct place *told = reading->problems->at[i].where;

		if (told == where || (told && where && told->up == where->up && told->key == where->key))
			return true;
	}
	return false;
}

/* Settings that hold at several ends are checked at each, and told of once. */
static void lacks(const struct reading *reading, const struct value *value, const char *what)
{
	if (!is_told(reading, value->where))
		problem_add(reading->problems, place_name(reading->arena, value->where),
			"needs \"%s\" beside it", what);
}

static void check_needs(
	const struct reading *reading, const struct impairment_kind *kind, const struct values *values)
{
	for (const struct need *need = kind->needs; need && need->key; need++) {
		const struct value *value = value_of(values, need->key);

		if (value && value->where && !value_said(values, need->needs))
			lacks(reading, value, need->needs);
	}
}

static bool says_any(const struct values *values, const char *words)
{
	for (size_t i = 0; i < values->count; i++)
		if (word_among(words, field_key(values->at[i].field)))
			return true;
	return false;
}

void settings_check(const struct reading *reading, const struct values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];
		const struct impairment_kind *kind = impairment_of_value(value);

		if (kind->beside && !says_any(values, kind->beside))
			lacks(reading, value, commas(reading->arena, kind->beside));
		else if (!value->field->group)
			check_needs(reading, kind, values);
	}
}

/* A filter is compiled for what the ends of the wire carry: with Ethernet headers, or without. */
static void check_filter(const struct reading *reading, const struct wire *wire, const struct value *filter)
{
	const char *wrong = NULL;

	/* Only a router's may differ. */
	for (size_t i = 0; reading->filter_wrong && i < wire->count && !wrong; i++)
		if (!i || (wire->kind->router && wire->ends[i]->kind != wire->ends[0]->kind))
			wrong = reading->filter_wrong(reading->arena, filter->text,
				wire->ends[i]->kind && wire->ends[i]->kind->ethernet);
	if (wrong)
		problem_add(reading->problems, filter->where,
			"not a packet filter: %s; allowed: pcap-filter(7)", wrong);
}

/* "1%" is { "percent": "1%" }. */
static bool read_plain(const struct reading *reading, const json_t *json, const struct place *where,
	const struct field *group, struct values *out)
{
	struct value value = { 0 };

	if (!json_is_string(json) && !json_is_number(json)) {
		wrong_kind(reading, json, where,
			arena_printf(
				reading->arena, "%s, or an object", field_allowed(reading->arena, group)));
		return false;
	}
	if (!value_read(reading, json, where, group, &value))
		return false;
	values_add(reading->arena, out, &value);
	return true;
}

static bool read_group(const struct reading *reading, const struct wire *wire,
	const struct impairment_kind *kind, const json_t *json, struct value *value)
{
	const struct field *const tables[] = { value->field->group, NULL };
	size_t before = reading->problems->count;

	if (!json_is_object(json))
		return read_plain(reading, json, value->where, value->field->group, &value->group);
	values_read(reading, json, value->where, tables, &value->group);
	if (reading->problems->count == before && kind->one_of)
		check_one_of(reading, kind, &value->group, value->where);
	if (reading->problems->count == before)
		check_needs(reading, kind, &value->group);
	for (size_t i = 0; i < value->group.count; i++)
		if (value->group.at[i].field->type == &type_filter)
			check_filter(reading, wire, &value->group.at[i]);
	return reading->problems->count == before;
}

static void read_setting(const struct reading *reading, const struct wire *wire,
	const struct impairment_kind *kind, const json_t *json, struct value value, struct settings *out)
{
	if (json_is_null(json))
		values_add(reading->arena, &out->reset, &value);
	else if (value.field->group ? read_group(reading, wire, kind, json, &value)
				    : value_read(reading, json, value.where, value.field, &value))
		values_add(reading->arena, &out->said, &value);
}

void settings_read(const struct reading *reading, const struct wire *wire, const json_t *object,
	const struct place *where, struct settings *out)
{
	const char *key;
	json_t *json;

	json_object_foreach ((json_t *)object, key, json) {
		struct value value = { .where = place_key(reading->arena, where, key) };
		const struct impairment_kind *kind = impairment_of(key, &value.field);

		if (kind && !wire->kind->relay)
			problem_add(reading->problems, place_name(reading->arena, value.where),
				"the relay does not carry a wire of kind %s, and nothing impairs it; "
				"allowed: with another kind",
				wire->kind->name);
		else if (kind)
			read_setting(reading, wire, kind, json, value, out);
	}
}

/* Whether KEY, which was said before, goes with what is reset: itself, or what it says nothing without. */
static bool is_reset(
	const struct impairment_kind *kind, const char *key, const struct settings *settings, unsigned depth)
{
	if (value_said(&settings->said, key))
		return false;
	if (value_said(&settings->reset, key))
		return true;
	for (const struct need *need = kind->needs; depth && need && need->key; need++)
		if (!strcmp(need->key, key) && is_reset(kind, need->needs, settings, depth - 1))
			return true;
	return false;
}

struct values settings_apply(
	struct arena *arena, const struct values *values, const struct settings *settings)
{
	enum { DEPTH = 4 }; /* of what needs what */
	struct values all = { 0 };

	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];
		const char *key = field_key(value->field);

		if (!value_said(&settings->said, key) &&
			!is_reset(impairment_of_value(value), key, settings, DEPTH))
			values_add(arena, &all, value);
	}
	for (size_t i = 0; i < settings->said.count; i++)
		values_add(arena, &all, &settings->said.at[i]);
	return all;
}

struct values impairment_values(
	struct arena *arena, const struct values *values, const struct impairment_kind *kind)
{
	struct values own = { 0 };

	/* In the order of the kind's keys, whoever said them. */
	for (const struct field *field = kind->keys; !table_ends(field); field++) {
		const struct value *value = value_of(values, field_key(field));

		if (value)
			values_add(arena, &own, value);
	}
	return own;
}

bool settings_have(const struct settings *settings, const struct impairment_kind *kind)
{
	for (const struct field *field = kind->keys; !table_ends(field); field++)
		if (value_said(&settings->said, field_key(field)) ||
			value_said(&settings->reset, field_key(field)))
			return true;
	return false;
}

uint64_t impairments_delay(struct arena *arena, const struct values *values)
{
	uint64_t delay = 0;

	for (const struct impairment_kind *const *kind = impairment_kinds; *kind; kind++) {
		struct values own = impairment_values(arena, values, *kind);

		delay += (*kind)->delay && own.count ? (*kind)->delay(&own) : 0;
	}
	return delay;
}

void impairment_numbers(const struct values *values, uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];
		const struct field *field = value->field;

		if (field->group) {
			impairment_numbers(&value->group, numbers, count);
			continue;
		}
		if (field->also && value->masked)
			field = field->also;
		if (field->attribute && field->attribute <= count)
			numbers[field->attribute - 1] = value->number;
	}
}

const char *impairment_filter(const struct values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];
		const char *inner = value->field->group ? impairment_filter(&value->group) : NULL;

		if (inner || value->field->type == &type_filter)
			return inner ? inner : value->text;
	}
	return NULL;
}

/* Of a group the first field stands without its key: "loss 1% correlation 25%". */
static const char *value_words(struct arena *arena, const struct value *value)
{
	const char *text = field_key(value->field);

	if (!value->field->group)
		return arena_printf(arena, "%s %s", text, value_print(arena, value));
	for (size_t i = 0; i < value->group.count; i++) {
		const struct value *inner = &value->group.at[i];
		const char *key = inner->field == value->field->group ? "" : field_key(inner->field),
			   *quote = inner->field->type == &type_filter ? "\"" : "";

		text = arena_printf(arena, "%s %s%s%s%s%s", text, key, *key ? " " : "", quote,
			value_print(arena, inner), quote);
	}
	return text;
}

const char *impairments_print(struct arena *arena, const struct values *values)
{
	const char *text = "";

	for (const struct impairment_kind *const *kind = impairment_kinds; *kind; kind++) {
		struct values own = impairment_values(arena, values, *kind);

		for (size_t i = 0; i < own.count; i++)
			text = arena_printf(arena, "%s%s%s", text,
				i	? " "
				: *text ? ", "
					: "",
				value_words(arena, &own.at[i]));
	}
	return text;
}

void settings_put(json_t *object, struct arena *arena, const struct settings *settings)
{
	values_put(object, arena, &settings->said);
	for (size_t i = 0; i < settings->reset.count; i++)
		json_put_new(object, field_key(settings->reset.at[i].field), json_null());
}
