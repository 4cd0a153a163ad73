/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lab or a change says of a wire: what impairs it, of all directions and of single ones, now and
 * later. */
#include <string.h>

#include "lab/lab.h"

/* clang-format off */
const struct field schedule_fields[] = {
	{ .key = "at", .type = &type_duration, .flags = FIELD_REQUIRED, .what = "when, counted from when the lab stands, or from when the change is made" },
	{ .key = "every", .type = &type_duration, .what = "and again each time that this has passed; at least 1 ms" },
	{ .key = "toward", .what = "end → what impairs packets to that end from then on" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

/* What is said toward one end. */
static const struct field toward_fields[] = {
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};
/* clang-format on */

enum { LEAST_EVERY = 1000000, SCHEDULED = 1024 };

/* What only wires of another kind have: true if this is one, and then it is a problem. */
static bool is_of_other_kind(const struct reading *reading, const struct wire_kind *kind, const char *key,
	const struct place *where)
{
	for (const struct wire_kind *const *other = wire_kinds; *other; other++) {
		const struct field *const tables[] = { (*other)->fields, NULL };

		if (*other == kind || !field_by_key(tables, key))
			continue;
		problem_add(reading->problems,
			place_name(reading->arena, place_key(reading->arena, where, key)),
			"of kind %s only; allowed: not of kind %s", (*other)->name, kind->name);
		return true;
	}
	return false;
}

/*
 * Reads the members of an object that are of FIRST, a table for each of COUNT, into VALUES; what is unknown
 * is a problem. KIND is that of the wire whose own members they are, NULL of others. Those about impairments
 * are another's.
 */
static void read_others(const struct reading *reading, const json_t *json, const struct place *where,
	const struct wire_kind *kind, const struct field *const *first, size_t count, struct values *values)
{
	const struct field *field;
	json_t *copy = json_copy((json_t *)json), *value;
	const char *key;

	if (!copy || json_array_append_new(reading->lab->kept, copy)) /* places keep its keys */
		memory_exhausted();
	json_object_foreach ((json_t *)json, key, value) {
		if (impairment_of(key, &field) || (kind && is_of_other_kind(reading, kind, key, where)))
			json_object_del(copy, key);
	}
	values_read(reading, copy, where, impairment_tables(reading->arena, first, count), values);
}

static void read_toward(const struct reading *reading, const struct wire *wire, const json_t *json,
	const struct place *where, struct terms *terms)
{
	const struct field *const first[] = { toward_fields };
	struct values ignored = { 0 };
	const char *name;
	json_t *value;

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object: end → what impairs packets to it");
		return;
	}
	terms->toward = arena_take(reading->arena, (wire->count + 1) * sizeof *terms->toward);
	json_object_foreach ((json_t *)json, name, value) {
		const struct place *place = place_key(reading->arena, where, name);
		const struct link *end = wire_end_by_key(reading, wire, name, place);

		if (end && !json_is_object(value)) {
			wrong_kind(reading, value, place, "an object, such as { \"loss\": \"100%\" }");
		} else if (end) {
			read_others(reading, value, place, NULL, first, 1, &ignored);
			settings_read(reading, wire, value, place, &terms->toward[end->end]);
		}
	}
}

static void read_terms(const struct reading *reading, const struct wire *wire, const json_t *json,
	const struct place *where, struct terms *terms)
{
	const json_t *toward = json_object_get(json, "toward");

	terms->where = where;
	settings_read(reading, wire, json, where, &terms->all);
	if (toward)
		read_toward(reading, wire, toward, place_key(reading->arena, where, "toward"), terms);
}

static bool says(const struct settings *settings)
{
	return settings->said.count || settings->reset.count;
}

static bool says_anything(const struct wire *wire, const struct terms *terms)
{
	bool any = says(&terms->all);

	for (size_t i = 0; terms->toward && i < wire->count; i++)
		any |= says(&terms->toward[i]);
	return any;
}

static void read_entry(const struct reading *reading, struct statement *statement, const json_t *json,
	const struct place *where)
{
	const struct field *const first[] = { schedule_fields };
	size_t before = reading->problems->count;
	struct values values = { 0 };
	struct terms terms = { 0 };
	const struct value *every;

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object with \"at\"");
		return;
	}
	read_others(reading, json, where, NULL, first, 1, &values);
	read_terms(reading, statement->wire, json, where, &terms);
	every = value_of(&values, "every");
	if (every && every->number < LEAST_EVERY)
		problem_add(reading->problems, every->where, "too short; allowed: at least 1ms");
	if (reading->problems->count == before && !says_anything(statement->wire, &terms))
		problem_add(reading->problems, where, "changes nothing; allowed: what impairs the wire");
	terms.at = value_number(&values, "at", 0);
	terms.every = value_number(&values, "every", 0);
	arena_append(reading->arena, &statement->schedule, &statement->schedule_count, &terms, sizeof terms);
}

static void read_schedule(const struct reading *reading, struct statement *statement, const json_t *json,
	const struct place *where)
{
	size_t i;
	json_t *element;

	statement->schedules = json;
	if (!json || (json_is_null(json) && statement->stands))
		return;
	if (!json_is_array(json)) {
		wrong_kind(reading, json, where, "an array of objects with \"at\"");
		return;
	}
	if (json_array_size(json) > SCHEDULED) {
		problem_add(reading->problems, where, "has %zu entries; allowed: at most %d",
			json_array_size(json), SCHEDULED);
		return;
	}
	json_array_foreach ((json_t *)json, i, element)
		read_entry(reading, statement, element, place_index(reading->arena, where, i));
}

/* What holds in the direction to an end, if TERMS come on top of VALUES. */
static struct values terms_apply(
	const struct reading *reading, const struct values *values, const struct terms *terms, size_t end)
{
	struct values all = settings_apply(reading->arena, values, &terms->all);

	return terms->toward ? settings_apply(reading->arena, &all, &terms->toward[end]) : all;
}

static bool terms_have(const struct terms *terms, size_t end, const struct impairment_kind *kind)
{
	return settings_have(&terms->all, kind) ||
	       (terms->toward && settings_have(&terms->toward[end], kind));
}

/* What is to hold toward LINK makes sense, and what a probe waits for takes it into account. */
static void hold(const struct reading *reading, struct link *link, const struct values *values)
{
	uint64_t delay = impairments_delay(reading->arena, values);

	settings_check(reading, values);
	if (delay > link->delay)
		link->delay = delay;
}

static void impose(const struct reading *reading, struct content *content, const struct values *values,
	struct imposition imposition)
{
	imposition.values = impairment_values(reading->arena, values, imposition.kind);
	arena_append(reading->arena, &content->impositions, &content->imposition_count, &imposition,
		sizeof imposition);
}

/* What is said of one kind in the direction to one end; BEFORE is what held so far. */
static void impose_kind(const struct reading *reading, struct content *content,
	const struct statement *statement, size_t end, size_t kind, const struct values *before)
{
	struct link *link = statement->wire->ends[end];
	struct imposition imposition = {
		.where = statement->where, .wire = statement->wire, .to = link, .kind = impairment_kinds[kind]
	};
	const uint32_t bit = UINT32_C(1) << kind;
	bool held = link->scheduled & bit || impairment_values(reading->arena, before, imposition.kind).count;
	bool said = terms_have(&statement->now, end, imposition.kind);

	/* A new wire's end may have been that of another. */
	if (statement->stands
			? said || (statement->schedules && link->scheduled & bit)
			: held || impairment_values(reading->arena, &link->impaired, imposition.kind).count) {
		impose(reading, content, &link->impaired, imposition);
		link->scheduled &= ~bit;
	}
	imposition.scheduled = true;
	for (size_t i = 0; i < statement->schedule_count; i++) {
		const struct terms *terms = &statement->schedule[i];
		struct values then = terms_apply(reading, &link->impaired, terms, end);

		if (!terms_have(terms, end, imposition.kind))
			continue;
		imposition.where = terms->where;
		imposition.at = terms->at;
		imposition.every = terms->every;
		impose(reading, content, &then, imposition);
		link->scheduled |= bit;
	}
}

static void impose_toward(
	const struct reading *reading, struct content *content, const struct statement *statement, size_t end)
{
	struct link *link = statement->wire->ends[end];
	const struct values none = { 0 }, before = link->impaired;

	link->impaired = terms_apply(reading, statement->stands ? &before : &none, &statement->now, end);
	hold(reading, link, &link->impaired);
	for (size_t i = 0; i < statement->schedule_count; i++) {
		struct values then = terms_apply(reading, &link->impaired, &statement->schedule[i], end);

		hold(reading, link, &then);
	}
	for (size_t i = 0; impairment_kinds[i]; i++)
		impose_kind(reading, content, statement, end, i, &before);
}

void statement_read(const struct reading *reading, const json_t *json, const struct place *where,
	struct statement *statement, struct content *content)
{
	static const struct field none[] = { { 0 } };
	struct wire *wire = statement->wire;
	const struct field *const first[] = { wire_fields, wire->kind->fields ? wire->kind->fields : none };
	struct values values = { 0 };

	if (json_is_object(json)) {
		read_others(reading, json, where, wire->kind, first, 2, &values);
		read_terms(reading, wire, json, where, &statement->now);
		read_schedule(reading, statement, json_object_get(json, "schedule"),
			place_key(reading->arena, where, "schedule"));
		if (wire->kind->read)
			wire->kind->read(reading, json, where, &values, statement);
	}
	if (!statement->stands) {
		wire->values = values;
		wire->seed = value_number(&values, "seed", wire->seed);
	}
	for (size_t i = 0; i < wire->count && wire->kind->relay; i++)
		impose_toward(reading, content, statement, i);
	arena_append(reading->arena, &content->statements, &content->statement_count, &statement,
		sizeof statement);
}

static void put_terms(json_t *object, struct arena *arena, const struct wire *wire, const struct terms *terms)
{
	json_t *toward = json_new_object();

	settings_put(object, arena, &terms->all);
	for (size_t i = 0; terms->toward && i < wire->count; i++) {
		json_t *one = json_new_object();

		settings_put(one, arena, &terms->toward[i]);
		if (json_object_size(one))
			json_put_new(toward, link_path(arena, wire->ends[i]), one);
		else
			json_decref(one);
	}
	if (json_object_size(toward))
		json_put_new(object, "toward", toward);
	else
		json_decref(toward);
}

static const char *duration(struct arena *arena, uint64_t time)
{
	static const struct field field = { .key = "at", .type = &type_duration };
	const struct value value = { .field = &field, .number = time };

	return value_print(arena, &value);
}

void statement_put(json_t *object, struct arena *arena, const struct statement *statement)
{
	json_t *schedule = json_new_array();

	put_terms(object, arena, statement->wire, &statement->now);
	if (statement->wire->kind->put && statement->router)
		statement->wire->kind->put(object, arena, statement);
	for (size_t i = 0; i < statement->schedule_count; i++) {
		const struct terms *terms = &statement->schedule[i];
		json_t *entry = json_new_object();

		json_put(entry, "at", "%s", duration(arena, terms->at));
		if (terms->every)
			json_put(entry, "every", "%s", duration(arena, terms->every));
		put_terms(entry, arena, statement->wire, terms);
		json_append_new(schedule, entry);
	}
	if (statement->schedules)
		json_put_new(object, "schedule", schedule);
	else
		json_decref(schedule);
}

static const char *join(struct arena *arena, const char *text, const char *with, const char *more)
{
	return arena_printf(arena, "%s%s%s", text, *text && *more ? with : "", more);
}

static const char *settings_print(struct arena *arena, const struct settings *settings)
{
	const char *text = impairments_print(arena, &settings->said);

	for (size_t i = 0; i < settings->reset.count; i++)
		text = join(arena, text, ", ",
			arena_printf(arena, "no %s", field_key(settings->reset.at[i].field)));
	return text;
}

static const char *terms_print(struct arena *arena, const struct wire *wire, const struct terms *terms)
{
	const char *text = settings_print(arena, &terms->all);

	for (size_t i = 0; terms->toward && i < wire->count; i++) {
		const char *own = settings_print(arena, &terms->toward[i]);

		if (*own)
			text = join(arena, text, "; ",
				arena_printf(arena, "to %s: %s", link_path(arena, wire->ends[i]), own));
	}
	return text;
}

const char *statement_print(struct arena *arena, const struct statement *statement)
{
	const char *text = terms_print(arena, statement->wire, &statement->now);

	if (statement->router)
		text = join(arena, text, "; ", statement->wire->kind->print(arena, statement));
	for (size_t i = 0; i < statement->schedule_count; i++) {
		const struct terms *terms = &statement->schedule[i];
		const char *every =
			terms->every ? arena_printf(arena, " and every %s", duration(arena, terms->every))
				     : "";

		text = join(arena, text, "; ",
			arena_printf(arena, "at %s%s: %s", duration(arena, terms->at), every,
				terms_print(arena, statement->wire, terms)));
	}
	if (statement->schedules && !statement->schedule_count)
		text = join(arena, text, "; ", "nothing scheduled");
	return text;
}
