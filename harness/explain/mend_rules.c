/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "explain/mend_idea.h"

static json_int_t priority_of(const json_t *rule)
{
	return json_integer_value(json_object_get(rule, "priority"));
}

static const char *table_of(const json_t *rule)
{
	const char *table = view_text(rule, "table");

	return table ? table : "";
}

/* One of the three that every namespace begins with. */
static bool is_first_rule(const json_t *rule)
{
	return (priority_of(rule) == 0 && !strcmp(table_of(rule), "local")) ||
	       (priority_of(rule) == 32766 && !strcmp(table_of(rule), "main")) ||
	       (priority_of(rule) == 32767 && !strcmp(table_of(rule), "default"));
}

static bool only_first_rules(const struct view_netns *in)
{
	size_t i;
	json_t *rule;

	json_array_foreach (in->rules, i, rule)
		if (!is_first_rule(rule))
			return false;
	return true;
}

/* The longest prefix in a table that has the end's address; NULL: none. */
static const json_t *route_in(const struct view *view, const struct view_netns *in, const char *table,
	const struct address *address)
{
	const json_t *best = NULL;
	struct address prefix, longest = { 0 };
	size_t i;
	json_t *route;

	json_array_foreach (in->routes, i, route) {
		const char *of = view_text(route, "table");

		if (strcmp(of ? of : "main", table) != 0 || !view_prefix(view, route, "dst", &prefix) ||
			!view_within(&prefix, address) || (best && prefix.length <= longest.length))
			continue;
		best = route;
		longest = prefix;
	}
	return best;
}

/* The tables of the namespace's routes but local and main, each once. */
static size_t tables_of(const struct view_netns *in, const char **out, size_t most)
{
	size_t i, count = 0;
	json_t *route;

	json_array_foreach (in->routes, i, route) {
		const char *table = view_text(route, "table");
		bool known = !table || !strcmp(table, "main") || !strcmp(table, "local");

		for (size_t j = 0; !known && j < count; j++)
			known = !strcmp(out[j], table);
		if (!known && count < most)
			out[count++] = table;
	}
	return count;
}

/* That main be asked first, for the end's prefix or for all but its default. */
static void ask_main(struct ideas *ideas, const struct view_netns *in, const struct view_end *end)
{
	struct arena *arena = ideas->view->arena;
	const json_t *route = route_in(ideas->view, in, "main", &end->address);
	const char *to = route ? view_text(route, "dst") : NULL,
		   *group = arena_printf(arena, "main %s", in->in->name);
	bool whole = to && strcmp(to, "default") != 0;
	long long priority = view_first_priority(in);

	if (!route || only_first_rules(in))
		return;
	idea_line(ideas, COST_RULE, group, NULL, in, "rules", "priority %lld to %s lookup main", priority,
		whole ? to : end->text);
	if (whole)
		idea_line(ideas, COST_RULE + 1, group,
			"main is asked first for all that it has but its default", in, "rules",
			"priority %lld lookup main suppress_prefixlength 0", priority);
}

static void ask_table(struct ideas *ideas, const struct view_netns *in, const struct view_end *end,
	const struct view_end *back, const char *table, bool failed)
{
	const struct view *view = ideas->view;
	const struct value *mark = value_of(&view->step->values, "mark");
	const char *group = arena_printf(view->arena, "lookup %s %s %s", in->in->name, table, end->text);
	long long priority = view_first_priority(in);
	unsigned less = failed ? -8U : 4U; /* it is known there */

	idea_line(ideas, COST_RULE + 2 + less, group, NULL, in, "rules", "priority %lld to %s lookup %s",
		priority, end->text, table);
	if (back)
		idea_line(ideas, COST_RULE + 3 + less, group,
			arena_printf(view->arena, "holds for all that %s sends", back->text), in, "rules",
			"priority %lld from %s lookup %s", priority, back->text, table);
	if (mark && mark->first && in->in == view->step->in)
		idea_line(ideas, COST_RULE + less, group, "holds for all that has the mark", in, "rules",
			"priority %lld fwmark 0x%x lookup %s", priority, mark->first, table);
	if (failed)
		idea_line(ideas, COST_RULE - 2, group, "everything else is looked up there too", in, "rules",
			"priority %lld lookup %s", priority, table);
}

static void search_rules(struct ideas *ideas, const struct view_netns *in, const struct view_end *end,
	const struct view_end *back)
{
	const char *tables[8];
	size_t count = tables_of(in, tables, 8);
	struct view_lookup found;

	view_look_up(ideas->view, in, &end->address, &found);
	ask_main(ideas, in, end);
	for (size_t i = 0; i < count; i++)
		if (route_in(ideas->view, in, tables[i], &end->address))
			ask_table(ideas, in, end, back, tables[i], found.number != 0);
}

static json_t *with_op(const json_t *rule, const char *op)
{
	json_t *copy = json_deep_copy(rule);

	json_put(copy, "op", "%s", op);
	return copy;
}

static json_t *rules_change(json_t *first, json_t *second)
{
	json_t *change = json_new_object(), *list = json_new_array();

	json_append_new(list, first);
	if (second)
		json_append_new(list, second);
	json_put_new(change, "rules", list);
	return change;
}

/* The rule as it is, but for some members. TO is given up. */
static void replace(struct ideas *ideas, unsigned cost, const char *group, const struct view_netns *in,
	const json_t *rule, json_t *to)
{
	idea_add(ideas, cost, group, NULL, in, rules_change(with_op(rule, "del"), with_op(to, "add")),
		rules_change(with_op(to, "del"), with_op(rule, "add")));
	json_decref(to);
}

static bool alone_at_its_priority(const struct view_netns *in, const json_t *rule)
{
	size_t i;
	json_t *other;

	json_array_foreach (in->rules, i, other)
		if (other != rule && priority_of(other) == priority_of(rule))
			return false;
	return true;
}

/* A mark that is wider than its mask can never be what was meant. */
static void narrow_mark(
	struct ideas *ideas, const struct view_netns *in, const json_t *rule, const char *group)
{
	const struct value *mark = value_of(&ideas->view->step->values, "mark");
	const char *text = view_text(rule, "fwmark"), *mask_text = view_text(rule, "fwmask");
	unsigned long value = text ? strtoul(text, NULL, 0) : 0;
	unsigned long mask = mask_text ? strtoul(mask_text, NULL, 0) : UINT32_MAX;
	unsigned long sent = mark ? mark->first : 0;
	json_t *to;

	if (!text || (sent & mask) == (value & mask))
		return;
	to = json_deep_copy(rule);
	json_put(to, "fwmark", "0x%lx", sent & mask);
	replace(ideas, value & ~mask ? COST_BROKEN : COST_CHANGED, group, in, rule, to);
}

/* What comes in by a device, where the namespace's own packets are caught too. */
static void add_device(
	struct ideas *ideas, const struct view_netns *in, const json_t *rule, const char *group)
{
	const char *from = view_text(rule, "src");

	if (!from || !strcmp(from, "all") || json_object_get(rule, "iif"))
		return;
	for (size_t i = 0; i < in->device_count; i++) {
		json_t *to = json_deep_copy(rule);

		json_put(to, "iif", "%s", in->devices[i].name);
		replace(ideas, COST_RULE + 3, group, in, rule, to);
	}
}

static void judge_rule(struct ideas *ideas, const struct view_netns *in, const json_t *rule)
{
	struct arena *arena = ideas->view->arena;
	const char *group = arena_printf(arena, "rule %s %lld", in->in->name, (long long)priority_of(rule));
	unsigned cost = COST_REMOVED;
	json_t *later;

	if (json_object_get(rule, "unresolved") && !json_is_false(json_object_get(rule, "unresolved")))
		idea_line(ideas, COST_BROKEN, group, NULL, in, "rules", "priority %lld lookup main",
			(long long)json_integer_value(json_object_get(rule, "goto")));
	if (is_first_rule(rule))
		return;
	if (ideas->view->wants_success) {
		narrow_mark(ideas, in, rule, group);
		add_device(ideas, in, rule, group);
	}
	if (!alone_at_its_priority(in, rule)) {
		later = json_deep_copy(rule);
		json_put_number(later, "priority", priority_of(rule) + 1);
		idea_add(ideas, COST_CHANGED, group, NULL, in,
			rules_change(with_op(rule, "del"), with_op(later, "add")), NULL);
		json_decref(later);
	}
	if (ideas->view->wants_stop) /* where a rule only leads to another, that is what let it pass */
		cost = json_object_get(rule, "goto") ? COST_TOLD + 6 : COST_TOLD + 5;
	idea_add(ideas, cost, group, "the rule holds for nothing else any more, either", in,
		rules_change(with_op(rule, "del"), NULL),
		alone_at_its_priority(in, rule) ? rules_change(with_op(rule, "add"), NULL) : NULL);
}

static bool leads_to(const struct view_netns *in, const char *table, bool first)
{
	size_t i;
	json_t *rule;

	json_array_foreach (in->rules, i, rule)
		if (!strcmp(table_of(rule), table) && (!first || !priority_of(rule)))
			return true;
	return false;
}

/* Who is asked, where the rules that every namespace begins with are gone or elsewhere. */
static void search_first_rules(struct ideas *ideas, const struct view_netns *in)
{
	struct arena *arena = ideas->view->arena;

	if (!leads_to(in, "local", true))
		idea_line(ideas, COST_BROKEN, arena_printf(arena, "first rule %s", in->in->name), NULL, in,
			"rules", "priority 0 lookup local");
	if (!leads_to(in, "main", false))
		idea_line(ideas, COST_RULE, arena_printf(arena, "last rule %s", in->in->name), NULL, in,
			"rules", "priority 32766 lookup main");
}

/* What a VRF's table has not is looked for in main, unless a rule behind that for VRFs says otherwise. */
static void end_vrfs(struct ideas *ideas, const struct view_netns *in)
{
	for (size_t i = 0; i < in->device_count; i++)
		if (in->devices[i].link->kind && !strcmp(in->devices[i].link->kind->name, "vrf"))
			idea_line(ideas, COST_RULE, arena_printf(ideas->view->arena, "vrf %s", in->in->name),
				"holds for all VRFs", in, "rules", "priority 2000 l3mdev unreachable");
}

void ideas_rules(struct ideas *ideas)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++) {
		const struct view_netns *in = &view->namespaces[i];
		size_t j;
		json_t *rule;

		if (view->wants_success)
			search_first_rules(ideas, in);
		end_vrfs(ideas, in);
		for (size_t k = 0; view->wants_success && k < view->target_count; k++)
			search_rules(
				ideas, in, &view->targets[k], view->source_count ? &view->sources[0] : NULL);
		for (size_t k = 0; view->wants_success && k < view->source_count; k++)
			search_rules(ideas, in, &view->sources[k],
				view->target_count ? &view->targets[view->target_count - 1] : NULL);
		json_array_foreach (in->rules, j, rule)
			judge_rule(ideas, in, rule);
	}
}
