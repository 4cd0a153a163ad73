/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/route_names.h"
#include "run/show.h"

/* In the order in which ip prints them; of IPv6 "secondary" is called "temporary". */
static const struct name flags[] = { { "secondary", IFA_F_SECONDARY }, { "nodad", IFA_F_NODAD },
	{ "optimistic", IFA_F_OPTIMISTIC }, { "dadfailed", IFA_F_DADFAILED }, { "home", IFA_F_HOMEADDRESS },
	{ "deprecated", IFA_F_DEPRECATED }, { "tentative", IFA_F_TENTATIVE },
	{ "mngtmpaddr", IFA_F_MANAGETEMPADDR }, { "noprefixroute", IFA_F_NOPREFIXROUTE },
	{ "autojoin", IFA_F_MCAUTOJOIN }, { "stable-privacy", IFA_F_STABLE_PRIVACY }, { 0 } };

static const struct nlattr *attribute(const struct nlmsghdr *message, uint16_t type)
{
	return rtnl_attribute(message, sizeof(struct ifaddrmsg), type);
}

static uint32_t flags_of(const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = rtnl_header(message);

	return attribute_number(attribute(message, IFA_FLAGS), header->ifa_flags);
}

/* Without a peer IPv6 has IFA_ADDRESS only. */
static const struct nlattr *own(const struct nlmsghdr *message)
{
	const struct nlattr *local = attribute(message, IFA_LOCAL);

	return local ? local : attribute(message, IFA_ADDRESS);
}

static void put_flags(json_t *json, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = rtnl_header(message);
	uint32_t set = flags_of(message);

	if (!(set & IFA_F_PERMANENT))
		shown_put_true(json, "dynamic");
	for (const struct name *flag = flags; flag->name; flag++) {
		bool temporary = flag->number == IFA_F_SECONDARY && header->ifa_family == AF_INET6;

		if (set & flag->number)
			shown_put_true(json, temporary ? "temporary" : flag->name);
	}
}

static json_t *address_json(struct shown *shown, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = rtnl_header(message);
	int family = header->ifa_family;
	uint8_t whole = (uint8_t)(8 * family_size(family));
	struct address local = shown_address(family, own(message)),
		       peer = shown_address(family, attribute(message, IFA_ADDRESS));
	const char *label = attribute_text(attribute(message, IFA_LABEL));
	size_t size = 0;
	const struct ifa_cacheinfo *cache = attribute_data(attribute(message, IFA_CACHEINFO), &size);
	json_t *json = json_new_object();

	json_put(json, "family", "%s", family == AF_INET6 ? "inet6" : "inet");
	shown_put_address(shown, json, "local", family, own(message), whole);
	if (peer.family && !address_equal(&peer, &local))
		shown_put_address(shown, json, "address", family, attribute(message, IFA_ADDRESS), whole);
	json_put_number(json, "prefixlen", header->ifa_prefixlen);
	shown_put_number(json, "metric", attribute(message, IFA_RT_PRIORITY));
	shown_put_address(shown, json, "broadcast", family, attribute(message, IFA_BROADCAST), whole);
	shown_put_address(shown, json, "anycast", family, attribute(message, IFA_ANYCAST), whole);
	shown_put_name(json, "scope", route_scopes, header->ifa_scope);
	put_flags(json, message);
	if (label)
		json_put(json, "label", "%s", label);
	if (size >= sizeof *cache) {
		json_put_number(json, "valid_life_time", cache->ifa_valid);
		json_put_number(json, "preferred_life_time", cache->ifa_prefered);
	}
	return json;
}

/* Every word about flags must be true. */
static bool flags_fit(const struct query *query, uint32_t set)
{
	const struct value *any = value_of(&query->values, "flags");

	for (size_t i = 0; i < query->values.count; i++) {
		uint32_t bit = (uint32_t)query->values.at[i].number & ~QUERY_NOT;

		if (any && query->values.at[i].field == any->field &&
			!(set & bit) != !!(query->values.at[i].number & QUERY_NOT))
			return false;
	}
	return true;
}

/* A label may be a pattern, as to ip; an address without one is taken for the device's name. */
static bool label_fits(struct shown *shown, const struct query *query, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = rtnl_header(message);
	const char *wanted = value_text(&query->values, "label"),
		   *label = attribute_text(attribute(message, IFA_LABEL));

	if (!wanted)
		return true;
	return !fnmatch(wanted, label ? label : shown_device(shown, header->ifa_index).name, 0);
}

static bool fits(struct shown *shown, const struct query *query, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = rtnl_header(message);
	const struct address *to = value_address(&query->values, "to");
	struct address local = shown_address(header->ifa_family, own(message));

	if (query->family != AF_UNSPEC && query->family != header->ifa_family)
		return false;
	return query_number_fits(query, "scope", header->ifa_scope) && flags_fit(query, flags_of(message)) &&
	       label_fits(shown, query, message) && (!to || prefix_contains(to, &local));
}

static json_t *info_of(
	struct shown *shown, const struct query *query, const struct messages *addresses, uint32_t index)
{
	json_t *array = json_new_array();

	for (size_t i = 0; i < addresses->count; i++) {
		const struct ifaddrmsg *header = rtnl_header(addresses->at[i]);

		if (header->ifa_index == index && fits(shown, query, addresses->at[i]))
			json_append_new(array, address_json(shown, addresses->at[i]));
	}
	return array;
}

static bool has_any(const struct messages *addresses, uint32_t index)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (((const struct ifaddrmsg *)rtnl_header(addresses->at[i]))->ifa_index == index)
			return true;
	return false;
}

/* A device none of whose addresses fits is not shown; one that has no address is, where no family is asked
 * for. */
struct error *show_addresses(struct shown *shown, const struct query *query, json_t *list)
{
	struct ifaddrmsg header = { .ifa_family = (uint8_t)query->family };
	struct request request = { .type = RTM_GETADDR };
	struct messages links = { .arena = shown->arena }, addresses = { .arena = shown->arena };
	struct error *error = links_dump(shown, &links);

	body_header(&request.body, &header, sizeof header);
	if (!error)
		error = messages_dump(&addresses, shown->in, &request);
	for (size_t i = 0; !error && i < links.count; i++) {
		const struct ifinfomsg *link = rtnl_header(links.at[i]);
		uint32_t index = (uint32_t)link->ifi_index;
		json_t *info, *json;

		if (!link_fits(shown, query, links.at[i]))
			continue;
		info = info_of(shown, query, &addresses, index);
		if (!json_array_size(info) && (query->family != AF_UNSPEC || has_any(&addresses, index))) {
			json_decref(info);
			continue;
		}
		json = link_json(shown, links.at[i], false);
		json_put_new(json, "addr_info", info);
		json_append_new(list, json);
	}
	return error;
}
