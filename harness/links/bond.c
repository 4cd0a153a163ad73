/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_bonding.h>
#include <linux/if_link.h>

#include "lab/link.h"

/* Of BOND_MODE_... and, for the rest, of the kernel's Documentation/networking/bonding.rst. */
static const struct name modes[] = { { "balance-rr", BOND_MODE_ROUNDROBIN },
	{ "active-backup", BOND_MODE_ACTIVEBACKUP }, { "balance-xor", BOND_MODE_XOR },
	{ "broadcast", BOND_MODE_BROADCAST }, { "802.3ad", BOND_MODE_8023AD },
	{ "balance-tlb", BOND_MODE_TLB }, { "balance-alb", BOND_MODE_ALB }, { 0 } };
static const struct name reselections[] = { { "always", 0 }, { "better", 1 }, { "failure", 2 }, { 0 } };
static const struct name fail_over_macs[] = { { "none", 0 }, { "active", 1 }, { "follow", 2 }, { 0 } };
static const struct name policies[] = { { "layer2", BOND_XMIT_POLICY_LAYER2 },
	{ "layer3+4", BOND_XMIT_POLICY_LAYER34 }, { "layer2+3", BOND_XMIT_POLICY_LAYER23 },
	{ "encap2+3", BOND_XMIT_POLICY_ENCAP23 }, { "encap3+4", BOND_XMIT_POLICY_ENCAP34 },
	{ "vlan+srcmac", BOND_XMIT_POLICY_VLAN_SRCMAC }, { 0 } };
static const struct name rates[] = { { "slow", 0 }, { "fast", 1 }, { 0 } };
static const struct name selections[] = { { "stable", 0 }, { "bandwidth", 1 }, { "count", 2 }, { 0 } };

/* clang-format off */
static const struct field fields[] = {
	{ .word = "mode", .type = &type_word, .names = modes, .attribute = IFLA_BOND_MODE, .what = "how it chooses among those enslaved to it; balance-rr unless given" },
	{ .word = "active_slave", .type = &type_device, .attribute = IFLA_BOND_ACTIVE_SLAVE, .what = "in a change: the one of an active-backup bond that is used from now on" },
	{ .word = "miimon", .type = &type_u32, .most = 2147483647, .attribute = IFLA_BOND_MIIMON, .what = "milliseconds between looks at the carrier; 0, never, unless given" },
	{ .word = "updelay", .type = &type_u32, .most = 2147483647, .attribute = IFLA_BOND_UPDELAY, .what = "milliseconds that a carrier must last" },
	{ .word = "downdelay", .type = &type_u32, .most = 2147483647, .attribute = IFLA_BOND_DOWNDELAY, .what = "milliseconds that a carrier must be missed" },
	{ .word = "use_carrier", .type = &type_u8, .most = 1, .attribute = IFLA_BOND_USE_CARRIER, .what = "1: the carrier is what the driver says" },
	{ .word = "primary", .type = &type_device, .attribute = IFLA_BOND_PRIMARY, .what = "the one that is used while it has a carrier" },
	{ .word = "primary_reselect", .type = &type_word, .names = reselections, .attribute = IFLA_BOND_PRIMARY_RESELECT, .what = "when the primary one is used again" },
	{ .word = "fail_over_mac", .type = &type_word, .names = fail_over_macs, .attribute = IFLA_BOND_FAIL_OVER_MAC, .what = "whose MAC address it has" },
	{ .word = "xmit_hash_policy", .type = &type_word, .names = policies, .attribute = IFLA_BOND_XMIT_HASH_POLICY, .what = "by what packets are spread" },
	{ .word = "resend_igmp", .type = &type_u32, .most = 255, .attribute = IFLA_BOND_RESEND_IGMP, .what = "how many membership reports follow a change of the active one" },
	{ .word = "num_grat_arp", .type = &type_u8, .attribute = IFLA_BOND_NUM_PEER_NOTIF, .what = "how many ARP and neighbour announcements follow one" },
	{ .word = "all_slaves_active", .type = &type_u8, .most = 1, .attribute = IFLA_BOND_ALL_SLAVES_ACTIVE, .what = "1: what comes in by one that is not active is taken too" },
	{ .word = "min_links", .type = &type_u32, .most = 2147483647, .attribute = IFLA_BOND_MIN_LINKS, .what = "how many must have a carrier, or the bond has none" },
	{ .word = "packets_per_slave", .type = &type_u32, .most = 65535, .attribute = IFLA_BOND_PACKETS_PER_SLAVE, .what = "of balance-rr, before it is the next one's turn" },
	{ .word = "tlb_dynamic_lb", .type = &type_u8, .most = 1, .attribute = IFLA_BOND_TLB_DYNAMIC_LB, .what = "1: balance-tlb goes by load" },
	{ .word = "lacp_rate", .type = &type_word, .names = rates, .attribute = IFLA_BOND_AD_LACP_RATE, .what = "of 802.3ad: how often the other end shall speak" },
	{ .word = "ad_select", .type = &type_word, .names = selections, .attribute = IFLA_BOND_AD_SELECT, .what = "of 802.3ad: which group of them is used" },
	{ 0 },
};
/* clang-format on */

static const char *settle(const struct reading *reading, struct link *link)
{
	(void)reading;
	if (!link->stands && value_said(&link->own, "active_slave"))
		return "has an \"active_slave\" before anything is enslaved to it; allowed: in a change";
	return NULL;
}

const struct link_kind link_bond = {
	.name = "bond",
	.what = "several Ethernet devices as one: they are enslaved to it by \"master\"",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.fields = fields,
	.settle = settle,
};
