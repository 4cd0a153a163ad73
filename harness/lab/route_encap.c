/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lightweight tunnels: what a route's packets are carried in (ip-route(8), "encap"). */
#include <arpa/inet.h>
#include <linux/lwtunnel.h>
#include <linux/mpls.h>
#include <linux/mpls_iptunnel.h>
#include <linux/rtnetlink.h>
#include <linux/seg6.h>
#include <linux/seg6_hmac.h>
#include <linux/seg6_iptunnel.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/route.h"

enum { LABELS_MOST = 64, SEGMENTS_MOST = 62, SEGMENT_ROUTING = 4 /* of the types of routing headers */ };

/* The labels of a stack such as 100/200, as MPLS has them on the wire (RFC 3032); 0: it is none. */
static size_t labels_read(struct arena *arena, const char *text, struct mpls_label labels[LABELS_MOST])
{
	for (size_t count = 0; count < LABELS_MOST; count++) {
		size_t length = strcspn(text, "/");
		uint64_t label;

		if (!number_read(arena_copy(arena, text, length), &label) || label > 0xfffff)
			return 0;
		labels[count].entry = htonl((uint32_t)label << MPLS_LS_LABEL_SHIFT);
		if (!text[length]) {
			labels[count].entry |= htonl(1 << MPLS_LS_S_SHIFT);
			return count + 1;
		}
		text += length + 1;
	}
	return 0;
}

/* The segments of a list such as 2001:db8::1,2001:db8::2; 0: it is none. */
static size_t segments_read(struct arena *arena, const char *text, struct in6_addr segments[SEGMENTS_MOST])
{
	for (size_t count = 0; count < SEGMENTS_MOST; count++) {
		size_t length = strcspn(text, ",");

		if (inet_pton(AF_INET6, arena_copy(arena, text, length), &segments[count]) != 1)
			return 0;
		if (!text[length])
			return count + 1;
		text += length + 1;
	}
	return 0;
}

static const char *keep_text(const struct reading *reading, const char *text, struct value *out)
{
	out->text = arena_printf(reading->arena, "%s", text);
	return NULL;
}

static const char *read_labels(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	struct mpls_label labels[LABELS_MOST];

	(void)field;
	return labels_read(reading->arena, text, labels) ? keep_text(reading, text, out)
							 : "not a stack of labels";
}

static const char *read_segments(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	struct in6_addr segments[SEGMENTS_MOST];

	(void)field;
	return segments_read(reading->arena, text, segments) ? keep_text(reading, text, out)
							     : "not a list of IPv6 addresses";
}

/* `ip -j` prints an array. */
static const char *segments_as_text(const struct reading *reading, const json_t *json)
{
	const char *text = NULL;
	size_t i;
	json_t *segment;

	json_array_foreach ((json_t *)json, i, segment) {
		if (!json_is_string(segment))
			return NULL;
		text = arena_printf(reading->arena, "%s%s%s", text ? text : "", text ? "," : "",
			json_string_value(segment));
	}
	return text;
}

static void print_text(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const char *read_of_family(
	const struct reading *reading, const char *text, int family, struct value *out)
{
	const char *wrong = address_read_as_ip(reading->arena, text, false, &out->address);

	return wrong ? wrong : out->address.family != family ? "an address of the other family" : NULL;
}

static const char *read_ipv4(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return read_of_family(reading, text, AF_INET, out);
}

static const char *read_ipv6(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return read_of_family(reading, text, AF_INET6, out);
}

static void print_address(FILE *to, const struct value *value)
{
	address_write(to, &value->address);
}

/* clang-format off */
static const struct type type_labels = {
	.allowed = "MPLS labels from 0 to 1048575 with / between, such as 100/200",
	.read = read_labels, .print = print_text, .encoding = ENCODE_NOTHING,
};
const struct type type_segments = {
	.allowed = "IPv6 addresses with commas between",
	.read = read_segments, .print = print_text, .encoding = ENCODE_NOTHING, .only_string = true,
	.as_text = segments_as_text, .listed = true,
};
static const struct type type_outer4 = {
	.allowed = "an IPv4 address",
	.read = read_ipv4, .print = print_address, .encoding = ENCODE_BYTES,
};
static const struct type type_outer6 = {
	.allowed = "an IPv6 address",
	.read = read_ipv6, .print = print_address, .encoding = ENCODE_BYTES,
};

const struct name seg6_modes[] = { { "inline", SEG6_IPTUN_MODE_INLINE }, { "encap", SEG6_IPTUN_MODE_ENCAP },
	{ "l2encap", SEG6_IPTUN_MODE_L2ENCAP }, { "encap.red", 3 }, { "l2encap.red", 4 }, { 0 } };

static const struct field mpls_fields[] = {
	{ .key = "dst", .type = &type_labels, .attribute = MPLS_IPTUNNEL_DST, .flags = FIELD_LEADS, .what = "the labels, outermost first" },
	{ .word = "ttl", .type = &type_u8, .attribute = MPLS_IPTUNNEL_TTL, .what = "the time to live of the labels" },
	{ 0 },
};

static const struct field ip_fields[] = {
	{ .word = "id", .type = &type_u64, .what = "the tunnel's key" },
	{ .word = "dst", .type = &type_outer4, .attribute = LWTUNNEL_IP_DST, .what = "the outer destination" },
	{ .word = "src", .type = &type_outer4, .attribute = LWTUNNEL_IP_SRC, .what = "the outer source" },
	{ .word = "tos", .type = &type_dsfield, .names = route_tos_words, .attribute = LWTUNNEL_IP_TOS, .what = "the outer type of service" },
	{ .word = "ttl", .type = &type_u8, .attribute = LWTUNNEL_IP_TTL, .what = "the outer time to live" },
	{ .word = "key", .type = &type_flag, .what = "the key is sent" },
	{ .word = "csum", .type = &type_flag, .what = "a checksum is sent" },
	{ .word = "seq", .type = &type_flag, .what = "sequence numbers are sent" },
	{ 0 },
};

static const struct field ip6_fields[] = {
	{ .word = "id", .type = &type_u64, .what = "the tunnel's key" },
	{ .word = "dst", .type = &type_outer6, .attribute = LWTUNNEL_IP6_DST, .what = "the outer destination" },
	{ .word = "src", .type = &type_outer6, .attribute = LWTUNNEL_IP6_SRC, .what = "the outer source" },
	{ .word = "tc", .type = &type_dsfield, .names = route_tos_words, .attribute = LWTUNNEL_IP6_TC, .what = "the outer traffic class" },
	{ .word = "hoplimit", .type = &type_u8, .attribute = LWTUNNEL_IP6_HOPLIMIT, .what = "the outer hop limit" },
	{ .word = "key", .type = &type_flag, .what = "the key is sent" },
	{ .word = "csum", .type = &type_flag, .what = "a checksum is sent" },
	{ .word = "seq", .type = &type_flag, .what = "sequence numbers are sent" },
	{ 0 },
};

static const struct field seg6_fields[] = {
	{ .word = "mode", .type = &type_word, .names = seg6_modes, .what = "what becomes of the packet" },
	{ .word = "segs", .type = &type_segments, .what = "the segments, in the order of the way" },
	{ .word = "hmac", .type = &type_u32, .what = "the key that the segments are signed with" },
	{ 0 },
};

const struct field encap_fields[] = {
	{ .word = "mpls", .type = &type_flag, .attribute = LWTUNNEL_ENCAP_MPLS, .group = mpls_fields, .what = "MPLS labels" },
	{ .word = "ip", .type = &type_flag, .attribute = LWTUNNEL_ENCAP_IP, .group = ip_fields, .what = "IPv4, by a tunnel that takes its addresses from the route" },
	{ .word = "ip6", .type = &type_flag, .attribute = LWTUNNEL_ENCAP_IP6, .group = ip6_fields, .what = "IPv6, by a tunnel that takes its addresses from the route" },
	{ .word = "seg6", .type = &type_flag, .attribute = LWTUNNEL_ENCAP_SEG6, .group = seg6_fields, .what = "segment routing over IPv6 (RFC 8754)" },
	{ 0 },
};
/* clang-format on */

static const struct field *seg6_field(const char *key)
{
	for (const struct field *field = seg6_fields; field->word; field++)
		if (!strcmp(field->word, key))
			return field;
	return NULL;
}

const char *encap_gather(struct arena *arena, struct values *values)
{
	struct value *encap = (struct value *)value_of(values, "encap");
	struct values kept = { 0 }, *inside = NULL;

	if (encap && encap->group.count == 1 && encap->group.at[0].field->group == seg6_fields)
		inside = &encap->group.at[0].group;
	for (size_t i = 0; i < values->count; i++) {
		struct value value = values->at[i];

		if (value.field->word || !seg6_field(value.field->key)) {
			values_add(arena, &kept, &value);
			continue;
		}
		if (!inside)
			return arena_printf(arena, "%s: belongs to an \"encap\" of seg6; allowed: beside one",
				value.field->key);
		value.field = seg6_field(value.field->key);
		values_add(arena, inside, &value);
	}
	*values = kept;
	return NULL;
}

const char *encap_wrong(const struct values *encap)
{
	const struct values *inside = encap->count ? &encap->at[0].group : NULL;

	if (encap->count != 1)
		return "encap: is not of one kind; allowed: mpls, ip, ip6 or seg6";
	if (encap->at[0].field->group == mpls_fields && !value_said(inside, "dst"))
		return "encap mpls: lacks the labels; allowed: such as 100/200";
	if (encap->at[0].field->group == seg6_fields &&
		(!value_said(inside, "mode") || !value_said(inside, "segs")))
		return "encap seg6: lacks its mode or segments; allowed: mode MODE segs ADDRESS,ADDRESS";
	return NULL;
}

static void put_labels(struct arena *arena, const struct values *mpls, struct attributes *to)
{
	struct mpls_label labels[LABELS_MOST];
	size_t count = labels_read(arena, value_text(mpls, "dst"), labels);

	attribute_bytes(arena, to, MPLS_IPTUNNEL_DST, labels, count * sizeof *labels);
}

/* The identifier and the flags are big-endian in the kernel. */
static void put_tunnel(struct arena *arena, const struct values *tunnel, struct attributes *to)
{
	uint64_t number = value_number(tunnel, "id", 0);
	uint32_t id[2] = { htonl((uint32_t)(number >> 32)), htonl((uint32_t)number) };
	uint16_t flags = htons(
		(uint16_t)((value_said(tunnel, "csum") ? 0x01 : 0) | (value_said(tunnel, "key") ? 0x04 : 0) |
			   (value_said(tunnel, "seq") ? 0x08 : 0)));

	_Static_assert((int)LWTUNNEL_IP_ID == LWTUNNEL_IP6_ID && (int)LWTUNNEL_IP_FLAGS == LWTUNNEL_IP6_FLAGS,
		"the same for both families");
	if (value_said(tunnel, "id"))
		attribute_bytes(arena, to, LWTUNNEL_IP_ID, id, sizeof id);
	if (flags)
		attribute_bytes(arena, to, LWTUNNEL_IP_FLAGS, &flags, sizeof flags);
}

/*
 * The mode and the routing header (RFC 8754): the last segment comes first, and where the header is put into
 * the packet as it is, the first place is kept for the packet's own destination.
 */
static void put_segments(struct arena *arena, const struct values *seg6, struct attributes *to)
{
	struct in6_addr segments[SEGMENTS_MOST];
	size_t said = segments_read(arena, value_text(seg6, "segs"), segments);
	uint32_t hmac = (uint32_t)value_number(seg6, "hmac", 0);
	size_t mode = value_number(seg6, "mode", 0), count = said + (mode == SEG6_IPTUN_MODE_INLINE);
	size_t size = sizeof(struct ipv6_sr_hdr) + count * sizeof *segments +
		      (hmac ? sizeof(struct sr6_tlv_hmac) : 0);
	struct seg6_iptunnel_encap *tunnel = arena_take(arena, sizeof *tunnel + size);
	struct ipv6_sr_hdr *header = tunnel->srh;

	tunnel->mode = (int)mode;
	header->hdrlen = (uint8_t)(size / 8 - 1);
	header->type = SEGMENT_ROUTING;
	header->segments_left = header->first_segment = (uint8_t)(count - 1);
	for (size_t i = 0; i < said; i++)
		header->segments[count - 1 - i] = segments[i];
	if (hmac) {
		struct sr6_tlv_hmac tlv = { .tlvhdr = { .type = SR6_TLV_HMAC,
						    .len = sizeof tlv - sizeof tlv.tlvhdr },
			.hmackeyid = htonl(hmac) };

		header->flags = SR6_FLAG1_HMAC;
		memcpy((char *)header + size - sizeof tlv, &tlv, sizeof tlv);
	}
	attribute_bytes(arena, to, SEG6_IPTUNNEL_SRH, tunnel, sizeof *tunnel + size);
}

void encap_put(struct arena *arena, const struct values *encap, struct attributes *to, uint16_t content,
	uint16_t kind)
{
	const struct field *field = encap->at[0].field;
	const struct values *inside = &encap->at[0].group;
	struct attributes *nest = attribute_nest(arena, to, content);
	uint16_t type = field->attribute;

	attributes_from(arena, nest, inside);
	if (field->group == mpls_fields)
		put_labels(arena, inside, nest);
	else if (field->group == seg6_fields)
		put_segments(arena, inside, nest);
	else
		put_tunnel(arena, inside, nest);
	attribute_bytes(arena, to, kind, &type, sizeof type);
}

void via_put(struct arena *arena, const struct address *via, int family, struct attributes *to)
{
	unsigned char bytes[sizeof(uint16_t) + sizeof via->bytes];
	uint16_t other = via->family;
	size_t size = family_size(via->family);

	if (via->family == family) {
		attribute_bytes(arena, to, RTA_GATEWAY, via->bytes, size);
		return;
	}
	memcpy(bytes, &other, sizeof other);
	memcpy(bytes + sizeof other, via->bytes, size);
	attribute_bytes(arena, to, RTA_VIA, bytes, sizeof other + size);
}
