/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/mend_ruleset.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nft.h"

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

static struct chain *chain_of(struct rulesets *chains, const char *table, const char *name)
{
	for (size_t i = 0; i < chains->chain_count; i++)
		if (!strcmp(chains->chains[i].table, table) && !strcmp(chains->chains[i].name, name))
			return &chains->chains[i];
	if (chains->chain_count == CHAINS_MOST)
		return NULL;
	chains->chains[chains->chain_count] = (struct chain) { .table = table, .name = name };
	return &chains->chains[chains->chain_count++];
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
static void read_chains(struct arena *arena, const char *text, struct rulesets *out)
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

/* "WORDS # handle N": what stands before, and N; 0: there is none. */
static unsigned long handle_of(const char *line, size_t length, size_t *words)
{
	static const char mark[] = " # handle ";
	const char *found = memmem(line, length, mark, strlen(mark));

	*words = found ? (size_t)(found - line) : length;
	return found ? strtoul(found + strlen(mark), NULL, 10) : 0;
}

/* The text without handles. */
static const char *plain(struct arena *arena, const char *text)
{
	char *out = arena_printf(arena, "%s", text), *to = out;

	for (size_t length, words; *text; text += length) {
		length = strcspn(text, "\n");
		handle_of(text, length, &words);
		memmove(to, text, words);
		to += words;
		length += text[length] == '\n';
		*to++ = '\n';
	}
	*to = '\0';
	return out;
}

/* Lines of chains that have a handle, and open nothing. */
static void read_rules(struct arena *arena, const char *text, struct rulesets *out)
{
	const char *table = "", *word;
	struct chain *chain = NULL;

	for (size_t length; *text; text += length + (text[length] == '\n')) {
		struct nft_rule rule = { .chain = chain };
		const char *at = text;
		size_t words;

		length = strcspn(text, "\n");
		rule.handle = handle_of(text, length, &words);
		word = next_word(arena, &at);
		if (!strcmp(word, "table")) {
			const char *family = next_word(arena, &at);

			table = arena_printf(arena, "%s %s", family, next_word(arena, &at));
		} else if (!strcmp(word, "chain")) {
			chain = chain_of(out, table, next_word(arena, &at));
		} else if (!strcmp(word, "}")) {
			chain = NULL;
		} else if (chain && rule.handle && text[words - 1] != '{') {
			size_t blanks = strspn(text, " \t");

			rule.text = arena_printf(arena, "%.*s", (int)(words - blanks), text + blanks);
			arena_append(arena, &out->rules, &out->rule_count, &rule, sizeof rule);
		}
	}
}

struct error *rulesets_look(const struct view *view, const struct view_netns *in, struct rulesets *out)
{
	struct error *error = site_enter(view->site, in->in), *left;
	const char *text = error ? NULL : nft_list(view->arena);

	*out = (struct rulesets) { 0 };
	if (text) {
		read_chains(view->arena, plain(view->arena, text), out);
		read_rules(view->arena, text, out);
	}
	left = site_leave(view->site);
	if (!error)
		return left;
	error_free(left);
	return error;
}

static bool has_port(const struct view *view, const char *rule, const char *key)
{
	const char *found = strstr(rule, key), *number = found ? found + strlen(key) : NULL;
	unsigned long port = number && isdigit((unsigned char)*number) ? strtoul(number, NULL, 10) : 0;

	return !port || port == view->step->target.port || port == view->step->listener.port;
}

bool rule_may_matter(const struct view *view, const struct view_netns *in, const struct nft_rule *rule)
{
	const char *verb = view->step->verb->name, *device = strstr(rule->text, "iifname \"");
	bool six = view->family == AF_INET6, there = false;

	if (!rule->chain->type || !rule->chain->hook)
		return true; /* whoever jumps there may matter */
	if (strstr(rule->text, six ? "ip saddr" : "ip6 ") || (six && strstr(rule->text, "ip daddr")))
		return false;
	if ((strstr(rule->text, "tcp dport") && strcmp(verb, "tcp") != 0) ||
		(strstr(rule->text, "udp dport") && strcmp(verb, "udp") != 0) ||
		(strstr(rule->text, "icmp") && strcmp(verb, "ping") != 0 && strstr(rule->text, "type ")))
		return false;
	if (!has_port(view, rule->text, "dport "))
		return false;
	for (size_t i = 0; device && i < in->device_count; i++) {
		size_t length = strlen(in->devices[i].name);

		there |= !strncmp(device + strlen("iifname \""), in->devices[i].name, length) &&
			 device[strlen("iifname \"") + length] == '"';
	}
	return !device || there || strchr(device, '*') || strstr(rule->text, "iifname \"lo\"");
}
