/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "lab/route_names.h"
#include "run/route.h"
#include "run/show.h"

static const struct nlattr *attribute(const struct nlmsghdr *message, uint16_t type)
{
	return rtnl_attribute(message, sizeof(struct nhmsg), type);
}

static void put_group(json_t *json, const struct nlattr *group)
{
	size_t size = 0;
	const struct nexthop_grp *member = attribute_data(group, &size);
	json_t *array, *object;

	if (!member)
		return;
	array = json_new_array();
	json_put_new(json, "group", array);
	for (; size >= sizeof *member; size -= sizeof *member, member++) {
		object = json_new_object();
		json_append_new(array, object);
		json_put_number(object, "id", member->id);
		if (member->weight)
			json_put_number(object, "weight", member->weight + 1);
	}
}

/* A time in hundredths of a second, as seconds. */
static void put_time(json_t *object, const char *key, const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *time = nested_attribute(nest, type);

	json_put_new(object, key, json_real(attribute_number(time, 0) / 100.0));
}

static void put_resilient(json_t *json, const struct nlattr *nest)
{
	json_t *object;

	if (!nest)
		return;
	object = json_new_object();
	json_put_new(json, "resilient_args", object);
	json_put_number(
		object, "buckets", attribute_number(nested_attribute(nest, NHA_RES_GROUP_BUCKETS), 0));
	put_time(object, "idle_timer", nest, NHA_RES_GROUP_IDLE_TIMER);
	put_time(object, "unbalanced_timer", nest, NHA_RES_GROUP_UNBALANCED_TIMER);
	put_time(object, "unbalanced_time", nest, NHA_RES_GROUP_UNBALANCED_TIME);
}

json_t *nexthop_json(struct shown *shown, const struct nlmsghdr *message)
{
	const struct nhmsg *header = rtnl_header(message);
	const struct nlattr *out = attribute(message, NHA_OIF);
	json_t *json = json_new_object();

	json_put_number(json, "id", attribute_number(attribute(message, NHA_ID), 0));
	put_group(json, attribute(message, NHA_GROUP));
	if (attribute_number(attribute(message, NHA_GROUP_TYPE), 0) == NEXTHOP_GRP_TYPE_RES)
		json_put(json, "type", "resilient");
	put_resilient(json, attribute(message, NHA_RES_GROUP));
	shown_put_encap(shown, json, attribute(message, NHA_ENCAP_TYPE), attribute(message, NHA_ENCAP));
	shown_put_address(shown, json, "gateway", header->nh_family, attribute(message, NHA_GATEWAY),
		(uint8_t)(8 * family_size(header->nh_family)));
	if (attribute_number(out, 0))
		shown_put_device(shown, json, "dev", attribute_number(out, 0));
	shown_put_name(json, "scope", route_scopes, header->nh_scope);
	shown_put_null(json, "blackhole", attribute(message, NHA_BLACKHOLE));
	shown_put_name(json, "protocol", route_protocols, header->nh_protocol);
	shown_put_flags(json, "flags", route_flags, header->nh_flags);
	shown_put_null(json, "fdb", attribute(message, NHA_FDB));
	return json;
}

/* The kernel filters, but by the number, which it takes only where a single one is asked for. */
static struct error *dump(struct shown *shown, const struct query *query, struct messages *out)
{
	struct nhmsg header = { .nh_family = (unsigned char)query->family };
	struct request request = { .type = RTM_GETNEXTHOP };
	struct attributes *to = &request.body.attributes;
	const char *device = value_text(&query->values, "dev"),
		   *master = value_text(&query->values, "master");
	uint32_t device_index = device ? rtnl_index(shown->in->rtnl, device) : 0;
	uint32_t master_index = master ? rtnl_index(shown->in->rtnl, master) : 0;

	if ((device && !device_index) || (master && !master_index))
		return NULL;
	body_header(&request.body, &header, sizeof header);
	if (device)
		attribute_u32(shown->arena, to, NHA_OIF, device_index);
	if (master)
		attribute_u32(shown->arena, to, NHA_MASTER, master_index);
	if (value_said(&query->values, "groups"))
		attribute_bytes(shown->arena, to, NHA_GROUPS, "", 0);
	if (value_said(&query->values, "fdb"))
		attribute_bytes(shown->arena, to, NHA_FDB, "", 0);
	return messages_dump(out, shown->in, &request);
}

struct error *show_nexthops(struct shown *shown, const struct query *query, json_t *list)
{
	struct messages nexthops = { .arena = shown->arena };
	struct error *error = dump(shown, query, &nexthops);

	for (size_t i = 0; !error && i < nexthops.count; i++) {
		const struct nhmsg *header = rtnl_header(nexthops.at[i]);

		if (query_number_fits(query, "id", attribute_number(attribute(nexthops.at[i], NHA_ID), 0)) &&
			query_number_fits(query, "protocol", header->nh_protocol))
			json_append_new(list, nexthop_json(shown, nexthops.at[i]));
	}
	return error;
}
