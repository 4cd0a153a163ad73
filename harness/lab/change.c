/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a step of the verb change says: as for a namespace, or as for several and their wires. */
#include "lab/lab.h"
#include "lab/tables.h"

const struct field change_fields[] = {
	{ .key = "namespaces", .what = "name → what changes in it" },
	{ .key = "wires",
		.what = "wires that are added; of one that stands, which has the same ends, what is said of "
			"its impairments holds from now on, and null takes one away" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

static bool has_content(const struct content *change, const struct netns *in)
{
	for (size_t i = 0; i < change->inner_count; i++)
		if (change->inner[i]->in == in)
			return true;
	return false;
}

/* A wire makes devices also in namespaces of which the change says nothing. */
static void add_contents_of_wires(const struct reading *reading, struct content *change)
{
	for (size_t i = 0; i < change->wire_count; i++) {
		for (size_t j = 0; j < change->wires[i]->count; j++) {
			struct content *inner = arena_take(reading->arena, sizeof *inner);

			*inner = (struct content) { .where = change->where,
				.in = change->wires[i]->ends[j]->in };
			if (!has_content(change, inner->in))
				arena_append(reading->arena, &change->inner, &change->inner_count, &inner,
					sizeof inner);
		}
	}
}

static struct content *read_change_of_several(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	const struct field *const tables[] = { change_fields, NULL };
	struct content *content = arena_take(reading->arena, sizeof *content);
	const struct place *namespaces = place_key(reading->arena, where, "namespaces");
	struct values ignored = { 0 };
	json_t *all = json_object_get(json, "namespaces"), *value;
	const char *name;

	content->where = where;
	values_read(reading, json, where, tables, &ignored);
	if (all && !json_is_object(all))
		wrong_kind(reading, all, namespaces, "an object: name → what changes in it");
	json_object_foreach (all, name, value) {
		const struct place *place = place_key(reading->arena, namespaces, name);
		struct netns *in = lab_namespace(reading->lab, name);
		struct content *inner;

		if (!in) {
			problem_add(reading->problems, place_name(reading->arena, place), "%s",
				namespace_unknown(reading));
			continue;
		}
		inner = content_read(reading, in, value, place, true);
		arena_append(reading->arena, &content->inner, &content->inner_count, &inner, sizeof inner);
	}
	wires_read(
		reading, json_object_get(json, "wires"), place_key(reading->arena, where, "wires"), content);
	add_contents_of_wires(reading, content);
	return content;
}

void change_read(const struct reading *reading, struct step *step, const json_t *json, bool said_in,
	const struct place *where)
{
	const struct reading inside = { .lab = reading->lab,
		.arena = reading->arena,
		.problems = reading->problems,
		.filter_wrong = reading->filter_wrong,
		.ruleset_wrong = reading->ruleset_wrong,
		.birth = where };
	bool several = !said_in &&
		       (json_object_get(json, "namespaces") || json_object_get(json, "wires") || !step->in);

	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, "an object, as for a namespace");
		return;
	}
	if (several)
		step->change = read_change_of_several(&inside, json, where);
	else if (step->in)
		step->change = content_read(&inside, step->in, json, where, true);
	else
		return; /* in a namespace that does not exist, which has been said */
	links_read(&inside, step->change);
}
