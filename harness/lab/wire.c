/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wires of a lab: what each joins, and of which kind devices are that nobody declared. */
#include <string.h>

#include "lab/lab.h"

const struct field wire_fields[] = {
	{ .key = "ends", .flags = FIELD_REQUIRED, .what = "what it joins, each as namespace/device" },
	{ .key = "kind", .what = "what carries the packets" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

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

static void read_wire(
	const struct reading *reading, const json_t *json, const struct place *where, struct content *content)
{
	static const struct field none[] = { { 0 } };
	struct wire *wire = arena_take(reading->arena, sizeof *wire);

	wire->where = where;
	if (!json_is_array(json) && !json_is_object(json)) {
		wrong_kind(reading, json, where, "an array of two ends, or an object with \"ends\"");
		return;
	}
	wire->kind = kind_of(reading, json_object_get(json, "kind"), where);
	if (!wire->kind)
		return;
	if (json_is_object(json)) {
		const struct field *const tables[] = { wire_fields,
			wire->kind->fields ? wire->kind->fields : none, NULL };

		values_read(reading, json, where, tables, &wire->values);
		if (json_object_get(json, "ends"))
			read_ends(reading, wire, json_object_get(json, "ends"),
				place_key(reading->arena, where, "ends"));
	} else {
		read_ends(reading, wire, json, where);
	}
	if (wire->kind->pair)
		pair(wire);
	arena_append(reading->arena, &content->wires, &content->wire_count, &wire, sizeof wire);
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
