/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel answered, and how rules and tables come to the same: else nothing is said of them. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "explain/inquiry.h"
#include "lab/route_names.h"
#include "run/route.h"
#include "run/rule.h"

static const char *text_of(struct inquiry *inquiry, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? arena_printf(inquiry->arena, "%s", text) : NULL;
}

static void say_rule(struct inquiry *inquiry, const struct nlmsghdr *rule)
{
	json_t *json = rule_json(&inquiry->shown, rule);

	inquiry->out->rule = rule_priority(rule);
	inquiry->out->rule_text = arena_printf(inquiry->arena, "%s", rule_print(inquiry->arena, json));
	json_decref(json);
}

static void say_table(struct inquiry *inquiry, uint32_t table)
{
	json_t *json = json_new_object();

	inquiry->out->table = table;
	if (table) {
		shown_put_table(&inquiry->shown, json, "table", table);
		inquiry->out->table_name = text_of(inquiry, json, "table");
	}
	json_decref(json);
}

/* Says by what it leaves; nothing where there are several next hops, of which only the kernel can choose. */
static void say_way(struct inquiry *inquiry, const struct nlmsghdr *message)
{
	json_t *json = route_json(&inquiry->shown, message);
	struct decision *out = inquiry->out;

	out->type = text_of(inquiry, json, "type");
	out->device = text_of(inquiry, json, "dev");
	out->gateway = text_of(inquiry, json, "gateway");
	if (!out->gateway)
		out->gateway = text_of(inquiry, json_object_get(json, "via"), "host");
	out->source = text_of(inquiry, json, "prefsrc");
	json_decref(json);
}

/* WAY is the table's entry, where that is known: its type may be another than that of what is made of it. */
static void say_route(struct inquiry *inquiry, const struct nlmsghdr *message, const struct way *way)
{
	json_t *json = route_json(&inquiry->shown, message);

	if (way)
		shown_put_name(json, "type", route_types, way->type);
	inquiry->out->route = arena_printf(inquiry->arena, "%s", way_print(inquiry->arena, json));
	json_decref(json);
}

static void say_ruling(struct inquiry *inquiry, const struct ruling *ruling)
{
	struct decision *out = inquiry->out;

	out->nothing = !ruling->rule;
	if (ruling->rule)
		say_rule(inquiry, ruling->rule);
	out->rule_ends = ruling->rule && !ruling->way;
	if (!ruling->way)
		return;
	say_table(inquiry, ruling->way->table);
	say_route(inquiry, ruling->way->message, ruling->way);
	out->type = name_of(route_types, ruling->way->type);
}

/* IPv4 makes a way to multicast addresses of any that leads on. */
static bool same_type(const struct way *way, uint8_t type)
{
	return way->type == type || (way->type == RTN_UNICAST && type == RTN_MULTICAST);
}

static bool same_prefix(const struct way *way, const struct nlmsghdr *match)
{
	const struct rtmsg *header = rtnl_header(match);
	struct address to = shown_address(header->rtm_family, rtnl_attribute(match, sizeof *header, RTA_DST));

	to.family = header->rtm_family;
	return same_type(way, header->rtm_type) && header->rtm_dst_len == way->to.length &&
	       !memcmp(to.bytes, way->to.bytes, sizeof to.bytes);
}

/* Whether the kernel, which found something, can have come to it in this way. */
static bool agrees(const struct inquiry *inquiry, const struct ruling *ruling, bool merged)
{
	const struct rtmsg *header = rtnl_header(inquiry->answer);
	const struct way *way = ruling->way;
	uint32_t table = route_table(inquiry->answer);

	if (!way || ruling->number || ruling->unsure)
		return false;
	if (way->table != table && !(merged && way->table == RT_TABLE_LOCAL && table == RT_TABLE_MAIN))
		return false;
	return inquiry->match ? same_prefix(way, inquiry->match) : same_type(way, header->rtm_type);
}

/* Finds what rules and tables say that agrees with the kernel. */
static bool find_agreed(struct inquiry *inquiry)
{
	inquiry->ruling = rules_decide(&inquiry->rules, &inquiry->tables, &inquiry->asked);
	if (agrees(inquiry, &inquiry->ruling, false))
		return true;
	if (!rules_untouched(&inquiry->rules))
		return false;
	inquiry->ruling = rules_decide_merged(&inquiry->rules, &inquiry->tables, &inquiry->asked);
	return agrees(inquiry, &inquiry->ruling, true);
}

/* Where IPv4 finds no way for what is bound to a device, it assumes that the destination is on the link
 * (ip_route_output_key_hash_rcu()). */
static bool is_assumable(const struct inquiry *inquiry)
{
	const struct asked *asked = &inquiry->asked;

	return asked->family == AF_INET && !inquiry->question->iif && asked->out && !asked->vrf;
}

/* Of several routes to one prefix the kernel chooses by what is not in the tables, such as hashes and the
 * state of neighbours: what it says counts. Where it took another prefix for that, its table may tell the
 * rule. */
static void take_answer(struct inquiry *inquiry)
{
	const struct rtmsg *header = rtnl_header(inquiry->answer);
	uint32_t table = route_table(inquiry->answer);
	bool agreed = find_agreed(inquiry);
	const struct nlmsghdr *rule = inquiry->ruling.rule;

	if (!agreed) {
		inquiry->ruling = (struct ruling) { 0 };
		rule = table ? rules_leading_to(&inquiry->rules, &inquiry->asked, table) : NULL;
	}
	say_way(inquiry, inquiry->answer);
	if (inquiry->match)
		say_route(inquiry, inquiry->match, inquiry->ruling.way);
	say_table(inquiry, agreed ? inquiry->ruling.way->table : table);
	if (rule)
		say_rule(inquiry, rule);
	inquiry->out->assumed = !table && is_assumable(inquiry) && header->rtm_type == RTN_UNICAST;
	inquiry->explained = inquiry->out->confirmed = rule || inquiry->out->assumed;
}

/* Whether a packet may be sent from its source, as __ip_dev_find() sees it: by an address, or by a local
 * route. */
static bool is_own(struct inquiry *inquiry, const struct address *address)
{
	const struct asked asked = { .family = AF_INET, .to = *address, .from = { .family = AF_INET } };
	const struct way *way = tables_find(&inquiry->tables, RT_TABLE_LOCAL, &asked);
	struct ifaddrmsg header = { .ifa_family = AF_INET };
	struct request request = { .type = RTM_GETADDR };
	struct messages all = { .arena = inquiry->arena };

	if (way && way->type == RTN_LOCAL)
		return true;
	body_header(&request.body, &header, sizeof header);
	inquiry->shown.error = messages_dump(&all, inquiry->shown.in, &request);
	for (size_t i = 0; i < all.count; i++) {
		struct address own =
			shown_address(AF_INET, rtnl_attribute(all.at[i], sizeof header, IFA_LOCAL));

		if (own.family == AF_INET && address_equal(&own, address))
			return true;
	}
	return false;
}

/* Where it comes in to, IPv4 lets it only if its way leads on or ends here; 0.0.0.0/8 never
 * comes in, and 127.0.0.0/8 only where route_localnet is set. */
static bool may_come_in(const struct inquiry *inquiry, const struct ruling *ruling)
{
	uint8_t type = ruling->way ? ruling->way->type : RTN_UNSPEC, first = inquiry->asked.to.bytes[0];

	return (type == RTN_UNICAST || type == RTN_LOCAL || type == RTN_BROADCAST) && first != 0 &&
	       (first != 127 || inquiry_is_set(inquiry, inquiry->question->iif, "route_localnet"));
}

/*
 * Whether the refusal is the source's fault alone. What comes in is refused with EXDEV or EINVAL, after a way
 * was found for it; what is sent with ENETUNREACH or EINVAL, before one is looked for.
 */
static bool refuses_source(struct inquiry *inquiry, const struct ruling *ruling)
{
	const struct asked *asked = &inquiry->asked;

	if (asked->family != AF_INET || !asked->has_from)
		return false;
	if (inquiry->question->iif)
		return (inquiry->number == EINVAL || inquiry->number == EXDEV) && !ruling->number &&
		       may_come_in(inquiry, ruling);
	return (inquiry->number == EINVAL || inquiry->number == ENETUNREACH) &&
	       !is_own(inquiry, &asked->from);
}

/* What does not forward says EHOSTUNREACH of all that is not its own, found or not (ip_route_input_slow()).
 */
static bool refuses_to_forward(const struct inquiry *inquiry, const struct ruling *ruling)
{
	if (inquiry->asked.family != AF_INET || !inquiry->question->iif || inquiry->number != EHOSTUNREACH)
		return false;
	return ruling->number || ruling->way->type == RTN_UNICAST;
}

static void explain_refusal(struct inquiry *inquiry)
{
	struct ruling ruling = rules_decide(&inquiry->rules, &inquiry->tables, &inquiry->asked);
	struct decision *out = inquiry->out;

	out->number = inquiry->number;
	out->source_refused = refuses_source(inquiry, &ruling);
	if (ruling.unsure)
		return;
	/* who is bound to a device fails only where that is down: else it is assumed to lead there */
	out->confirmed = !out->source_refused && ruling.number == inquiry->number && !is_assumable(inquiry);
	out->not_forwarded = !out->confirmed && refuses_to_forward(inquiry, &ruling);
	if (refuses_to_forward(inquiry, &ruling))
		out->behind = ruling.number;
	inquiry->explained = out->confirmed || out->source_refused || out->not_forwarded;
	if (!inquiry->explained)
		return;
	inquiry->ruling = ruling;
	if (out->source_refused && ruling.number && is_assumable(inquiry)) {
		out->assumed = true;
		out->type = "unicast";
		out->device = inquiry->question->oif;
		return;
	}
	if (ruling.way && !ruling.number)
		say_way(inquiry, ruling.way->message);
	if (ruling.way && (ruling.way->type == RTN_LOCAL || ruling.way->type == RTN_BROADCAST))
		out->device = "lo"; /* as the kernel's answers have it */
	say_ruling(inquiry, &ruling);
}

struct error *inquiry_conclude(struct inquiry *inquiry)
{
	if (inquiry->number)
		explain_refusal(inquiry);
	else
		take_answer(inquiry);
	return inquiry->shown.error;
}
