/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/rule.h"

#include <string.h>

/* What is printed of a rule, in ip's order: the words that stand before and behind its value, and where there
 * is a second key, a sign and its value. */
static const struct {
	const char *key, *before, *behind, *sign, *second;
} words[] = {
	{ "not", "not ", "", NULL, NULL },
	{ "src", "from ", "", "/", "srclen" },
	{ "dst", " to ", "", "/", "dstlen" },
	{ "tos", " tos ", "", NULL, NULL },
	{ "fwmark", " fwmark ", "", "/", "fwmask" },
	{ "iif", " iif ", "", NULL, NULL },
	{ "iif_detached", " [detached]", "", NULL, NULL },
	{ "oif", " oif ", "", NULL, NULL },
	{ "oif_detached", " [detached]", "", NULL, NULL },
	{ "l3mdev", " lookup [l3mdev-table]", "", NULL, NULL },
	{ "uid_start", " uidrange ", "", "-", "uid_end" },
	{ "ipproto", " ipproto ", "", NULL, NULL },
	{ "sport", " sport ", "", NULL, NULL },
	{ "sport_start", " sport ", "", "-", "sport_end" },
	{ "dport", " dport ", "", NULL, NULL },
	{ "dport_start", " dport ", "", "-", "dport_end" },
	{ "tun_id", " tun_id ", "", NULL, NULL },
	{ "table", " lookup ", "", NULL, NULL },
	{ "suppress_prefixlen", " suppress_prefixlength ", "", NULL, NULL },
	{ "suppress_ifgroup", " suppress_ifgroup ", "", NULL, NULL },
	{ "flow_from", " realms ", "/", NULL, NULL },
	{ "flow_to", "", "", NULL, NULL },
	{ "goto", " goto ", "", NULL, NULL },
	{ "unresolved", " [unresolved]", "", NULL, NULL },
	{ "nop", " nop", "", NULL, NULL },
	{ "action", " ", "", NULL, NULL },
};

static const char *print_value(struct arena *arena, const json_t *value)
{
	if (json_is_string(value)) /* of 0 C's "%#x" makes "0" */
		return strcmp(json_string_value(value), "0x0") ? json_string_value(value) : "0";
	return json_is_integer(value)
		       ? arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value))
		       : "";
}

const char *rule_print(struct arena *arena, const json_t *rule)
{
	const json_t *protocol = json_object_get(rule, "protocol");
	const char *text = "";

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const json_t *value = json_object_get(rule, words[i].key),
			     *second = words[i].second ? json_object_get(rule, words[i].second) : NULL;

		if (!value || json_is_false(value))
			continue;
		if (!strcmp(words[i].key, "flow_to") && !json_object_get(rule, "flow_from"))
			text = arena_printf(arena, "%s realms ", text);
		text = arena_printf(
			arena, "%s%s%s%s", text, words[i].before, print_value(arena, value), words[i].behind);
		if (second)
			text = arena_printf(arena, "%s%s%s", text, words[i].sign, print_value(arena, second));
	}
	if (protocol && strcmp(print_value(arena, protocol), "kernel") &&
		strcmp(print_value(arena, protocol), "unspec"))
		text = arena_printf(arena, "%s proto %s", text, print_value(arena, protocol));
	return text;
}
