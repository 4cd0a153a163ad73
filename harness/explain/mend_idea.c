/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/mend_idea.h"

#include <string.h>

/* What is false or empty needs no saying: `ip -d -j` has all of it. */
static void strip(json_t *json)
{
	const char *key;
	json_t *value;
	void *next;
	size_t i;

	json_array_foreach (json, i, value)
		strip(value);
	if (!json_is_object(json))
		return;
	json_object_foreach_safe(json, next, key, value)
	{
		const char *text = json_string_value(value);

		if (json_is_false(value) || (json_is_array(value) && !json_array_size(value)) ||
			(text && (!strcmp(text, "unspec") ||
					 (!strcmp(key, "type") && !strcmp(text, "unicast")))))
			json_object_del(json, key);
	}
}

static const char *step_text(struct view *view, const struct view_netns *in, json_t *change)
{
	json_t *step, *list;
	const char *text, *key;

	if (!change)
		return NULL;
	step = json_new_object();
	json_put(step, "in", "%s", in->in->name);
	json_object_foreach (change, key, list)
		strip(list);
	json_put_new(step, "change", change);
	text = json_print(view->arena, step);
	json_decref(step);
	return text;
}

static void keep(struct ideas *ideas, struct idea *idea, const struct view_netns *in)
{
	struct view *view = ideas->view;

	idea->cost += in->beside ? COST_BESIDE : 0;
	idea->order =
		ideas->count + (view->source_count ? view->sources[0].hops[in->in->index] * 10000UL : 0);
	for (size_t i = 0; i < ideas->count; i++)
		if (!strcmp(ideas->at[i].trial.change, idea->trial.change)) {
			if (ideas->at[i].cost > idea->cost)
				ideas->at[i].cost = idea->cost;
			return;
		}
	arena_append(view->arena, &ideas->at, &ideas->count, idea, sizeof *idea);
}

void idea_add(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, json_t *change, json_t *undo)
{
	struct idea idea = { .cost = cost, .group = group, .also = also };

	idea.trial.change = step_text(ideas->view, in, change);
	idea.trial.undo = undo ? step_text(ideas->view, in, undo) : NULL;
	keep(ideas, &idea, in);
}

/* A change of the whole lab. */
static const char *text_of_all(struct arena *arena, const char *key, json_t *value)
{
	json_t *step = json_new_object(), *change = json_new_object();
	const char *text;

	json_put_new(change, key, value);
	json_put_new(step, "change", change);
	text = json_print(arena, step);
	json_decref(step);
	return text;
}

void idea_add_several(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *nearest, json_t *namespaces)
{
	struct idea idea = { .cost = cost, .group = group, .also = also };

	idea.trial.change = text_of_all(ideas->view->arena, "namespaces", namespaces);
	keep(ideas, &idea, nearest);
}

void idea_add_wires(struct ideas *ideas, unsigned cost, const char *group, const struct view_netns *nearest,
	json_t *wires, json_t *undo)
{
	struct idea idea = { .cost = cost, .group = group };

	idea.trial.change = text_of_all(ideas->view->arena, "wires", wires);
	idea.trial.undo = undo ? text_of_all(ideas->view->arena, "wires", undo) : NULL;
	keep(ideas, &idea, nearest);
}

static json_t *one_line(const char *key, const char *verb, const char *line)
{
	json_t *change = json_new_object(), *lines = json_new_array();
	json_t *text = json_sprintf("%s%s", verb, line);

	json_append_new(lines, text);
	json_put_new(change, key, lines);
	return change;
}

void idea_line(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *key, const char *format, ...)
{
	va_list arguments;
	const char *line;

	va_start(arguments, format);
	line = arena_vprintf(ideas->view->arena, format, arguments);
	va_end(arguments);
	idea_add(ideas, cost, group, also, in, one_line(key, "add ", line), one_line(key, "del ", line));
}

void idea_line_removed(struct ideas *ideas, unsigned cost, const char *group, const struct view_netns *in,
	const char *key, const char *format, ...)
{
	va_list arguments;
	const char *line;

	va_start(arguments, format);
	line = arena_vprintf(ideas->view->arena, format, arguments);
	va_end(arguments);
	idea_add(ideas, cost, group, NULL, in, one_line(key, "del ", line), NULL);
}

void idea_sysctls(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *const *names, const long *values, size_t count)
{
	json_t *changes[2];

	for (int back = 0; back < 2; back++) {
		json_t *set = json_new_object();

		changes[back] = json_new_object();
		for (size_t i = 0; i < count; i++) {
			long value = values[i];

			if (back && !view_sysctl(in, names[i], &value)) {
				json_decref(set);
				json_decref(changes[0]);
				json_decref(changes[1]);
				return;
			}
			json_put_number(set, names[i], value);
		}
		json_put_new(changes[back], "sysctls", set);
	}
	idea_add(ideas, cost, group, also, in, changes[0], changes[1]);
}

json_t *idea_nft_change(const char *text)
{
	json_t *change = json_new_object(), *lines = json_new_array();

	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		json_append_new(lines, json_stringn(text, length));
	}
	json_put_new(change, "nft", lines);
	return change;
}

void idea_nft(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	idea_add(ideas, cost, group, also, in,
		idea_nft_change(arena_vprintf(ideas->view->arena, format, arguments)), NULL);
	va_end(arguments);
}

const char *idea_family(const struct ideas *ideas)
{
	return ideas->view->family == AF_INET6 ? "ip6" : "ip";
}

void idea_table(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *format, ...)
{
	struct arena *arena = ideas->view->arena;
	const char *family = idea_family(ideas), *chains;
	va_list arguments;

	va_start(arguments, format);
	chains = arena_vprintf(arena, format, arguments);
	va_end(arguments);
	idea_add(ideas, cost, group, also, in,
		idea_nft_change(arena_printf(arena, "table %s mend {\n  %s\n}", family, chains)),
		idea_nft_change(arena_printf(arena, "delete table %s mend", family)));
}
