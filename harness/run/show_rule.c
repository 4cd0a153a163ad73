/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/route_names.h"
#include "run/rule.h"
#include "run/show.h"

/* What rules do beside looking into a table, by the names of routes' types. */
static const struct name actions[] = { { "blackhole", FR_ACT_BLACKHOLE },
	{ "unreachable", FR_ACT_UNREACHABLE }, { "prohibit", FR_ACT_PROHIBIT }, { 0 } };

static const struct nlattr *attribute(const struct nlmsghdr *message, uint16_t type)
{
	return rtnl_attribute(message, sizeof(struct fib_rule_hdr), type);
}

static uint32_t number(const struct nlmsghdr *message, uint16_t type, uint32_t otherwise)
{
	return attribute_number(attribute(message, type), otherwise);
}

static uint32_t table_of(const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *header = rtnl_header(message);

	return number(message, FRA_TABLE, header->table);
}

static const struct fib_rule_port_range *ports_of(const struct nlmsghdr *message, uint16_t type)
{
	size_t size = 0;
	const void *ports = attribute_data(attribute(message, type), &size);

	return size >= sizeof(struct fib_rule_port_range) ? ports : NULL;
}

static const struct fib_rule_uid_range *uids_of(const struct nlmsghdr *message)
{
	size_t size = 0;
	const void *uids = attribute_data(attribute(message, FRA_UID_RANGE), &size);

	return size >= sizeof(struct fib_rule_uid_range) ? uids : NULL;
}

/* In the order of the network, of 64 bits. */
static uint64_t tunnel_of(const struct nlmsghdr *message)
{
	size_t size = 0;
	const void *bytes = attribute_data(attribute(message, FRA_TUN_ID), &size);
	uint64_t id = 0;

	if (size >= sizeof id)
		memcpy(&id, bytes, sizeof id);
	return be64toh(id);
}

static void put_prefix(
	struct shown *shown, json_t *json, const char *key, const struct nlmsghdr *message, bool source)
{
	const struct fib_rule_hdr *header = rtnl_header(message);
	const struct nlattr *address = attribute(message, source ? FRA_SRC : FRA_DST);
	uint8_t length = source ? header->src_len : header->dst_len;
	uint8_t most = (uint8_t)(8 * family_size(header->family));

	if (address)
		shown_put_address(shown, json, key, header->family, address, most);
	else if (length)
		json_put(json, key, "0");
	else if (source)
		json_put(json, key, "all");
	if (length && (length != most || !address))
		json_put_number(json, source ? "srclen" : "dstlen", length);
}

static void put_ports(json_t *json, const char *key, const struct fib_rule_port_range *ports)
{
	char start[16], end[16];

	if (!ports)
		return;
	if (ports->start == ports->end) {
		json_put_number(json, key, ports->start);
		return;
	}
	snprintf(start, sizeof start, "%s_start", key);
	snprintf(end, sizeof end, "%s_end", key);
	json_put_number(json, start, ports->start);
	json_put_number(json, end, ports->end);
}

static void put_selectors(struct shown *shown, json_t *json, const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *header = rtnl_header(message);
	const struct fib_rule_uid_range *uids = uids_of(message);
	const char *in = attribute_text(attribute(message, FRA_IIFNAME)),
		   *out = attribute_text(attribute(message, FRA_OIFNAME));

	put_prefix(shown, json, "src", message, true);
	put_prefix(shown, json, "dst", message, false);
	if (header->tos)
		json_put(json, "tos", "0x%02x", header->tos);
	if (attribute(message, FRA_FWMARK) || attribute(message, FRA_FWMASK)) {
		json_put(json, "fwmark", "0x%x", number(message, FRA_FWMARK, 0));
		if (number(message, FRA_FWMASK, UINT32_MAX) != UINT32_MAX)
			json_put(json, "fwmask", "0x%x", number(message, FRA_FWMASK, 0));
	}
	if (in)
		json_put(json, "iif", "%s", in);
	shown_put_null(json, "iif_detached", in && header->flags & FIB_RULE_IIF_DETACHED);
	if (out)
		json_put(json, "oif", "%s", out);
	shown_put_null(json, "oif_detached", out && header->flags & FIB_RULE_OIF_DETACHED);
	shown_put_null(json, "l3mdev", number(message, FRA_L3MDEV, 0));
	if (uids) {
		json_put_number(json, "uid_start", uids->start);
		json_put_number(json, "uid_end", uids->end);
	}
	if (attribute(message, FRA_IP_PROTO))
		shown_put_name(json, "ipproto", ip_protocols, number(message, FRA_IP_PROTO, 0));
	put_ports(json, "sport", ports_of(message, FRA_SPORT_RANGE));
	put_ports(json, "dport", ports_of(message, FRA_DPORT_RANGE));
	if (attribute(message, FRA_TUN_ID))
		json_put_number(json, "tun_id", (long long)tunnel_of(message));
}

static void put_table(struct shown *shown, json_t *json, const struct nlmsghdr *message)
{
	uint32_t length = number(message, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
	uint32_t group = number(message, FRA_SUPPRESS_IFGROUP, UINT32_MAX);
	static const struct name groups[] = { { "default", 0 }, { 0 } };

	if (!table_of(message))
		return;
	shown_put_table(shown, json, "table", table_of(message));
	if (length != UINT32_MAX)
		json_put_number(json, "suppress_prefixlen", length);
	if (group != UINT32_MAX)
		shown_put_name(json, "suppress_ifgroup", groups, group);
}

static void put_action(json_t *json, const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *header = rtnl_header(message);
	uint32_t flow = number(message, FRA_FLOW, 0);
	bool leads = header->action == FR_ACT_GOTO;

	if (attribute(message, FRA_FLOW)) {
		if (flow >> 16)
			json_put(json, "flow_from", "%u", flow >> 16);
		json_put(json, "flow_to", "%u", flow & 0xffff);
	}
	if (leads && attribute(message, FRA_GOTO))
		json_put_number(json, "goto", number(message, FRA_GOTO, 0));
	else if (leads)
		json_put(json, "goto", "none");
	shown_put_null(json, "unresolved", leads && header->flags & FIB_RULE_UNRESOLVED);
	shown_put_null(json, "nop", header->action == FR_ACT_NOP);
	if (!leads && header->action != FR_ACT_NOP && header->action != FR_ACT_TO_TBL)
		shown_put_name(json, "action", actions, header->action);
	if (attribute(message, FRA_PROTOCOL))
		shown_put_name(json, "protocol", route_protocols, number(message, FRA_PROTOCOL, 0));
}

json_t *rule_json(struct shown *shown, const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *header = rtnl_header(message);
	json_t *json = json_new_object();

	json_put_number(json, "priority", number(message, FRA_PRIORITY, 0));
	shown_put_null(json, "not", header->flags & FIB_RULE_INVERT);
	put_selectors(shown, json, message);
	put_table(shown, json, message);
	put_action(json, message);
	return json;
}

static bool prefix_fits(
	const struct query *query, const char *key, const struct nlmsghdr *message, bool source)
{
	const struct fib_rule_hdr *header = rtnl_header(message);
	const struct address *wanted = value_address(&query->values, key);
	uint8_t length = source ? header->src_len : header->dst_len;
	struct address seen = shown_address(header->family, attribute(message, source ? FRA_SRC : FRA_DST));

	if (!wanted || wanted->family == AF_UNSPEC)
		return true;
	seen.family = header->family;
	return wanted->length <= length && prefix_contains(wanted, &seen);
}

static bool text_fits(
	const struct query *query, const char *key, const struct nlmsghdr *message, uint16_t type)
{
	const char *wanted = value_text(&query->values, key),
		   *seen = attribute_text(attribute(message, type));

	return !wanted || (seen && !strcmp(wanted, seen));
}

static bool range_fits(const struct query *query, const char *key, bool said, uint32_t first, uint32_t last)
{
	const struct value *wanted = value_of(&query->values, key);

	return !wanted || (said && wanted->first == first && wanted->last == last);
}

static bool ports_fit(
	const struct query *query, const char *key, const struct nlmsghdr *message, uint16_t type)
{
	const struct fib_rule_port_range *ports = ports_of(message, type);

	return range_fits(query, key, ports, ports ? ports->start : 0, ports ? ports->end : 0);
}

/* Without a mask a mark fits whatever the mask is. */
static bool mark_fits(const struct query *query, const struct nlmsghdr *message)
{
	const struct value *wanted = value_of(&query->values, "fwmark");

	if (!wanted)
		return true;
	return wanted->first == number(message, FRA_FWMARK, 0) &&
	       (wanted->last == UINT32_MAX || wanted->last == number(message, FRA_FWMASK, 0));
}

static bool fits(const struct query *query, const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *header = rtnl_header(message);
	const struct fib_rule_uid_range *uids = uids_of(message);

	if (value_said(&query->values, "not") && !(header->flags & FIB_RULE_INVERT))
		return false;
	if (value_said(&query->values, "l3mdev") && !number(message, FRA_L3MDEV, 0))
		return false;
	return query_number_fits(query, "priority", number(message, FRA_PRIORITY, 0)) &&
	       query_number_fits(query, "tos", header->tos) &&
	       query_number_fits(query, "ipproto", number(message, FRA_IP_PROTO, 0)) &&
	       query_number_fits(query, "protocol", number(message, FRA_PROTOCOL, 0)) &&
	       query_number_fits(query, "lookup", table_of(message)) &&
	       query_number_fits(query, "tun_id", tunnel_of(message)) &&
	       prefix_fits(query, "from", message, true) && prefix_fits(query, "to", message, false) &&
	       text_fits(query, "iif", message, FRA_IIFNAME) &&
	       text_fits(query, "oif", message, FRA_OIFNAME) && mark_fits(query, message) &&
	       range_fits(query, "uidrange", uids, uids ? uids->start : 0, uids ? uids->end : 0) &&
	       ports_fit(query, "sport", message, FRA_SPORT_RANGE) &&
	       ports_fit(query, "dport", message, FRA_DPORT_RANGE);
}

struct error *show_rules(struct shown *shown, const struct query *query, json_t *list)
{
	struct fib_rule_hdr header = { .family = query->family == AF_INET6 ? AF_INET6 : AF_INET };
	struct request request = { .type = RTM_GETRULE };
	struct messages rules = { .arena = shown->arena };
	struct error *error;

	body_header(&request.body, &header, sizeof header);
	error = messages_dump(&rules, shown->in, &request);
	for (size_t i = 0; !error && i < rules.count; i++)
		if (fits(query, rules.at[i]))
			json_append_new(list, rule_json(shown, rules.at[i]));
	return error;
}
