/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/object.h"

static const struct name actions[] = { { "blackhole", FR_ACT_BLACKHOLE },
	{ "unreachable", FR_ACT_UNREACHABLE }, { "prohibit", FR_ACT_PROHIBIT }, { "unicast", FR_ACT_TO_TBL },
	{ 0 } };

static const struct name protocols[] = { { "icmp", 1 }, { "tcp", 6 }, { "udp", 17 }, { "ipv6-icmp", 58 },
	{ "sctp", 132 }, { 0 } };

static const struct name makers[] = { { "unspec", 0 }, { "redirect", 1 }, { "kernel", 2 }, { "boot", 3 },
	{ "static", 4 }, { "ra", 9 }, { "zebra", 11 }, { "bird", 12 }, { "dhcp", 16 }, { "keepalived", 18 },
	{ 0 } };

/* clang-format off */
static const struct field fields[] = {
	{ .word = "not", .type = &type_flag, .what = "the rule holds for what its selectors do not match" },
	{ .word = "from", .key = "src", .more = "srclen", .type = &type_prefix, .what = "the source" },
	{ .word = "to", .key = "dst", .more = "dstlen", .type = &type_prefix, .what = "the destination" },
	{ .word = "iif", .alias = "dev", .type = &type_device_name, .attribute = FRA_IIFNAME, .what = "the device that it came in by; lo: sent from here" },
	{ .word = "oif", .type = &type_device_name, .attribute = FRA_OIFNAME, .what = "the device that the socket is bound to" },
	{ .word = "fwmark", .more = "fwmask", .type = &type_mark, .what = "the firewall mark, and which bits of it count" },
	{ .word = "tos", .alias = "dsfield", .type = &type_tos, .what = "the type of service" },
	{ .word = "uidrange", .more = "uid_start uid_end", .type = &type_uids, .attribute = FRA_UID_RANGE, .what = "the users whose sockets it holds for" },
	{ .word = "ipproto", .type = &type_name8, .names = protocols, .attribute = FRA_IP_PROTO, .what = "the protocol" },
	{ .word = "sport", .more = "sport_start sport_end", .type = &type_ports, .attribute = FRA_SPORT_RANGE, .what = "the source port, or a range" },
	{ .word = "dport", .more = "dport_start dport_end", .type = &type_ports, .attribute = FRA_DPORT_RANGE, .what = "the destination port, or a range" },
	{ .word = "priority", .alias = "pref preference order", .type = &type_u32, .attribute = FRA_PRIORITY, .what = "the smaller comes first" },
	{ .word = "protocol", .alias = "proto", .type = &type_name8, .names = makers, .attribute = FRA_PROTOCOL, .what = "who made it" },
	{ .word = "lookup", .alias = "table", .key = "table", .type = &type_table, .attribute = FRA_TABLE, .what = "the table that it looks into" },
	{ .word = "suppress_prefixlength", .alias = "sup_pl", .key = "suppress_prefixlen", .type = &type_u32, .attribute = FRA_SUPPRESS_PREFIXLEN, .what = "what is found there counts only if its prefix is longer" },
	{ .word = "suppress_ifgroup", .alias = "sup_group", .type = &type_u32, .attribute = FRA_SUPPRESS_IFGROUP, .what = "what is found there counts only if its device is not of this group" },
	{ .word = "goto", .type = &type_u32, .attribute = FRA_GOTO, .what = "the rule to go on with, by its priority" },
	{ .word = "type", .key = "action", .type = &type_word, .names = actions, .flags = FIELD_LEADS, .what = "what it does instead of looking into a table" },
	{ .word = "nop", .type = &type_flag, .what = "it does nothing" },
	/* What only show prints. */
	{ .key = "unresolved", .type = &type_flag, .flags = FIELD_SHOWN, .what = "there is no rule that goto leads to" },
	{ 0 },
};
/* clang-format on */

static const char *settle(const struct reading *reading, struct entry *entry)
{
	static const char *const does[] = { "table", "goto", "action", "nop" };
	bool any = false;

	(void)reading;
	for (size_t i = 0; i < sizeof does / sizeof *does; i++)
		any |= value_said(&entry->values, does[i]);
	if (value_said(&entry->values, "goto") &&
		value_number(&entry->values, "goto", 0) <= value_number(&entry->values, "priority", 0))
		return "goto: leads backwards; allowed: a priority above the rule's own";
	if (!any && entry->command != COMMAND_DEL)
		return "says nothing that it does; allowed: lookup TABLE, goto N, blackhole, unreachable, "
		       "prohibit, nop";
	return NULL;
}

static uint8_t action_of(const struct entry *entry)
{
	if (value_said(&entry->values, "goto"))
		return FR_ACT_GOTO;
	if (value_said(&entry->values, "nop"))
		return FR_ACT_NOP;
	if (entry->command == COMMAND_DEL && !value_said(&entry->values, "action"))
		return FR_ACT_UNSPEC;
	return (uint8_t)value_number(&entry->values, "action", FR_ACT_TO_TBL);
}

static void put_prefix(struct arena *arena, struct body *body, uint16_t type, const struct address *address)
{
	if (address && address->length)
		attribute_bytes(arena, &body->attributes, type, address->bytes, family_size(address->family));
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	const struct address *from = value_address(&entry->values, "src"),
			     *to = value_address(&entry->values, "dst");
	const struct value *mark = value_of(&entry->values, "fwmark");
	uint64_t table = value_number(&entry->values, "table", RT_TABLE_UNSPEC);
	struct fib_rule_hdr header = {
		.family = (uint8_t)entry->family,
		.src_len = from ? from->length : 0,
		.dst_len = to ? to->length : 0,
		.tos = (uint8_t)value_number(&entry->values, "tos", 0),
		.table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC,
		.action = action_of(entry),
		.flags = value_said(&entry->values, "not") ? FIB_RULE_INVERT : 0,
	};

	body_header(body, &header, sizeof header);
	put_prefix(arena, body, FRA_SRC, from);
	put_prefix(arena, body, FRA_DST, to);
	if (mark) {
		attribute_u32(arena, &body->attributes, FRA_FWMARK, mark->first);
		attribute_u32(arena, &body->attributes, FRA_FWMASK, mark->last);
	}
}

static bool same(const void *wanted, const void *seen)
{
	const struct fib_rule_hdr *a = wanted, *b = seen;

	return a->family == b->family && a->src_len == b->src_len && a->dst_len == b->dst_len &&
	       a->tos == b->tos && a->action == b->action &&
	       (a->flags & FIB_RULE_INVERT) == (b->flags & FIB_RULE_INVERT);
}

const struct object object_rule = {
	.name = "rule",
	.key = "rules",
	.what = "rules of policy routing",
	.phase = PHASE_RULES,
	.fields = fields,
	.commands = 1 << COMMAND_ADD | 1 << COMMAND_DEL,
	.numbered = "priority",
	.new_type = RTM_NEWRULE,
	.del_type = RTM_DELRULE,
	.get_type = RTM_GETRULE,
	.settle = settle,
	.encode = encode,
	.same = same,
};
