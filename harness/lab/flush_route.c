/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ip route flush`. */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/route.h"
#include "lab/route_names.h"

#define ALL_TABLES  (UINT64_C(1) << 32)
#define CACHE_TABLE (UINT64_C(1) << 33)

static const char *read_table(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	if (!strcmp(text, "all"))
		out->number = ALL_TABLES;
	else if (!strcmp(text, "cache"))
		out->number = CACHE_TABLE;
	else
		return type_table.read(reading, field, text, out);
	return NULL;
}

static void print_table(FILE *to, const struct value *value)
{
	if (value->number == ALL_TABLES)
		fputs("all", to);
	else if (value->number == CACHE_TABLE)
		fputs("cache", to);
	else
		type_table.print(to, value);
}

/* Which realms count: of "3/" only the source's, of "3" and "/3" only the destination's. */
static const char *read_realms(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *slash = strchr(text, '/');
	const char *wrong = type_realms.read(reading, field, *text == '/' ? text + 1 : text, out);
	uint64_t realms = out->number;
	uint32_t mask = UINT32_MAX;

	if (!(realms & 0xffff) && *text && text[strlen(text) - 1] == '/')
		mask &= 0xffff0000;
	if (!(realms & 0xffff0000) && (!slash || slash == text))
		mask &= 0xffff;
	out->first = (uint32_t)realms;
	out->last = mask;
	return wrong;
}

static void print_realms(FILE *to, const struct value *value)
{
	if (value->last & 0xffff0000)
		fprintf(to, "%u/", value->first >> 16);
	if (value->last & 0xffff)
		fprintf(to, "%u", value->first & 0xffff);
}

/* clang-format off */
static const struct type type_tables = {
	.allowed = "main, local, default, a name from \"tables\", a number up to 4294967295, all, or cache",
	.read = read_table, .print = print_table, .encoding = ENCODE_NOTHING,
};
static const struct type type_some_realms = {
	.allowed = "a realm up to 255, source/destination, or source/",
	.read = read_realms, .print = print_realms, .encoding = ENCODE_NOTHING,
};

/* In the order in which ip looks for what was abbreviated. */
static const struct field fields[] = {
	{ .word = "table", .alias = "table*", .type = &type_tables, .what = "only of this table; main unless given" },
	{ .word = "cached", .alias = "cached* cloned*", .type = &type_flag, .what = "exceptions that the kernel learnt, such as path MTUs; the same as table cache" },
	{ .word = "tos", .alias = "dsfield*", .type = &type_dsfield, .names = route_tos_words, .what = "only of this type of service" },
	{ .word = "proto", .alias = "protocol*", .key = "protocol", .type = &type_protocol_or_all, .names = route_protocols, .what = "only made by these" },
	{ .word = "scope", .alias = "scope*", .type = &type_scope_or_all, .names = route_scopes, .what = "only of this scope" },
	{ .word = "type", .alias = "type*", .type = &type_route_type, .names = route_type_words, .what = "only of this kind" },
	{ .word = "dev", .alias = "oif", .type = &type_device, .what = "only those that go out of this device" },
	{ .word = "iif", .type = &type_device, .what = "only those for what comes in by this device, of which there are none but learnt ones" },
	{ .word = "mark", .type = &type_u32, .what = "only of this mark" },
	{ .word = "metric", .alias = "metric* priority* preference", .type = &type_u32, .what = "only of this metric" },
	{ .word = "realms", .alias = "realms*", .type = &type_some_realms, .what = "only of these realms" },
	{ .word = "from", .alias = "from*", .before = "root match exact", .type = &type_prefix, .what = "only those from this prefix; root and match as for the destination" },
	{ .word = "root", .alias = "root*", .type = &type_prefix, .what = "only to prefixes in this one" },
	{ .word = "match", .alias = "match*", .type = &type_prefix, .what = "only to prefixes that this one is in" },
	{ .word = "to", .alias = "exact exact*", .before = "root match exact", .key = "dst", .type = &type_prefix, .flags = FIELD_LEADS, .what = "only to this prefix" },
	{ .word = "via", .before = "inet inet6", .key = "gateway", .type = &type_prefix, .what = "only with this next hop, or one in this prefix" },
	{ .word = "src", .key = "prefsrc", .type = &type_prefix, .what = "only those that prefer this source, or one in this prefix" },
	{ 0 },
};
/* clang-format on */

static bool is_cached(const struct entry *entry)
{
	return value_said(&entry->values, "cached") ||
	       value_number(&entry->values, "table", 0) == CACHE_TABLE;
}

/* The table; 0: all of them. */
static uint32_t table_of(const struct entry *entry)
{
	uint64_t table = value_number(&entry->values, "table", RT_TABLE_MAIN);

	return table == CACHE_TABLE ? RT_TABLE_MAIN : table == ALL_TABLES ? 0 : (uint32_t)table;
}

/* A next hop whose family is said may be that of a route of the other one. */
static void settle_family(struct entry *entry)
{
	int family = table_of(entry) ? AF_INET : AF_UNSPEC;

	for (size_t i = entry->values.count; i-- > 0 && !entry->family_said;) {
		const struct value *value = &entry->values.at[i];

		if (value->field->type == &type_prefix && value->address.family &&
			(!value->before || strcmp(field_key(value->field), "gateway") != 0))
			family = value->address.family;
	}
	if (!entry->family_said)
		entry->family = family;
}

/* Of all tables, those of all families are meant; else IPv4's, unless something says otherwise. */
static const char *settle(const struct reading *reading, struct entry *entry)
{
	(void)reading;
	if (!entry->values.count)
		return "lacks what is to go; allowed: such as \"flush table 100\" or \"flush dev DEVICE\"";
	settle_family(entry);
	return NULL;
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	struct rtmsg header = { .rtm_family = (uint8_t)entry->family,
		.rtm_flags = is_cached(entry) ? RTM_F_CLONED : 0 };
	const char *device = value_text(&entry->values, "dev");

	body_header(body, &header, sizeof header);
	if (table_of(entry))
		attribute_u32(arena, &body->attributes, RTA_TABLE, table_of(entry));
	if (device)
		attribute_name(arena, &body->attributes, RTA_OIF, ATTRIBUTE_DEVICE, device);
}

/* IPv4 forgets all that it learnt at once. */
static const char *sysctl(const struct entry *entry)
{
	return is_cached(entry) && entry->family == AF_INET ? "net.ipv4.route.flush" : NULL;
}

/* In the prefix, and with "match" the other way round. */
static bool is_in(
	const struct dumped *dumped, uint16_t type, unsigned length, const struct address *prefix, bool match)
{
	const struct rtmsg *route = dumped->header;

	if (prefix->family && prefix->family != route->rtm_family)
		return false;
	if (match ? prefix->length < length : prefix->length > length)
		return false;
	return dumped_begins(dumped, type, prefix, match ? length : prefix->length);
}

static bool selects_prefix(const struct dumped *dumped, uint16_t type, unsigned length,
	const struct value *value, const char *how)
{
	bool exact = !strcmp(how, "exact");

	return (!exact && strcmp(how, "root") != 0) || is_in(dumped, type, length, &value->address, false)
		       ? (!exact && strcmp(how, "match") != 0) ||
				 is_in(dumped, type, length, &value->address, true)
		       : false;
}

static bool selects_prefixes(const struct entry *entry, const struct dumped *dumped)
{
	static const char *const ways[] = { "exact", "root", "match", "exact" };
	const struct rtmsg *route = dumped->header;

	for (size_t i = 0; i < entry->values.count; i++) {
		const struct value *value = &entry->values.at[i];
		const char *key = field_key(value->field), *how = ways[value->before];
		bool from = !strcmp(key, "from");

		if (!strcmp(key, "root") || !strcmp(key, "match"))
			how = key;
		else if (!from && strcmp(key, "dst") != 0)
			continue;
		if (!selects_prefix(dumped, from ? RTA_SRC : RTA_DST,
			    from ? route->rtm_src_len : route->rtm_dst_len, value, how))
			return false;
	}
	return true;
}

/* RTA_VIA has the family in front of the address. */
static bool selects_via(const struct address *via, const struct dumped *dumped)
{
	const struct rtmsg *route = dumped->header;
	uint8_t bytes[sizeof(uint16_t) + sizeof via->bytes] = { 0 };
	size_t size;
	const void *data = dumped->attribute(dumped, RTA_VIA, &size);
	uint16_t family = route->rtm_family;

	if (!via)
		return true;
	if (!data)
		return via->family == family && dumped_begins(dumped, RTA_GATEWAY, via, via->length);
	memcpy(bytes, data, size < sizeof bytes ? size : sizeof bytes);
	memcpy(&family, bytes, sizeof family);
	return via->family == family && bits_equal(bytes + sizeof family, via->bytes, via->length);
}

static bool selects_source(const struct address *source, const struct dumped *dumped)
{
	const struct rtmsg *route = dumped->header;

	return !source || ((!source->family || source->family == route->rtm_family) &&
				  dumped_begins(dumped, RTA_PREFSRC, source, source->length));
}

static bool selects_realms(const struct value *realms, const struct dumped *dumped)
{
	return !realms || !((dumped_number(dumped, RTA_FLOW, 0) ^ realms->first) & realms->last);
}

/* The kernel's own end of each IPv6 table is no route to flush. */
static bool is_end(const struct dumped *dumped)
{
	const struct rtmsg *route = dumped->header;

	return route->rtm_family == AF_INET6 && !route->rtm_dst_len && route->rtm_type == RTN_UNREACHABLE &&
	       dumped_number(dumped, RTA_PRIORITY, 0) == UINT32_MAX;
}

static bool selects_header(const struct entry *entry, const struct rtmsg *route)
{
	const struct values *values = &entry->values;

	return (!entry->family || route->rtm_family == entry->family) &&
	       is_cached(entry) == !!(route->rtm_flags & RTM_F_CLONED) &&
	       flush_number(entry, "protocol", route->rtm_protocol) &&
	       flush_number(entry, "scope", route->rtm_scope) &&
	       value_number(values, "type", route->rtm_type) == route->rtm_type &&
	       value_number(values, "tos", route->rtm_tos) == route->rtm_tos;
}

static bool selects(const struct entry *entry, const struct dumped *dumped)
{
	const struct values *values = &entry->values;
	const struct rtmsg *route = dumped->header;
	uint32_t table = dumped_number(dumped, RTA_TABLE, route->rtm_table);
	uint32_t metric = dumped_number(dumped, RTA_PRIORITY, 0), mark = dumped_number(dumped, RTA_MARK, 0);

	return selects_header(entry, route) && (!table_of(entry) || table == table_of(entry)) &&
	       dumped_device(dumped, RTA_OIF, entry, "dev") && dumped_device(dumped, RTA_IIF, entry, "iif") &&
	       value_number(values, "metric", metric) == metric &&
	       value_number(values, "mark", mark) == mark && selects_prefixes(entry, dumped) &&
	       selects_via(value_address(values, "gateway"), dumped) &&
	       selects_source(value_address(values, "prefsrc"), dumped) &&
	       selects_realms(value_of(values, "realms"), dumped) && !is_end(dumped);
}

const struct flush flush_route = {
	.fields = fields,
	.settle = settle,
	.encode = encode,
	.selects = selects,
	.sysctl = sysctl,
};
