/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/tunnel.h"

const struct link_kind link_gre = {
	.name = "gre",
	.what = "a tunnel of IP in GRE over IPv4; gre0 and gretap0 are the kernel's own",
	.made = LINK_BY_REQUEST,
	.inherits = true,
	.lower = LOWER_OPTIONAL,
	.lower_attribute = IFLA_GRE_LINK,
	.moved = true,
	.whole = true,
	.fields = gre_fields,
	.settle = tunnel_settle,
};
