/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lab has once made, and is not there when the step begins: a device that went took it along. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "explain/mend_idea.h"

static bool makes(const struct entry *entry)
{
	return entry->command != COMMAND_DEL && entry->command != COMMAND_FLUSH;
}

static bool stands(const struct ideas *ideas, const struct view_netns *in, const struct entry *entry)
{
	const struct request *request = entry_request(ideas->view->arena, entry);
	bool there = true;
	struct error *error =
		rtnl_stands(in->there->rtnl, request, entry->object, &in->there->resolver, &there);

	error_free(error);
	return error || there;
}

static json_t *listed(const char *key, const char *op, json_t *entry)
{
	json_t *change = json_new_object(), *lines = json_new_array();

	json_put(entry, "op", "%s", op);
	json_append_new(lines, entry);
	json_put_new(change, key, lines);
	return change;
}

/* All that a namespace has lost, in one change: where IPv6 is switched off, with that switched on. */
struct loss {
	json_t *change; /* NULL: nothing */
	size_t count;
};

static void switch_on(
	const struct ideas *ideas, const struct view_netns *in, const struct entry *entry, struct loss *loss)
{
	const char *device = value_text(&entry->values, "dev"), *name;
	json_t *set;
	long off;

	if (entry->family != AF_INET6 || !device)
		return;
	name = arena_printf(ideas->view->arena, "net/ipv6/conf/%s/disable_ipv6", device);
	if (!view_sysctl(in, name, &off) || !off)
		return;
	set = json_object_get(loss->change, "sysctls");
	if (!set) {
		set = json_new_object();
		json_put_new(loss->change, "sysctls", set);
	}
	if (!json_object_get(set, name))
		loss->count++;
	json_put_number(set, name, 0);
}

static void lose(
	const struct ideas *ideas, const struct view_netns *in, const struct entry *entry, struct loss *loss)
{
	const char *key = entry->object->key;
	json_t *lines, *line = entry_json(ideas->view->arena, entry);

	if (!loss->change)
		loss->change = json_new_object();
	lines = json_object_get(loss->change, key);
	if (!lines) {
		lines = json_new_array();
		json_put_new(loss->change, key, lines);
	}
	json_put(line, "op", "add");
	json_append_new(lines, line);
	loss->count++;
	switch_on(ideas, in, entry, loss);
}

static void look_into(struct ideas *ideas, const struct content *content, struct loss *losses)
{
	struct arena *arena = ideas->view->arena;

	for (size_t i = 0; content->in && i < content->entry_count; i++) {
		const struct entry *entry = &content->entries[i];
		const struct view_netns *in = &ideas->view->namespaces[content->in->index];
		const char *key = entry->object->key;

		if (!makes(entry) || stands(ideas, in, entry))
			continue;
		lose(ideas, in, entry, &losses[content->in->index]);
		idea_add(ideas, COST_BROKEN,
			arena_printf(arena, "missing %s %zu", in->in->name, ideas->count), NULL, in,
			listed(key, "add", entry_json(arena, entry)),
			listed(key, "del", entry_json(arena, entry)));
	}
	for (size_t i = 0; i < content->inner_count; i++)
		look_into(ideas, content->inner[i], losses);
}

/* Of a local address the kernel itself keeps a route; two tunnels of one host are told apart by tables. */
static void look_for_local(
	struct ideas *ideas, const struct view_netns *in, const char *device, const char *address)
{
	struct arena *arena = ideas->view->arena;
	size_t i;
	json_t *route, *change, *list;

	json_array_foreach (in->routes, i, route) {
		const char *type = view_text(route, "type"), *to = view_text(route, "dst");

		if (type && to && !strcmp(type, "local") && !strcmp(to, address))
			return;
	}
	idea_line(ideas, COST_BROKEN, arena_printf(arena, "local %s %s", in->in->name, address), NULL, in,
		"routes", "local %s dev %s table local", address, device);
	change = json_new_object();
	list = json_new_array();
	json_append_new(list, json_sprintf("add local %s dev %s table 13", address, device));
	json_put_new(change, "routes", list);
	list = json_new_array();
	json_append_new(list, json_sprintf("add iif %s lookup 13", device));
	json_put_new(change, "rules", list);
	idea_add(ideas, COST_BROKEN + 2, arena_printf(arena, "local table %s %s", in->in->name, address),
		NULL, in, change, NULL);
}

static void look_for_locals(struct ideas *ideas, const struct view_netns *in)
{
	size_t i, j;
	json_t *link, *address;

	json_array_foreach (in->addresses, i, link)
		json_array_foreach (json_object_get(link, "addr_info"), j, address) {
			const char *family = view_text(address, "family"),
				   *local = view_text(address, "local");
			bool six = family && !strcmp(family, "inet6");

			if (local && six == (ideas->view->family == AF_INET6) && view_text(link, "ifname"))
				look_for_local(ideas, in, view_text(link, "ifname"), local);
		}
}

void ideas_missing(struct ideas *ideas)
{
	const struct lab *lab = ideas->view->lab;
	struct loss *losses = arena_take(ideas->view->arena, lab->namespace_count * sizeof *losses);

	for (size_t i = 0; i < lab->namespace_count; i++)
		look_into(ideas, lab->namespaces[i]->content, losses);
	for (const struct step *step = lab->steps; step->number < ideas->view->step->number; step++)
		if (step->change)
			look_into(ideas, step->change, losses);
	for (size_t i = 0; i < lab->namespace_count; i++) {
		if (losses[i].count > 1)
			idea_add(ideas, COST_BROKEN + 2,
				arena_printf(ideas->view->arena, "missing %s", lab->namespaces[i]->name),
				NULL, &ideas->view->namespaces[i], losses[i].change, NULL);
		else
			json_decref(losses[i].change);
	}
	for (size_t i = 0; i < ideas->view->netns_count; i++)
		look_for_locals(ideas, &ideas->view->namespaces[i]);
}
