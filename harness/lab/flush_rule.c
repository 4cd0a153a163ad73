/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ip rule flush`. */
#include <linux/fib_rules.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/route.h"
#include "lab/route_names.h"

/* clang-format off */
static const struct field fields[] = {
	{ .word = "priority", .alias = "preference* order* priority*", .type = &type_u32, .what = "only of this priority" },
	{ .word = "not", .type = &type_flag, .what = "only those with not" },
	{ .word = "tos", .alias = "dsfield", .type = &type_dsfield, .names = route_tos_words, .what = "only of this type of service" },
	{ .word = "fwmark", .type = &type_mark, .what = "only of this mark, and where one is given of this mask" },
	{ .word = "iif", .alias = "dev", .type = &type_device_name, .what = "only for what comes in by this device" },
	{ .word = "oif", .type = &type_device_name, .what = "only for sockets bound to this device" },
	{ .word = "lookup", .alias = "lookup* table*", .key = "table", .type = &type_table, .what = "only those that look into this table" },
	{ .word = "from", .alias = "from* src*", .key = "src", .type = &type_prefix, .what = "only those for sources in this prefix" },
	{ .word = "protocol", .alias = "protocol*", .type = &type_protocol_or_all, .names = route_protocols, .what = "only made by these" },
	{ .word = "to", .alias = "dst*", .key = "dst", .type = &type_prefix, .flags = FIELD_LEADS, .what = "only those for destinations in this prefix" },
	{ 0 },
};
/* clang-format on */

static const char *settle(const struct reading *reading, struct entry *entry)
{
	(void)reading;
	(void)entry;
	return NULL;
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	struct fib_rule_hdr header = { .family = (uint8_t)entry->family };

	(void)arena;
	body_header(body, &header, sizeof header);
}

static bool selects_prefix(const struct entry *entry, const struct dumped *dumped, const char *key,
	uint16_t type, unsigned length)
{
	const struct address *prefix = value_address(&entry->values, key);

	return !prefix || !prefix->family ||
	       (prefix->length <= length && dumped_begins(dumped, type, prefix, prefix->length));
}

static bool selects_text(
	const struct entry *entry, const struct dumped *dumped, const char *key, uint16_t type)
{
	const char *wanted = value_text(&entry->values, key);
	size_t size;
	const char *seen = dumped->attribute(dumped, type, &size);

	return !wanted || (seen && !strcmp(seen, wanted));
}

static bool selects_mark(const struct value *mark, const struct dumped *dumped)
{
	if (!mark)
		return true;
	return (!mark->first || mark->first == dumped_number(dumped, FRA_FWMARK, 0)) &&
	       (mark->last == UINT32_MAX || mark->last == dumped_number(dumped, FRA_FWMASK, 0));
}

/* The first rule, of priority 0, stays: its dump has no priority. */
static bool selects(const struct entry *entry, const struct dumped *dumped)
{
	const struct fib_rule_hdr *rule = dumped->header;
	const struct values *values = &entry->values;
	uint32_t table = dumped_number(dumped, FRA_TABLE, rule->table);
	uint32_t priority = dumped_number(dumped, FRA_PRIORITY, 0);

	return priority && rule->family == entry->family &&
	       value_number(values, "priority", priority) == priority &&
	       value_number(values, "table", table) == table &&
	       value_number(values, "tos", rule->tos) == rule->tos &&
	       (!value_said(values, "not") || rule->flags & FIB_RULE_INVERT) &&
	       flush_number(entry, "protocol", dumped_number(dumped, FRA_PROTOCOL, 0)) &&
	       selects_text(entry, dumped, "iif", FRA_IIFNAME) &&
	       selects_text(entry, dumped, "oif", FRA_OIFNAME) &&
	       selects_mark(value_of(values, "fwmark"), dumped) &&
	       selects_prefix(entry, dumped, "src", FRA_SRC, rule->src_len) &&
	       selects_prefix(entry, dumped, "dst", FRA_DST, rule->dst_len);
}

const struct flush flush_rule = {
	.fields = fields,
	.settle = settle,
	.encode = encode,
	.selects = selects,
};
