/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `ip nexthop flush`. */
#include <linux/nexthop.h>
#include <sys/socket.h>

#include "lab/flush.h"

/* clang-format off */
static const struct field fields[] = {
	{ .word = "dev", .alias = "dev*", .type = &type_device, .what = "only those behind this device" },
	{ .word = "groups", .alias = "groups*", .type = &type_flag, .what = "only groups" },
	{ .word = "id", .type = &type_u32, .what = "only this one" },
	{ .word = "protocol", .alias = "protocol*", .type = &type_u8, .what = "only made by this one, by number" },
	{ .word = "fdb", .alias = "fdb*", .type = &type_flag, .what = "only those for forwarding databases" },
	{ 0 },
};
/* clang-format on */

/* To ip this is a deletion, which fails where there is none of that number. */
static void become_deletion(struct entry *entry, struct value id)
{
	const struct field *const tables[] = { entry->object->fields, NULL };

	id.field = field_by_key(tables, "id");
	entry->command = COMMAND_DEL;
	entry->values.at[0] = id;
	entry->values.count = 1;
}

static const char *settle(const struct reading *reading, struct entry *entry)
{
	const struct value *id = value_of(&entry->values, "id");

	(void)reading;
	flush_any_family(entry);
	if (id)
		become_deletion(entry, *id);
	return NULL;
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	struct nhmsg header = { .nh_family = (unsigned char)entry->family };

	(void)arena;
	body_header(body, &header, sizeof header);
}

static bool has(const struct dumped *dumped, uint16_t type)
{
	size_t size;

	return dumped->attribute(dumped, type, &size) != NULL;
}

static bool selects(const struct entry *entry, const struct dumped *dumped)
{
	const struct nhmsg *hop = dumped->header;
	const struct values *values = &entry->values;
	uint32_t protocol = (uint32_t)value_number(values, "protocol", 0);

	return (!entry->family || entry->family == hop->nh_family) &&
	       (!protocol || protocol == hop->nh_protocol) && dumped_device(dumped, NHA_OIF, entry, "dev") &&
	       (!value_said(values, "groups") || has(dumped, NHA_GROUP)) &&
	       (!value_said(values, "fdb") || has(dumped, NHA_FDB));
}

const struct flush flush_nexthop = {
	.fields = fields,
	.settle = settle,
	.encode = encode,
	.selects = selects,
	.by = NHA_ID,
};
