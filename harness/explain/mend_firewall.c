/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rulesets: what their base chains do not let pass, sources that nobody answers to, segments that are too
 * large. */
#include <ctype.h>
#include <string.h>

#include "explain/mend_idea.h"

/* A base chain as some ruleset of the lab has it. */
struct chain {
	const char *table; /* "inet filter" */
	const char *name, *type, *hook;
	bool drops;	  /* its policy */
	const char *body; /* between its braces */
	size_t size;
};

enum { CHAINS_MOST = 16, WORDS_MOST = 64 };

struct chains {
	struct chain at[CHAINS_MOST];
	size_t count;
};

/* The next word, brace, or semicolon; "" at the end. Strings and comments are passed over. */
static const char *next_word(struct arena *arena, const char **text)
{
	const char *at = *text, *end;

	for (;;) {
		at += strspn(at, " \t\n\r");
		if (*at != '#')
			break;
		at += strcspn(at, "\n");
	}
	if (!*at) {
		*text = at;
		return "";
	}
	if (strchr("{};", *at))
		end = at + 1;
	else if (*at == '"')
		end = strchr(at + 1, '"') ? strchr(at + 1, '"') + 1 : at + strlen(at);
	else
		end = at + strcspn(at, " \t\n\r{};");
	*text = end;
	return arena_printf(arena, "%.*s", (int)(end - at), at);
}

static bool is_family(const char *word)
{
	static const char *const families[] = { "ip", "ip6", "inet", "arp", "bridge", "netdev" };

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (!strcmp(word, families[i]))
			return true;
	return false;
}

static struct chain *chain_of(struct chains *chains, const char *table, const char *name)
{
	for (size_t i = 0; i < chains->count; i++)
		if (!strcmp(chains->at[i].table, table) && !strcmp(chains->at[i].name, name))
			return &chains->at[i];
	if (chains->count == CHAINS_MOST)
		return NULL;
	chains->at[chains->count] = (struct chain) { .table = table, .name = name };
	return &chains->at[chains->count++];
}

static void note_body(struct chain *chain, const char *text)
{
	const char *open = strchr(text, '{'), *at = open;
	int depth = 0;

	if (!chain || !open || chain->body)
		return;
	do
		depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
	while (depth && *++at);
	chain->body = open + 1;
	chain->size = (size_t)(at - open) - 1;
}

/* Reads "table FAMILY NAME { chain NAME { type T hook H ...; policy drop; ..." */
static void read_chains(struct arena *arena, const char *text, struct chains *out)
{
	const char *table = NULL, *word, *before = "";
	struct chain *chain = NULL;

	while (*(word = next_word(arena, &text))) {
		if (!strcmp(word, "table")) {
			const char *family = next_word(arena, &text);

			table = is_family(family)
					? arena_printf(arena, "%s %s", family, next_word(arena, &text))
					: arena_printf(arena, "ip %s", family);
		} else if (!strcmp(word, "chain") && table) {
			chain = chain_of(out, table, next_word(arena, &text));
			note_body(chain, text);
		} else if (chain && !strcmp(before, "type") && !chain->type) {
			chain->type = word;
		} else if (chain && !strcmp(before, "hook") && !chain->hook) {
			chain->hook = word;
		} else if (chain && !strcmp(before, "policy") && !strcmp(word, "drop")) {
			chain->drops = true;
		}
		before = word;
	}
}

/* Of a text of several lines a list of them. */
static json_t *nft_change(const char *text)
{
	json_t *change = json_new_object(), *lines = json_new_array();

	for (size_t length; *text; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		json_append_new(lines, json_stringn(text, length));
	}
	json_put_new(change, "nft", lines);
	return change;
}

static void nft(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *format, ...) __attribute__((format(printf, 6, 7)));

static void nft(struct ideas *ideas, unsigned cost, const char *group, const char *also,
	const struct view_netns *in, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	idea_add(ideas, cost, group, also, in,
		nft_change(arena_vprintf(ideas->view->arena, format, arguments)), NULL);
	va_end(arguments);
}

/* The first device toward an end, NULL: there is none, or it is here. */
static const char *toward(const struct view *view, const struct view_netns *in, const struct view_end *end)
{
	struct view_way way;

	return view_ways(view, in, end, &way, 1) ? way.out->name : NULL;
}

static void pass_between(struct ideas *ideas, const struct view_netns *in, const struct chain *chain,
	const char *group, const char *from, const char *to)
{
	bool input = !strcmp(chain->hook, "input") || !strcmp(chain->hook, "prerouting");
	bool output = !strcmp(chain->hook, "output") || !strcmp(chain->hook, "postrouting");

	if (input && from)
		nft(ideas, COST_PASSED, group, NULL, in, "insert rule %s %s iifname %s accept", chain->table,
			chain->name, from);
	else if (output && to)
		nft(ideas, COST_PASSED, group, NULL, in, "insert rule %s %s oifname %s accept", chain->table,
			chain->name, to);
	else if (!strcmp(chain->hook, "forward") && from && to)
		nft(ideas, COST_PASSED, group, NULL, in, "insert rule %s %s iifname %s oifname %s accept",
			chain->table, chain->name, from, to);
	else if (!strcmp(chain->hook, "forward") && from)
		nft(ideas, COST_PASSED + 1, group, NULL, in, "insert rule %s %s iifname %s accept",
			chain->table, chain->name, from);
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
			nft(ideas, COST_PASSED + 1, group, NULL, in,
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
	nft(ideas, COST_PASSED + 2, group, "errors about other packets pass too", in,
		"insert rule %s %s meta l4proto { icmp, ipv6-icmp } accept", chain->table, chain->name);
	if (chain->drops)
		nft(ideas, COST_OPEN, group, whole, in, "chain %s %s { policy accept; }", chain->table,
			chain->name);
	nft(ideas, COST_OPEN + 1, group, whole, in, "flush chain %s %s", chain->table, chain->name);
}

/* A mark that is set on output changes the route only in a chain of that type. */
static void make_route_chain(struct ideas *ideas, const struct view_netns *in, const struct chain *chain)
{
	struct arena *arena = ideas->view->arena;
	const char *body = chain->body ? arena_printf(arena, "%.*s", (int)chain->size, chain->body) : "";
	const char *type = strstr(body, "type filter");

	if (strcmp(chain->hook, "output") != 0 || !type || !strstr(body, "mark set"))
		return;
	nft(ideas, COST_BROKEN, arena_printf(arena, "type %s %s", chain->table, chain->name), NULL, in,
		"delete chain %s %s\ntable %s {\n  chain %s {%.*stype route%s}\n}", chain->table, chain->name,
		chain->table, chain->name, (int)(type - body), body, type + strlen("type filter"));
}

static const char *ip_word(const struct view *view)
{
	return view->family == AF_INET6 ? "ip6" : "ip";
}

static void masquerade(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < in->device_count; i++)
		nft(ideas, COST_PASSED + 4, arena_printf(view->arena, "masquerade %s", in->in->name),
			"all that leaves by the device gets its address", in,
			"table %s mend {\n  chain post { type nat hook postrouting priority srcnat; oifname "
			"%s masquerade; }\n}",
			ip_word(view), in->devices[i].name);
}

static void clamp(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;

	if (strcmp(view->step->verb->name, "tcp") != 0 || in->device_count < 2)
		return;
	nft(ideas, COST_OBJECT - 2, arena_printf(view->arena, "clamp %s", in->in->name), NULL, in,
		"table %s mend {\n  chain forward {\n    type filter hook forward priority mangle\n    tcp "
		"flags & (syn | rst) == syn tcp option maxseg size set rt mtu\n  }\n}",
		ip_word(view));
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
		change = nft_change(arena_printf(view->arena,
			"table %s mend {\n  chain pre {\n    type filter hook prerouting priority mangle\n   "
			" iifname %s ct mark set 0x1\n    iifname != %s meta mark set ct mark\n  }\n}",
			ip_word(view), device, device));
		rules = json_new_array();
		json_append_new(rules, json_sprintf("fwmark 0x1 lookup %s", table));
		json_put_new(change, "rules", rules);
		idea_add(ideas, COST_RULE + 1,
			arena_printf(view->arena, "connmark %s %s", in->in->name, device), NULL, in, change,
			NULL);
	}
}

static void add_rulesets(
	struct arena *arena, const struct content *content, const struct netns *in, struct chains *chains)
{
	if (content->in == in && content->ruleset && !content->ruleset->json)
		read_chains(arena, content->ruleset->text, chains);
	for (size_t i = 0; i < content->inner_count; i++)
		add_rulesets(arena, content->inner[i], in, chains);
}

void ideas_firewall(struct ideas *ideas)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++) {
		const struct view_netns *in = &view->namespaces[i];
		struct chains chains = { 0 };
		bool translates = false;

		if (!in->in->uses_nft)
			continue;
		add_rulesets(view->arena, in->in->content, in->in, &chains);
		for (const struct step *step = view->lab->steps; step->number < view->step->number; step++)
			if (step->change)
				add_rulesets(view->arena, step->change, in->in, &chains);
		for (size_t j = 0; j < chains.count; j++) {
			const struct chain *chain = &chains.at[j];

			if (!chain->type || !chain->hook)
				continue;
			translates |= !strcmp(chain->type, "nat");
			if (!strcmp(chain->type, "filter"))
				open_chain(ideas, in, chain);
			make_route_chain(ideas, in, chain);
		}
		masquerade(ideas, in);
		clamp(ideas, in);
		if (translates)
			mark_connections(ideas, in);
	}
}
