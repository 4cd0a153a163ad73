/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRE (RFC 2784, 2890): what is said for both directions, and what for one. */
#include "lab/tunnel.h"

/* RFC 2890, 2; the kernel has them in network order. */
enum { KEY_PRESENT = 0x2000, SEQUENCE_PRESENT = 0x1000, CHECKSUM_PRESENT = 0x8000 };

/* clang-format off */

#define IN(bit) .as = ENCODE_BE16, .attribute = IFLA_GRE_IFLAGS, .bits = (bit)
#define OUT(bit) .as = ENCODE_BE16, .attribute = IFLA_GRE_OFLAGS, .bits = (bit)

static const struct field key_in = { .type = &type_flag, IN(KEY_PRESENT) };
static const struct field key_out = { .type = &type_flag, OUT(KEY_PRESENT) };
static const struct field key_both = { .type = &type_flag, OUT(KEY_PRESENT), .also = &key_in };
static const struct field same_key_out = { .type = &type_key, .attribute = IFLA_GRE_OKEY, .also = &key_both };
static const struct field sequence_out = { .type = &type_switch, OUT(SEQUENCE_PRESENT) };
static const struct field checksum_out = { .type = &type_switch, OUT(CHECKSUM_PRESENT) };

#define GRE_FIELDS \
	{ .word = "key", .type = &type_key, .attribute = IFLA_GRE_IKEY, .also = &same_key_out, .what = "the key of packets both ways" }, \
	{ .word = "ikey", .type = &type_key, .attribute = IFLA_GRE_IKEY, .also = &key_in, .what = "the key that packets come in with" }, \
	{ .word = "okey", .type = &type_key, .attribute = IFLA_GRE_OKEY, .also = &key_out, .what = "the key that packets leave with" }, \
	{ .word = "seq", .type = &type_switch, IN(SEQUENCE_PRESENT), .also = &sequence_out, .fallback = "false", .what = "sequence numbers both ways" }, \
	{ .word = "iseq", .type = &type_switch, IN(SEQUENCE_PRESENT), .what = "sequence numbers of what comes in, which must be in order" }, \
	{ .word = "oseq", .type = &type_switch, OUT(SEQUENCE_PRESENT), .what = "sequence numbers of what leaves" }, \
	{ .word = "csum", .type = &type_switch, IN(CHECKSUM_PRESENT), .also = &checksum_out, .fallback = "false", .what = "checksums both ways" }, \
	{ .word = "icsum", .type = &type_switch, IN(CHECKSUM_PRESENT), .what = "checksums of what comes in" }, \
	{ .word = "ocsum", .type = &type_switch, OUT(CHECKSUM_PRESENT), .what = "checksums of what leaves" }

const struct field gre_fields[] = {
	TUNNEL_OVER_IPV4(IFLA_GRE),
	GRE_FIELDS,
	{ .word = "ignore-df", .type = &type_switch, .attribute = IFLA_GRE_IGNORE_DF, .what = "a packet inside may be fragmented though it says no" },
	{ 0 },
};

TUNNEL_FLAGS_OVER_IPV6(IFLA_GRE);

const struct field gre6_fields[] = {
	TUNNEL_OVER_IPV6(IFLA_GRE),
	GRE_FIELDS,
	{ 0 },
};
/* clang-format on */
