/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "run/show.h"

/* In the order in which ip prints them. */
static const struct name link_flags[] = { { "LOOPBACK", IFF_LOOPBACK }, { "BROADCAST", IFF_BROADCAST },
	{ "POINTOPOINT", IFF_POINTOPOINT }, { "MULTICAST", IFF_MULTICAST }, { "NOARP", IFF_NOARP },
	{ "ALLMULTI", IFF_ALLMULTI }, { "PROMISC", IFF_PROMISC }, { "MASTER", IFF_MASTER },
	{ "SLAVE", IFF_SLAVE }, { "DEBUG", IFF_DEBUG }, { "DYNAMIC", IFF_DYNAMIC },
	{ "AUTOMEDIA", IFF_AUTOMEDIA }, { "PORTSEL", IFF_PORTSEL }, { "NOTRAILERS", IFF_NOTRAILERS },
	{ "UP", IFF_UP }, { "LOWER_UP", IFF_LOWER_UP }, { "DORMANT", IFF_DORMANT }, { "ECHO", IFF_ECHO },
	{ 0 } };

static const struct name link_types[] = { { "ether", ARPHRD_ETHER }, { "loopback", ARPHRD_LOOPBACK },
	{ "none", ARPHRD_NONE }, { "void", ARPHRD_VOID }, { "ipip", ARPHRD_TUNNEL },
	{ "tunnel6", ARPHRD_TUNNEL6 }, { "sit", ARPHRD_SIT }, { "gre", ARPHRD_IPGRE },
	{ "gre6", ARPHRD_IP6GRE }, { "ppp", ARPHRD_PPP }, { 0 } };

static const struct name states[] = { { "UNKNOWN", 0 }, { "NOTPRESENT", 1 }, { "DOWN", 2 },
	{ "LOWERLAYERDOWN", 3 }, { "TESTING", 4 }, { "DORMANT", 5 }, { "UP", 6 }, { 0 } };

static const struct name modes[] = { { "DEFAULT", 0 }, { "DORMANT", 1 }, { 0 } };

static const struct name groups[] = { { "default", 0 }, { 0 } };

static const struct name generation_modes[] = { { "eui64", 0 }, { "none", 1 }, { "stable_secret", 2 },
	{ "random", 3 }, { 0 } };

static const struct nlattr *attribute(const struct nlmsghdr *message, uint16_t type)
{
	return rtnl_attribute(message, sizeof(struct ifinfomsg), type);
}

static void put_text(json_t *json, const char *key, const struct nlattr *attribute)
{
	const char *text = attribute_text(attribute);

	if (text)
		json_put(json, key, "%s", text);
}

/* Which link it lies on: one of this namespace, one of another (by its number there), or none at all. */
static bool put_lower(struct shown *shown, json_t *json, const struct nlmsghdr *message)
{
	const struct nlattr *lower = attribute(message, IFLA_LINK);
	uint32_t index = attribute_number(lower, 0);

	if (!lower)
		return false;
	if (!index) {
		json_put_new(json, "link", json_null());
		return false;
	}
	if (attribute(message, IFLA_LINK_NETNSID)) {
		json_put_number(json, "link_index", index);
		return false;
	}
	shown_put_device(shown, json, "link", index);
	return !(shown_device(shown, index).flags & IFF_UP);
}

static void put_flags(json_t *json, uint32_t set, bool lower_down)
{
	json_t *array = json_new_array();

	if (set & IFF_UP && !(set & IFF_RUNNING))
		json_append_new(array, json_string("NO-CARRIER"));
	for (const struct name *flag = link_flags; flag->name; flag++)
		if (set & flag->number)
			json_append_new(array, json_string(flag->name));
	if (lower_down)
		json_append_new(array, json_string("M-DOWN"));
	json_put_new(json, "flags", array);
}

static void put_addresses(struct shown *shown, json_t *json, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = rtnl_header(message);
	const struct nlattr *address = attribute(message, IFLA_ADDRESS),
			    *permanent = attribute(message, IFLA_PERM_ADDRESS);
	size_t size = 0, permanent_size = 0;
	const void *bytes = attribute_data(address, &size),
		   *permanent_bytes = attribute_data(permanent, &permanent_size);
	uint16_t type = header->ifi_type;

	shown_put_name(json, "link_type", link_types, type);
	shown_put_link_address(shown, json, "address", type, address);
	if (attribute(message, IFLA_BROADCAST) && header->ifi_flags & IFF_POINTOPOINT)
		shown_put_true(json, "link_pointtopoint");
	shown_put_link_address(shown, json, "broadcast", type, attribute(message, IFLA_BROADCAST));
	if (permanent && (size != permanent_size || memcmp(bytes, permanent_bytes, size) != 0))
		shown_put_link_address(shown, json, "permaddr", type, permanent);
}

static void put_info(struct shown *shown, json_t *json, const struct nlattr *info)
{
	const char *kind = attribute_text(nested_attribute(info, IFLA_INFO_KIND)),
		   *slave = attribute_text(nested_attribute(info, IFLA_INFO_SLAVE_KIND));
	json_t *object;

	if (!info)
		return;
	object = json_new_object();
	json_put_new(json, "linkinfo", object);
	if (kind) {
		json_put(object, "info_kind", "%s", kind);
		link_put_kind(shown, object, kind, nested_attribute(info, IFLA_INFO_DATA), false);
	}
	if (slave) {
		json_put(object, "info_slave_kind", "%s", slave);
		link_put_kind(shown, object, slave, nested_attribute(info, IFLA_INFO_SLAVE_DATA), true);
	}
}

static void put_details(struct shown *shown, json_t *json, const struct nlmsghdr *message, bool more)
{
	static const struct name before[] = { { "promiscuity", IFLA_PROMISCUITY },
		{ "allmulti", IFLA_ALLMULTI }, { "min_mtu", IFLA_MIN_MTU }, { "max_mtu", IFLA_MAX_MTU },
		{ 0 } };
	static const struct name behind[] = { { "num_tx_queues", IFLA_NUM_TX_QUEUES },
		{ "num_rx_queues", IFLA_NUM_RX_QUEUES }, { "gso_max_size", IFLA_GSO_MAX_SIZE },
		{ "gso_max_segs", IFLA_GSO_MAX_SEGS }, { "tso_max_size", IFLA_TSO_MAX_SIZE },
		{ "tso_max_segs", IFLA_TSO_MAX_SEGS }, { "gro_max_size", IFLA_GRO_MAX_SIZE }, { 0 } };
	const struct nlattr *mode = nested_attribute(
		nested_attribute(attribute(message, IFLA_AF_SPEC), AF_INET6), IFLA_INET6_ADDR_GEN_MODE);

	for (const struct name *name = before; name->name; name++)
		shown_put_number(json, name->name, attribute(message, (uint16_t)name->number));
	put_info(shown, json, attribute(message, IFLA_LINKINFO));
	if (more && mode)
		shown_put_name(json, "inet6_addr_gen_mode", generation_modes, attribute_number(mode, 0));
	for (const struct name *name = behind; name->name; name++)
		shown_put_number(json, name->name, attribute(message, (uint16_t)name->number));
	put_text(json, "parentbus", attribute(message, IFLA_PARENT_DEV_BUS_NAME));
	put_text(json, "parentdev", attribute(message, IFLA_PARENT_DEV_NAME));
	put_text(json, "ifalias", attribute(message, IFLA_IFALIAS));
}

json_t *link_json(struct shown *shown, const struct nlmsghdr *message, bool more)
{
	const struct ifinfomsg *header = rtnl_header(message);
	const struct nlattr *netns = attribute(message, IFLA_LINK_NETNSID);
	json_t *json = json_new_object();
	bool lower_down;

	json_put_number(json, "ifindex", header->ifi_index);
	lower_down = put_lower(shown, json, message);
	put_text(json, "ifname", attribute(message, IFLA_IFNAME));
	put_flags(json, header->ifi_flags, lower_down);
	shown_put_number(json, "mtu", attribute(message, IFLA_MTU));
	put_text(json, "qdisc", attribute(message, IFLA_QDISC));
	if (attribute(message, IFLA_MASTER))
		shown_put_device(shown, json, "master", attribute_number(attribute(message, IFLA_MASTER), 0));
	if (attribute(message, IFLA_OPERSTATE))
		shown_put_name(
			json, "operstate", states, attribute_number(attribute(message, IFLA_OPERSTATE), 0));
	if (more && attribute(message, IFLA_LINKMODE))
		shown_put_name(
			json, "linkmode", modes, attribute_number(attribute(message, IFLA_LINKMODE), 0));
	if (attribute(message, IFLA_GROUP))
		shown_put_name(json, "group", groups, attribute_number(attribute(message, IFLA_GROUP), 0));
	if (attribute_number(attribute(message, IFLA_TXQLEN), 0))
		shown_put_number(json, "txqlen", attribute(message, IFLA_TXQLEN));
	put_addresses(shown, json, message);
	if (netns)
		json_put_number(json, "link_netnsid", (int32_t)attribute_number(netns, 0));
	if (attribute_number(attribute(message, IFLA_PROTO_DOWN), 0))
		shown_put_true(json, "proto_down");
	put_details(shown, json, message, more);
	return json;
}

static bool kind_fits(const struct query *query, const struct nlmsghdr *message)
{
	const char *wanted = value_text(&query->values, "type"), *slave, *seen;
	const struct nlattr *info = attribute(message, IFLA_LINKINFO);
	size_t length;

	if (!wanted)
		return true;
	length = strlen(wanted);
	slave = length > 6 ? strstr(wanted + length - 6, "_slave") : NULL;
	seen = attribute_text(nested_attribute(info, slave ? IFLA_INFO_SLAVE_KIND : IFLA_INFO_KIND));
	length = slave ? (size_t)(slave - wanted) : length;
	return seen && strlen(seen) == length && !strncmp(seen, wanted, length);
}

bool link_fits(struct shown *shown, const struct query *query, const struct nlmsghdr *link)
{
	const struct ifinfomsg *header = rtnl_header(link);
	uint32_t master = attribute_number(attribute(link, IFLA_MASTER), 0);

	if (value_said(&query->values, "up") && !(header->ifi_flags & IFF_UP))
		return false;
	if (value_said(&query->values, "nomaster") && master)
		return false;
	return query_device_fits(shown, query, "dev", (uint32_t)header->ifi_index) &&
	       query_device_fits(shown, query, "master", master) &&
	       query_number_fits(query, "group", attribute_number(attribute(link, IFLA_GROUP), 0)) &&
	       kind_fits(query, link);
}

struct error *links_dump(struct shown *shown, struct messages *out)
{
	static const uint32_t brief = RTEXT_FILTER_SKIP_STATS;
	struct ifinfomsg header = { 0 };
	struct request request = { .type = RTM_GETLINK };

	body_header(&request.body, &header, sizeof header);
	attribute_u32(shown->arena, &request.body.attributes, IFLA_EXT_MASK, brief);
	return messages_dump(out, shown->in, &request);
}

struct error *show_links(struct shown *shown, const struct query *query, json_t *list)
{
	struct messages links = { .arena = shown->arena };
	struct error *error = links_dump(shown, &links);

	for (size_t i = 0; !error && i < links.count; i++)
		if (link_fits(shown, query, links.at[i]))
			json_append_new(list, link_json(shown, links.at[i], true));
	return error;
}
