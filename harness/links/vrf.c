/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_link.h>

#include "lab/link.h"

/* clang-format off */
static const struct field fields[] = {
	{ .word = "table", .type = &type_table, .attribute = IFLA_VRF_TABLE, .flags = FIELD_REQUIRED, .what = "that the devices enslaved to it route by" },
	{ 0 },
};
/* clang-format on */

const struct link_kind link_vrf = {
	.name = "vrf",
	.what = "a routing domain: what comes in by the devices enslaved to it, or is sent by a socket bound "
		"to "
		"it, is routed by its table",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.fields = fields,
};
