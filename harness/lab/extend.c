/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Further steps for a lab that has been read, and maybe stands. */
#include <string.h>

#include "lab/lab.h"

/* A lab as it was: what reading a change adds to is copied, and put back where the change is wrong. */
struct snapshot {
	struct lab lab;
	struct netns *namespaces;
	struct link *links; /* of all namespaces, one after another */
};

static size_t count_links(const struct lab *lab)
{
	size_t count = 0;

	for (size_t i = 0; i < lab->namespace_count; i++)
		count += lab->namespaces[i]->link_count;
	return count;
}

static void take(struct snapshot *out, const struct lab *lab, struct arena *arena)
{
	struct link *link;

	out->lab = *lab;
	out->namespaces = arena_take(arena, lab->namespace_count * sizeof *out->namespaces);
	out->links = link = arena_take(arena, count_links(lab) * sizeof *out->links);
	for (size_t i = 0; i < lab->namespace_count; i++) {
		out->namespaces[i] = *lab->namespaces[i];
		for (size_t j = 0; j < lab->namespaces[i]->link_count; j++)
			*link++ = *lab->namespaces[i]->links[j];
	}
}

/* The arrays themselves have only grown behind what was there. */
static void put_back(const struct snapshot *snapshot, struct lab *lab)
{
	const struct link *link = snapshot->links;

	*lab = snapshot->lab;
	for (size_t i = 0; i < lab->namespace_count; i++) {
		*lab->namespaces[i] = snapshot->namespaces[i];
		for (size_t j = 0; j < lab->namespaces[i]->link_count; j++)
			*lab->namespaces[i]->links[j] = *link++;
	}
}

/* What was an end of no wire is no port of the relay's yet. */
static void mark_late(const struct snapshot *snapshot)
{
	const struct link *before = snapshot->links;

	for (size_t i = 0; i < snapshot->lab.namespace_count; i++) {
		const struct netns *in = &snapshot->namespaces[i];

		for (size_t j = 0; j < in->link_count; j++, before++)
			in->links[j]->late = !before->wire;
	}
}

static void read_steps(const struct reading *reading, const json_t *json, const struct place *root)
{
	if (json_is_array(json))
		steps_read(reading, json, root);
	else if (json_is_object(json))
		step_read(reading, json, root, 1);
	else
		problem_add(
			reading->problems, root, "allowed: a step, which is an object, or an array of steps");
	steps_check(reading);
}

enum status lab_extend(struct lab *lab, const struct text *text, filter_check *filter_wrong,
	ruleset_check *ruleset_wrong, FILE *to, struct step **steps, size_t *count)
{
	struct problems problems = { .arena = lab->arena, .text = text };
	const struct reading reading = { .lab = lab,
		.arena = lab->arena,
		.problems = &problems,
		.filter_wrong = filter_wrong,
		.ruleset_wrong = ruleset_wrong };
	struct arena *aside = arena_open();
	struct snapshot before;
	json_t *json = text_parse(&problems, text, "a step, or an array of steps");

	take(&before, lab, aside);
	lab->steps = NULL;
	lab->step_count = 0;
	if (json) {
		json_append_new(lab->kept, json);
		read_steps(&reading, json, place_root(lab->arena, text));
	}
	*steps = lab->steps;
	*count = lab->step_count;
	lab->steps = before.lab.steps;
	lab->step_count = before.lab.step_count;
	if (problems.count) {
		put_back(&before, lab);
		problems_print(&problems, to);
	} else {
		mark_late(&before);
	}
	arena_close(aside);
	return problems.count ? STATUS_WRONG : STATUS_PASSED;
}
