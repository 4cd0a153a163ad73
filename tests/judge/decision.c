/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who decides about a packet: each file that is named has a lab and questions about its namespaces, and what
 * harness/explain/decision.h answers is held against the kernel, by way of ip. The route must be that of `ip
 * route get` and its "fibmatch". The rule must be where the rules end: in one copy of the lab a rule is put
 * behind it that refuses what goes to this destination, which must change nothing; in another it is replaced
 * by that rule, which must be met. Where the lookup failed for the source or for forwarding, copies without
 * source check and with forwarding are asked.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "explain/decision.h"
#include "tests/judge/copy.h"
#include "tests/judge/inside.h"
#include "tests/unit/tap.h"

static unsigned right, wrong_answers, unknown;

static const char relax[] = "for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$file; done;"
			    "for file in /proc/sys/net/ipv4/conf/*/accept_local "
			    "/proc/sys/net/ipv4/conf/*/forwarding; do echo 1 >$file; done;"
			    "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding";

/* A question of a file. */
struct item {
	const json_t *file, *json;
	const char *name;
	struct arena *arena;
	struct flow flow;
	struct question question;
	const char *get; /* the words behind `ip -d -j route get` */
	struct decision decision;
};

static long long number_in(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *text_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const char *words_of(const struct item *item)
{
	/* in this order, as ip takes them */
	static const char *const keys[] = { "to", "from", "iif", "oif", "tos", "mark", "uid", "ipproto",
		"sport", "dport" };
	const char *text = "";

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const json_t *value = json_object_get(item->json, keys[i]);
		const char *word = i ? keys[i] : "";

		if (json_is_string(value))
			text = arena_printf(item->arena, "%s %s %s", text, word, json_string_value(value));
		else if (value && !strcmp(word, "tos"))
			text = arena_printf(
				item->arena, "%s tos 0x%02llx", text, number_in(item->json, word));
		else if (value)
			text = arena_printf(
				item->arena, "%s %s %lld", text, word, number_in(item->json, word));
	}
	/* what comes in is root's to the kernel, but not to ip -6 */
	return item->question.iif && item->flow.family == AF_INET6
		       ? arena_printf(item->arena, "%s uid 0", text)
		       : text;
}

static uint8_t protocol_of(const char *name, uint8_t family)
{
	if (name && !strcmp(name, "tcp"))
		return IPPROTO_TCP;
	if (name && !strcmp(name, "udp"))
		return IPPROTO_UDP;
	return family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
}

static void read_item(struct item *item)
{
	const json_t *json = item->json;
	const char *from = text_in(json, "from");
	struct flow *flow = &item->flow;

	if (address_read(item->arena, text_in(json, "to"), false, &flow->to) ||
		(from && address_read(item->arena, from, false, &flow->from)))
		exit(2);
	flow->family = flow->to.family;
	flow->from.family = flow->family;
	flow->protocol = protocol_of(text_in(json, "ipproto"), flow->family);
	flow->tos = (uint8_t)number_in(json, "tos");
	flow->sport = (uint16_t)number_in(json, "sport");
	flow->dport = (uint16_t)number_in(json, "dport");
	item->question = (struct question) {
		.flow = flow,
		.iif = text_in(json, "iif"),
		.oif = text_in(json, "oif"),
		.without_source = !from,
		.mark = (uint32_t)number_in(json, "mark"),
		.uid = (uint32_t)number_in(json, "uid"),
		.has_uid = json_object_get(json, "uid") != NULL,
	};
	item->get = words_of(item);
}

/* Takes away what is in the way of a packet beside rules and tables: the source check, forwarding that is
 * off, and that a source is not its own. */
static void make_relaxed(const struct item *item, const struct copy *copy)
{
	const char *from = text_in(item->json, "from");

	copy_must(copy, relax);
	if (item->decision.source_refused && !item->question.iif && strcmp(from, text_in(item->json, "to")))
		copy_must(copy, arena_printf(item->arena, "ip address add %s/32 dev lo", from));
}

/* What the kernel answers, as ip prints it. */
struct told {
	int number;
	json_t *route; /* NULL with a number */
};

static int number_of(const char *text)
{
	static const int numbers[] = { ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL, EXDEV, ENODEV };

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strstr(text, strerror(numbers[i])))
			return numbers[i];
	fprintf(stderr, "ip says \"%s\"\n", text);
	exit(2);
}

static struct told get(const struct copy *copy, const struct item *item, const char *more)
{
	const char *command = arena_printf(item->arena, "ip -%d -d -j route get %s %s",
		item->flow.family == AF_INET ? 4 : 6, more, item->get);
	struct told told = { 0 };
	int status;
	char *text = copy_run(copy, command, &status);
	json_t *list = status ? NULL : json_loads(text, 0, NULL);

	if (list)
		told.route = json_incref(json_array_get(list, 0));
	else
		told.number = number_of(text);
	json_decref(list);
	free(text);
	return told;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_told(const struct told *a, const struct told *b)
{
	static const char *const keys[] = { "type", "dev", "gateway", "prefsrc" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!same_text(text_in(a->route, keys[i]), text_in(b->route, keys[i])))
			return false;
	return a->number == b->number;
}

static const char *print_told(const struct item *item, const struct told *told)
{
	return told->route ? json_print(item->arena, told->route) : error_name(told->number);
}

static bool check(const struct item *item, bool holds, const char *what, const struct told *told)
{
	if (!holds)
		printf("# %s: %s\n#   tunlab: %s\n#   ip:     %s\n", item->name, what,
			decision_print(item->arena, &item->decision), told ? print_told(item, told) : "");
	return holds;
}

static void told_free(struct told *told)
{
	json_decref(told->route);
	told->route = NULL;
}

/* Whether the lookup failed for something that relaxed copies do not mind. */
static bool fails_on_the_way(const struct decision *decision)
{
	return decision->number &&
	       (decision->source_refused ||
		       (decision->number == EHOSTUNREACH && same_text(decision->type, "unicast")));
}

/* Whether it is for this host: then ip says "lo", and of the table what it likes. */
static bool is_here(const struct decision *decision)
{
	return same_text(decision->type, "local") || same_text(decision->type, "broadcast");
}

static bool way_is(const struct item *item, const struct told *told)
{
	const struct decision *decision = &item->decision;
	const json_t *table = json_object_get(told->route, "table");

	if (told->number || decision->rule_ends || decision->nothing)
		return decision->number == told->number;
	/* of several next hops only the kernel can choose */
	if (!decision->device && decision->route && strstr(decision->route, " nexthop "))
		return strstr(decision->route, text_in(told->route, "gateway")) != NULL;
	return same_text(decision->type, text_in(told->route, "type")) &&
	       (same_text(decision->device, text_in(told->route, "dev")) || is_here(decision)) &&
	       same_text(decision->gateway, text_in(told->route, "gateway")) &&
	       (!table || !decision->table_name ||
		       same_text(decision->table_name, json_string_value(table)) || is_here(decision));
}

static bool check_route(struct item *item, const struct copy *copy, const struct copy *relaxed)
{
	const struct decision *decision = &item->decision;
	struct told told = get(copy, item, ""), free_told = get(relaxed, item, ""),
		    match = get(copy, item, "fibmatch");
	bool on_the_way = fails_on_the_way(decision);
	bool holds = check(item, decision->number == told.number, "another errno", &told);

	if (on_the_way)
		holds &= check(item, way_is(item, &free_told), "another way, were it let in", &free_told);
	else
		holds &= check(item, way_is(item, &told), "another way", &told);
	if (match.route && decision->route)
		holds &= check(item, strstr(decision->route, text_in(match.route, "dst")) != NULL,
			"another entry", &match);
	told_free(&told);
	told_free(&free_told);
	told_free(&match);
	return holds;
}

/* Puts a rule that refuses into a relaxed copy, and says what the kernel answers then. */
static struct told with_refusal(const struct item *item, const char *command, const char *action)
{
	/* what IPv4 assumes of a socket that is bound to a device has no entry */
	bool bound = item->question.oif && item->flow.family == AF_INET && !item->decision.assumed;
	struct told told;
	struct copy copy;

	copy_open(&copy, item->file, text_in(item->json, "in"));
	make_relaxed(item, &copy);
	copy_must(
		&copy, arena_printf(item->arena, "%s to %s %s", command, text_in(item->json, "to"), action));
	told = get(&copy, item, "");
	if (!told.number && bound) {
		struct told match = get(&copy, item, "fibmatch");

		if (match.number) {
			told_free(&told);
			told.number = strcmp(action, "prohibit") ? ENETUNREACH : EACCES;
		}
		told_free(&match);
	}
	copy_close(&copy);
	return told;
}

static bool check_rule(struct item *item, const struct copy *relaxed)
{
	const struct decision *decision = &item->decision;
	const char *ip = item->flow.family == AF_INET ? "ip" : "ip -6";
	struct told before, behind, instead;
	bool refused = decision->number == EACCES;
	const char *action = refused ? "unreachable" : "prohibit";
	int number = refused ? ENETUNREACH : EACCES;
	bool holds = true;

	before = get(relaxed, item, "");
	if (decision->assumed) {
		instead = with_refusal(item, arena_printf(item->arena, "%s rule add pref 0", ip), action);
		holds = check(item, same_told(&before, &instead), "a rule matters", &instead);
		told_free(&instead);
		told_free(&before);
		return holds;
	}
	if (decision->nothing) {
		instead = with_refusal(
			item, arena_printf(item->arena, "%s rule add pref 4294967295", ip), action);
		holds = check(item, instead.number == number, "a rule is met", &instead);
		told_free(&instead);
		told_free(&before);
		return holds;
	}
	behind = with_refusal(
		item, arena_printf(item->arena, "%s rule add pref %lld", ip, decision->rule), action);
	instead = with_refusal(item,
		arena_printf(item->arena, "%s rule del pref %lld && %s rule add pref %lld", ip,
			decision->rule, ip, decision->rule),
		action);
	holds &= check(item, same_told(&before, &behind), "a rule behind this one is met", &behind);
	holds &= check(item, instead.number == number, "the rule is not met", &instead);
	told_free(&before);
	told_free(&behind);
	told_free(&instead);
	return holds;
}

/* The rule's text must be what ip prints of it. */
static bool check_text(struct item *item, const struct copy *copy)
{
	const struct decision *decision = &item->decision;
	int status;
	char *text = copy_run(copy, item->flow.family == AF_INET ? "ip rule" : "ip -6 rule", &status);
	const char *line = arena_printf(item->arena, "\n%lld:\t%s\n", decision->rule, decision->rule_text);
	const char *all = arena_printf(item->arena, "\n%s", text);
	bool holds = check(item, strstr(all, line) != NULL, "ip rule has another text", NULL);

	free(text);
	return holds;
}

static bool has_address(const struct copy *copy, const struct item *item)
{
	int status;
	char *text = copy_run(copy,
		arena_printf(item->arena, "ip -4 -br address show dev %s", item->question.iif), &status);
	bool has = strchr(text, '/') != NULL;

	free(text);
	return has;
}

/* With the source check, strict (1) or loose (2), a packet comes in if the way back says so. */
static bool check_source(struct item *item, const struct decision *back, int strictness)
{
	bool unicast = !back->number && same_text(back->type, "unicast");
	bool passes;
	struct told told;
	struct copy copy;
	bool holds;

	copy_open(&copy, item->file, text_in(item->json, "in"));
	copy_must(&copy, relax);
	copy_must(&copy, arena_printf(item->arena,
				 "echo 0 >/proc/sys/net/ipv4/conf/all/accept_local; echo 0 "
				 ">/proc/sys/net/ipv4/conf/%s/accept_local; "
				 "echo %d >/proc/sys/net/ipv4/conf/%s/rp_filter",
				 item->question.iif, strictness, item->question.iif));
	passes = unicast && (back->by_arrival || (strictness == 2 && has_address(&copy, item)));
	told = get(&copy, item, "");
	copy_close(&copy);
	holds = check(item, (told.number == EINVAL || told.number == EXDEV) != passes,
		strictness == 1 ? "the strict source check sees another way back" : "the loose one does",
		&told);
	told_free(&told);
	return holds;
}

static bool check_back(struct item *item, const struct copy *copy, const struct copy *relaxed)
{
	const json_t *wanted = json_object_get(item->json, "back");
	struct told told = get(relaxed, item, "");
	bool leads_on = !told.number;
	struct decision back;
	bool holds = true;

	told_free(&told);
	must(decision_reverse(item->arena, site_of(copy->site, copy->in), &item->question, &back),
		"asking for the way back");
	printf("# %s: back: %s\n", item->name, decision_print(item->arena, &back));
	if (leads_on && item->flow.family == AF_INET)
		holds = check_source(item, &back, 1) && check_source(item, &back, 2);
	if (!wanted)
		return holds;
	if (!same_text(text_in(wanted, "device"), back.device) || number_in(wanted, "rule") != back.rule) {
		printf("# %s: wanted: %s\n", item->name, json_print(item->arena, wanted));
		return false;
	}
	return holds;
}

static void answer(struct item *item)
{
	struct copy copy, relaxed;
	const struct decision *decision = &item->decision;
	const json_t *rule = json_object_get(item->json, "rule");
	bool holds, known;

	read_item(item);
	copy_open(&copy, item->file, text_in(item->json, "in"));
	must(decision_make(item->arena, site_of(copy.site, copy.in), &item->question, &item->decision),
		"asking");
	copy_open(&relaxed, item->file, text_in(item->json, "in"));
	make_relaxed(item, &relaxed);
	known = decision->rule >= 0 || decision->nothing || decision->assumed;
	holds = check_route(item, &copy, &relaxed);
	if (known && !json_object_get(item->json, "merged"))
		holds &= check_rule(item, &relaxed);
	if (decision->rule >= 0)
		holds &= check_text(item, &copy);
	if (known && rule)
		holds &= check(item, decision->rule == json_integer_value(rule),
			"another rule than the file has", NULL);
	if (item->question.iif)
		holds &= check_back(item, &copy, &relaxed);
	right += holds && known;
	unknown += holds && !known;
	wrong_answers += !holds;
	tap_ok(holds, "%s: %s%s", item->name, decision_print(item->arena, decision),
		known ? "" : " (which rule, nobody knows)");
	copy_close(&copy);
	copy_close(&relaxed);
}

static void travel(const char *file)
{
	json_t *json = json_load_file(file, 0, NULL), *question;
	size_t i;

	if (!tap_ok(json != NULL, "%s is JSON", file))
		return;
	json_array_foreach (json_object_get(json, "questions"), i, question) {
		struct item item = { .file = json, .json = question, .arena = arena_open() };

		item.name = json_print(item.arena, question);
		answer(&item);
		arena_close(item.arena);
	}
	json_decref(json);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		travel(argv[i]);
	printf("# right: %u, wrong: %u, nobody knows: %u\n", right, wrong_answers, unknown);
	return tap_done();
}
