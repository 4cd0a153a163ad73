/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/route.h"
#include "lab/route_names.h"

static const struct name features[] = { { "ecn", RTAX_FEATURE_ECN }, { 0 } };

/* What only show prints stands at the end of each table. */
/* clang-format off */
#define SHOWN_FLAGS \
	{ .word = "linkdown", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the link has no carrier" }, \
	{ .word = "dead", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the device is down" }, \
	{ .word = "offload", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware has it" }, \
	{ .word = "trap", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware hands its packets over" }, \
	{ .word = "pervasive", .type = &type_flag, .flags = FIELD_SHOWN, .what = "unused by the kernel" }, \
	{ .word = "notify", .type = &type_flag, .flags = FIELD_SHOWN, .what = "changes are told" }, \
	{ .word = "unresolved", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the next hop is not resolved yet" }

static const struct field nexthop_fields[] = {
	{ .word = "encap", .type = &type_flag, .group = encap_fields, .what = "what packets are carried in" },
	{ .word = "via", .before = "inet inet6", .key = "gateway", .keys = "via", .type = &type_host, .what = "the next hop; with inet6 before it, that of an IPv4 route may be of IPv6" },
	{ .word = "dev", .type = &type_device, .what = "the device that it goes out of" },
	{ .word = "weight", .type = &type_u32, .least = 1, .most = 256, .what = "its share" },
	{ .word = "realms", .alias = "realms*", .keys = "flow", .type = &type_realms, .attribute = RTA_FLOW, .what = "IPv4: the realms of source and destination" },
	{ .word = "as", .before = "to", .type = &type_host, .attribute = RTA_NEWDST, .what = "what the destination becomes" },
	{ .word = "onlink", .type = &type_flag, .what = "the next hop is taken to be on the link" },
	SHOWN_FLAGS,
	{ .key = "flags", .what = "a list of flags" },
	{ 0 },
};

/* `ip -d` prints the next hop object behind the route. */
static const struct field nh_info_fields[] = {
	{ .word = "id", .type = &type_string, .flags = FIELD_SHOWN },
	{ .word = "group", .type = &type_string, .flags = FIELD_SHOWN },
	{ .word = "type", .type = &type_string, .flags = FIELD_SHOWN },
	{ .word = "via", .before = "inet inet6", .type = &type_string, .flags = FIELD_SHOWN },
	{ .word = "dev", .type = &type_string, .flags = FIELD_SHOWN },
	{ .word = "scope", .type = &type_string, .flags = FIELD_SHOWN },
	{ .word = "proto", .type = &type_string, .flags = FIELD_SHOWN },
	{ .word = "blackhole", .type = &type_flag, .flags = FIELD_SHOWN },
	{ .word = "onlink", .type = &type_flag, .flags = FIELD_SHOWN },
	{ .word = "linkdown", .type = &type_flag, .flags = FIELD_SHOWN },
	{ .word = "dead", .type = &type_flag, .flags = FIELD_SHOWN },
	{ 0 },
};

static const struct field fields[] = {
	{ .word = "type", .type = &type_route_type, .names = route_type_words, .flags = FIELD_LEADS, .what = "what kind of route" },
	{ .word = "to", .key = "dst", .type = &type_prefix, .flags = FIELD_LEADS, .what = "the destination" },
	{ .word = "nhid", .type = &type_u32, .attribute = RTA_NH_ID, .what = "the identifier of a next hop object" },
	{ .word = "encap", .type = &type_flag, .group = encap_fields, .what = "what packets are carried in" },
	/* What `ip -j` prints of an encap of seg6, beside it. */
	{ .key = "mode", .type = &type_word, .names = seg6_modes, .what = "of an encap of seg6, where ip -j has it" },
	{ .key = "segs", .type = &type_segments, .what = "of an encap of seg6, where ip -j has it" },
	{ .key = "hmac", .type = &type_u32, .what = "of an encap of seg6, where ip -j has it" },
	{ .word = "via", .before = "inet inet6", .key = "gateway", .keys = "via", .type = &type_host, .what = "the next hop; with inet6 before it, that of an IPv4 route may be of IPv6" },
	{ .word = "dev", .alias = "oif", .type = &type_device, .attribute = RTA_OIF, .what = "the device that it goes out of" },
	{ .word = "table", .alias = "table*", .type = &type_table, .attribute = RTA_TABLE, .what = "the table that it stands in" },
	{ .word = "from", .type = &type_prefix, .what = "IPv6: the source" },
	{ .word = "as", .before = "to", .type = &type_host, .attribute = RTA_NEWDST, .what = "what the destination becomes" },
	{ .word = "src", .key = "prefsrc", .type = &type_host, .attribute = RTA_PREFSRC, .what = "the source address that it prefers" },
	{ .word = "metric", .alias = "metric* priority* preference", .type = &type_u32, .attribute = RTA_PRIORITY, .what = "the smaller comes first; IPv6 makes 1024 of none" },
	{ .word = "proto", .alias = "protocol*", .key = "protocol", .type = &type_name8, .names = route_protocols, .what = "who made it" },
	{ .word = "scope", .type = &type_name8, .names = route_scopes, .what = "IPv4: how far the destination is" },
	{ .word = "tos", .alias = "dsfield*", .type = &type_dsfield, .names = route_tos_words, .what = "the type of service" },
	{ .word = "onlink", .type = &type_flag, .what = "the next hop is taken to be on the link" },
	{ .key = "metrics", .type = &type_flag, .flags = FIELD_SPREAD, .what = "a list of objects with mtu, advmss and so on" },
	{ .word = "mtu", .before = "lock", .attribute = RTAX_MTU, .nest = RTA_METRICS, .type = &type_u32, .what = "the path's MTU; with lock before it, path MTU discovery leaves it" },
	{ .word = "advmss", .before = "lock", .attribute = RTAX_ADVMSS, .nest = RTA_METRICS, .type = &type_u32, .what = "the MSS that TCP advertises" },
	{ .word = "reordering", .before = "lock", .attribute = RTAX_REORDERING, .nest = RTA_METRICS, .alias = "reordering*", .type = &type_u32, .what = "how far TCP expects segments to be reordered" },
	{ .word = "rtt", .before = "lock", .attribute = RTAX_RTT, .nest = RTA_METRICS, .type = &type_rtt, .what = "TCP's first estimate of the round trip" },
	{ .word = "rttvar", .before = "lock", .attribute = RTAX_RTTVAR, .nest = RTA_METRICS, .alias = "rttvar*", .type = &type_rtt, .what = "how much the round trip varies" },
	{ .word = "rto_min", .before = "lock", .attribute = RTAX_RTO_MIN, .nest = RTA_METRICS, .type = &type_rtt, .what = "the shortest time before TCP sends again; it is always locked" },
	{ .word = "window", .before = "lock", .attribute = RTAX_WINDOW, .nest = RTA_METRICS, .alias = "window*", .type = &type_u32, .what = "the largest window that TCP advertises" },
	{ .word = "hoplimit", .before = "lock", .attribute = RTAX_HOPLIMIT, .nest = RTA_METRICS, .type = &type_u32, .most = 255, .what = "the hop limit" },
	{ .word = "cwnd", .before = "lock", .attribute = RTAX_CWND, .nest = RTA_METRICS, .alias = "cwnd*", .type = &type_u32, .what = "the largest congestion window; only where it is locked" },
	{ .word = "initcwnd", .before = "lock", .attribute = RTAX_INITCWND, .nest = RTA_METRICS, .alias = "initcwnd*", .type = &type_u32, .what = "TCP's first congestion window" },
	{ .word = "initrwnd", .before = "lock", .attribute = RTAX_INITRWND, .nest = RTA_METRICS, .alias = "initrwnd*", .type = &type_u32, .what = "TCP's first receive window" },
	{ .word = "ssthresh", .before = "lock", .attribute = RTAX_SSTHRESH, .nest = RTA_METRICS, .alias = "ssthresh*", .type = &type_u32, .what = "where slow start ends" },
	{ .word = "features", .alias = "features*", .type = &type_word, .names = features, .nest = RTA_METRICS, .what = "ecn: TCP asks for explicit congestion notification" },
	{ .key = "ecn", .type = &type_flag, .nest = RTA_METRICS, .what = "the same as \"features\": \"ecn\", as `ip -j` has it" },
	{ .word = "quickack", .alias = "quickack*", .type = &type_u32, .attribute = RTAX_QUICKACK, .nest = RTA_METRICS, .most = 1, .what = "1: TCP acknowledges at once" },
	{ .word = "congctl", .before = "lock", .attribute = RTAX_CC_ALGO, .nest = RTA_METRICS, .alias = "congctl*", .keys = "congestion", .type = &type_string, .what = "TCP's congestion control; with lock before it, a socket cannot choose another" },
	{ .word = "fastopen_no_cookie", .alias = "fastopen_no_cookie*", .type = &type_u32, .attribute = RTAX_FASTOPEN_NO_COOKIE, .nest = RTA_METRICS, .most = 1, .what = "1: TCP fast open needs no cookie" },
	{ .word = "realms", .alias = "realms*", .keys = "flow", .type = &type_realms, .attribute = RTA_FLOW, .what = "IPv4: the realms of source and destination" },
	{ .word = "expires", .type = &type_expires, .what = "IPv6: after how many seconds it goes; what show prints of it has no effect" },
	{ .word = "ttl-propagate", .alias = "ttl-propogate", .keys = "ttl-propogate", .type = &type_switched, .attribute = RTA_TTL_PROPAGATE, .what = "MPLS: whether the time to live is taken over" },
	{ .word = "pref", .alias = "pref*", .type = &type_name8, .flags = FIELD_IPV6, .names = route_preferences, .attribute = RTA_PREF, .what = "IPv6: the router's preference (RFC 4191)" },
	{ .word = "nexthop", .key = "nexthops", .type = &type_flag, .flags = FIELD_LIST | FIELD_LAST, .group = nexthop_fields, .what = "one of several next hops" },
	SHOWN_FLAGS,
	{ .word = "nh_info", .type = &type_flag, .flags = FIELD_SHOWN, .group = nh_info_fields, .what = "what the next hop object is" },
	{ .word = "rt_offload", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware has it" },
	{ .word = "rt_trap", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware hands its packets over" },
	{ .word = "rt_offload_failed", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware could not take it" },
	{ .word = "cache", .type = &type_flag, .flags = FIELD_SHOWN, .what = "it is an exception that the kernel learnt" },
	{ .word = "error", .type = &type_string, .flags = FIELD_SHOWN, .what = "the error that it gives" },
	{ .word = "users", .type = &type_string, .flags = FIELD_SHOWN, .what = "how many use it" },
	{ .word = "used", .type = &type_string, .flags = FIELD_SHOWN, .what = "how often it was used" },
	{ .word = "age", .type = &type_string, .flags = FIELD_SHOWN, .what = "how long ago it was used" },
	{ 0 },
};
/* clang-format on */

static uint8_t type_of(const struct entry *entry)
{
	return (uint8_t)value_number(&entry->values, "type", RTN_UNICAST);
}

/* The value becomes what FIELD would read of TEXT. */
static void read_again(
	const struct reading *reading, const struct field *field, const char *text, struct value *value)
{
	value->field = field;
	field->type->read(reading, field, text, value);
}

/* `ip -j` prints { "ecn": null } where a line says "features ecn". */
static void settle_ecn(const struct reading *reading, struct entry *entry)
{
	static const struct field *const tables[] = { fields, NULL };

	for (size_t i = 0; i < entry->values.count; i++)
		if (!strcmp(field_key(entry->values.at[i].field), "ecn"))
			read_again(reading, field_by_key(tables, "features"), "ecn", &entry->values.at[i]);
}

/* What show prints beside "nhid" is what the next hop object is; to command both is for the kernel to refuse.
 */
static bool is_of_nexthop(const struct value *value)
{
	static const char *const keys[] = { "gateway", "dev", "encap", "nexthops", "onlink", NULL };

	for (const char *const *key = keys; *key; key++)
		if (!strcmp(field_key(value->field), *key))
			return true;
	return false;
}

static bool is_shown(const struct entry *entry, const struct value *value)
{
	if (value->field->type == &type_expires)
		return value->last != EXPIRES_COMMANDED;
	return value_said(&entry->values, "nhid") && is_of_nexthop(value);
}

/* Of a statement, what tells how things stand is no part. */
static void drop_shown(struct entry *entry)
{
	size_t kept = 0, count = entry->values.count;

	for (size_t i = 0; i < count; i++) {
		struct value *value = &entry->values.at[i];

		if (is_shown(entry, value))
			continue;
		if (value->field->attribute == RTAX_RTO_MIN && value->field->nest == RTA_METRICS)
			value->before = 0; /* show prints "lock", which goes without saying */
		entry->values.at[kept++] = *value;
	}
	entry->values.count = kept;
}

/* What ip does not take as a command. */
static const char *wrong_command(const struct entry *entry)
{
	const struct value *rto_min = value_of(&entry->values, "rto_min"),
			   *expires = value_of(&entry->values, "expires");

	if (rto_min && rto_min->before)
		return "rto_min: is always locked; allowed: without \"lock\"";
	if (expires && expires->last == EXPIRES_SHOWN_IN_LINE)
		return "expires: not a number of seconds; allowed: one without a unit";
	return NULL;
}

static const char *wrong_encap(const struct values *values)
{
	const char *wrong = NULL;

	for (size_t i = 0; !wrong && i < values->count; i++) {
		const struct value *value = &values->at[i];

		if (value->field->group == encap_fields)
			wrong = encap_wrong(&value->group);
		else if (value->field->group == nexthop_fields)
			wrong = wrong_encap(&value->group);
	}
	return wrong;
}

static const char *settle(const struct reading *reading, struct entry *entry)
{
	const char *wrong = encap_gather(reading->arena, &entry->values);

	if (!wrong)
		wrong = wrong_encap(&entry->values);
	if (!value_said(&entry->values, "dst") && value_said(&entry->values, "nexthops"))
		return "a next hop without its route; allowed: both in one string, as \"default nexthop via "
		       "...\"";
	if (!value_said(&entry->values, "dst"))
		return "lacks the destination; allowed: a prefix, an address or \"default\"";
	settle_ecn(reading, entry);
	if (entry->command == COMMAND_STATE)
		drop_shown(entry);
	else if (!wrong)
		wrong = wrong_command(entry);
	return wrong;
}

/* The next hops of others are found by it, and show prints them before it: a default route comes first. */
static bool is_on_link(const struct entry *entry)
{
	return value_number(&entry->values, "scope", RT_SCOPE_UNIVERSE) == RT_SCOPE_LINK &&
	       !value_said(&entry->values, "gateway");
}

static bool is_local(uint8_t type)
{
	return type == RTN_LOCAL || type == RTN_BROADCAST || type == RTN_NAT || type == RTN_ANYCAST;
}

static uint32_t table_of(const struct entry *entry)
{
	return (uint32_t)value_number(
		&entry->values, "table", is_local(type_of(entry)) ? RT_TABLE_LOCAL : RT_TABLE_MAIN);
}

/*
 * As iproute2's iproute_modify() infers it: nothing where a route is deleted, the host for local and NAT
 * routes, the link for what has neither a next hop nor several, else the universe. IPv6 has no scopes.
 */
static uint8_t scope_of(const struct entry *entry)
{
	uint8_t type = type_of(entry);
	bool hops = value_said(&entry->values, "gateway") || value_said(&entry->values, "nexthops") ||
		    value_number(&entry->values, "nhid", 0);

	if (value_said(&entry->values, "scope"))
		return (uint8_t)value_number(&entry->values, "scope", 0);
	if (entry->family == AF_INET6)
		return RT_SCOPE_UNIVERSE;
	if (type == RTN_LOCAL || type == RTN_NAT)
		return RT_SCOPE_HOST;
	if (type == RTN_BROADCAST || type == RTN_MULTICAST || type == RTN_ANYCAST)
		return RT_SCOPE_LINK;
	if (entry->command == COMMAND_DEL)
		return RT_SCOPE_NOWHERE;
	return type == RTN_UNICAST && !hops ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

/* A deletion matches what it says and no more: type and protocol count only where they are said. */
static struct rtmsg header_of(const struct entry *entry)
{
	const struct address *to = value_address(&entry->values, "dst"),
			     *from = value_address(&entry->values, "from");
	bool del = entry->command == COMMAND_DEL;
	uint32_t table = table_of(entry);

	return (struct rtmsg) {
		.rtm_family = (uint8_t)entry->family,
		.rtm_dst_len = to->length,
		.rtm_src_len = from ? from->length : 0,
		.rtm_tos = (uint8_t)value_number(&entry->values, "tos", 0),
		.rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
		.rtm_protocol =
			(uint8_t)value_number(&entry->values, "protocol", del ? RTPROT_UNSPEC : RTPROT_BOOT),
		.rtm_scope = scope_of(entry),
		.rtm_type = del && !value_said(&entry->values, "type") ? RTN_UNSPEC : type_of(entry),
		.rtm_flags = value_said(&entry->values, "onlink") ? RTNH_F_ONLINK : 0,
	};
}

/* What a route and each of its next hops may say: the next hop's address, and what packets are carried in. */
static void put_hop(
	struct arena *arena, const struct values *values, int family, struct attributes *attributes)
{
	const struct address *via = value_address(values, "gateway");
	const struct value *encap = value_of(values, "encap");

	if (via)
		via_put(arena, via, family, attributes);
	if (encap)
		encap_put(arena, &encap->group, attributes, RTA_ENCAP, RTA_ENCAP_TYPE);
}

static void put_nexthops(struct arena *arena, const struct entry *entry, struct body *body)
{
	struct attribute all = { .type = RTA_MULTIPATH, .kind = ATTRIBUTE_BODIES };

	for (size_t i = 0; i < entry->values.count; i++) {
		const struct values *hop = &entry->values.at[i].group;
		struct rtnexthop header = { 0 };
		struct body piece = { 0 };

		if (entry->values.at[i].field->group != nexthop_fields)
			continue;
		header.rtnh_flags = value_said(hop, "onlink") ? RTNH_F_ONLINK : 0;
		header.rtnh_hops = (unsigned char)(value_number(hop, "weight", 1) - 1);
		body_header(&piece, &header, sizeof header);
		piece.device = value_text(hop, "dev");
		piece.device_at = offsetof(struct rtnexthop, rtnh_ifindex);
		put_hop(arena, hop, entry->family, &piece.attributes);
		attributes_from(arena, &piece.attributes, hop);
		arena_append(arena, &all.bodies, &all.count, &piece, sizeof piece);
	}
	if (all.count)
		arena_append(arena, &body->attributes.at, &body->attributes.count, &all, sizeof all);
}

/* Which metrics are locked: bits 1 << RTAX_MTU and so on. */
static uint32_t locks_of(const struct entry *entry)
{
	uint32_t locks = 0;

	for (size_t i = 0; i < entry->values.count; i++) {
		const struct value *value = &entry->values.at[i];
		const struct field *field = value->field;

		if (field->nest == RTA_METRICS && (value->before || field->attribute == RTAX_RTO_MIN))
			locks |= 1u << field->attribute;
	}
	return locks;
}

static void put_metrics(struct arena *arena, const struct entry *entry, struct body *body)
{
	uint32_t locks = locks_of(entry);
	const struct value *feature = value_of(&entry->values, "features");

	if (locks)
		attribute_u32(arena, attribute_nest(arena, &body->attributes, RTA_METRICS), RTAX_LOCK, locks);
	if (feature)
		attribute_u32(arena, attribute_nest(arena, &body->attributes, RTA_METRICS), RTAX_FEATURES,
			(uint32_t)feature->number);
}

/* The kernel says so of IPv6 routes without a metric (IP6_RT_PRIO_USER), and what is stated is compared. */
static bool has_default_metric(const struct entry *entry)
{
	return entry->family == AF_INET6 && entry->command == COMMAND_STATE &&
	       !value_said(&entry->values, "metric");
}

/* Of "default" there is nothing to say; what an IPv4 prefix of length 0 has beyond it is for the kernel to
 * refuse. */
static void put_prefix(struct arena *arena, const struct address *prefix, int family, uint16_t type,
	struct attributes *attributes)
{
	static const uint8_t none[16];

	if (prefix && (prefix->length || memcmp(prefix->bytes, none, sizeof none) != 0))
		attribute_bytes(arena, attributes, type, prefix->bytes, family_size(family));
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	const struct value *expires = value_of(&entry->values, "expires");
	struct rtmsg header = header_of(entry);

	body_header(body, &header, sizeof header);
	put_prefix(arena, value_address(&entry->values, "dst"), entry->family, RTA_DST, &body->attributes);
	put_prefix(arena, value_address(&entry->values, "from"), entry->family, RTA_SRC, &body->attributes);
	if (!value_said(&entry->values, "table"))
		attribute_u32(arena, &body->attributes, RTA_TABLE, table_of(entry));
	if (has_default_metric(entry))
		attribute_u32(arena, &body->attributes, RTA_PRIORITY, 1024);
	if (expires)
		attribute_u32(arena, &body->attributes, RTA_EXPIRES, expires->first);
	put_hop(arena, &entry->values, entry->family, &body->attributes);
	put_metrics(arena, entry, body);
	put_nexthops(arena, entry, body);
}

static bool same(const void *wanted, const void *seen)
{
	const struct rtmsg *a = wanted, *b = seen;

	/* IPv6 keeps neither scopes nor types of service. */
	return a->rtm_family == b->rtm_family && a->rtm_dst_len == b->rtm_dst_len &&
	       a->rtm_src_len == b->rtm_src_len && a->rtm_protocol == b->rtm_protocol &&
	       a->rtm_type == b->rtm_type &&
	       (a->rtm_family == AF_INET6 || (a->rtm_tos == b->rtm_tos && a->rtm_scope == b->rtm_scope)) &&
	       (a->rtm_flags & RTNH_F_ONLINK) == (b->rtm_flags & RTNH_F_ONLINK);
}

/* What makes another route of the same destination, metric and table. */
static const uint16_t decisive[] = { RTA_PRIORITY, RTA_SRC, RTA_GATEWAY, RTA_VIA, RTA_MULTIPATH, RTA_PREFSRC,
	RTA_METRICS, RTA_FLOW, RTA_ENCAP, RTA_NH_ID, 0 };

/* IPv6 routes to own addresses have the metric 0; asked for that, the kernel takes 1024. */
static bool doubles(const struct entry *entry)
{
	return entry->family == AF_INET6 && value_number(&entry->values, "metric", 1) == 0;
}

const struct object object_route = {
	.name = "route",
	.key = "routes",
	.what = "routes in any table",
	.phase = PHASE_ROUTES,
	.fields = fields,
	.commands = 1 << COMMAND_ADD | 1 << COMMAND_DEL | 1 << COMMAND_REPLACE | 1 << COMMAND_CHANGE |
		    1 << COMMAND_APPEND | 1 << COMMAND_PREPEND | 1 << COMMAND_FLUSH,
	.flush = &flush_route,
	.new_type = RTM_NEWROUTE,
	.del_type = RTM_DELROUTE,
	.get_type = RTM_GETROUTE,
	.settle = settle,
	.made_first = is_on_link,
	.encode = encode,
	.same = same,
	.doubles = doubles,
	.decisive = decisive,
	.fleeting = RTA_EXPIRES,
	.pointer = RTA_NH_ID,
};
