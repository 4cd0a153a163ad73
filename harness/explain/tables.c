/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/tables.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

#include "run/route.h"
#include "run/show.h"

static const struct nlattr *attribute(const struct nlmsghdr *message, uint16_t type)
{
	return rtnl_attribute(message, sizeof(struct rtmsg), type);
}

static void add_device(struct tables *tables, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = rtnl_header(message);
	const struct nlattr *info = rtnl_attribute(message, sizeof *header, IFLA_LINKINFO);
	const char *kind = attribute_text(nested_attribute(info, IFLA_INFO_KIND));
	struct port_device device = {
		.index = (uint32_t)header->ifi_index,
		.group = attribute_number(rtnl_attribute(message, sizeof *header, IFLA_GROUP), 0),
		.master = attribute_number(rtnl_attribute(message, sizeof *header, IFLA_MASTER), 0),
		.name = attribute_text(rtnl_attribute(message, sizeof *header, IFLA_IFNAME)),
		.up = header->ifi_flags & IFF_UP,
		.bridge = kind && !strcmp(kind, "bridge"),
	};

	if (message->nlmsg_type != RTM_NEWLINK || !device.name)
		return;
	if (kind && !strcmp(kind, "vrf"))
		device.vrf_table = attribute_number(
			nested_attribute(nested_attribute(info, IFLA_INFO_DATA), IFLA_VRF_TABLE), 0);
	arena_append(tables->arena, &tables->devices, &tables->device_count, &device, sizeof device);
}

static void add_way(struct tables *tables, const struct nlmsghdr *message)
{
	const struct rtmsg *header = rtnl_header(message);
	struct way way = {
		.message = message,
		.table = route_table(message),
		.type = header->rtm_type,
		.tos = header->rtm_tos,
		.to = shown_prefix(message, RTA_DST, header->rtm_dst_len),
		.from = shown_prefix(message, RTA_SRC, header->rtm_src_len),
	};

	if (message->nlmsg_type == RTM_NEWROUTE && !(header->rtm_flags & RTM_F_CLONED))
		arena_append(tables->arena, &tables->ways, &tables->way_count, &way, sizeof way);
}

static struct error *dump(
	struct arena *arena, struct site_netns *in, uint16_t type, uint8_t family, struct messages *out)
{
	/* Both headers begin with the family. */
	union {
		struct rtmsg route;
		struct ifinfomsg link;
	} header = { .link = { 0 } };
	struct request request = { .type = type };

	header.route.rtm_family = family;
	body_header(&request.body, &header, type == RTM_GETLINK ? sizeof header.link : sizeof header.route);
	*out = (struct messages) { .arena = arena };
	return messages_dump(out, in, &request);
}

struct error *tables_read(struct arena *arena, struct site_netns *in, uint8_t family, struct tables *out)
{
	struct messages links, routes = { 0 };
	struct error *error = dump(arena, in, RTM_GETLINK, AF_UNSPEC, &links);

	*out = (struct tables) { .arena = arena, .family = family };
	if (!error)
		error = dump(arena, in, RTM_GETROUTE, family, &routes);
	for (size_t i = 0; !error && i < links.count; i++)
		add_device(out, links.at[i]);
	for (size_t i = 0; !error && i < routes.count; i++)
		add_way(out, routes.at[i]);
	return error;
}

const struct port_device *tables_device(const struct tables *tables, const char *name, uint32_t index)
{
	for (size_t i = 0; i < tables->device_count; i++)
		if (name ? !strcmp(tables->devices[i].name, name) : tables->devices[i].index == index)
			return &tables->devices[i];
	return NULL;
}

const struct port_device *tables_vrf(const struct tables *tables, const struct port_device *device)
{
	const struct port_device *vrf =
		device && device->master ? tables_device(tables, NULL, device->master) : NULL;

	if (device && device->vrf_table)
		return device;
	return vrf && vrf->vrf_table ? vrf : NULL;
}

/* Calls EACH with a way's next hops until it is true: the device of one (0: none), and its flags. */
static bool any_nexthop(
	const struct way *way, bool (*each)(void *context, uint32_t device, uint32_t flags), void *context)
{
	const struct rtmsg *header = rtnl_header(way->message);
	size_t size = 0;
	const char *at = attribute_data(attribute(way->message, RTA_MULTIPATH), &size);

	if (!at)
		return each(
			context, attribute_number(attribute(way->message, RTA_OIF), 0), header->rtm_flags);
	while (size >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *nexthop = (const struct rtnexthop *)(const void *)at;
		size_t length = RTNH_ALIGN(nexthop->rtnh_len);

		if (nexthop->rtnh_len < sizeof *nexthop || nexthop->rtnh_len > size)
			return false;
		if (each(context, (uint32_t)nexthop->rtnh_ifindex, nexthop->rtnh_flags))
			return true;
		at += length;
		size = length < size ? size - length : 0;
	}
	return false;
}

static bool is_device(void *context, uint32_t device, uint32_t flags)
{
	(void)flags;
	return device == *(uint32_t *)context;
}

bool way_uses(const struct way *way, uint32_t device)
{
	return any_nexthop(way, is_device, &device);
}

static bool has_device(void *context, uint32_t device, uint32_t flags)
{
	(void)flags;
	*(uint32_t *)context = device;
	return device != 0;
}

uint32_t way_device(const struct way *way)
{
	uint32_t device = 0;

	any_nexthop(way, has_device, &device);
	return device;
}

/* Where the destination is of a link's scope, IPv6 wants the device itself; rt6_need_strict(). */
static bool needs_device(const struct address *to)
{
	struct in6_addr in6;

	memcpy(&in6, to->bytes, sizeof in6);
	return IN6_IS_ADDR_LINKLOCAL(&in6) || IN6_IS_ADDR_MULTICAST(&in6) || IN6_IS_ADDR_LOOPBACK(&in6);
}

/* The device that next hops must be by; 0: any. IPv6 compares what comes in, too, and a socket that is bound
 * only where its source is not chosen. */
static uint32_t wanted_device(const struct asked *asked)
{
	const struct port_device *device = asked->out;

	if (asked->family == AF_INET6 && asked->in)
		device = asked->in;
	if (asked->family == AF_INET6 && !needs_device(&asked->to) && (asked->in || asked->has_from))
		device = NULL;
	return device ? device->index : 0;
}

/* A next hop that can be used. Those of a next hop object may not be told: then the kernel knows. */
static bool is_usable(void *context, uint32_t device, uint32_t flags)
{
	uint32_t wanted = *(uint32_t *)context;

	return !(flags & RTNH_F_DEAD) && (!wanted || !device || device == wanted);
}

/* IPv4 asks the type before the next hops (fib_table_lookup()). */
static bool can_be_used(const struct way *way, const struct asked *asked)
{
	uint32_t wanted = wanted_device(asked);

	if (asked->family == AF_INET && way_number(way))
		return true;
	return any_nexthop(way, is_usable, &wanted);
}

/* The kernel masks a packet's TOS before it is compared with an entry's (fib_dscp_masked_match()). */
static bool fits(const struct way *way, const struct asked *asked)
{
	uint8_t tos = asked->tos & IPTOS_TOS_MASK & ~3;

	if (asked->family == AF_INET && way->tos && way->tos != tos)
		return false;
	return prefix_contains(&way->to, &asked->to) && prefix_contains(&way->from, &asked->from);
}

static bool is_longer(const struct way *way, const struct way *than)
{
	if (!than || way->to.length != than->to.length)
		return !than || way->to.length > than->to.length;
	return way->from.length > than->from.length;
}

const struct way *tables_find(const struct tables *tables, uint32_t table, const struct asked *asked)
{
	const struct way *best = NULL;

	for (size_t i = 0; i < tables->way_count; i++) {
		const struct way *way = &tables->ways[i];

		if (way->table == table && is_longer(way, best) && fits(way, asked) &&
			can_be_used(way, asked))
			best = way;
	}
	return best;
}

int way_number(const struct way *way)
{
	switch (way->type) {
	case RTN_BLACKHOLE: return EINVAL;
	case RTN_UNREACHABLE: return EHOSTUNREACH;
	case RTN_PROHIBIT: return EACCES;
	case RTN_THROW: return EAGAIN;
	case RTN_NAT:
	case RTN_XRESOLVE: return EINVAL;
	default: return 0;
	}
}

static const char *add_nexthop(struct arena *arena, const char *text, const json_t *object)
{
	const json_t *via = json_object_get(object, "via");

	text = route_word(arena, text, " via ", json_object_get(object, "gateway"));
	text = route_word(arena, text, " via ", json_object_get(via, "family"));
	text = route_word(arena, text, " ", json_object_get(via, "host"));
	return route_word(arena, text, " dev ", json_object_get(object, "dev"));
}

const char *way_print(struct arena *arena, const json_t *route)
{
	const char *type = json_string_value(json_object_get(route, "type")), *text = "";
	json_t *nexthop;
	size_t i;

	if (type && strcmp(type, "unicast") != 0)
		text = arena_printf(arena, "%s ", type);
	text = route_word(arena, text, "", json_object_get(route, "dst"));
	text = route_word(arena, text, " from ", json_object_get(route, "from"));
	text = route_word(arena, text, " tos ", json_object_get(route, "tos"));
	text = route_word(arena, text, " nhid ", json_object_get(route, "nhid"));
	text = add_nexthop(arena, text, route);
	text = route_word(arena, text, " src ", json_object_get(route, "prefsrc"));
	if (json_integer_value(json_object_get(route, "metric")))
		text = route_word(arena, text, " metric ", json_object_get(route, "metric"));
	json_array_foreach (json_object_get(route, "nexthops"), i, nexthop) {
		text = add_nexthop(arena, arena_printf(arena, "%s nexthop", text), nexthop);
		text = route_word(arena, text, " weight ", json_object_get(nexthop, "weight"));
	}
	return text;
}
