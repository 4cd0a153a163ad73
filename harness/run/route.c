/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/route.h"

#include <arpa/inet.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>

#include "lab/route_names.h"

/* A route that is being put into an object. */
struct route {
	struct shown *shown;
	const struct nlmsghdr *message;
	const struct rtmsg *header;
	json_t *json;
};

static const struct nlattr *attribute(const struct route *route, uint16_t type)
{
	return rtnl_attribute(route->message, sizeof *route->header, type);
}

static uint8_t whole(int family)
{
	return (uint8_t)(8 * family_size(family));
}

static void put_via(struct shown *shown, json_t *object, const struct nlattr *attribute)
{
	size_t size = 0;
	const struct rtvia *via = attribute_data(attribute, &size);
	json_t *json;
	uint16_t family;

	if (!via || size < sizeof *via)
		return;
	family = via->rtvia_family;
	json = json_new_object();
	json_put_new(object, "via", json);
	json_put(json, "family", "%s", family == AF_INET6 ? "inet6" : "inet");
	shown_put_bytes(shown, json, "host", family, via->rtvia_addr, size - sizeof *via, whole(family));
}

static void put_device_of(struct route *route, const char *key, uint16_t type)
{
	const struct nlattr *device = attribute(route, type);

	if (device)
		shown_put_device(route->shown, route->json, key, attribute_number(device, 0));
}

/* Realms, from and to in one number (ip-route(8)). */
static void put_flow(json_t *object, const struct nlattr *attribute)
{
	uint32_t flow = attribute_number(attribute, 0);
	json_t *json;

	if (!attribute)
		return;
	json = json_new_object();
	json_put_new(object, "flow", json);
	if (flow >> 16)
		json_put(json, "from", "%u", flow >> 16);
	json_put(json, "to", "%u", flow & 0xffff);
}

static void put_destination(const struct route *route)
{
	const struct rtmsg *header = route->header;
	const struct nlattr *destination = attribute(route, RTA_DST), *source = attribute(route, RTA_SRC);
	int family = header->rtm_family;

	if (destination)
		shown_put_address(route->shown, route->json, "dst", family, destination, header->rtm_dst_len);
	else
		json_put(route->json, "dst", "default");
	if (source)
		shown_put_address(route->shown, route->json, "from", family, source, header->rtm_src_len);
}

/* Of times the kernel keeps parts: of RTT eighths, of its variance quarters of a millisecond. */
static void put_metric(json_t *object, uint16_t type, const struct nlattr *attribute)
{
	const char *name = name_of(route_metrics, type), *text = attribute_text(attribute);
	uint32_t number = attribute_number(attribute, 0);

	if (!name || (type == RTAX_HOPLIMIT && number == UINT32_MAX))
		return;
	if (type == RTAX_CC_ALGO)
		json_put(object, name, "%s", text ? text : "");
	else if (type == RTAX_RTT)
		json_put_number(object, name, number / 8);
	else if (type == RTAX_RTTVAR)
		json_put_number(object, name, number / 4);
	else if (type != RTAX_FEATURES)
		json_put_number(object, name, number);
	if (type == RTAX_FEATURES && number & RTAX_FEATURE_ECN)
		json_put_new(object, "ecn", json_null());
	if (type == RTAX_FEATURES && number & ~(uint32_t)RTAX_FEATURE_ECN)
		json_put(object, name, "0x%x", number);
}

/* A metric that is locked is shown even where it has no value. */
static void put_metrics(const struct route *route)
{
	const struct nlattr *nest = attribute(route, RTA_METRICS), *metric;
	uint32_t locked = attribute_number(nested_attribute(nest, RTAX_LOCK), 0);
	json_t *array, *object;

	if (!nest)
		return;
	array = json_new_array();
	object = json_new_object();
	json_put_new(route->json, "metrics", array);
	json_append_new(array, object);
	for (int type = RTAX_LOCK + 1; type <= RTAX_MAX; type++) {
		metric = nested_attribute(nest, (uint16_t)type);
		if (metric || locked & 1U << type)
			put_metric(object, (uint16_t)type, metric);
	}
}

/* An attribute among those behind a struct rtnexthop; their nest has no attribute of its own. NULL: there is
 * none. */
static const struct nlattr *nexthop_attribute(const struct rtnexthop *nexthop, uint16_t type)
{
	const char *at = (const char *)(nexthop + 1), *end = (const char *)nexthop + nexthop->rtnh_len;

	while (end - at >= (ptrdiff_t)sizeof(struct nlattr)) {
		const struct nlattr *attribute = (const struct nlattr *)(const void *)at;

		if (attribute->nla_len < sizeof *attribute || attribute->nla_len > end - at)
			return NULL;
		if (attribute_type(attribute) == type)
			return attribute;
		if (end - at <= attribute->nla_len)
			return NULL;
		at += (attribute->nla_len + 3U) & ~3U;
	}
	return NULL;
}

static void put_nexthop(struct route *route, json_t *array, const struct rtnexthop *nexthop)
{
	int family = route->header->rtm_family;
	json_t *object = json_new_object();

	json_append_new(array, object);
	shown_put_encap(route->shown, object, nexthop_attribute(nexthop, RTA_ENCAP_TYPE),
		nexthop_attribute(nexthop, RTA_ENCAP));
	shown_put_address(route->shown, object, "gateway", family, nexthop_attribute(nexthop, RTA_GATEWAY),
		whole(family));
	put_via(route->shown, object, nexthop_attribute(nexthop, RTA_VIA));
	put_flow(object, nexthop_attribute(nexthop, RTA_FLOW));
	shown_put_device(route->shown, object, "dev", (uint32_t)nexthop->rtnh_ifindex);
	json_put_number(object, "weight", nexthop->rtnh_hops + 1);
	shown_put_flags(object, "flags", route_flags, nexthop->rtnh_flags);
}

static void put_nexthops(struct route *route)
{
	size_t size = 0;
	const char *at = attribute_data(attribute(route, RTA_MULTIPATH), &size);
	json_t *array;

	if (!at)
		return;
	array = json_new_array();
	json_put_new(route->json, "nexthops", array);
	while (size >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *nexthop = (const struct rtnexthop *)(const void *)at;
		size_t length = RTNH_ALIGN(nexthop->rtnh_len);

		if (nexthop->rtnh_len < sizeof *nexthop || nexthop->rtnh_len > size)
			return;
		put_nexthop(route, array, nexthop);
		at += length;
		size = length < size ? size - length : 0;
	}
}

struct nexthop_answer {
	struct arena *arena;
	const struct nlmsghdr *message; /* a copy */
};

static void keep_nexthop(void *context, const struct nlmsghdr *message)
{
	struct nexthop_answer *answer = context;

	answer->message = arena_copy(answer->arena, message, message->nlmsg_len);
}

/* What the next hop object is that the route uses. */
static void put_nexthop_object(struct route *route)
{
	const struct nlattr *id = attribute(route, RTA_NH_ID);
	struct nhmsg header = { 0 };
	struct request request = { .type = RTM_GETNEXTHOP };
	struct nexthop_answer answer = { route->shown->arena, NULL };

	if (!id)
		return;
	json_put_number(route->json, "nhid", attribute_number(id, 0));
	body_header(&request.body, &header, sizeof header);
	attribute_u32(answer.arena, &request.body.attributes, NHA_ID, attribute_number(id, 0));
	error_free(rtnl_ask(route->shown->in->rtnl, &request, NULL, keep_nexthop, &answer));
	if (answer.message)
		json_put_new(route->json, "nh_info", nexthop_json(route->shown, answer.message));
}

/* What is said of cached routes, as the answers to lookups are in IPv4, or of entries of a table. */
static void put_cached(const struct route *route)
{
	const struct rtmsg *header = route->header;
	size_t size = 0;
	const struct rta_cacheinfo *cache = attribute_data(attribute(route, RTA_CACHEINFO), &size);

	if (!(header->rtm_flags & RTM_F_CLONED)) {
		shown_put_name(route->json, "protocol", route_protocols, header->rtm_protocol);
		shown_put_name(route->json, "scope", route_scopes, header->rtm_scope);
	} else if (header->rtm_family == AF_INET) {
		shown_put_flags(route->json, "cache", route_cache_flags, header->rtm_flags);
	}
	if (!cache || size < sizeof *cache)
		return;
	if (cache->rta_expires) /* in hundredths of a second (USER_HZ) */
		json_put_number(route->json, "expires", (int)cache->rta_expires / 100);
	if (cache->rta_error)
		json_put_number(route->json, "error", cache->rta_error);
}

uint32_t route_table(const struct nlmsghdr *message)
{
	const struct rtmsg *header = rtnl_header(message);

	return attribute_number(rtnl_attribute(message, sizeof *header, RTA_TABLE), header->rtm_table);
}

json_t *route_json(struct shown *shown, const struct nlmsghdr *message)
{
	struct route route = { shown, message, rtnl_header(message), json_new_object() };
	int family = route.header->rtm_family;
	json_t *json = route.json;

	shown_put_name(json, "type", route_types, route.header->rtm_type);
	put_destination(&route);
	put_nexthop_object(&route);
	shown_put_encap(shown, json, attribute(&route, RTA_ENCAP_TYPE), attribute(&route, RTA_ENCAP));
	if (route.header->rtm_tos)
		json_put(json, "tos", "0x%02x", route.header->rtm_tos);
	shown_put_address(shown, json, "gateway", family, attribute(&route, RTA_GATEWAY), whole(family));
	put_via(shown, json, attribute(&route, RTA_VIA));
	put_device_of(&route, "dev", RTA_OIF);
	shown_put_table(shown, json, "table", route_table(message));
	shown_put_address(shown, json, "prefsrc", family, attribute(&route, RTA_PREFSRC), whole(family));
	shown_put_number(json, "metric", attribute(&route, RTA_PRIORITY));
	shown_put_flags(json, "flags", route_flags, route.header->rtm_flags);
	if (attribute_number(attribute(&route, RTA_MARK), 0))
		shown_put_number(json, "mark", attribute(&route, RTA_MARK));
	put_flow(json, attribute(&route, RTA_FLOW));
	shown_put_number(json, "uid", attribute(&route, RTA_UID));
	put_cached(&route);
	put_metrics(&route);
	put_device_of(&route, "iif", RTA_IIF);
	if (attribute(&route, RTA_PREF))
		shown_put_name(
			json, "pref", route_preferences, attribute_number(attribute(&route, RTA_PREF), 0));
	if (attribute(&route, RTA_TTL_PROPAGATE))
		json_put_new(json, "ttl-propogate",
			json_boolean(attribute_number(attribute(&route, RTA_TTL_PROPAGATE), 0)));
	put_nexthops(&route);
	return json;
}

const char *route_word(struct arena *arena, const char *text, const char *word, const json_t *value)
{
	if (json_is_string(value))
		return arena_printf(arena, "%s%s%s", text, word, json_string_value(value));
	if (json_is_integer(value))
		return arena_printf(
			arena, "%s%s%" JSON_INTEGER_FORMAT, text, word, json_integer_value(value));
	return text;
}

const char *route_print(struct arena *arena, const json_t *route)
{
	/* "key", and ip's word for it */
	static const char *const order[][2] = { { "type", "" }, { "dst", " " }, { "from", " from " },
		{ "gateway", " via " }, { "dev", " dev " }, { "table", " table " }, { "prefsrc", " src " },
		{ "metric", " metric " }, { "mark", " mark " }, { "iif", " iif " } };
	const json_t *via = json_object_get(route, "via");
	const char *text = "";

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		text = route_word(arena, text, order[i][1], json_object_get(route, order[i][0]));
		if (via && !strcmp(order[i][0], "gateway")) {
			text = route_word(arena, text, " via ", json_object_get(via, "family"));
			text = route_word(arena, text, " ", json_object_get(via, "host"));
		}
	}
	return text;
}
