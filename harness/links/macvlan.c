/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_link.h>

#include "lab/link.h"

static const struct name modes[] = { { "private", MACVLAN_MODE_PRIVATE }, { "vepa", MACVLAN_MODE_VEPA },
	{ "bridge", MACVLAN_MODE_BRIDGE }, { "passthru", MACVLAN_MODE_PASSTHRU },
	{ "source", MACVLAN_MODE_SOURCE }, { 0 } };

/* clang-format off */
static const struct field fields[] = {
	{ .word = "mode", .type = &type_word, .names = modes, .as = ENCODE_U32, .attribute = IFLA_MACVLAN_MODE, .what = "whom of the same lower device it reaches: bridge all of them, private none; vepa, unless given, those whose frames a switch outside sends back" },
	{ .word = "bcqueuelen", .type = &type_u32, .attribute = IFLA_MACVLAN_BC_QUEUE_LEN, .what = "how many broadcasts may wait" },
	{ 0 },
};
/* clang-format on */

const struct link_kind link_macvlan = {
	.name = "macvlan",
	.what = "a further MAC address on the device that \"link\" names, often of another namespace",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.lower = LOWER_REQUIRED,
	.fields = fields,
};
