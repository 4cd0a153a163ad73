/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets: what their base chains do not let pass, sources that nobody answers to, segments that are too
 * large. */
#include <string.h>

#include "explain/mend_idea.h"
#include "explain/mend_ruleset.h"

/* The first device toward an end, NULL: there is none, or it is here. */
static const char *toward(const struct view *view, const struct view_netns *in, const struct view_end *end)
{
	struct view_way way;

	return view_ways(view, in, end, &way, 1) ? way.out->name : NULL;
}

static void pass_between(struct ideas *ideas, const struct view_netns *in, const struct chain *chain,
	const char *group, const char *from, const char *to)
{
	struct arena *arena = ideas->view->arena;
	bool input = !strcmp(chain->hook, "input") || !strcmp(chain->hook, "prerouting");
	bool output = !strcmp(chain->hook, "output") || !strcmp(chain->hook, "postrouting");
	bool between = !strcmp(chain->hook, "forward") && from && to;

	if (input && from)
		idea_nft(ideas, COST_PASSED, group,
			arena_printf(arena, "all that comes in by %s passes", from), in,
			"insert rule %s %s iifname %s accept", chain->table, chain->name, from);
	else if (output && to)
		idea_nft(ideas, COST_PASSED, group, arena_printf(arena, "all that leaves by %s passes", to),
			in, "insert rule %s %s oifname %s accept", chain->table, chain->name, to);
	else if (between)
		idea_nft(ideas, COST_PASSED, group, arena_printf(arena, "all from %s to %s passes", from, to),
			in, "insert rule %s %s iifname %s oifname %s accept", chain->table, chain->name, from,
			to);
	else if (!strcmp(chain->hook, "forward") && from)
		idea_nft(ideas, COST_PASSED + 1, group,
			arena_printf(arena, "all that comes in by %s passes", from), in,
			"insert rule %s %s iifname %s accept", chain->table, chain->name, from);
}

static void open_chain(struct ideas *ideas, const struct view_netns *in, const struct chain *chain)
{
	const struct view *view = ideas->view;
	struct arena *arena = view->arena;
	const char *group = arena_printf(arena, "chain %s %s %s", in->in->name, chain->table, chain->name);
	const char *whole =
		arena_printf(arena, "everything that %s %s refused passes it", chain->table, chain->name);

	for (size_t i = 0; i < view->target_count; i++) {
		const char *to = toward(view, in, &view->targets[i]),
			   *from = view->source_count ? toward(view, in, &view->sources[0]) : NULL;

		pass_between(ideas, in, chain, group, from, to);
		pass_between(ideas, in, chain, group, to, from);
	}
	for (size_t i = 0; i < view->target_count && view->source_count; i++) {
		const char *to = toward(view, in, &view->targets[i]),
			   *from = toward(view, in, &view->sources[0]);

		if (to && from && !strcmp(chain->hook, "forward"))
			idea_nft(ideas, COST_PASSED + 1, group,
				arena_printf(arena, "all between %s and %s passes", from, to), in,
				"insert rule %s %s iifname %s oifname %s accept\ninsert rule %s %s iifname "
				"%s oifname %s accept",
				chain->table, chain->name, from, to, chain->table, chain->name, to, from);
	}
	for (size_t i = 0; i < in->device_count; i++)
		pass_between(ideas, in, chain, group, in->devices[i].name,
			strcmp(chain->hook, "forward") ? in->devices[i].name : NULL);
	for (size_t i = 0; i < in->device_count && !strcmp(chain->hook, "forward"); i++)
		if (view_text(in->devices[i].json, "ifname") && in->devices[i].link->kind &&
			!strcmp(in->devices[i].link->kind->name, "bridge"))
			pass_between(ideas, in, chain, group, in->devices[i].name, in->devices[i].name);
	idea_nft(ideas, COST_PASSED + 2, group, "errors about other packets pass too", in,
		"insert rule %s %s meta l4proto { icmp, ipv6-icmp } accept", chain->table, chain->name);
	if (chain->drops)
		idea_nft(ideas, COST_OPEN, group, whole, in, "chain %s %s { policy accept; }", chain->table,
			chain->name);
	idea_nft(ideas, COST_OPEN + 1, group, whole, in, "flush chain %s %s", chain->table, chain->name);
}

/* A mark that is set on output changes the route only in a chain of that type. */
static void make_route_chain(struct ideas *ideas, const struct view_netns *in, const struct chain *chain)
{
	struct arena *arena = ideas->view->arena;
	const char *body = chain->body ? arena_printf(arena, "%.*s", (int)chain->size, chain->body) : "";
	const char *type = strstr(body, "type filter");

	if (strcmp(chain->hook, "output") != 0 || !type || !strstr(body, "mark set"))
		return;
	idea_nft(ideas, COST_BROKEN, arena_printf(arena, "type %s %s", chain->table, chain->name), NULL, in,
		"delete chain %s %s\ntable %s {\n  chain %s {%.*stype route%s}\n}", chain->table, chain->name,
		chain->table, chain->name, (int)(type - body), body, type + strlen("type filter"));
}

static void masquerade(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < in->device_count; i++)
		idea_table(ideas, COST_PASSED + 4, arena_printf(view->arena, "masquerade %s", in->in->name),
			"all that leaves by the device gets its address", in,
			"chain post { type nat hook postrouting priority srcnat; oifname %s masquerade; }",
			in->devices[i].name);
}

static void clamp(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;

	if (strcmp(view->step->verb->name, "tcp") != 0 || in->device_count < 2)
		return;
	idea_table(ideas, COST_OBJECT - 2, arena_printf(view->arena, "clamp %s", in->in->name),
		"holds for all connections that are forwarded", in,
		"chain forward {\n    type filter hook forward priority mangle\n    tcp flags & (syn | rst) "
		"== "
		"syn tcp option maxseg size set rt mtu\n  }");
}

/* What came in by a device leaves by it: connections are marked, and a rule leads the marked to a table. */
static void mark_connections(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;
	struct address prefix;
	size_t i;
	json_t *route;

	json_array_foreach (in->routes, i, route) {
		const char *table = view_text(route, "table"), *device = view_text(route, "dev");
		json_t *change, *rules;

		if (!table || !strcmp(table, "local") || !device ||
			!view_prefix(view, route, "dst", &prefix) || prefix.length)
			continue;
		change = idea_nft_change(arena_printf(view->arena,
			"table %s mend {\n  chain pre {\n    type filter hook prerouting priority mangle\n   "
			" iifname %s ct mark set 0x1\n    iifname != %s meta mark set ct mark\n  }\n}",
			idea_family(ideas), device, device));
		rules = json_new_array();
		json_append_new(rules, json_sprintf("fwmark 0x1 lookup %s", table));
		json_put_new(change, "rules", rules);
		idea_add(ideas, COST_RULE + 1,
			arena_printf(view->arena, "connmark %s %s", in->in->name, device), NULL, in, change,
			NULL);
	}
}

/* Rules that stand in the way: without one, with one before it that stands behind, or without this flow. */
static void pass_rule(
	struct ideas *ideas, const struct view_netns *in, const struct rulesets *rulesets, size_t index)
{
	const struct view *view = ideas->view;
	const struct nft_rule *rule = &rulesets->rules[index];
	const char *group = arena_printf(view->arena, "rule of %s %s %s %lu", in->in->name,
			   rule->chain->table, rule->chain->name, rule->handle),
		   *at = arena_printf(view->arena, "%s %s", rule->chain->table, rule->chain->name);

	if (!strstr(rule->text, "drop") && !strstr(rule->text, "reject"))
		return;
	for (size_t i = index + 1; i < rulesets->rule_count && rulesets->rules[i].chain == rule->chain; i++)
		if (strstr(rulesets->rules[i].text, "accept") &&
			rule_may_matter(view, in, &rulesets->rules[i]))
			idea_nft(ideas, COST_PASSED - 2, group, NULL, in,
				"delete rule %s handle %lu # %s\ninsert rule %s handle %lu %s", at,
				rulesets->rules[i].handle, rulesets->rules[i].text, at, rule->handle,
				rulesets->rules[i].text);
	for (size_t i = 0; i < view->target_count; i++)
		idea_nft(ideas, COST_PASSED + 1, group, "all that is sent to it passes the rule", in,
			"replace rule %s handle %lu %s daddr != %s %s", at, rule->handle, idea_family(ideas),
			view->targets[i].text, rule->text);
	idea_nft(ideas, COST_OPEN - 2, group, "everything else that the rule stopped passes it, too", in,
		"delete rule %s handle %lu # %s", at, rule->handle, rule->text);
}

static void search_rulesets(struct ideas *ideas, const struct view_netns *in, const struct rulesets *rulesets)
{
	bool translates = false;

	for (size_t i = 0; i < rulesets->chain_count; i++) {
		const struct chain *chain = &rulesets->chains[i];

		if (!chain->type || !chain->hook)
			continue;
		translates |= !strcmp(chain->type, "nat");
		if (!strcmp(chain->type, "filter"))
			open_chain(ideas, in, chain);
		make_route_chain(ideas, in, chain);
	}
	for (size_t i = 0; i < rulesets->rule_count; i++)
		if (rule_may_matter(ideas->view, in, &rulesets->rules[i]))
			pass_rule(ideas, in, rulesets, i);
	if (translates)
		mark_connections(ideas, in);
}

void ideas_firewall(struct ideas *ideas)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++) {
		const struct view_netns *in = &view->namespaces[i];

		if (!in->in->uses_nft)
			continue;
		search_rulesets(ideas, in, in->rulesets);
		if (view->gets_through && view->counts)
			continue;
		masquerade(ideas, in);
		clamp(ideas, in);
	}
}
