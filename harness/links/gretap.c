/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/tunnel.h"

const struct link_kind link_gretap = {
	.name = "gretap",
	.what = "a tunnel of Ethernet in GRE over IPv4",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
	.lower = LOWER_OPTIONAL,
	.lower_attribute = IFLA_GRE_LINK,
	.moved = true,
	.whole = true,
	.fields = gre_fields,
	.settle = tunnel_settle,
};
