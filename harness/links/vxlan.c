/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_link.h>
#include <sys/socket.h>

#include "lab/link.h"

static const struct field ttl_inherit = { .type = &type_flag, .attribute = IFLA_VXLAN_TTL_INHERIT };

/* A word for no number: beyond 8 bits, so that the attribute is 0. */
static const struct name ttls[] = { { "inherit", 0x100 }, { 0 } };
static const struct name service_types[] = { { "inherit", 1 }, { 0 } };
static const struct name fragments[] = { { "unset", VXLAN_DF_UNSET }, { "set", VXLAN_DF_SET },
	{ "inherit", VXLAN_DF_INHERIT }, { 0 } };
static const struct name none[] = { { "none", 0 }, { 0 } };
static const struct name unlimited[] = { { "unlimited", 0 }, { 0 } };

/* clang-format off */
static const struct field fields[] = {
	{ .word = "id", .type = &type_u32, .most = 16777215, .attribute = IFLA_VXLAN_ID, .what = "the network's number (VNI)" },
	{ .word = "local", .type = &type_either, .attribute = IFLA_VXLAN_LOCAL, .what = "the address that it sends from" },
	{ .word = "remote", .type = &type_either, .attribute = IFLA_VXLAN_GROUP, .what = "where frames go whose destination is not known; a multicast group needs \"link\"" },
	{ .word = "ttl", .alias = "hoplimit", .type = &type_name8, .names = ttls, .attribute = IFLA_VXLAN_TTL, .also = &ttl_inherit, .what = "of what it sends; 0: the namespace's own" },
	{ .word = "tos", .alias = "dsfield", .type = &type_dsfield, .names = service_types, .attribute = IFLA_VXLAN_TOS, .what = "of what it sends" },
	{ .word = "df", .type = &type_word, .names = fragments, .attribute = IFLA_VXLAN_DF, .what = "whether what it sends may be fragmented" },
	{ .word = "flowlabel", .type = &type_hexadecimal, .most = 0xfffff, .as = ENCODE_BE32, .attribute = IFLA_VXLAN_LABEL, .what = "of what it sends over IPv6" },
	{ .word = "dstport", .type = &type_be16, .attribute = IFLA_VXLAN_PORT, .what = "the UDP port that it sends to and listens on; 8472, Linux's own, unless given (IANA's is 4789)" },
	{ .word = "learning", .type = &type_switch, .attribute = IFLA_VXLAN_LEARNING, .fallback = "true", .what = "whether it learns behind whom a MAC address is" },
	{ .word = "proxy", .type = &type_switch, .attribute = IFLA_VXLAN_PROXY, .what = "true: it answers ARP for neighbours it knows" },
	{ .word = "rsc", .type = &type_switch, .attribute = IFLA_VXLAN_RSC, .what = "true: a frame to a router goes straight to the host behind it" },
	{ .word = "l2miss", .type = &type_switch, .attribute = IFLA_VXLAN_L2MISS, .what = "true: netlink tells of unknown MAC addresses" },
	{ .word = "l3miss", .type = &type_switch, .attribute = IFLA_VXLAN_L3MISS, .what = "true: netlink tells of unknown neighbours" },
	{ .word = "udpcsum", .type = &type_switch, .attribute = IFLA_VXLAN_UDP_CSUM, .what = "whether there are UDP checksums over IPv4" },
	{ .word = "udp6zerocsumtx", .type = &type_switch, .attribute = IFLA_VXLAN_UDP_ZERO_CSUM6_TX, .what = "true: none is sent over IPv6" },
	{ .word = "udp6zerocsumrx", .type = &type_switch, .attribute = IFLA_VXLAN_UDP_ZERO_CSUM6_RX, .what = "true: none is needed over IPv6" },
	{ .word = "ageing", .type = &type_name32, .names = none, .attribute = IFLA_VXLAN_AGEING, .what = "seconds until a learnt address is forgotten" },
	{ .word = "maxaddress", .type = &type_name32, .names = unlimited, .attribute = IFLA_VXLAN_LIMIT, .what = "how many addresses it learns" },
	{ .word = "external", .type = &type_switch, .attribute = IFLA_VXLAN_COLLECT_METADATA, .what = "true: routes with \"encap ip\" say where packets go, and there is no \"id\"" },
	{ .word = "gbp", .type = &type_flag, .attribute = IFLA_VXLAN_GBP, .what = "the group based policy extension" },
	{ 0 },
};

/* By the address's family, and whether it is a group, which ip has another word for. */
static const struct field local6 = { .word = "local", .type = &type_either, .attribute = IFLA_VXLAN_LOCAL6 };
static const struct field remotes[2][2] = {
	{ { .word = "remote", .type = &type_either, .attribute = IFLA_VXLAN_GROUP },
	  { .word = "group", .key = "remote", .type = &type_either, .attribute = IFLA_VXLAN_GROUP } },
	{ { .word = "remote", .type = &type_either, .attribute = IFLA_VXLAN_GROUP6 },
	  { .word = "group", .key = "remote", .type = &type_either, .attribute = IFLA_VXLAN_GROUP6 } },
};
/* clang-format on */

static bool is_multicast(const struct address *address)
{
	return address->family == AF_INET6 ? address->bytes[0] == 0xff : (address->bytes[0] & 0xf0) == 0xe0;
}

static const char *settle(const struct reading *reading, struct link *link)
{
	struct value *local = (struct value *)value_of(&link->own, "local"),
		     *remote = (struct value *)value_of(&link->own, "remote"),
		     *learning = (struct value *)value_of(&link->own, "learning");
	bool external = value_number(&link->own, "external", false), group;

	(void)reading;
	if (!link->stands && external == !!json_object_get(link->json, "id"))
		return external ? "is \"external\" and has an \"id\"; allowed: one of both"
				: "lacks \"id\", the network's number; allowed: that, or \"external\"";
	if (local && remote && local->address.family != remote->address.family && local->address.family &&
		remote->address.family)
		return "has \"local\" and \"remote\" of two families; allowed: both IPv4 or both IPv6";
	if (local && is_multicast(&local->address))
		return "has a \"local\" that is a multicast group; allowed: the address of a host";
	if (local && local->address.family == AF_INET6)
		local->field = &local6;
	group = remote && is_multicast(&remote->address);
	if (group && !link->stands && !value_said(&link->values, "link"))
		return "sends to a multicast group; allowed: with \"link\", the device to send it by";
	if (remote)
		remote->field = &remotes[remote->address.family == AF_INET6][group];
	if (external && learning) /* as ip has it: an address without a network says little */
		learning->number = 0;
	return NULL;
}

const struct link_kind link_vxlan = {
	.name = "vxlan",
	.what = "Ethernet in UDP; with \"link\" in another namespace it sends there",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.lower = LOWER_OPTIONAL,
	.lower_attribute = IFLA_VXLAN_LINK,
	.fields = fields,
	.settle = settle,
};
