/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/tunnel.h"

static const struct name modes[] = { { "any", 0 }, { "ip6ip6", IPPROTO_IPV6 }, { "ipip6", IPPROTO_IPIP },
	{ 0 } };

TUNNEL_FLAGS_OVER_IPV6(IFLA_IPTUN);

/* clang-format off */
static const struct field fields[] = {
	{ .word = "mode", .type = &type_word, .names = modes, .attribute = IFLA_IPTUN_PROTO, .fallback = "any", .what = "what it carries: IPv6, IPv4, or both" },
	TUNNEL_OVER_IPV6(IFLA_IPTUN),
	{ 0 },
};
/* clang-format on */

const struct link_kind link_ip6tnl = {
	.name = "ip6tnl",
	.what = "a tunnel of IP in IPv6; ip6tnl0 is the kernel's own",
	.made = LINK_BY_REQUEST,
	.lower = LOWER_OPTIONAL,
	.lower_attribute = IFLA_IPTUN_LINK,
	.moved = true,
	.whole = true,
	.fields = fields,
	.settle = tunnel_settle,
};
