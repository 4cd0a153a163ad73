/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `ip -d -j link` says of a link's kind: tables of netlink's attributes and ip's keys. */
#include <arpa/inet.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <string.h>

#include "run/show.h"

/* How an attribute is shown. */
enum form {
	FORM_NUMBER,
	FORM_NAME,    /* by names */
	FORM_FLAGS,   /* names of the bits that are set, of 32 bits in front of others */
	FORM_BOOL,    /* true or false */
	FORM_TRUE,    /* true, or not at all */
	FORM_PRESENT, /* true where there is such an attribute, whatever is in it */
	FORM_NONZERO, /* a number, but not 0 */
	FORM_HEX,     /* "0x1f" */
	FORM_HEX_NONZERO,
	FORM_BE16,
	FORM_ETHERTYPE, /* of the network's order, as "802.1Q" */
	FORM_IP4,
	FORM_IP6, /* but not that of all zeros */
	FORM_GROUP4,
	FORM_GROUP6, /* the same; "remote" where it is not a multicast address */
	FORM_DEVICE,
	FORM_MAC,
	FORM_BRIDGE,	 /* priority and address of a bridge, "8000.2:0:0:0:0:1" */
	FORM_HUNDREDTHS, /* of a second, as seconds */
	FORM_RANGE,	 /* of ports, an object */
	FORM_BOOLOPT,	 /* of a bridge: bits of which some count */
	FORM_KEY,	 /* of GRE: as an IPv4 address */
};

struct item {
	uint16_t type;
	enum form form;
	const char *key;
	const struct name *names;
};

static const struct name tun_types[] = { { "tun", IFF_TUN }, { "tap", IFF_TAP }, { 0 } };
static const struct name macvlan_modes[] = { { "private", MACVLAN_MODE_PRIVATE },
	{ "vepa", MACVLAN_MODE_VEPA }, { "bridge", MACVLAN_MODE_BRIDGE },
	{ "passthru", MACVLAN_MODE_PASSTHRU }, { "source", MACVLAN_MODE_SOURCE }, { 0 } };
static const struct name bond_modes[] = { { "balance-rr", 0 }, { "active-backup", 1 }, { "balance-xor", 2 },
	{ "broadcast", 3 }, { "802.3ad", 4 }, { "balance-tlb", 5 }, { "balance-alb", 6 }, { 0 } };
static const struct name vlan_flags[] = { { "REORDER_HDR", 1 }, { "GVRP", 2 }, { "LOOSE_BINDING", 4 },
	{ "MVRP", 8 }, { "BRIDGE_BINDING", 16 }, { 0 } };
static const struct name ipvlan_modes[] = { { "l2", 0 }, { "l3", 1 }, { "l3s", 2 }, { 0 } };
static const struct name port_states[] = { { "disabled", 0 }, { "listening", 1 }, { "learning", 2 },
	{ "forwarding", 3 }, { "blocking", 4 }, { 0 } };
static const struct name fragmentations[] = { { "unset", 0 }, { "set", 1 }, { "inherit", 2 }, { 0 } };

/* Of linux/if_tunnel.h, which netinet/in.h does not go with. */
enum { TUNNEL_LINK = 1, TUNNEL_LOCAL, TUNNEL_REMOTE, TUNNEL_TTL, TUNNEL_TOS };
enum { GRE_LINK = 1, GRE_IKEY = 4, GRE_OKEY, GRE_LOCAL, GRE_REMOTE, GRE_TTL, GRE_TOS };
enum { VRF_TABLE = 1, VRF_PORT_TABLE = 1 };

/* clang-format off */
static const struct item tun_items[] = {
	{ IFLA_TUN_TYPE, FORM_NAME, "type", tun_types },
	{ IFLA_TUN_PI, FORM_BOOL, "pi", NULL },
	{ IFLA_TUN_VNET_HDR, FORM_BOOL, "vnet_hdr", NULL },
	{ IFLA_TUN_MULTI_QUEUE, FORM_BOOL, "multi_queue", NULL },
	{ IFLA_TUN_NUM_QUEUES, FORM_NUMBER, "numqueues", NULL },
	{ IFLA_TUN_NUM_DISABLED_QUEUES, FORM_NUMBER, "numdisabled", NULL },
	{ IFLA_TUN_PERSIST, FORM_BOOL, "persist", NULL },
	{ IFLA_TUN_OWNER, FORM_NUMBER, "user", NULL },
	{ IFLA_TUN_GROUP, FORM_NUMBER, "group", NULL },
	{ 0 },
};

static const struct item bridge_items[] = {
	{ IFLA_BR_FORWARD_DELAY, FORM_NUMBER, "forward_delay", NULL },
	{ IFLA_BR_HELLO_TIME, FORM_NUMBER, "hello_time", NULL },
	{ IFLA_BR_MAX_AGE, FORM_NUMBER, "max_age", NULL },
	{ IFLA_BR_AGEING_TIME, FORM_NUMBER, "ageing_time", NULL },
	{ IFLA_BR_STP_STATE, FORM_NUMBER, "stp_state", NULL },
	{ IFLA_BR_PRIORITY, FORM_NUMBER, "priority", NULL },
	{ IFLA_BR_VLAN_FILTERING, FORM_NUMBER, "vlan_filtering", NULL },
	{ IFLA_BR_VLAN_PROTOCOL, FORM_ETHERTYPE, "vlan_protocol", NULL },
	{ IFLA_BR_BRIDGE_ID, FORM_BRIDGE, "bridge_id", NULL },
	{ IFLA_BR_ROOT_ID, FORM_BRIDGE, "root_id", NULL },
	{ IFLA_BR_ROOT_PORT, FORM_NUMBER, "root_port", NULL },
	{ IFLA_BR_ROOT_PATH_COST, FORM_NUMBER, "root_path_cost", NULL },
	{ IFLA_BR_TOPOLOGY_CHANGE, FORM_NUMBER, "topology_change", NULL },
	{ IFLA_BR_TOPOLOGY_CHANGE_DETECTED, FORM_NUMBER, "topology_change_detected", NULL },
	{ IFLA_BR_HELLO_TIMER, FORM_HUNDREDTHS, "hello_timer", NULL },
	{ IFLA_BR_TCN_TIMER, FORM_HUNDREDTHS, "tcn_timer", NULL },
	{ IFLA_BR_TOPOLOGY_CHANGE_TIMER, FORM_HUNDREDTHS, "topology_change_timer", NULL },
	{ IFLA_BR_GC_TIMER, FORM_HUNDREDTHS, "gc_timer", NULL },
	{ IFLA_BR_VLAN_DEFAULT_PVID, FORM_NUMBER, "vlan_default_pvid", NULL },
	{ IFLA_BR_VLAN_STATS_ENABLED, FORM_NUMBER, "vlan_stats_enabled", NULL },
	{ IFLA_BR_VLAN_STATS_PER_PORT, FORM_NUMBER, "vlan_stats_per_port", NULL },
	{ IFLA_BR_GROUP_FWD_MASK, FORM_HEX, "group_fwd_mask", NULL },
	{ IFLA_BR_GROUP_ADDR, FORM_MAC, "group_addr", NULL },
	{ IFLA_BR_MCAST_SNOOPING, FORM_NUMBER, "mcast_snooping", NULL },
	{ IFLA_BR_MULTI_BOOLOPT, FORM_BOOLOPT, "", NULL },
	{ IFLA_BR_MCAST_ROUTER, FORM_NUMBER, "mcast_router", NULL },
	{ IFLA_BR_MCAST_QUERY_USE_IFADDR, FORM_NUMBER, "mcast_query_use_ifaddr", NULL },
	{ IFLA_BR_MCAST_QUERIER, FORM_NUMBER, "mcast_querier", NULL },
	{ IFLA_BR_MCAST_HASH_ELASTICITY, FORM_NUMBER, "mcast_hash_elasticity", NULL },
	{ IFLA_BR_MCAST_HASH_MAX, FORM_NUMBER, "mcast_hash_max", NULL },
	{ IFLA_BR_MCAST_LAST_MEMBER_CNT, FORM_NUMBER, "mcast_last_member_cnt", NULL },
	{ IFLA_BR_MCAST_STARTUP_QUERY_CNT, FORM_NUMBER, "mcast_startup_query_cnt", NULL },
	{ IFLA_BR_MCAST_LAST_MEMBER_INTVL, FORM_NUMBER, "mcast_last_member_intvl", NULL },
	{ IFLA_BR_MCAST_MEMBERSHIP_INTVL, FORM_NUMBER, "mcast_membership_intvl", NULL },
	{ IFLA_BR_MCAST_QUERIER_INTVL, FORM_NUMBER, "mcast_querier_intvl", NULL },
	{ IFLA_BR_MCAST_QUERY_INTVL, FORM_NUMBER, "mcast_query_intvl", NULL },
	{ IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, FORM_NUMBER, "mcast_query_response_intvl", NULL },
	{ IFLA_BR_MCAST_STARTUP_QUERY_INTVL, FORM_NUMBER, "mcast_startup_query_intvl", NULL },
	{ IFLA_BR_MCAST_STATS_ENABLED, FORM_NUMBER, "mcast_stats_enabled", NULL },
	{ IFLA_BR_MCAST_IGMP_VERSION, FORM_NUMBER, "mcast_igmp_version", NULL },
	{ IFLA_BR_MCAST_MLD_VERSION, FORM_NUMBER, "mcast_mld_version", NULL },
	{ IFLA_BR_NF_CALL_IPTABLES, FORM_NUMBER, "nf_call_iptables", NULL },
	{ IFLA_BR_NF_CALL_IP6TABLES, FORM_NUMBER, "nf_call_ip6tables", NULL },
	{ IFLA_BR_NF_CALL_ARPTABLES, FORM_NUMBER, "nf_call_arptables", NULL },
	{ 0 },
};

static const struct item bridge_port_items[] = {
	{ IFLA_BRPORT_STATE, FORM_NAME, "state", port_states },
	{ IFLA_BRPORT_PRIORITY, FORM_NUMBER, "priority", NULL },
	{ IFLA_BRPORT_COST, FORM_NUMBER, "cost", NULL },
	{ IFLA_BRPORT_MODE, FORM_BOOL, "hairpin", NULL },
	{ IFLA_BRPORT_GUARD, FORM_BOOL, "guard", NULL },
	{ IFLA_BRPORT_PROTECT, FORM_BOOL, "root_block", NULL },
	{ IFLA_BRPORT_FAST_LEAVE, FORM_BOOL, "fastleave", NULL },
	{ IFLA_BRPORT_LEARNING, FORM_BOOL, "learning", NULL },
	{ IFLA_BRPORT_UNICAST_FLOOD, FORM_BOOL, "flood", NULL },
	{ IFLA_BRPORT_ID, FORM_HEX, "id", NULL },
	{ IFLA_BRPORT_NO, FORM_HEX, "no", NULL },
	{ IFLA_BRPORT_DESIGNATED_PORT, FORM_NUMBER, "designated_port", NULL },
	{ IFLA_BRPORT_DESIGNATED_COST, FORM_NUMBER, "designated_cost", NULL },
	{ IFLA_BRPORT_BRIDGE_ID, FORM_BRIDGE, "bridge_id", NULL },
	{ IFLA_BRPORT_ROOT_ID, FORM_BRIDGE, "root_id", NULL },
	{ IFLA_BRPORT_HOLD_TIMER, FORM_HUNDREDTHS, "hold_timer", NULL },
	{ IFLA_BRPORT_MESSAGE_AGE_TIMER, FORM_HUNDREDTHS, "message_age_timer", NULL },
	{ IFLA_BRPORT_FORWARD_DELAY_TIMER, FORM_HUNDREDTHS, "forward_delay_timer", NULL },
	{ IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, FORM_NUMBER, "topology_change_ack", NULL },
	{ IFLA_BRPORT_CONFIG_PENDING, FORM_NUMBER, "config_pending", NULL },
	{ IFLA_BRPORT_PROXYARP, FORM_BOOL, "proxy_arp", NULL },
	{ IFLA_BRPORT_PROXYARP_WIFI, FORM_BOOL, "proxy_arp_wifi", NULL },
	{ IFLA_BRPORT_MULTICAST_ROUTER, FORM_NUMBER, "multicast_router", NULL },
	{ IFLA_BRPORT_MCAST_FLOOD, FORM_BOOL, "mcast_flood", NULL },
	{ IFLA_BRPORT_BCAST_FLOOD, FORM_BOOL, "bcast_flood", NULL },
	{ IFLA_BRPORT_MCAST_TO_UCAST, FORM_BOOL, "mcast_to_unicast", NULL },
	{ IFLA_BRPORT_NEIGH_SUPPRESS, FORM_BOOL, "neigh_suppress", NULL },
	{ IFLA_BRPORT_GROUP_FWD_MASK, FORM_HEX, "group_fwd_mask", NULL },
	{ IFLA_BRPORT_VLAN_TUNNEL, FORM_BOOL, "vlan_tunnel", NULL },
	{ IFLA_BRPORT_ISOLATED, FORM_BOOL, "isolated", NULL },
	{ IFLA_BRPORT_LOCKED, FORM_BOOL, "locked", NULL },
	{ 0 },
};

static const struct item vxlan_items[] = {
	{ IFLA_VXLAN_COLLECT_METADATA, FORM_TRUE, "external", NULL },
	{ IFLA_VXLAN_ID, FORM_NUMBER, "id", NULL },
	{ IFLA_VXLAN_GROUP, FORM_GROUP4, "group", NULL },
	{ IFLA_VXLAN_GROUP6, FORM_GROUP6, "group6", NULL },
	{ IFLA_VXLAN_LOCAL, FORM_IP4, "local", NULL },
	{ IFLA_VXLAN_LOCAL6, FORM_IP6, "local6", NULL },
	{ IFLA_VXLAN_LINK, FORM_DEVICE, "link", NULL },
	{ IFLA_VXLAN_PORT_RANGE, FORM_RANGE, "port_range", NULL },
	{ IFLA_VXLAN_PORT, FORM_BE16, "port", NULL },
	{ IFLA_VXLAN_LEARNING, FORM_BOOL, "learning", NULL },
	{ IFLA_VXLAN_PROXY, FORM_TRUE, "proxy", NULL },
	{ IFLA_VXLAN_RSC, FORM_TRUE, "rsc", NULL },
	{ IFLA_VXLAN_L2MISS, FORM_TRUE, "l2miss", NULL },
	{ IFLA_VXLAN_L3MISS, FORM_TRUE, "l3miss", NULL },
	{ IFLA_VXLAN_TOS, FORM_HEX_NONZERO, "tos", NULL },
	{ IFLA_VXLAN_TTL, FORM_NUMBER, "ttl", NULL },
	{ IFLA_VXLAN_DF, FORM_NAME, "df", fragmentations },
	{ IFLA_VXLAN_AGEING, FORM_NUMBER, "ageing", NULL },
	{ IFLA_VXLAN_LIMIT, FORM_NONZERO, "limit", NULL },
	{ IFLA_VXLAN_UDP_CSUM, FORM_BOOL, "udp_csum", NULL },
	{ IFLA_VXLAN_UDP_ZERO_CSUM6_TX, FORM_BOOL, "udp_zero_csum6_tx", NULL },
	{ IFLA_VXLAN_UDP_ZERO_CSUM6_RX, FORM_BOOL, "udp_zero_csum6_rx", NULL },
	{ IFLA_VXLAN_GBP, FORM_PRESENT, "gbp", NULL },
	{ IFLA_VXLAN_GPE, FORM_PRESENT, "gpe", NULL },
	{ 0 },
};

static const struct item macvlan_items[] = {
	{ IFLA_MACVLAN_MODE, FORM_NAME, "mode", macvlan_modes },
	{ IFLA_MACVLAN_BC_QUEUE_LEN, FORM_NUMBER, "bcqueuelen", NULL },
	{ IFLA_MACVLAN_BC_QUEUE_LEN_USED, FORM_NUMBER, "usedbcqueuelen", NULL },
	{ 0 },
};

static const struct item ipvlan_items[] = { { IFLA_IPVLAN_MODE, FORM_NAME, "mode", ipvlan_modes }, { 0 } };

static const struct item bond_items[] = {
	{ IFLA_BOND_MODE, FORM_NAME, "mode", bond_modes },
	{ IFLA_BOND_ACTIVE_SLAVE, FORM_DEVICE, "active_slave", NULL },
	{ IFLA_BOND_MIIMON, FORM_NUMBER, "miimon", NULL },
	{ IFLA_BOND_UPDELAY, FORM_NUMBER, "updelay", NULL },
	{ IFLA_BOND_DOWNDELAY, FORM_NUMBER, "downdelay", NULL },
	{ IFLA_BOND_PRIMARY, FORM_DEVICE, "primary", NULL },
	{ 0 },
};

static const struct item vlan_items[] = {
	{ IFLA_VLAN_PROTOCOL, FORM_ETHERTYPE, "protocol", NULL },
	{ IFLA_VLAN_ID, FORM_NUMBER, "id", NULL },
	{ IFLA_VLAN_FLAGS, FORM_FLAGS, "flags", vlan_flags },
	{ 0 },
};

static const struct item vrf_items[] = { { VRF_TABLE, FORM_NUMBER, "table", NULL }, { 0 } };
static const struct item vrf_port_items[] = { { VRF_PORT_TABLE, FORM_NUMBER, "table", NULL }, { 0 } };

static const struct item tunnel_items[] = {
	{ TUNNEL_REMOTE, FORM_IP4, "remote", NULL },
	{ TUNNEL_LOCAL, FORM_IP4, "local", NULL },
	{ TUNNEL_LINK, FORM_DEVICE, "link", NULL },
	{ TUNNEL_TTL, FORM_NUMBER, "ttl", NULL },
	{ TUNNEL_TOS, FORM_HEX_NONZERO, "tos", NULL },
	{ 0 },
};

static const struct item tunnel6_items[] = {
	{ TUNNEL_REMOTE, FORM_IP6, "remote", NULL },
	{ TUNNEL_LOCAL, FORM_IP6, "local", NULL },
	{ TUNNEL_LINK, FORM_DEVICE, "link", NULL },
	{ 0 },
};

static const struct item gre_items[] = {
	{ GRE_REMOTE, FORM_IP4, "remote", NULL },
	{ GRE_LOCAL, FORM_IP4, "local", NULL },
	{ GRE_LINK, FORM_DEVICE, "link", NULL },
	{ GRE_TTL, FORM_NUMBER, "ttl", NULL },
	{ GRE_TOS, FORM_HEX_NONZERO, "tos", NULL },
	{ GRE_IKEY, FORM_KEY, "ikey", NULL },
	{ GRE_OKEY, FORM_KEY, "okey", NULL },
	{ 0 },
};

static const struct item none[] = { { 0 } };

static const struct {
	const char *kind;
	bool slave;
	const struct item *items;
} kinds[] = {
	{ "tun", false, tun_items }, { "bridge", false, bridge_items }, { "bridge", true, bridge_port_items },
	{ "vxlan", false, vxlan_items }, { "macvlan", false, macvlan_items }, { "macvtap", false, macvlan_items },
	{ "ipvlan", false, ipvlan_items }, { "vlan", false, vlan_items }, { "vrf", false, vrf_items },
	{ "bond", false, bond_items }, { "vrf", true, vrf_port_items }, { "ipip", false, tunnel_items }, { "sit", false, tunnel_items },
	{ "ip6tnl", false, tunnel6_items }, { "gre", false, gre_items }, { "gretap", false, gre_items },
	{ NULL, false, none },
};
/* clang-format on */

/* As ip prints it: the priority in four digits, the address's bytes without leading zeros. */
static void put_bridge(
	struct shown *shown, json_t *json, const struct item *item, const struct nlattr *attribute)
{
	size_t size = 0;
	const unsigned char *id = attribute_data(attribute, &size);
	const char *text;

	if (size < 8)
		return;
	text = arena_printf(shown->arena, "%02x%02x.", id[0], id[1]);
	for (int i = 2; i < 8; i++)
		text = arena_printf(shown->arena, "%s%s%x", text, i > 2 ? ":" : "", id[i]);
	json_put(json, item->key, "%s", text);
}

static bool is_zero(const struct nlattr *attribute)
{
	size_t size = 0;
	const unsigned char *bytes = attribute_data(attribute, &size);

	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

static void put_group(struct shown *shown, json_t *json, const struct item *item,
	const struct nlattr *attribute, int family)
{
	struct address address = shown_address(family, attribute);
	bool many = family == AF_INET6 ? address.bytes[0] == 0xff : (address.bytes[0] & 0xf0) == 0xe0;
	const char *one = family == AF_INET6 ? "remote6" : "remote";

	if (!is_zero(attribute))
		shown_put_address(shown, json, many ? item->key : one, family, attribute,
			(uint8_t)(8 * family_size(family)));
}

static void put_ethertype(json_t *json, const struct item *item, uint16_t type)
{
	static const struct name types[] = { { "802.1Q", 0x8100 }, { "802.1ad", 0x88a8 }, { 0 } };
	const char *name = name_of(types, type);

	if (name)
		json_put(json, item->key, "%s", name);
	else
		json_put(json, item->key, "[%u]", type);
}

static void put_range(json_t *json, const struct item *item, const struct nlattr *attribute)
{
	size_t size = 0;
	const struct ifla_vxlan_port_range *range = attribute_data(attribute, &size);
	json_t *object;

	if (size < sizeof *range)
		return;
	object = json_new_object();
	json_put_new(json, item->key, object);
	json_put_number(object, "low", ntohs(range->low));
	json_put_number(object, "high", ntohs(range->high));
}

static void put_bits(json_t *json, const struct nlattr *attribute)
{
	static const struct name bits[] = { { "no_linklocal_learn", 1U << BR_BOOLOPT_NO_LL_LEARN },
		{ "mcast_vlan_snooping", 1U << BR_BOOLOPT_MCAST_VLAN_SNOOPING }, { 0 } };
	size_t size = 0;
	const struct br_boolopt_multi *options = attribute_data(attribute, &size);

	for (const struct name *bit = bits; size >= sizeof *options && bit->name; bit++)
		if (options->optmask & bit->number)
			json_put_number(json, bit->name, !!(options->optval & bit->number));
}

static uint32_t first_word(const struct nlattr *attribute)
{
	size_t size = 0;
	const void *bytes = attribute_data(attribute, &size);
	uint32_t word = 0;

	if (size >= sizeof word)
		memcpy(&word, bytes, sizeof word);
	return word;
}

static void put_item(
	struct shown *shown, json_t *json, const struct item *item, const struct nlattr *attribute)
{
	uint32_t number = attribute_number(attribute, 0);

	switch (item->form) {
	case FORM_NUMBER: json_put_number(json, item->key, number); break;
	case FORM_NAME: shown_put_name(json, item->key, item->names, number); break;
	case FORM_FLAGS: shown_put_flags(json, item->key, item->names, first_word(attribute)); break;
	case FORM_BOOL: json_put_new(json, item->key, json_boolean(number)); break;
	case FORM_TRUE:
		if (number)
			shown_put_true(json, item->key);
		break;
	case FORM_PRESENT: shown_put_true(json, item->key); break;
	case FORM_NONZERO:
		if (number)
			json_put_number(json, item->key, number);
		break;
	case FORM_HEX_NONZERO:
		if (!number)
			break;
		json_put(json, item->key, "0x%x", number);
		break;
	case FORM_HEX: json_put(json, item->key, "0x%x", number); break;
	case FORM_BE16: json_put_number(json, item->key, ntohs((uint16_t)number)); break;
	case FORM_ETHERTYPE: put_ethertype(json, item, ntohs((uint16_t)number)); break;
	case FORM_IP4:
		if (!is_zero(attribute))
			shown_put_address(shown, json, item->key, AF_INET, attribute, 32);
		break;
	case FORM_IP6:
		if (!is_zero(attribute))
			shown_put_address(shown, json, item->key, AF_INET6, attribute, 128);
		break;
	case FORM_GROUP4: put_group(shown, json, item, attribute, AF_INET); break;
	case FORM_GROUP6: put_group(shown, json, item, attribute, AF_INET6); break;
	case FORM_DEVICE:
		if (number)
			shown_put_device(shown, json, item->key, number);
		break;
	case FORM_MAC: shown_put_link_address(shown, json, item->key, 1, attribute); break;
	case FORM_BRIDGE: put_bridge(shown, json, item, attribute); break;
	case FORM_HUNDREDTHS: json_put_new(json, item->key, json_real(number / 100.0)); break;
	case FORM_BOOLOPT: put_bits(json, attribute); break;
	case FORM_RANGE: put_range(json, item, attribute); break;
	case FORM_KEY:
		if (number)
			shown_put_address(shown, json, item->key, AF_INET, attribute, 32);
		break;
	}
}

void link_put_kind(
	struct shown *shown, json_t *object, const char *kind, const struct nlattr *data, bool slave)
{
	json_t *json;
	size_t i = 0;

	while (kinds[i].kind && (kinds[i].slave != slave || strcmp(kinds[i].kind, kind) != 0))
		i++;
	if (!kinds[i].kind)
		return;
	json = json_new_object();
	json_put_new(object, slave ? "info_slave_data" : "info_data", json);
	for (const struct item *item = kinds[i].items; item->key; item++) {
		const struct nlattr *attribute = nested_attribute(data, item->type);

		if (attribute)
			put_item(shown, json, item, attribute);
	}
}
