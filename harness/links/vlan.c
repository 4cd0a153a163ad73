/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>

#include "lab/link.h"

static const struct name protocols[] = { { "802.1Q", ETH_P_8021Q }, { "802.1q", ETH_P_8021Q },
	{ "802.1ad", ETH_P_8021AD }, { "802.1AD", ETH_P_8021AD }, { 0 } };

#define FLAG(bit) .type = &type_boolean, .attribute = IFLA_VLAN_FLAGS, .as = ENCODE_MASKED, .bits = (bit)

/* clang-format off */
static const struct field fields[] = {
	{ .word = "protocol", .type = &type_word, .names = protocols, .as = ENCODE_BE16, .attribute = IFLA_VLAN_PROTOCOL, .what = "of the tag; 802.1Q unless given" },
	{ .word = "id", .type = &type_u16, .most = 4094, .attribute = IFLA_VLAN_ID, .flags = FIELD_REQUIRED, .what = "the VLAN's number" },
	{ .word = "reorder_hdr", FLAG(VLAN_FLAG_REORDER_HDR), .what = "off: programs that look at packets see the tag; on unless given" },
	{ .word = "loose_binding", FLAG(VLAN_FLAG_LOOSE_BINDING), .what = "on: it is up or down whatever its lower device is" },
	{ .word = "bridge_binding", FLAG(VLAN_FLAG_BRIDGE_BINDING), .what = "on: over a bridge it has a carrier only while a port of its VLAN has" },
	{ 0 },
};
/* clang-format on */

const struct link_kind link_vlan = {
	.name = "vlan",
	.what = "the frames with one VLAN's tag on the device that \"link\" names, whose MAC address it has",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.inherits = true,
	.lower = LOWER_REQUIRED,
	.fields = fields,
};
