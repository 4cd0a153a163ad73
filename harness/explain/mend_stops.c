/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stops a step that gets through: what let it pass taken back, or this flow alone stopped, near to whom
 * it is sent.
 */
#include <string.h>

#include "explain/mend_idea.h"
#include "explain/mend_ruleset.h"

static const char *const actions[] = { "prohibit", "unreachable", "blackhole" };

enum { ACTIONS = sizeof actions / sizeof *actions };

static bool sends(const struct view *view, const struct view_netns *in)
{
	return in->in == view->step->in;
}

/* The step's protocol and port, as nft says it; "" where all packets are meant. */
static const char *flow_print(const struct view *view, size_t target)
{
	const char *verb = view->step->verb->name;
	uint16_t port = view->step->target.port;

	if (target && view->step->listener.port)
		port = view->step->listener.port;
	if (!strcmp(verb, "ping"))
		return view->family == AF_INET6 ? "icmpv6 type echo-request" : "icmp type echo-request";
	if (!strcmp(verb, "tcp") || !strcmp(verb, "udp"))
		return arena_printf(view->arena, "%s dport %u", verb, port);
	return "";
}

/* What happens to the flow: an error where one is wanted. */
static const char *verdict_print(const struct view *view)
{
	const struct expectation *wanted = view->wanted;

	if (wanted->kind == EXPECT_ICMP)
		return arena_printf(view->arena, "reject with %s %s",
			view->family == AF_INET6 ? "icmpv6" : "icmp", wanted->word);
	if (wanted->kind == EXPECT_WORD && !strcmp(wanted->word, "refused"))
		return strcmp(view->step->verb->name, "tcp") != 0 ? "reject" : "reject with tcp reset";
	return "drop";
}

/* The base chain of a filter that sees such packets already; NULL: none. */
static const struct chain *chain_at(const struct view_netns *in, const char *hook)
{
	for (size_t i = 0; i < in->rulesets->chain_count; i++) {
		const struct chain *chain = &in->rulesets->chains[i];

		if (chain->hook && !strcmp(chain->hook, hook) && !strcmp(chain->type, "filter"))
			return chain;
	}
	return NULL;
}

static void refuse(struct ideas *ideas, unsigned cost, const char *also, const struct view_netns *in,
	const char *hook, const char *match)
{
	struct arena *arena = ideas->view->arena;
	const struct chain *chain = chain_at(in, hook);
	const char *group = arena_printf(arena, "flow %s", in->in->name),
		   *verdict = verdict_print(ideas->view);

	if (chain)
		idea_nft(ideas, cost, group, also, in, "insert rule %s %s %s %s", chain->table, chain->name,
			match, verdict);
	else
		idea_table(ideas, cost, group, also, in,
			"chain %s { type filter hook %s priority filter; %s %s; }", hook, hook, match,
			verdict);
}

/* Just this flow, in the namespace that it is for, or in one that forwards it. */
static void stop_flow(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;
	const char *ip = idea_family(ideas), *hook = in->owns_target   ? "input"
						     : sends(view, in) ? "output"
								       : "forward";
	unsigned cost = view->wanted->kind == EXPECT_ICMP ? COST_RULE + 1 : COST_ROUTE;

	cost += in->owns_target ? 0 : sends(view, in) ? 6 : 1;
	for (size_t i = 0; i < view->target_count; i++) {
		const char *flow = flow_print(view, i);
		const char *to = arena_printf(view->arena, "%s daddr %s %s", ip, view->targets[i].text, flow);

		for (size_t j = 0; j < view->source_count; j++)
			refuse(ideas, cost, NULL, in, hook,
				arena_printf(view->arena, "%s saddr %s %s", ip, view->sources[j].text, to));
		refuse(ideas, cost + 2, "holds for everybody who sends that", in, hook, to);
	}
}

/* The step's own selectors, as `ip rule` has them. */
static const char *selectors_print(const struct view *view)
{
	const struct value *uid = value_of(&view->step->values, "uid"),
			   *mark = value_of(&view->step->values, "mark");
	const char *text = "";

	if (uid)
		text = arena_printf(view->arena, " uidrange %llu-%llu", (unsigned long long)uid->number,
			(unsigned long long)uid->number);
	if (mark && mark->first)
		text = arena_printf(view->arena, "%s fwmark 0x%x", text, mark->first);
	return text;
}

/* A rule for one destination, of who sends or of what comes in by the device on the way. */
static void forbid_by_rule(struct ideas *ideas, const struct view_netns *in, const struct view_end *target)
{
	const struct view *view = ideas->view;
	const char *group = arena_printf(view->arena, "forbid %s", in->in->name);
	const char *selectors = selectors_print(view);
	long long priority = view_first_priority(in);

	for (size_t i = 0; i < ACTIONS && sends(view, in); i++) {
		if (*selectors)
			idea_line(ideas, COST_ROUTE, group,
				"holds for all that no rule before it leads elsewhere", in, "rules",
				"priority 32765%s %s", selectors, actions[i]);
		idea_line(ideas, COST_ROUTE + 2, group,
			*selectors ? NULL : "holds for all that the namespace sends to it", in, "rules",
			"priority %lld to %s%s %s", priority, target->text, selectors, actions[i]);
	}
	for (size_t i = 0; i < in->device_count && !sends(view, in); i++)
		for (size_t j = 0; j < ACTIONS; j++)
			idea_line(ideas, COST_ROUTE + 4, group,
				arena_printf(view->arena, "holds for all that comes in by %s for it",
					in->devices[i].name),
				in, "rules", "priority %lld iif %s to %s %s", priority, in->devices[i].name,
				target->text, actions[j]);
}

static void forbid_by_route(struct ideas *ideas, const struct view_netns *in, const struct view_end *target)
{
	for (size_t i = 0; i < ACTIONS; i++)
		idea_line(ideas, COST_ROUTE + 3,
			arena_printf(ideas->view->arena, "no route %s %s", in->in->name, target->text),
			"holds for all that is sent to it", in, "routes", "%s %s", actions[i], target->text);
}

/* Accepted, led or translated by a rule that is taken back, or no longer holds for this flow. */
static void take_back(struct ideas *ideas, const struct view_netns *in, const struct nft_rule *rule)
{
	static const char *const words[] = { "accept", "dnat", "redirect", "masquerade", "snat", "mark set",
		"jump", "goto", "tproxy" };
	const struct view *view = ideas->view;
	const char *at = arena_printf(view->arena, "%s %s", rule->chain->table, rule->chain->name),
		   *group = arena_printf(view->arena, "rule %s %s %lu", in->in->name, at, rule->handle);
	unsigned cost = COST_TOLD + (strstr(rule->text, "established") ? 6 : 4);
	bool passes = false;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		passes |= strstr(rule->text, words[i]) != NULL;
	if (!passes || !rule_may_matter(view, in, rule))
		return;
	idea_nft(ideas, cost, group, "the rule holds for nothing else any more, either", in,
		"delete rule %s handle %lu # %s", at, rule->handle, rule->text);
	for (size_t i = 0; i < view->source_count && strstr(rule->text, "accept"); i++)
		idea_nft(ideas, cost + 1, arena_printf(view->arena, "%s narrow", group), NULL, in,
			"replace rule %s handle %lu %s saddr != %s %s", at, rule->handle, idea_family(ideas),
			view->sources[i].text, rule->text);
}

/* Somewhere else than on the shortest way only what stands there is taken back. */
static void stop_in(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < in->rulesets->rule_count; i++)
		take_back(ideas, in, &in->rulesets->rules[i]);
	if (in->beside && !in->owns_target)
		return;
	stop_flow(ideas, in);
	for (size_t i = 0; i < view->target_count; i++)
		if (!in->owns_target) {
			forbid_by_rule(ideas, in, &view->targets[i]);
			forbid_by_route(ideas, in, &view->targets[i]);
		}
}

void ideas_stops(struct ideas *ideas)
{
	for (size_t i = 0; i < ideas->view->netns_count; i++)
		stop_in(ideas, &ideas->view->namespaces[i]);
}
