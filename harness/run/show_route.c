/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "run/route.h"
#include "run/show.h"

static const struct nlattr *attribute(const struct nlmsghdr *message, uint16_t type)
{
	return rtnl_attribute(message, sizeof(struct rtmsg), type);
}

/* The prefix in SEEN is within that of ROOT, both included; NULL fits everything. */
static bool below(const struct address *root, const struct address *seen)
{
	return !root || (root->length <= seen->length && prefix_contains(root, seen));
}

/* The prefix of SEEN contains that of LEAF. */
static bool above(const struct address *leaf, const struct address *seen)
{
	return !leaf || (seen->length <= leaf->length && prefix_contains(seen, leaf));
}

static bool prefixes_fit(const struct query *query, const struct nlmsghdr *message)
{
	const struct rtmsg *header = rtnl_header(message);
	const struct values *values = &query->values;
	struct address to = shown_prefix(message, RTA_DST, header->rtm_dst_len),
		       from = shown_prefix(message, RTA_SRC, header->rtm_src_len);

	return below(value_address(values, "root"), &to) && above(value_address(values, "match"), &to) &&
	       below(value_address(values, "exact"), &to) && above(value_address(values, "exact"), &to) &&
	       below(value_address(values, "from root"), &from) &&
	       above(value_address(values, "from match"), &from) &&
	       below(value_address(values, "from"), &from) && above(value_address(values, "from"), &from);
}

static bool gateway_fits(const struct query *query, const struct nlmsghdr *message)
{
	const struct rtmsg *header = rtnl_header(message);
	const struct address *wanted = value_address(&query->values, "via");
	struct address gateway = shown_address(header->rtm_family, attribute(message, RTA_GATEWAY));
	size_t size = 0;
	const struct rtvia *via = attribute_data(attribute(message, RTA_VIA), &size);

	if (!wanted)
		return true;
	if (via && size >= sizeof *via + 16 && via->rtvia_family == AF_INET6) {
		gateway = (struct address) { .family = AF_INET6, .length = 128 };
		for (size_t i = 0; i < sizeof gateway.bytes; i++)
			gateway.bytes[i] = via->rtvia_addr[i];
	}
	return gateway.family == wanted->family && prefix_contains(wanted, &gateway);
}

static bool source_fits(const struct query *query, const struct nlmsghdr *message)
{
	const struct rtmsg *header = rtnl_header(message);
	const struct address *wanted = value_address(&query->values, "src");
	struct address source = shown_address(header->rtm_family, attribute(message, RTA_PREFSRC));

	return !wanted || (source.family && prefix_contains(wanted, &source));
}

static bool realms_fit(const struct query *query, const struct nlmsghdr *message)
{
	const struct value *realms = value_of(&query->values, "realms");
	uint32_t flow = attribute_number(attribute(message, RTA_FLOW), 0);

	return !realms || !((flow ^ realms->first) & realms->last);
}

static bool fits(
	struct shown *shown, const struct query *query, const struct nlmsghdr *message, uint64_t table)
{
	const struct rtmsg *header = rtnl_header(message);
	bool cloned = header->rtm_flags & RTM_F_CLONED;

	if (table == QUERY_CACHE ? !cloned : cloned || (table != QUERY_ALL && table != route_table(message)))
		return false;
	if (value_said(&query->values, "vrf") &&
		(header->rtm_type == RTN_LOCAL || header->rtm_type == RTN_BROADCAST))
		return false;
	return query_number_fits(query, "protocol", header->rtm_protocol) &&
	       query_number_fits(query, "scope", header->rtm_scope) &&
	       query_number_fits(query, "type", header->rtm_type) &&
	       query_number_fits(query, "tos", header->rtm_tos) &&
	       query_number_fits(query, "mark", attribute_number(attribute(message, RTA_MARK), 0)) &&
	       query_number_fits(query, "metric", attribute_number(attribute(message, RTA_PRIORITY), 0)) &&
	       query_device_fits(shown, query, "dev", attribute_number(attribute(message, RTA_OIF), 0)) &&
	       query_device_fits(shown, query, "iif", attribute_number(attribute(message, RTA_IIF), 0)) &&
	       prefixes_fit(query, message) && gateway_fits(query, message) && source_fits(query, message) &&
	       realms_fit(query, message);
}

/* The table of a VRF is said by its kind; 0: there is no such VRF. */
static struct error *vrf_table(struct shown *shown, const char *name, uint64_t *table)
{
	struct messages links = { .arena = shown->arena };
	struct error *error = links_dump(shown, &links);
	uint32_t index = rtnl_index(shown->in->rtnl, name);

	*table = 0;
	for (size_t i = 0; i < links.count; i++) {
		const struct ifinfomsg *header = rtnl_header(links.at[i]);
		const struct nlattr *info = rtnl_attribute(links.at[i], sizeof *header, IFLA_LINKINFO);

		if ((uint32_t)header->ifi_index == index)
			*table = attribute_number(nested_attribute(nested_attribute(info, IFLA_INFO_DATA),
							  1 /* IFLA_VRF_TABLE */),
				0);
	}
	return error;
}

static struct error *dump(struct shown *shown, int family, uint64_t table, struct messages *out)
{
	struct rtmsg header = { .rtm_family = (uint8_t)family,
		.rtm_flags = table == QUERY_CACHE ? RTM_F_CLONED : 0 };
	struct request request = { .type = RTM_GETROUTE };

	if (table < QUERY_CACHE)
		attribute_u32(shown->arena, &request.body.attributes, RTA_TABLE, (uint32_t)table);
	body_header(&request.body, &header, sizeof header);
	return messages_dump(out, shown->in, &request);
}

struct error *show_routes(struct shown *shown, const struct query *query, json_t *list)
{
	bool cached = value_said(&query->values, "cached");
	uint64_t table = cached ? QUERY_CACHE : value_number(&query->values, "table", RT_TABLE_MAIN);
	const char *vrf = value_text(&query->values, "vrf");
	bool both = query->family == AF_UNSPEC && table >= QUERY_CACHE;
	struct messages routes = { .arena = shown->arena };
	struct error *error = vrf ? vrf_table(shown, vrf, &table) : NULL;

	if (!error && query->family != AF_INET6)
		error = dump(shown, AF_INET, table, &routes);
	if (!error && (both || query->family == AF_INET6))
		error = dump(shown, AF_INET6, table, &routes);
	if (!error && routes.count > 1)
		shown_devices(shown);
	for (size_t i = 0; !error && i < routes.count; i++)
		if (routes.at[i]->nlmsg_type == RTM_NEWROUTE && fits(shown, query, routes.at[i], table))
			json_append_new(list, route_json(shown, routes.at[i]));
	return error;
}
