/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/flush.h"
#include "lab/object.h"
#include "lab/route.h"
#include "lab/route_names.h"

enum { WEIGHT_MOST = 256, SECOND = 100 }; /* rtnetlink's timers count hundredths of seconds */

static const struct name types[] = { { "mpath", NEXTHOP_GRP_TYPE_MPATH },
	{ "resilient", NEXTHOP_GRP_TYPE_RES }, { 0 } };

/* "1", or with a weight "1,5". */
static bool member_read(struct arena *arena, const char *text, size_t length, struct nexthop_grp *out)
{
	const char *member = arena_copy(arena, text, length), *comma = strchr(member, ',');
	uint64_t id, weight = 1;

	if (comma && (!number_read(comma + 1, &weight) || !weight || weight > WEIGHT_MOST))
		return false;
	if (!number_read(comma ? arena_copy(arena, member, (size_t)(comma - member)) : member, &id) ||
		id > UINT32_MAX)
		return false;
	*out = (struct nexthop_grp) { .id = (uint32_t)id, .weight = (uint8_t)(weight - 1) };
	return true;
}

/* "1/2,5" as netlink has it; NULL: it is something else. */
static struct nexthop_grp *members_read(struct arena *arena, const char *text, size_t *count)
{
	struct nexthop_grp *members = NULL;

	*count = 0;
	for (;; text++) {
		struct nexthop_grp member;
		size_t length = strcspn(text, "/");

		if (!member_read(arena, text, length, &member))
			return NULL;
		arena_append(arena, &members, count, &member, sizeof member);
		text += length;
		if (!*text)
			return members;
	}
}

static const char *read_group(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	size_t count;

	(void)field;
	if (!members_read(reading->arena, text, &count))
		return "no group of next hops";
	out->text = arena_printf(reading->arena, "%s", text);
	return NULL;
}

/* `ip -j` has a list of objects. */
static const char *group_text(const struct reading *reading, const json_t *json)
{
	const char *text = "";
	size_t i;
	json_t *member;

	if (!json_is_array(json))
		return NULL;
	json_array_foreach ((json_t *)json, i, member) {
		const json_t *id = json_object_get(member, "id"), *weight = json_object_get(member, "weight");

		if (!json_is_integer(id) || (weight && !json_is_integer(weight)) ||
			json_object_size(member) != (weight ? 2 : 1))
			return NULL;
		text = arena_printf(reading->arena, "%s%s%" JSON_INTEGER_FORMAT, text, i ? "/" : "",
			json_integer_value(id));
		if (weight)
			text = arena_printf(
				reading->arena, "%s,%" JSON_INTEGER_FORMAT, text, json_integer_value(weight));
	}
	return text;
}

static void print_group(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const struct type type_group = {
	.allowed = "next hops by their numbers, with weights from 1 to 256, such as \"1/2,5\"; "
		   "in JSON also a list such as [{ \"id\": 1 }, { \"id\": 2, \"weight\": 5 }]",
	.read = read_group,
	.print = print_group,
	.as_text = group_text,
};

/* clang-format off */
static const struct field fields[] = {
	{ .word = "id", .type = &type_u32, .attribute = NHA_ID, .what = "its number; the kernel finds one if none is given" },
	{ .word = "encap", .type = &type_flag, .group = encap_fields, .what = "what packets are carried in" },
	{ .word = "via", .key = "gateway", .before = "inet inet6", .type = &type_host, .attribute = NHA_GATEWAY, .what = "the address of the next hop" },
	{ .word = "dev", .type = &type_device, .attribute = NHA_OIF, .what = "the device that it is behind" },
	{ .word = "group", .type = &type_group, .what = "several next hops, by their numbers; the weight is the share of each, 1 unless given" },
	{ .word = "type", .type = &type_word, .names = types, .what = "of a group: mpath spreads flows by their hash; resilient keeps the flows of those that stay" },
	{ .key = "resilient_args", .type = &type_flag, .flags = FIELD_SPREAD, .what = "an object with buckets and the timers" },
	{ .word = "buckets", .type = &type_u16, .attribute = NHA_RES_GROUP_BUCKETS, .nest = NHA_RES_GROUP, .what = "of a resilient group: in how many buckets flows fall" },
	{ .word = "idle_timer", .type = &type_u32, .nest = NHA_RES_GROUP, .most = UINT32_MAX / SECOND - 1, .what = "of a resilient group: after so many seconds without a packet a bucket may go to another next hop" },
	{ .word = "unbalanced_timer", .type = &type_u32, .nest = NHA_RES_GROUP, .most = UINT32_MAX / SECOND - 1, .what = "of a resilient group: after so many seconds out of balance buckets are moved even if not idle; 0: never" },
	{ .word = "blackhole", .type = &type_flag, .attribute = NHA_BLACKHOLE, .what = "packets are dropped" },
	{ .word = "onlink", .type = &type_flag, .what = "the address is taken to be on the link, whatever the routes say" },
	{ .word = "fdb", .type = &type_flag, .attribute = NHA_FDB, .what = "for forwarding databases, as a VXLAN device has one, and not for routes" },
	{ .word = "protocol", .alias = "protocol*", .type = &type_name8, .names = route_protocols, .what = "who made it" },
	{ .key = "flags", .what = "a list of flags" },
	/* What only show prints. */
	{ .word = "scope", .type = &type_string, .flags = FIELD_SHOWN, .what = "which the kernel works out" },
	{ .word = "unbalanced_time", .type = &type_string, .flags = FIELD_SHOWN, .nest = NHA_RES_GROUP, .what = "for how long it has been out of balance" },
	{ .word = "linkdown", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the link has no carrier" },
	{ .word = "dead", .type = &type_flag, .flags = FIELD_SHOWN, .what = "the device is down" },
	{ .word = "offload", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware has it" },
	{ .word = "trap", .type = &type_flag, .flags = FIELD_SHOWN, .what = "hardware hands its packets to the kernel" },
	{ 0 },
};
/* clang-format on */

/* To ip what a resilient group has follows its type at once. */
static bool is_resilient(const struct values *values, const struct value *value)
{
	bool line = value->where && value->where->column;
	const struct value *before = line ? value - 1 : value_of(values, "type");

	while (line && before >= values->at && before->field->nest == NHA_RES_GROUP)
		before--;
	return before >= values->at && before && !strcmp(field_key(before->field), "type") &&
	       before->number == NEXTHOP_GRP_TYPE_RES;
}

static void check_resilient(const struct reading *reading, const struct values *values)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->at[i].field->nest == NHA_RES_GROUP && !is_resilient(values, &values->at[i]))
			problem_add(reading->problems, values->at[i].where,
				"%s: of a group that is not resilient; allowed: right behind \"type "
				"resilient\"",
				values->at[i].field->word);
}

/* What has neither an address nor a device is of no family, unless one is said. */
static const char *settle(const struct reading *reading, struct entry *entry)
{
	const struct values *values = &entry->values;
	const struct value *via = value_of(values, "gateway"), *encap = value_of(values, "encap");

	check_resilient(reading, values);
	if (via && via->address.family != entry->family)
		problem_add(reading->problems, via->where, "%s: of the other family; allowed: %s",
			value_print(reading->arena, via), entry->family == AF_INET ? "IPv4" : "IPv6");
	if (!entry->family_said && !via && !value_said(values, "dev") && !value_said(values, "blackhole"))
		entry->family = AF_UNSPEC;
	return encap ? encap_wrong(&encap->group) : NULL;
}

static void put_group(struct arena *arena, const struct entry *entry, struct attributes *to)
{
	const char *text = value_text(&entry->values, "group");
	struct nexthop_grp *members;
	size_t count;

	if (!text)
		return;
	members = members_read(arena, text, &count);
	attribute_bytes(arena, to, NHA_GROUP, members, count * sizeof *members);
}

static void put_type(struct arena *arena, const struct entry *entry, struct attributes *to)
{
	uint16_t type = (uint16_t)value_number(&entry->values, "type", 0);

	if (value_said(&entry->values, "type"))
		attribute_bytes(arena, to, NHA_GROUP_TYPE, &type, sizeof type);
}

static void put_timer(struct arena *arena, const struct entry *entry, struct attributes *to, const char *key,
	uint16_t attribute)
{
	if (value_said(&entry->values, key))
		attribute_u32(arena, attribute_nest(arena, to, NHA_RES_GROUP), attribute,
			(uint32_t)value_number(&entry->values, key, 0) * SECOND);
}

static void encode(struct arena *arena, const struct entry *entry, struct body *body)
{
	struct nhmsg header = {
		.nh_family = (unsigned char)entry->family,
		.nh_protocol = (unsigned char)value_number(&entry->values, "protocol", RTPROT_UNSPEC),
		.nh_flags = value_said(&entry->values, "onlink") ? RTNH_F_ONLINK : 0,
	};

	body_header(body, &header, sizeof header);
	if (value_said(&entry->values, "encap"))
		encap_put(arena, &value_of(&entry->values, "encap")->group, &body->attributes, NHA_ENCAP,
			NHA_ENCAP_TYPE);
	put_group(arena, entry, &body->attributes);
	put_type(arena, entry, &body->attributes);
	put_timer(arena, entry, &body->attributes, "idle_timer", NHA_RES_GROUP_IDLE_TIMER);
	put_timer(arena, entry, &body->attributes, "unbalanced_timer", NHA_RES_GROUP_UNBALANCED_TIMER);
}

static bool same(const void *wanted, const void *seen)
{
	const struct nhmsg *a = wanted, *b = seen;

	return a->nh_family == b->nh_family && a->nh_protocol == b->nh_protocol &&
	       (a->nh_flags & RTNH_F_ONLINK) == (b->nh_flags & RTNH_F_ONLINK);
}

const struct object object_nexthop = {
	.name = "nexthop",
	.key = "nexthops",
	.what = "next hops by number, and groups of them, which routes name with nhid",
	.phase = PHASE_NEXTHOPS,
	.fields = fields,
	.commands = 1 << COMMAND_ADD | 1 << COMMAND_DEL | 1 << COMMAND_REPLACE | 1 << COMMAND_FLUSH,
	.flush = &flush_nexthop,
	.new_type = RTM_NEWNEXTHOP,
	.del_type = RTM_DELNEXTHOP,
	.get_type = RTM_GETNEXTHOP,
	.settle = settle,
	.encode = encode,
	.same = same,
};
