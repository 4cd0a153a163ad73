/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words by which ip filters what it shows, and the types of what follows them. */
#include "lab/query.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <string.h>

#include "lab/lab.h"
#include "lab/route_names.h"

/* "all" and "cache" beside the names and numbers of tables; 0 is every table to ip. */
static const char *read_table(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *wrong = NULL;

	if (!strcmp(text, "cache"))
		out->number = QUERY_CACHE;
	else if (!strcmp(text, "all"))
		out->number = QUERY_ALL;
	else
		wrong = type_table.read(reading, field, text, out);
	if (!wrong && !out->number)
		out->number = QUERY_ALL;
	return wrong;
}

static void print_table(FILE *to, const struct value *value)
{
	if (value->number == QUERY_ALL)
		fputs("all", to);
	else if (value->number == QUERY_CACHE)
		fputs("cache", to);
	else
		type_table.print(to, value);
}

static const struct type type_query_table = {
	.allowed = "all, cache, main, local, default, a name from \"tables\", or a number up to 4294967295",
	.read = read_table,
	.print = print_table,
};

/* A rule may name a device that is not there. */
static const char *read_name(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	return type_device_name.read(reading, field, text, out);
}

static void print_text(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const struct type type_any_device = {
	.allowed = "a device's name, whether it is there or not",
	.read = read_name,
	.print = print_text,
};

/* TO/, /FROM, FROM/TO or both in one number, as ip has it: a number of 32 bits, from above. */
static const char *read_realms(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *slash = strchr(text, '/');
	uint64_t from = 0, to = 0;

	(void)field;
	if (slash && slash != text &&
		!number_read(arena_copy(reading->arena, text, (size_t)(slash - text)), &from))
		return "not a realm";
	text = slash ? slash + 1 : text;
	if (*text && !number_read(text, &to))
		return "not a realm";
	if (from > UINT16_MAX || to > UINT16_MAX)
		return "out of range";
	out->first = (uint32_t)(from << 16 | to);
	out->last = (slash && !from ? 0 : slash ? 0xffff0000U : 0) | (*text ? 0xffffU : 0);
	return out->last ? NULL : "not a realm";
}

static void print_realms(FILE *to, const struct value *value)
{
	fprintf(to, "%u/%u", value->first >> 16, value->first & 0xffff);
}

static const struct type type_realms = {
	.allowed = "a realm up to 65535, or FROM/TO",
	.read = read_realms,
	.print = print_realms,
};

static const char *read_query(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	return type_string.read(reading, field, text, out);
}

const struct type type_query = {
	.allowed = "what one types after `ip`: an object and filters, such as \"neigh dev eth0\"",
	.read = read_query,
	.print = print_text,
	.only_string = true,
};

static const struct name address_flags[] = {
	{ "permanent", IFA_F_PERMANENT },
	{ "dynamic", IFA_F_PERMANENT | QUERY_NOT },
	{ "primary", IFA_F_SECONDARY | QUERY_NOT },
	{ "secondary", IFA_F_SECONDARY },
	{ "temporary", IFA_F_SECONDARY },
	{ "-temporary", IFA_F_SECONDARY | QUERY_NOT },
	{ "tentative", IFA_F_TENTATIVE },
	{ "-tentative", IFA_F_TENTATIVE | QUERY_NOT },
	{ "deprecated", IFA_F_DEPRECATED },
	{ "-deprecated", IFA_F_DEPRECATED | QUERY_NOT },
	{ "dadfailed", IFA_F_DADFAILED },
	{ "-dadfailed", IFA_F_DADFAILED | QUERY_NOT },
	{ "home", IFA_F_HOMEADDRESS },
	{ "-home", IFA_F_HOMEADDRESS | QUERY_NOT },
	{ "nodad", IFA_F_NODAD },
	{ "-nodad", IFA_F_NODAD | QUERY_NOT },
	{ "optimistic", IFA_F_OPTIMISTIC },
	{ "-optimistic", IFA_F_OPTIMISTIC | QUERY_NOT },
	{ "mngtmpaddr", IFA_F_MANAGETEMPADDR },
	{ "-mngtmpaddr", IFA_F_MANAGETEMPADDR | QUERY_NOT },
	{ "noprefixroute", IFA_F_NOPREFIXROUTE },
	{ "-noprefixroute", IFA_F_NOPREFIXROUTE | QUERY_NOT },
	{ "autojoin", IFA_F_MCAUTOJOIN },
	{ "-autojoin", IFA_F_MCAUTOJOIN | QUERY_NOT },
	{ "stable-privacy", IFA_F_STABLE_PRIVACY },
	{ "-stable-privacy", IFA_F_STABLE_PRIVACY | QUERY_NOT },
	{ 0 },
};

/* ip takes 0x100 for "none", which is no bit of a state. */
static const struct name neighbour_states[] = { { "incomplete", NUD_INCOMPLETE },
	{ "reachable", NUD_REACHABLE }, { "stale", NUD_STALE }, { "delay", NUD_DELAY },
	{ "probe", NUD_PROBE }, { "failed", NUD_FAILED }, { "noarp", NUD_NOARP },
	{ "permanent", NUD_PERMANENT }, { "none", 0x100 }, { "all", 0x1ff }, { 0 } };

static const struct name groups[] = { { "default", 0 }, { 0 } };

/* clang-format off */
static const struct field address_filters[] = {
	{ .word = "dev", .type = &type_device, .flags = FIELD_LEADS, .what = "of this device" },
	{ .word = "scope", .type = &type_name8, .names = route_scopes, .what = "of this scope" },
	{ .word = "to", .type = &type_prefix, .what = "within this prefix" },
	{ .key = "flags", .type = &type_word, .names = address_flags, .flags = FIELD_LEADS | FIELD_LIST, .what = "with this flag, or with - without it" },
	{ .word = "label", .type = &type_string, .what = "with this label" },
	{ .word = "up", .type = &type_flag, .what = "of devices that are up" },
	{ .word = "group", .type = &type_name32, .names = groups, .what = "of devices of this group" },
	{ .word = "master", .alias = "vrf", .type = &type_device, .what = "of devices with this master" },
	{ .word = "nomaster", .type = &type_flag, .what = "of devices without a master" },
	{ .word = "type", .type = &type_string, .what = "of devices of this kind, or KIND_slave" },
	{ 0 },
};

static const struct field link_filters[] = {
	{ .word = "dev", .type = &type_device, .flags = FIELD_LEADS, .what = "this device" },
	{ .word = "up", .type = &type_flag, .what = "devices that are up" },
	{ .word = "group", .type = &type_name32, .names = groups, .what = "devices of this group" },
	{ .word = "master", .alias = "vrf", .type = &type_device, .what = "devices with this master" },
	{ .word = "nomaster", .type = &type_flag, .what = "devices without a master" },
	{ .word = "type", .type = &type_string, .what = "devices of this kind, or KIND_slave" },
	{ 0 },
};

static const struct field neighbour_filters[] = {
	{ .word = "dev", .type = &type_device, .what = "of this device" },
	{ .word = "to", .type = &type_prefix, .flags = FIELD_LEADS, .what = "within this prefix" },
	{ .word = "nud", .type = &type_word, .names = neighbour_states, .flags = FIELD_LIST, .what = "in this state; without it all but noarp" },
	{ .word = "proxy", .type = &type_flag, .what = "those that are answered for" },
	{ .word = "master", .alias = "vrf", .type = &type_device, .what = "of devices with this master" },
	{ .word = "nomaster", .type = &type_flag, .what = "of devices without a master" },
	{ .word = "unused", .type = &type_flag, .what = "those that nobody uses" },
	{ .word = "protocol", .alias = "proto", .type = &type_name8, .names = route_protocols, .what = "made by this" },
	{ 0 },
};

static const struct field nexthop_filters[] = {
	{ .word = "id", .type = &type_u32, .what = "the one with this number" },
	{ .word = "dev", .type = &type_device, .what = "out of this device" },
	{ .word = "master", .alias = "vrf", .type = &type_device, .what = "out of devices with this master" },
	{ .word = "groups", .alias = "group", .type = &type_flag, .what = "groups only" },
	{ .word = "fdb", .type = &type_flag, .what = "those for bridges' forwarding databases only" },
	{ .word = "protocol", .alias = "proto", .type = &type_name8, .names = route_protocols, .what = "made by this" },
	{ 0 },
};

static const struct field route_filters[] = {
	{ .word = "table", .type = &type_query_table, .what = "in this table, in all, or the cache's exceptions; without it main's" },
	{ .word = "cached", .alias = "cloned", .type = &type_flag, .what = "the cache's exceptions" },
	{ .word = "vrf", .type = &type_device, .what = "in the table of this VRF" },
	{ .word = "tos", .alias = "dsfield", .type = &type_tos, .what = "for this type of service" },
	{ .word = "protocol", .alias = "proto", .type = &type_name8, .names = route_protocols, .what = "made by this" },
	{ .word = "scope", .type = &type_name8, .names = route_scopes, .what = "of this scope" },
	{ .word = "type", .type = &type_word, .names = route_types, .what = "of this type" },
	{ .word = "dev", .alias = "oif", .type = &type_device, .what = "out of this device" },
	{ .word = "iif", .type = &type_device, .what = "of the cache: for what came in by this device" },
	{ .word = "mark", .type = &type_u32, .what = "of the cache: for this mark" },
	{ .word = "metric", .alias = "priority preference", .type = &type_u32, .what = "with this metric" },
	{ .word = "via", .type = &type_prefix, .what = "with a next hop within this prefix" },
	{ .word = "src", .type = &type_prefix, .what = "that prefer a source within this prefix" },
	{ .word = "realms", .alias = "realm", .type = &type_realms, .what = "of these realms" },
	{ .word = "from root", .type = &type_prefix, .what = "for sources within this prefix" },
	{ .word = "from match", .type = &type_prefix, .what = "for sources that this prefix is within" },
	{ .word = "from", .type = &type_prefix, .what = "for exactly these sources" },
	{ .word = "root", .type = &type_prefix, .what = "to prefixes within this one, itself included" },
	{ .word = "match", .type = &type_prefix, .what = "to prefixes that this one is within, itself included" },
	{ .word = "exact", .alias = "to", .type = &type_prefix, .flags = FIELD_LEADS, .what = "to exactly this prefix" },
	{ 0 },
};

static const struct field rule_filters[] = {
	{ .word = "priority", .alias = "pref preference order prio", .type = &type_u32, .what = "of this priority" },
	{ .word = "not", .type = &type_flag, .what = "those that are negated" },
	{ .word = "from", .alias = "src", .type = &type_prefix, .what = "whose source is within this prefix" },
	{ .word = "tos", .alias = "dsfield", .type = &type_tos, .what = "for this type of service" },
	{ .word = "fwmark", .type = &type_mark, .what = "for this mark, and with a mask also for this mask" },
	{ .word = "iif", .alias = "dev", .type = &type_any_device, .what = "for what came in by this device" },
	{ .word = "oif", .type = &type_any_device, .what = "for sockets bound to this device" },
	{ .word = "l3mdev", .type = &type_flag, .what = "those that look into the table of a VRF" },
	{ .word = "uidrange", .type = &type_uids, .what = "for exactly these users" },
	{ .word = "ipproto", .type = &type_name8, .names = ip_protocols, .what = "for this protocol" },
	{ .word = "sport", .type = &type_ports, .what = "for exactly these source ports" },
	{ .word = "dport", .type = &type_ports, .what = "for exactly these destination ports" },
	{ .word = "tun_id", .type = &type_u64, .what = "for this tunnel's key" },
	{ .word = "lookup", .alias = "table", .type = &type_table, .what = "that look into this table" },
	{ .word = "protocol", .alias = "proto", .type = &type_name8, .names = route_protocols, .what = "made by this" },
	{ .word = "to", .alias = "dst", .type = &type_prefix, .flags = FIELD_LEADS, .what = "whose destination is within this prefix" },
	{ 0 },
};

const struct query_object query_objects[] = {
	{ QUERY_ADDRESS, "address", "address", address_filters, "ifname", "devices, with their addresses in addr_info" },
	{ QUERY_ROUTE, "route", "route", route_filters, "type dst dev table", "routes" },
	{ QUERY_RULE, "rule", "rule", rule_filters, "priority src table", "rules" },
	{ QUERY_NEIGHBOUR, "neighbour", "neighbor neighbour", neighbour_filters, "dst dev", "neighbours" },
	{ QUERY_LINK, "link", "link", link_filters, "ifname", "devices" },
	{ QUERY_NEXTHOP, "nexthop", "nexthop", nexthop_filters, "id", "next hops" },
	{ 0 },
};
/* clang-format on */
