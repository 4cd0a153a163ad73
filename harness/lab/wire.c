/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wires of a lab: what each joins, and of which kind devices are that nobody declared. */
#include <stdlib.h>
#include <string.h>

#include "lab/hash.h"
#include "lab/lab.h"

/* clang-format off */
const struct field wire_fields[] = {
	{ .key = "ends", .flags = FIELD_REQUIRED, .what = "what it joins, each as namespace/device" },
	{ .key = "kind", .what = "what carries the packets" },
	{ .key = "seed", .type = &type_u64, .what = "of what befalls its packets by chance, instead of the lab's" },
	{ .key = "toward", .what = "end → what impairs packets to that end, instead of what the wire says of the same keys" },
	{ .key = "schedule", .what = "what changes by itself, and when: an array of objects" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};
/* clang-format on */

static const struct wire_kind *kind_of(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	const char *otherwise = json ? "" : "wire", *names[32] = { NULL }, *near, *list = "";
	const char *name = json_is_string(json) ? json_string_value(json) : otherwise;

	for (size_t i = 0; i < 31 && wire_kinds[i]; i++) {
		names[i] = wire_kinds[i]->name;
		list = arena_printf(reading->arena, "%s%s%s", list, i ? ", " : "", names[i]);
		if (!strcmp(names[i], name))
			return wire_kinds[i];
	}
	near = nearest(name, names);
	problem_add(reading->problems, place_key(reading->arena, where, "kind"),
		"not a kind of wire%s%s%s; allowed: %s", near ? "; did you mean \"" : "", near ? near : "",
		near ? "\"?" : "", list);
	return NULL;
}

/* The link that an end names; it is made here if "links" does not declare it. */
static struct link *find_end(const struct reading *reading, const json_t *json, const struct place *where)
{
	static const struct field end = { .key = "end", .type = &type_end };
	struct value value = { 0 };
	struct netns *in;
	struct link *link;
	const char *slash, *name;

	if (!value_read(reading, json, where, &end, &value))
		return NULL;
	slash = strchr(value.text, '/');
	name = arena_copy(reading->arena, value.text, (size_t)(slash - value.text));
	in = lab_namespace(reading->lab, name);
	if (!in) {
		problem_add(reading->problems, where, "%s", namespace_unknown(reading));
		return NULL;
	}
	link = namespace_link(in, slash + 1);
	if (!link && in->link_count >= LAB_LINKS_EACH) {
		problem_add(reading->problems, where,
			"the namespace has too many devices; allowed: at most %d", LAB_LINKS_EACH);
		return NULL;
	}
	return link ? link : link_add(reading, in, slash + 1, where);
}

static void join(
	const struct reading *reading, struct wire *wire, struct link *link, const struct place *where)
{
	if (link->wire) {
		problem_add(reading->problems, where, "is an end of %s already; allowed: each device once",
			link->wire == wire ? "this wire" : place_path(reading->arena, link->wire->where));
		return;
	}
	if (!link->kind)
		link->kind = link_kind(wire->kind->link_kind);
	link->wire = wire;
	link->end = wire->count;
	arena_append(reading->arena, &wire->ends, &wire->count, &link, sizeof link);
	if (!wire->kind->takes(link))
		problem_add(reading->problems, where, "is of kind %s; allowed: %s", link->kind->name,
			wire->kind->ends_may_be);
}

static void read_ends(
	const struct reading *reading, struct wire *wire, const json_t *json, const struct place *where)
{
	size_t i, count = json_array_size(json);
	json_t *element;

	if (!json_is_array(json)) {
		wrong_kind(reading, json, where, "an array of namespace/device");
		return;
	}
	if (count < wire->kind->least || count > wire->kind->most)
		problem_add(reading->problems, where, "has %zu end%s; allowed: %zu%s", count,
			count == 1 ? "" : "s", wire->kind->least,
			wire->kind->most > wire->kind->least ? " or more" : "");
	json_array_foreach ((json_t *)json, i, element) {
		const struct place *place = place_index(reading->arena, where, i);
		struct link *link = find_end(reading, element, place);

		if (link)
			join(reading, wire, link, place);
	}
}

/* The first end of a pair makes both. */
static void pair(struct wire *wire)
{
	if (wire->count < 2)
		return;
	wire->ends[0]->peer = wire->ends[1]->name;
	wire->ends[1]->made_by_peer = true;
}

/* The wire that stands, all whose ends and no others JSON names; NULL: there is none. */
static struct wire *find_standing(const struct reading *reading, const json_t *ends)
{
	struct wire *wire = NULL;
	size_t i, count = json_array_size(ends);
	json_t *element;

	if (!reading->birth)
		return NULL;
	json_array_foreach ((json_t *)ends, i, element) {
		const char *name = json_is_string(element) ? json_string_value(element) : "";
		const struct link *link = lab_link(reading->lab, NULL, name);

		if (!link || !link->wire || (wire && link->wire != wire))
			return NULL;
		for (size_t j = 0; j < i; j++)
			if (json_equal(element, json_array_get(ends, j)))
				return NULL;
		wire = link->wire;
	}
	return wire && wire->count == count ? wire : NULL;
}

/* What was decided when the wire was made. */
static void check_stands(
	const struct reading *reading, const struct wire *wire, const json_t *json, const struct place *where)
{
	const json_t *kind = json_object_get(json, "kind");

	if (kind && strcmp(json_is_string(kind) ? json_string_value(kind) : "", wire->kind->name) != 0)
		problem_add(reading->problems, place_key(reading->arena, where, "kind"),
			"the wire stands already; allowed: its kind, %s", wire->kind->name);
	if (json_object_get(json, "seed"))
		problem_add(reading->problems, place_key(reading->arena, where, "seed"),
			"the wire stands already; allowed: its seed stays");
}

static struct wire *new_wire(const struct reading *reading, const json_t *json, const struct place *where)
{
	const struct wire_kind *kind = kind_of(reading, json_object_get(json, "kind"), where);
	struct wire *wire = arena_take(reading->arena, sizeof *wire);

	*wire = (struct wire) { .kind = kind, .where = where, .seed = reading->lab->seed };
	if (kind && kind->router)
		wire->router = reading->lab->router_count++;
	return kind ? wire : NULL;
}

static void read_wire(
	const struct reading *reading, const json_t *json, const struct place *where, struct content *content)
{
	const json_t *ends = json_is_object(json) ? json_object_get(json, "ends") : json;
	struct statement *statement = arena_take(reading->arena, sizeof *statement);

	if (!json_is_array(json) && !json_is_object(json)) {
		wrong_kind(reading, json, where, "an array of two ends, or an object with \"ends\"");
		return;
	}
	*statement = (struct statement) { .where = where, .wire = find_standing(reading, ends) };
	statement->stands = statement->wire;
	if (!statement->wire)
		statement->wire = new_wire(reading, json, where);
	if (!statement->wire)
		return;
	if (statement->stands)
		check_stands(reading, statement->wire, json, where);
	else if (ends)
		read_ends(reading, statement->wire, ends,
			ends == json ? where : place_key(reading->arena, where, "ends"));
	if (!statement->stands && statement->wire->kind->pair)
		pair(statement->wire);
	statement_read(reading, json, where, statement, content);
	if (!statement->stands)
		arena_append(reading->arena, &content->wires, &content->wire_count, &statement->wire,
			sizeof statement->wire);
}

void wires_read(
	const struct reading *reading, const json_t *json, const struct place *where, struct content *content)
{
	size_t i;
	json_t *element;

	if (json && !json_is_array(json)) {
		wrong_kind(reading, json, where, "an array of wires");
		return;
	}
	if (json_array_size(json) > LAB_WIRES) {
		problem_add(reading->problems, where, "has %zu wires; allowed: at most %d",
			json_array_size(json), LAB_WIRES);
		return;
	}
	json_array_foreach ((json_t *)json, i, element)
		read_wire(reading, element, place_index(reading->arena, where, i), content);
}

const struct link *wire_end(const struct wire *wire, const char *name)
{
	for (size_t i = 0; i < wire->count; i++) {
		const struct link *end = wire->ends[i];
		size_t length = strlen(end->in->name);

		if (!strncmp(name, end->in->name, length) && name[length] == '/' &&
			!strcmp(name + length + 1, end->name))
			return end;
	}
	return NULL;
}

const struct link *wire_end_by_key(
	const struct reading *reading, const struct wire *wire, const char *name, const struct place *where)
{
	const struct link *end = wire_end(wire, name);

	if (!end)
		problem_add(reading->problems, place_name(reading->arena, where),
			"no end of this wire; allowed: %s", wire_ends_text(reading->arena, wire));
	return end;
}

const char *wire_ends_text(struct arena *arena, const struct wire *wire)
{
	const char *list = "";

	for (size_t i = 0; i < wire->count; i++)
		list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", link_path(arena, wire->ends[i]));
	return *list ? list : "none";
}

json_t *wire_ends_json(struct arena *arena, const struct wire *wire)
{
	json_t *ends = json_new_array();

	for (size_t i = 0; i < wire->count; i++)
		json_append_new(ends, json_string(link_path(arena, wire->ends[i])));
	return ends;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

uint64_t wire_seed(struct arena *arena, const struct wire *wire, const struct link *end)
{
	const char **names = arena_take(arena, wire->count * sizeof *names), *all = "";

	for (size_t i = 0; i < wire->count; i++)
		names[i] = link_path(arena, wire->ends[i]);
	qsort(names, wire->count, sizeof *names, by_text);
	for (size_t i = 0; i < wire->count; i++)
		all = arena_printf(arena, "%s%s ", all, names[i]);
	return hash(wire->seed, arena_printf(arena, "%sto %s", all, link_path(arena, end)));
}

/*
 * What is sent and what answers it may pass every wire in every direction once, and a connection takes such a
 * round for its handshake and one for its data.
 */
uint64_t lab_delay(const struct lab *lab)
{
	const uint64_t hour = UINT64_C(3600) * 1000000000;
	uint64_t sum = 0;

	for (size_t i = 0; i < lab->namespace_count; i++) {
		const struct netns *in = lab->namespaces[i];

		for (size_t j = 0; j < in->link_count; j++)
			sum += in->links[j]->delay < hour ? in->links[j]->delay : hour;
	}
	return sum < hour / 2 ? 2 * sum : hour;
}
