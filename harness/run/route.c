/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/route.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>

#include "lab/route_names.h"

/* A route that is being put into an object. */
struct route {
	struct arena *arena;
	struct site_netns *in;
	const struct nlmsghdr *message;
	const struct rtmsg *header;
	json_t *json;
	struct error *error; /* the first */
};

static const struct nlattr *attribute(const struct route *route, uint16_t type)
{
	return rtnl_attribute(route->message, sizeof *route->header, type);
}

static void put(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		memory_exhausted();
}

static void append(json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value))
		memory_exhausted();
}

static void put_name(json_t *object, const char *key, const struct name *names, uint32_t number)
{
	const char *name = name_of(names, number);

	if (name)
		json_put(object, key, "%s", name);
	else
		json_put(object, key, "%u", number);
}

static void put_flags(json_t *object, const char *key, const struct name *names, uint32_t set)
{
	json_t *array = json_array();

	for (const struct name *name = names; name->name; name++)
		if (set & name->number)
			append(array, json_string(name->name));
	put(object, key, array);
}

static void put_number(const struct route *route, const char *key, uint16_t type)
{
	const struct nlattr *number = attribute(route, type);

	if (number)
		json_put_number(route->json, key, attribute_number(number, 0));
}

/* The address in BYTES, of which there must be enough; LENGTH is the prefix's, or the whole address's. */
static void put_address(struct arena *arena, json_t *object, const char *key, int family, const void *bytes,
	size_t size, uint8_t length)
{
	struct address address = { .family = (uint8_t)family, .length = length, .prefixed = true };

	if (!bytes || size < family_size(family))
		return;
	memcpy(address.bytes, bytes, family_size(family));
	json_put(object, key, "%s", address_print(arena, &address));
}

static void put_attribute(struct arena *arena, json_t *object, const char *key, int family,
	const struct nlattr *attribute, uint8_t length)
{
	size_t size = 0;
	const void *bytes = attribute_data(attribute, &size);

	put_address(arena, object, key, family, bytes, size, length);
}

static void put_via(struct arena *arena, json_t *object, const struct nlattr *attribute)
{
	size_t size = 0;
	const struct rtvia *via = attribute_data(attribute, &size);
	json_t *json;
	uint16_t family;

	if (!via || size < sizeof *via)
		return;
	family = via->rtvia_family;
	json = json_object();
	put(object, "via", json);
	json_put(json, "family", "%s", family == AF_INET6 ? "inet6" : "inet");
	put_address(arena, json, "host", family, via->rtvia_addr, size - sizeof *via,
		(uint8_t)(8 * family_size(family)));
}

struct naming {
	struct arena *arena;
	const char *name;
};

static void take_name(void *context, const struct nlmsghdr *message)
{
	struct naming *naming = context;
	const char *name = attribute_text(rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_IFNAME));

	if (name)
		naming->name = arena_printf(naming->arena, "%s", name);
}

/* Asks for the device's name; "if7" where the device has gone. */
static void put_device(struct route *route, json_t *object, const char *key, uint32_t index)
{
	struct ifinfomsg header = { .ifi_index = (int)index };
	struct request request = { .type = RTM_GETLINK };
	struct naming naming = { route->arena, NULL };
	struct error *error;

	body_header(&request.body, &header, sizeof header);
	error = rtnl_ask(route->in->rtnl, &request, &route->in->resolver, take_name, &naming);
	if (error && error->status == STATUS_UNABLE && !route->error)
		route->error = error;
	else
		error_free(error);
	json_put(object, key, "%s", naming.name ? naming.name : arena_printf(route->arena, "if%u", index));
}

static void put_device_of(struct route *route, const char *key, uint16_t type)
{
	const struct nlattr *device = attribute(route, type);

	if (device)
		put_device(route, route->json, key, attribute_number(device, 0));
}

/* Realms, from and to in one number (ip-route(8)). */
static void put_flow(const struct route *route)
{
	uint32_t flow = attribute_number(attribute(route, RTA_FLOW), 0);
	json_t *json;

	if (!flow)
		return;
	json = json_object();
	put(route->json, "flow", json);
	if (flow >> 16)
		json_put(json, "from", "%u", flow >> 16);
	json_put(json, "to", "%u", flow & 0xffff);
}

static void put_table(const struct route *route)
{
	const struct lab *lab = route->in->site->lab;
	uint32_t number = attribute_number(attribute(route, RTA_TABLE), route->header->rtm_table);

	for (size_t i = 0; i < lab->table_count; i++) {
		if (lab->tables[i].number == number) {
			json_put(route->json, "table", "%s", lab->tables[i].name);
			return;
		}
	}
	put_name(route->json, "table", route_tables, number);
}

static void put_destination(const struct route *route)
{
	const struct rtmsg *header = route->header;
	const struct nlattr *destination = attribute(route, RTA_DST), *source = attribute(route, RTA_SRC);

	if (destination)
		put_attribute(route->arena, route->json, "dst", header->rtm_family, destination,
			header->rtm_dst_len);
	else
		json_put(route->json, "dst", "default");
	if (source)
		put_attribute(
			route->arena, route->json, "from", header->rtm_family, source, header->rtm_src_len);
}

static void put_metric(void *context, const struct nlattr *attribute)
{
	json_t *object = context;
	uint16_t type = attribute_type(attribute);
	const char *name = name_of(route_metrics, type);
	uint32_t number = attribute_number(attribute, 0);

	if (!name || (type == RTAX_HOPLIMIT && number == UINT32_MAX))
		return;
	if (type == RTAX_CC_ALGO)
		json_put(object, name, "%s", attribute_text(attribute));
	else if (type == RTAX_FEATURES && number == RTAX_FEATURE_ECN)
		put(object, "ecn", json_null());
	else if (type == RTAX_RTT) /* the kernel counts in eighths and quarters of a millisecond */
		json_put_number(object, name, number / 8);
	else if (type == RTAX_RTTVAR)
		json_put_number(object, name, number / 4);
	else
		json_put_number(object, name, number);
}

static void put_metrics(const struct route *route)
{
	const struct nlattr *nest = attribute(route, RTA_METRICS);
	json_t *array, *object;

	if (!nest)
		return;
	array = json_array();
	object = json_object();
	put(route->json, "metrics", array);
	append(array, object);
	attribute_each(nest, put_metric, object);
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
	json_t *object = json_object();

	append(array, object);
	put_attribute(route->arena, object, "gateway", family, nexthop_attribute(nexthop, RTA_GATEWAY),
		(uint8_t)(8 * family_size(family)));
	put_via(route->arena, object, nexthop_attribute(nexthop, RTA_VIA));
	put_device(route, object, "dev", (uint32_t)nexthop->rtnh_ifindex);
	json_put_number(object, "weight", nexthop->rtnh_hops + 1);
	put_flags(object, "flags", route_flags, nexthop->rtnh_flags);
}

static void put_nexthops(struct route *route)
{
	size_t size = 0;
	const char *at = attribute_data(attribute(route, RTA_MULTIPATH), &size);
	json_t *array;

	if (!at)
		return;
	array = json_array();
	put(route->json, "nexthops", array);
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

/* What is said of cached routes, as the answers to lookups are in IPv4, or of entries of a table. */
static void put_cached(const struct route *route)
{
	const struct rtmsg *header = route->header;
	size_t size = 0;
	const struct rta_cacheinfo *cache = attribute_data(attribute(route, RTA_CACHEINFO), &size);

	if (!(header->rtm_flags & RTM_F_CLONED)) {
		put_name(route->json, "protocol", route_protocols, header->rtm_protocol);
		put_name(route->json, "scope", route_scopes, header->rtm_scope);
	} else if (header->rtm_family == AF_INET) {
		put_flags(route->json, "cache", route_cache_flags, header->rtm_flags);
	}
	if (!cache || size < sizeof *cache)
		return;
	if (cache->rta_expires) /* in hundredths of a second (USER_HZ) */
		json_put_number(route->json, "expires", (int)cache->rta_expires / 100);
	if (cache->rta_error)
		json_put_number(route->json, "error", cache->rta_error);
}

struct error *route_json(
	struct arena *arena, struct site_netns *in, const struct nlmsghdr *message, json_t **out)
{
	struct route route = { arena, in, message, rtnl_header(message), json_object(), NULL };
	uint8_t whole = (uint8_t)(8 * family_size(route.header->rtm_family));

	if (!route.json)
		memory_exhausted();
	put_name(route.json, "type", route_types, route.header->rtm_type);
	put_destination(&route);
	put_number(&route, "nhid", RTA_NH_ID);
	if (route.header->rtm_tos)
		json_put(route.json, "tos", "0x%02x", route.header->rtm_tos);
	put_attribute(arena, route.json, "gateway", route.header->rtm_family, attribute(&route, RTA_GATEWAY),
		whole);
	put_via(arena, route.json, attribute(&route, RTA_VIA));
	put_device_of(&route, "dev", RTA_OIF);
	put_table(&route);
	put_attribute(arena, route.json, "prefsrc", route.header->rtm_family, attribute(&route, RTA_PREFSRC),
		whole);
	put_number(&route, "metric", RTA_PRIORITY);
	put_flags(route.json, "flags", route_flags, route.header->rtm_flags);
	if (attribute_number(attribute(&route, RTA_MARK), 0))
		put_number(&route, "mark", RTA_MARK);
	put_flow(&route);
	put_number(&route, "uid", RTA_UID);
	put_cached(&route);
	put_metrics(&route);
	put_device_of(&route, "iif", RTA_IIF);
	if (attribute(&route, RTA_PREF))
		put_name(route.json, "pref", route_preferences,
			attribute_number(attribute(&route, RTA_PREF), 0));
	put_nexthops(&route);
	if (route.error) {
		json_decref(route.json);
		route.json = NULL;
	}
	*out = route.json;
	return route.error;
}

static const char *add(struct arena *arena, const char *text, const char *word, const json_t *value)
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
		text = add(arena, text, order[i][1], json_object_get(route, order[i][0]));
		if (via && !strcmp(order[i][0], "gateway")) {
			text = add(arena, text, " via ", json_object_get(via, "family"));
			text = add(arena, text, " ", json_object_get(via, "host"));
		}
	}
	return text;
}
