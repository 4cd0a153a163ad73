/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_link.h>

#include "lab/link.h"

static const struct name modes[] = { { "l2", IPVLAN_MODE_L2 }, { "l3", IPVLAN_MODE_L3 },
	{ "l3s", IPVLAN_MODE_L3S }, { 0 } };

static const struct name flags[] = { { "bridge", 0 }, { "private", IPVLAN_F_PRIVATE },
	{ "vepa", IPVLAN_F_VEPA }, { 0 } };

/* clang-format off */
static const struct field fields[] = {
	{ .word = "mode", .type = &type_word, .names = modes, .as = ENCODE_U16, .attribute = IFLA_IPVLAN_MODE, .what = "l2: it asks for neighbours itself; l3, unless given: its lower device's namespace routes; l3s: that with netfilter" },
	{ .key = "flags", .type = &type_word, .names = flags, .as = ENCODE_U16, .attribute = IFLA_IPVLAN_FLAGS, .what = "whom of the same lower device it reaches: bridge all, private none, vepa those whose frames a switch outside sends back" },
	{ 0 },
};
/* clang-format on */

/* As ip has it: whoever says a mode says the flags too, to all that stand on the same device. */
static const char *settle(const struct reading *reading, struct link *link)
{
	if (!link->stands && value_said(&link->own, "mode") && !value_said(&link->own, "flags"))
		value_assume(reading, &link->own, &fields[1], "bridge");
	return NULL;
}

const struct link_kind link_ipvlan = {
	.name = "ipvlan",
	.what = "further IP addresses on the device that \"link\" names, whose MAC address it shares",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.inherits = true,
	.lower = LOWER_REQUIRED,
	.fields = fields,
	.settle = settle,
};
