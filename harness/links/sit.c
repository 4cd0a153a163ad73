/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/tunnel.h"

static const struct name modes[] = { { "any", 0 }, { "ip6ip", IPPROTO_IPV6 }, { "ipip", IPPROTO_IPIP },
	{ "mplsip", IPPROTO_MPLS }, { 0 } };

/* clang-format off */
static const struct field fields[] = {
	{ .word = "mode", .type = &type_word, .names = modes, .attribute = IFLA_IPTUN_PROTO, .fallback = "any", .what = "what it carries" },
	{ .word = "isatap", .type = &type_flag, .as = ENCODE_U16, .bits = SIT_ISATAP, .attribute = IFLA_IPTUN_FLAGS, .what = "true: the other end is found in the address inside (RFC 5214)" },
	TUNNEL_OVER_IPV4(IFLA_IPTUN),
	{ 0 },
};
/* clang-format on */

const struct link_kind link_sit = {
	.name = "sit",
	.what = "a tunnel of IPv6 in IPv4; sit0 is the kernel's own",
	.made = LINK_BY_REQUEST,
	.inherits = true,
	.lower = LOWER_OPTIONAL,
	.lower_attribute = IFLA_IPTUN_LINK,
	.moved = true,
	.whole = true,
	.fields = fields,
	.settle = tunnel_settle_ttl,
};
