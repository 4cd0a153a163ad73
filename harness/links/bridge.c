/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_link.h>

#include "lab/link.h"

/* In ip's words; times are in hundredths of a second, as the kernel has them. */
/* clang-format off */
static const struct field fields[] = {
	{ .word = "stp_state", .type = &type_u32, .most = 2, .attribute = IFLA_BR_STP_STATE, .what = "1: the spanning tree protocol is spoken" },
	{ .word = "forward_delay", .type = &type_u32, .most = 3000, .attribute = IFLA_BR_FORWARD_DELAY, .what = "until a port forwards, where STP is spoken" },
	{ .word = "hello_time", .type = &type_u32, .least = 100, .most = 1000, .attribute = IFLA_BR_HELLO_TIME, .what = "between STP hellos" },
	{ .word = "max_age", .type = &type_u32, .least = 600, .most = 4000, .attribute = IFLA_BR_MAX_AGE, .what = "of STP's information" },
	{ .word = "ageing_time", .type = &type_u32, .attribute = IFLA_BR_AGEING_TIME, .what = "until a learnt address is forgotten" },
	{ .word = "priority", .type = &type_u16, .attribute = IFLA_BR_PRIORITY, .what = "of the bridge in STP" },
	{ .word = "vlan_filtering", .type = &type_u8, .most = 1, .attribute = IFLA_BR_VLAN_FILTERING, .what = "frames pass by VLAN" },
	{ .word = "vlan_default_pvid", .type = &type_u16, .most = 4094, .attribute = IFLA_BR_VLAN_DEFAULT_PVID, .what = "the VLAN of untagged frames" },
	{ .word = "mcast_snooping", .type = &type_u8, .most = 1, .attribute = IFLA_BR_MCAST_SNOOPING, .what = "multicast goes only where it is wanted" },
	{ 0 },
};
/* clang-format on */

const struct link_kind link_bridge = {
	.name = "bridge",
	.what = "an Ethernet switch in the kernel: other links are enslaved to it by \"master\"",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.fields = fields,
};
