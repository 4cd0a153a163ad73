/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/object.h"

static const struct name types[] = { { "unicast", RTN_UNICAST }, { "local", RTN_LOCAL },
	{ "broadcast", RTN_BROADCAST }, { "anycast", RTN_ANYCAST }, { "multicast", RTN_MULTICAST },
	{ "blackhole", RTN_BLACKHOLE }, { "unreachable", RTN_UNREACHABLE }, { "prohibit", RTN_PROHIBIT },
	{ "throw", RTN_THROW }, { "nat", RTN_NAT }, { 0 } };

static const struct name scopes[] = { { "global", RT_SCOPE_UNIVERSE }, { "site", RT_SCOPE_SITE },
	{ "link", RT_SCOPE_LINK }, { "host", RT_SCOPE_HOST }, { "nowhere", RT_SCOPE_NOWHERE }, { 0 } };

/* As iproute2's rt_protos has them; the host's own file is never read. */
static const struct name protocols[] = { { "unspec", 0 }, { "redirect", 1 }, { "kernel", 2 }, { "boot", 3 },
	{ "static", 4 }, { "gated", 8 }, { "ra", 9 }, { "mrt", 10 }, { "zebra", 11 }, { "bird", 12 },
	{ "dnrouted", 13 }, { "xorp", 14 }, { "ntk", 15 }, { "dhcp", 16 }, { "keepalived", 18 },
	{ "babel", 42 }, { "openr", 99 }, { "bgp", 186 }, { "isis", 187 }, { "ospf", 188 }, { "rip", 189 },
	{ "eigrp", 192 }, { 0 } };

static const struct name preferences[] = { { "medium", 0 }, { "high", 1 }, { "low", 3 }, { 0 } };

/* clang-format off */
static const struct field nexthop_fields[] = {
	{ .word = "via", .key = "gateway", .type = &type_address, .attribute = RTA_GATEWAY, .what = "the next hop" },
	{ .word = "dev", .type = &type_device, .what = "the device that it goes out of" },
	{ .word = "weight", .type = &type_u32, .least = 1, .most = 256, .what = "its share" },
	{ .word = "onlink", .type = &type_flag, .what = "the next hop is taken to be on the link" },
	{ .word = "linkdown", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the link has no carrier" },
	{ .word = "dead", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the device is down" },
	{ .key = "flags", .what = "a list of flags" },
	{ 0 },
};

static const struct field fields[] = {
	{ .word = "type", .type = &type_word, .names = types, .flags = FIELD_LEADS, .what = "what kind of route" },
	{ .word = "to", .key = "dst", .type = &type_prefix, .flags = FIELD_LEADS, .what = "the destination" },
	{ .word = "via", .key = "gateway", .type = &type_address, .attribute = RTA_GATEWAY, .what = "the next hop" },
	{ .word = "dev", .alias = "oif", .type = &type_device, .attribute = RTA_OIF, .what = "the device that it goes out of" },
	{ .word = "table", .type = &type_table, .attribute = RTA_TABLE, .what = "the table that it stands in" },
	{ .word = "from", .type = &type_prefix, .what = "IPv6: the source" },
	{ .word = "src", .key = "prefsrc", .type = &type_address, .attribute = RTA_PREFSRC, .what = "the source address that it prefers" },
	{ .word = "metric", .alias = "priority preference", .type = &type_u32, .attribute = RTA_PRIORITY, .what = "the smaller comes first" },
	{ .word = "proto", .alias = "protocol", .key = "protocol", .type = &type_name8, .names = protocols, .what = "who made it" },
	{ .word = "scope", .type = &type_name8, .names = scopes, .what = "how far the destination is" },
	{ .word = "tos", .alias = "dsfield", .type = &type_tos, .what = "the type of service" },
	{ .word = "onlink", .type = &type_flag, .what = "the next hop is taken to be on the link" },
	{ .key = "metrics", .type = &type_flag, .flags = FIELD_SPREAD, .what = "a list of objects with mtu, advmss and so on" },
	{ .word = "mtu", .type = &type_u32, .attribute = RTAX_MTU, .nest = RTA_METRICS, .what = "the path's MTU" },
	{ .word = "advmss", .type = &type_u32, .attribute = RTAX_ADVMSS, .nest = RTA_METRICS, .what = "the MSS that TCP advertises" },
	{ .word = "window", .type = &type_u32, .attribute = RTAX_WINDOW, .nest = RTA_METRICS, .what = "the largest window that TCP advertises" },
	{ .word = "hoplimit", .type = &type_u32, .attribute = RTAX_HOPLIMIT, .nest = RTA_METRICS, .most = 255, .what = "the hop limit" },
	{ .word = "initcwnd", .type = &type_u32, .attribute = RTAX_INITCWND, .nest = RTA_METRICS, .what = "TCP's first congestion window" },
	{ .word = "initrwnd", .type = &type_u32, .attribute = RTAX_INITRWND, .nest = RTA_METRICS, .what = "TCP's first receive window" },
	{ .word = "quickack", .type = &type_u32, .attribute = RTAX_QUICKACK, .nest = RTA_METRICS, .most = 1, .what = "1: TCP acknowledges at once" },
	{ .word = "pref", .type = &type_name8, .names = preferences, .attribute = RTA_PREF, .what = "IPv6: the router's preference" },
	{ .word = "nexthop", .key = "nexthops", .type = &type_flag, .flags = FIELD_LIST, .group = nexthop_fields, .what = "one of several next hops" },
	/* What only show prints. */
	{ .word = "linkdown", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the link has no carrier" },
	{ .word = "dead", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the device is down" },
	{ .word = "offload", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware has it" },
	{ .word = "error", .type = &type_string, .flags = FIELD_SHOWN, .what = "the error that it gives" },
	{ .word = "expires", .type = &type_string, .flags = FIELD_SHOWN, .what = "when it goes" },
	{ 0 },
};
/* clang-format on */

static uint8_t type_of(const struct entry *entry)
{
	return (uint8_t)value_number(&entry->values, "type", RTN_UNICAST);
}

static const char *settle(const struct reading *reading, struct entry *entry)
{
	const struct address *to = value_address(&entry->values, "dst");

	(void)reading;
	if (!to)
		return "lacks the destination; allowed: a prefix, an address or \"default\"";
	if (value_of(&entry->values, "from") && entry->family == AF_INET)
		return "from: only IPv6 routes have a source; allowed: a rule, for IPv4";
	return NULL;
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
	bool hops = value_said(&entry->values, "gateway") || value_said(&entry->values, "nexthops");

	if (value_said(&entry->values, "scope"))
		return (uint8_t)value_number(&entry->values, "scope", 0);
	if (entry->family == AF_INET6)
		return RT_SCOPE_UNIVERSE;
	if (type == RTN_LOCAL || type == RTN_NAT)
		return RT_SCOPE_HOST;
	if (type == RTN_BROADCAST || type == RTN_MULTICAST || type == RTN_ANYCAST)
		return RT_SCOPE_LINK;
	if (type == RTN_UNICAST && entry->command == COMMAND_DEL)
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
		attributes_from(arena, &piece.attributes, hop);
		arena_append(arena, &all.bodies, &all.count, &piece, sizeof piece);
	}
	if (all.count)
		arena_append(arena, &body->attributes.at, &body->attributes.count, &all, sizeof all);
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	const struct address *to = value_address(&entry->values, "dst"),
			     *from = value_address(&entry->values, "from");
	struct rtmsg header = header_of(entry);
	uint32_t table = table_of(entry);

	body_header(body, &header, sizeof header);
	if (to->length)
		attribute_bytes(arena, &body->attributes, RTA_DST, to->bytes, family_size(entry->family));
	if (from && from->length)
		attribute_bytes(arena, &body->attributes, RTA_SRC, from->bytes, family_size(entry->family));
	if (!value_said(&entry->values, "table"))
		attribute_u32(arena, &body->attributes, RTA_TABLE, table);
	put_nexthops(arena, entry, body);
}

static bool same(const void *wanted, const void *seen)
{
	const struct rtmsg *a = wanted, *b = seen;

	return a->rtm_family == b->rtm_family && a->rtm_dst_len == b->rtm_dst_len &&
	       a->rtm_src_len == b->rtm_src_len && a->rtm_tos == b->rtm_tos &&
	       a->rtm_protocol == b->rtm_protocol && a->rtm_type == b->rtm_type &&
	       a->rtm_scope == b->rtm_scope &&
	       (a->rtm_flags & RTNH_F_ONLINK) == (b->rtm_flags & RTNH_F_ONLINK);
}

const struct object object_route = {
	.name = "route",
	.key = "routes",
	.what = "routes in any table",
	.phase = PHASE_ROUTES,
	.fields = fields,
	.commands = 1 << COMMAND_ADD | 1 << COMMAND_DEL | 1 << COMMAND_REPLACE | 1 << COMMAND_CHANGE |
		    1 << COMMAND_APPEND | 1 << COMMAND_PREPEND,
	.new_type = RTM_NEWROUTE,
	.del_type = RTM_DELROUTE,
	.get_type = RTM_GETROUTE,
	.settle = settle,
	.encode = encode,
	.same = same,
};
