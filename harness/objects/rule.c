/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <endian.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/object.h"
#include "lab/route.h"
#include "lab/route_names.h"

/* The kinds of routes are to ip what rules do as well; the kernel does something else than these three by
 * some. */
static const struct name actions[] = { { "local", RTN_LOCAL }, { "nat", RTN_NAT },
	{ "broadcast", RTN_BROADCAST }, { "anycast", RTN_ANYCAST }, { "multicast", RTN_MULTICAST },
	{ "prohibit", RTN_PROHIBIT }, { "unreachable", RTN_UNREACHABLE }, { "blackhole", RTN_BLACKHOLE },
	{ "xresolve", RTN_XRESOLVE }, { "unicast", RTN_UNICAST }, { "throw", RTN_THROW }, { 0 } };

static const struct name groups[] = { { "default", 0 }, { 0 } };

/* A name in any case (to ip TCP is another name for tcp), a number, or what show prints of one without a
 * name. */
static const char *read_protocol(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	static const char shown[] = "ipproto-";
	const char *digits = strncmp(text, shown, strlen(shown)) ? text : text + strlen(shown);

	(void)reading;
	for (const struct name *name = field->names; name->name; name++) {
		if (!strcasecmp(name->name, text)) {
			out->number = name->number;
			return NULL;
		}
	}
	if (strspn(digits, "0123456789") == strlen(digits) && number_read(digits, &out->number) &&
		out->number <= UINT8_MAX)
		return NULL;
	return "neither a name for this nor a number up to 255";
}

static void print_protocol(FILE *to, const struct value *value)
{
	type_name8.print(to, value);
}

static const struct type type_protocol = {
	.allowed = "a number up to 255",
	.read = read_protocol,
	.print = print_protocol,
	.encoding = ENCODE_U8,
};

enum { TABLE_OF_L3MDEV = -1 };

/* A table, or what show prints of a rule that looks into the table of an L3 master device. */
static const char *read_table(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	if (strcmp(text, "[l3mdev-table]"))
		return type_table.read(reading, field, text, out);
	out->number = (uint64_t)TABLE_OF_L3MDEV;
	return NULL;
}

static void print_table(FILE *to, const struct value *value)
{
	type_table.print(to, value);
}

static const struct type type_rule_table = {
	.allowed = "main, local, default, a name from \"tables\", or a number up to 4294967295",
	.read = read_table,
	.print = print_table,
	.encoding = ENCODE_U32,
};

/* The order decides what an abbreviation means: "p" is "priority" and "pro" is "protocol". */
/* clang-format off */
static const struct field fields[] = {
	{ .word = "not", .type = &type_flag, .what = "the rule holds for what its selectors do not match" },
	{ .word = "from", .key = "src", .more = "srclen", .type = &type_prefix, .what = "the source" },
	{ .word = "to", .key = "dst", .more = "dstlen", .type = &type_prefix, .what = "the destination" },
	{ .word = "iif", .alias = "dev", .type = &type_device_name, .attribute = FRA_IIFNAME, .what = "the device that it came in by; lo: sent from here" },
	{ .word = "oif", .type = &type_device_name, .attribute = FRA_OIFNAME, .what = "the device that the socket is bound to" },
	{ .word = "fwmark", .more = "fwmask", .type = &type_mark, .what = "the firewall mark, and which bits of it count: all unless given, but of 0 in a command none" },
	{ .word = "tos", .alias = "dsfield*", .type = &type_dsfield, .names = route_tos_words, .what = "the type of service" },
	{ .word = "uidrange", .more = "uid_start uid_end", .type = &type_uids, .attribute = FRA_UID_RANGE, .what = "the users whose sockets it holds for, first-last" },
	{ .word = "ipproto", .type = &type_protocol, .names = ip_protocols, .attribute = FRA_IP_PROTO, .what = "the protocol" },
	{ .word = "sport", .more = "sport_start sport_end", .type = &type_ports, .attribute = FRA_SPORT_RANGE, .what = "the source port, or a range" },
	{ .word = "dport", .more = "dport_start dport_end", .type = &type_ports, .attribute = FRA_DPORT_RANGE, .what = "the destination port, or a range" },
	{ .word = "priority", .alias = "preference* order* priority*", .type = &type_u32, .attribute = FRA_PRIORITY, .what = "the smaller comes first; one below the lowest but local's unless given" },
	{ .word = "realms", .alias = "realms*", .type = &type_realms, .attribute = FRA_FLOW, .what = "IPv4: the realms that what it finds is given, source/destination" },
	{ .word = "protocol", .alias = "protocol*", .type = &type_name8, .names = route_protocols, .attribute = FRA_PROTOCOL, .what = "who made it" },
	{ .word = "tun_id", .alias = "tun_id*", .type = &type_u64, .what = "the key of the tunnel that it came out of" },
	{ .word = "lookup", .alias = "table*", .key = "table", .type = &type_rule_table, .attribute = FRA_TABLE, .what = "the table that it looks into: main unless it does something else" },
	{ .word = "suppress_prefixlength", .alias = "sup_pl suppress_prefixlength*", .key = "suppress_prefixlen", .type = &type_u32, .most = INT32_MAX, .attribute = FRA_SUPPRESS_PREFIXLEN, .what = "what is found there counts only if its prefix is longer" },
	{ .word = "suppress_ifgroup", .alias = "sup_group suppress_ifgroup*", .type = &type_name32, .most = INT32_MAX, .names = groups, .attribute = FRA_SUPPRESS_IFGROUP, .what = "what is found there counts only if its device is not of this group; default is 0" },
	{ .word = "l3mdev", .type = &type_flag, .what = "it looks into the table of the L3 master device (a VRF) that the packet came in by or goes out of" },
	{ .word = "nat", .alias = "map-to*", .key = "nat_gateway", .type = &type_host, .attribute = RTA_GATEWAY, .what = "of kernels before 2.6: the address that it translates to" },
	{ .word = "nop", .alias = "nop*", .type = &type_flag, .what = "it does nothing" },
	{ .key = "action", .type = &type_route_type, .names = actions, .flags = FIELD_LEADS, .what = "what it does instead of looking into a table: unreachable, prohibit or blackhole; the other kinds of routes mean nothing to the kernel here" },
	{ .word = "goto", .alias = "goto*", .type = &type_u32, .attribute = FRA_GOTO, .what = "the rule to go on with, by its priority, which is higher" },
	{ .key = "flow_from", .type = &type_realms, .what = "the source's realm, beside flow_to" },
	{ .key = "flow_to", .type = &type_realms, .what = "the destination's realm" },
	/* What only show prints, and what ip needs no more. */
	{ .word = "type", .key = "", .type = &type_flag, .flags = FIELD_SHOWN, .what = "may stand before what it does" },
	{ .word = "masquerade", .type = &type_flag, .flags = FIELD_SHOWN, .what = "of the action nat" },
	{ .key = "unresolved", .type = &type_flag, .flags = FIELD_SHOWN, .what = "there is no rule that goto leads to" },
	{ 0 },
};
/* clang-format on */

static const struct field *field_of(const char *key)
{
	const struct field *field = fields;

	while (strcmp(field_key(field), key))
		field++;
	return field;
}

static struct value *said(const struct entry *entry, const char *key)
{
	return (struct value *)value_of(&entry->values, key);
}

static void drop(struct entry *entry, struct value *value)
{
	const struct value *end = entry->values.at + entry->values.count;

	if (!value)
		return;
	memmove(value, value + 1, (size_t)(end - value - 1) * sizeof *value);
	entry->values.count--;
}

/* `ip -j` has two keys for what is one value. */
static void settle_realms(const struct reading *reading, struct entry *entry)
{
	struct value *from = said(entry, "flow_from"), *to = said(entry, "flow_to");

	if (from && !to)
		problem_add(reading->problems, from->where, "needs \"flow_to\" beside it");
	if (!to)
		return;
	if (said(entry, "realms"))
		problem_add(reading->problems, to->where,
			"says the same as another key; allowed: \"realms\" alone");
	to->number |= from ? from->number << 16 : 0;
	to->field = field_of("realms");
	drop(entry, from);
}

static void settle_l3mdev(const struct reading *reading, struct entry *entry)
{
	struct value *table = said(entry, "table");

	if (!table || table->number != (uint64_t)TABLE_OF_L3MDEV) {
		if (table && table->number && said(entry, "l3mdev"))
			problem_add(reading->problems, table->where,
				"lookup: beside \"l3mdev\", which says the table; allowed: one of them");
		return;
	}
	if (entry->command != COMMAND_STATE)
		problem_add(reading->problems, table->where, "[l3mdev-table]: not a table; allowed: l3mdev");
	table->field = field_of("l3mdev");
	table->number = 1;
}

/* Show prints "fwmark 0" of a rule for what has no mark; as a command the kernel takes it for any mark. */
static void settle_mark(const struct entry *entry)
{
	struct value *mark = said(entry, "fwmark");

	if (mark && !mark->first && entry->command == COMMAND_STATE)
		mark->masked = true;
}

/* Of several, what is said last is done; what is said of goto the kernel hears even then. */
static void settle_action(struct entry *entry)
{
	const struct value *to = said(entry, "goto");
	struct value *nop = said(entry, "nop"), *action = said(entry, "action");

	if (nop && (nop < action || nop < to))
		drop(entry, nop);
	else if (action && (action < nop || action < to))
		drop(entry, action);
}

static void settle_table(const struct reading *reading, struct entry *entry)
{
	static const char *const others[] = { "table", "l3mdev", "goto", "action", "nop" };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (said(entry, others[i]))
			return;
	if (entry->command != COMMAND_DEL)
		value_assume(reading, &entry->values, field_of("table"), "main");
}

static const char *settle(const struct reading *reading, struct entry *entry)
{
	if (!entry->values.count)
		return "says nothing; allowed: what it holds for, or what it does";
	settle_realms(reading, entry);
	settle_l3mdev(reading, entry);
	settle_mark(entry);
	settle_action(entry);
	settle_table(reading, entry);
	return NULL;
}

static uint8_t action_of(const struct entry *entry)
{
	if (said(entry, "nop"))
		return FR_ACT_NOP;
	if (said(entry, "action"))
		return (uint8_t)value_number(&entry->values, "action", 0);
	if (said(entry, "goto"))
		return FR_ACT_GOTO;
	if (said(entry, "nat_gateway"))
		return RTN_NAT;
	return entry->command == COMMAND_DEL ? FR_ACT_UNSPEC : FR_ACT_TO_TBL;
}

static void put_prefix(
	struct arena *arena, struct attributes *to, uint16_t type, const struct address *address)
{
	if (address && address->length)
		attribute_bytes(arena, to, type, address->bytes, family_size(address->family));
}

/* What no type puts as the kernel has it. */
static void put_rest(struct arena *arena, const struct entry *entry, struct attributes *to)
{
	const struct value *mark = said(entry, "fwmark"), *tunnel = said(entry, "tun_id");
	const uint64_t key = tunnel ? htobe64(tunnel->number) : 0;
	const uint8_t yes = 1;

	if (mark)
		attribute_u32(arena, to, FRA_FWMARK, mark->first);
	if (mark && mark->masked)
		attribute_u32(arena, to, FRA_FWMASK, mark->last);
	if (tunnel)
		attribute_bytes(arena, to, FRA_TUN_ID, &key, sizeof key);
	if (said(entry, "l3mdev"))
		attribute_bytes(arena, to, FRA_L3MDEV, &yes, sizeof yes);
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	const struct address *from = value_address(&entry->values, "src"),
			     *to = value_address(&entry->values, "dst");
	uint64_t table = value_number(&entry->values, "table", RT_TABLE_UNSPEC);
	struct fib_rule_hdr header = {
		.family = (uint8_t)entry->family,
		.src_len = from ? from->length : 0,
		.dst_len = to ? to->length : 0,
		.tos = (uint8_t)value_number(&entry->values, "tos", 0),
		.table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
		.action = action_of(entry),
		.flags = said(entry, "not") ? FIB_RULE_INVERT : 0,
	};

	body_header(body, &header, sizeof header);
	put_prefix(arena, &body->attributes, FRA_SRC, from);
	put_prefix(arena, &body->attributes, FRA_DST, to);
	put_rest(arena, entry, &body->attributes);
}

static bool same(const void *wanted, const void *seen)
{
	const struct fib_rule_hdr *a = wanted, *b = seen;

	return a->family == b->family && a->src_len == b->src_len && a->dst_len == b->dst_len &&
	       a->tos == b->tos && a->action == b->action &&
	       (a->flags & FIB_RULE_INVERT) == (b->flags & FIB_RULE_INVERT);
}

/* The kernel's own three are of its own protocol, and so no hindrance to others like them. */
static bool doubles(const struct entry *entry)
{
	uint64_t priority = value_number(&entry->values, "priority", 1);

	return priority == 0 || priority == 32766 || priority == 32767;
}

const struct object object_rule = {
	.name = "rule",
	.key = "rules",
	.what = "rules of policy routing",
	.phase = PHASE_RULES,
	.fields = fields,
	.commands = 1 << COMMAND_ADD | 1 << COMMAND_DEL | 1 << COMMAND_FLUSH,
	.flush = &flush_rule,
	.numbered = "priority",
	.new_type = RTM_NEWRULE,
	.del_type = RTM_DELRULE,
	.get_type = RTM_GETRULE,
	.settle = settle,
	.encode = encode,
	.same = same,
	.doubles = doubles,
};
