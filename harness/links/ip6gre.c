/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/tunnel.h"

const struct link_kind link_ip6gre = {
	.name = "ip6gre",
	.what = "a tunnel of IP in GRE over IPv6; ip6gre0 is the kernel's own",
	.made = LINK_BY_REQUEST,
	.lower = LOWER_OPTIONAL,
	.lower_attribute = IFLA_GRE_LINK,
	.moved = true,
	.whole = true,
	.fields = gre6_fields,
	.settle = tunnel_settle,
};
