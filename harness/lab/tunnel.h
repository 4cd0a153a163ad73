/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tunnels have in common: rows of fields whose attributes have the same names in IFLA_GRE_... and in
 * IFLA_IPTUN_... (linux/if_tunnel.h). What is sent where nothing is said is what ip sends.
 */
#ifndef TUNLAB_TUNNEL_H
#define TUNLAB_TUNNEL_H

#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/in.h>
#include <linux/ip6_tunnel.h>

#include "lab/link.h"

enum {
	/* In an IPv6 header's first 32 bits: RFC 8200, 3 */
	FLOW_CLASS = 0x0ff00000,
	FLOW_LABEL = 0x000fffff,
	/* Words that are no number of their field: beyond it, so that only the bits within it are sent. */
	CLASS_INHERIT = 0x100,
	LABEL_INHERIT = 0x100000,
	LIMIT_DEFAULT = IPV6_DEFAULT_TNL_ENCAP_LIMIT,
	LIMIT_NONE = 0x100 + LIMIT_DEFAULT,
};

extern const struct name tunnel_ttls[], tunnel_services[], tunnel_encaps[], tunnel_ports[], tunnel_classes[],
	tunnel_labels[], tunnel_limits[], tunnel_inherit[];

/* Checks what no field of a tunnel can check alone; a settle function of kinds. */
const char *tunnel_settle(const struct reading *reading, struct link *link);

/* The same for those that ip lets have no TTL of their own without path MTU discovery. */
const char *tunnel_settle_ttl(const struct reading *reading, struct link *link);

/* clang-format off */

#define TUNNEL_ENDS(p, host) \
	{ .word = "remote", .type = (host), .attribute = p##_REMOTE, .what = "the address of the other end; any unless given" }, \
	{ .word = "local", .type = (host), .attribute = p##_LOCAL, .what = "the address that it sends from and is reached at; any unless given" }

#define TUNNEL_ENCAP(p, csum6) \
	{ .word = "fwmark", .type = &type_u32, .attribute = p##_FWMARK, .fallback = "0", .what = "the mark that its packets are routed by" }, \
	{ .word = "encap", .type = &type_word, .names = tunnel_encaps, .as = ENCODE_U16, .attribute = p##_ENCAP_TYPE, .fallback = "none", .what = "fou or gue: in UDP, whose other end must be told of it by other means" }, \
	{ .word = "encap-sport", .type = &type_name32, .names = tunnel_ports, .most = 65535, .as = ENCODE_BE16, .attribute = p##_ENCAP_SPORT, .fallback = "auto", .what = "the UDP source port" }, \
	{ .word = "encap-dport", .type = &type_be16, .attribute = p##_ENCAP_DPORT, .fallback = "0", .what = "the UDP destination port" }, \
	{ .word = "encap-csum", .type = &type_switch, .as = ENCODE_U16, .bits = TUNNEL_ENCAP_FLAG_CSUM, .attribute = p##_ENCAP_FLAGS, .fallback = "false", .what = "UDP checksums over IPv4" }, \
	{ .word = "encap-udp6-csum", .type = &type_switch, .as = ENCODE_U16, .bits = TUNNEL_ENCAP_FLAG_CSUM6, .attribute = p##_ENCAP_FLAGS, .fallback = (csum6), .what = "UDP checksums over IPv6" }, \
	{ .word = "encap-remcsum", .type = &type_switch, .as = ENCODE_U16, .bits = TUNNEL_ENCAP_FLAG_REMCSUM, .attribute = p##_ENCAP_FLAGS, .fallback = "false", .what = "remote checksum offload" }, \
	{ .word = "external", .type = &type_flag, .attribute = p##_COLLECT_METADATA, .what = "true: routes with \"encap ip\" say where packets go, and nothing else is said here" }

#define TUNNEL_OVER_IPV4(p) \
	TUNNEL_ENDS(p, &type_ipv4), \
	{ .word = "ttl", .type = &type_name8, .names = tunnel_ttls, .attribute = p##_TTL, .fallback = "inherit", .what = "of what it sends; inherit: of the packet inside" }, \
	{ .word = "tos", .type = &type_dsfield, .names = tunnel_services, .attribute = p##_TOS, .fallback = "0", .what = "of what it sends; inherit: of the packet inside" }, \
	{ .word = "pmtudisc", .type = &type_switch, .attribute = p##_PMTUDISC, .fallback = "true", .what = "whether what it sends must not be fragmented, and a packet too long for that is refused" }, \
	TUNNEL_ENCAP(p, "false")

/* The flags of a tunnel over IPv6 that words of other fields set. */
#define TUNNEL_FLAG(name, p, bit) \
	static const struct field name = { .type = &type_flag, .as = ENCODE_U32, .bits = (bit), .attribute = p##_FLAGS }

#define TUNNEL_FLAGS_OVER_IPV6(p) \
	TUNNEL_FLAG(no_limit, p, IP6_TNL_F_IGN_ENCAP_LIMIT); \
	TUNNEL_FLAG(inner_class, p, IP6_TNL_F_USE_ORIG_TCLASS); \
	TUNNEL_FLAG(inner_label, p, IP6_TNL_F_USE_ORIG_FLOWLABEL)

#define TUNNEL_OVER_IPV6(p) \
	TUNNEL_ENDS(p, &type_ipv6), \
	{ .word = "hoplimit", .type = &type_name8, .names = tunnel_ttls, .attribute = p##_TTL, .fallback = "64", .what = "of what it sends; inherit: of the packet inside" }, \
	{ .word = "encaplimit", .type = &type_name8, .names = tunnel_limits, .attribute = p##_ENCAP_LIMIT, .also = &no_limit, .fallback = "4", .what = "how many tunnels more may be around it (RFC 2473, 4.1.1); none: it does not say" }, \
	{ .word = "tclass", .type = &type_dsfield, .names = tunnel_classes, .as = ENCODE_BE32, .bits = FLOW_CLASS, .attribute = p##_FLOWINFO, .also = &inner_class, .fallback = "0", .what = "the traffic class of what it sends; inherit: of the packet inside" }, \
	{ .word = "flowlabel", .type = &type_hexadecimal, .names = tunnel_labels, .most = FLOW_LABEL, .as = ENCODE_BE32, .bits = FLOW_LABEL, .attribute = p##_FLOWINFO, .also = &inner_label, .fallback = "0", .what = "of what it sends; inherit: of the packet inside" }, \
	{ .word = "dscp", .type = &type_word, .names = tunnel_inherit, .as = ENCODE_U32, .bits = IP6_TNL_F_RCV_DSCP_COPY, .attribute = p##_FLAGS, .what = "inherit: the packet inside gets the DSCP of the one outside" }, \
	{ .word = "allow-localremote", .type = &type_switch, .as = ENCODE_U32, .bits = IP6_TNL_F_ALLOW_LOCAL_REMOTE, .attribute = p##_FLAGS, .fallback = "false", .what = "the other end may be an address of this namespace" }, \
	TUNNEL_ENCAP(p, "true")

/* clang-format on */

/* The fields of GRE over IPv4 and over IPv6, whether it carries IP or Ethernet. */
extern const struct field gre_fields[], gre6_fields[];

#endif
