/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Encapsulation of routes and next hops: lightweight tunnels, as `ip -j route` prints them. */
#include <arpa/inet.h>
#include <endian.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>
#include <linux/seg6_iptunnel.h>
#include <linux/seg6_local.h>
#include <string.h>

#include "run/shown.h"

static const struct name kinds[] = { { "mpls", LWTUNNEL_ENCAP_MPLS }, { "ip", LWTUNNEL_ENCAP_IP },
	{ "ila", LWTUNNEL_ENCAP_ILA }, { "ip6", LWTUNNEL_ENCAP_IP6 }, { "seg6", LWTUNNEL_ENCAP_SEG6 },
	{ "bpf", LWTUNNEL_ENCAP_BPF }, { "seg6local", LWTUNNEL_ENCAP_SEG6_LOCAL },
	{ "rpl", LWTUNNEL_ENCAP_RPL }, { 0 } };

static const struct name seg6_modes[] = { { "inline", 0 }, { "encap", 1 }, { "l2encap", 2 },
	{ "encap.red", 3 }, { "l2encap.red", 4 }, { 0 } };

static const struct name seg6_actions[] = { { "End", SEG6_LOCAL_ACTION_END },
	{ "End.X", SEG6_LOCAL_ACTION_END_X }, { "End.T", SEG6_LOCAL_ACTION_END_T },
	{ "End.DX2", SEG6_LOCAL_ACTION_END_DX2 }, { "End.DX6", SEG6_LOCAL_ACTION_END_DX6 },
	{ "End.DX4", SEG6_LOCAL_ACTION_END_DX4 }, { "End.DT6", SEG6_LOCAL_ACTION_END_DT6 },
	{ "End.DT4", SEG6_LOCAL_ACTION_END_DT4 }, { "End.B6", SEG6_LOCAL_ACTION_END_B6 },
	{ "End.B6.Encaps", SEG6_LOCAL_ACTION_END_B6_ENCAP }, { "End.BM", SEG6_LOCAL_ACTION_END_BM },
	{ "End.S", SEG6_LOCAL_ACTION_END_S }, { "End.AS", SEG6_LOCAL_ACTION_END_AS },
	{ "End.AM", SEG6_LOCAL_ACTION_END_AM }, { "End.BPF", SEG6_LOCAL_ACTION_END_BPF }, { 0 } };

/* Bits of LWTUNNEL_IP_FLAGS, in the order of the network (TUNNEL_CSUM, _KEY and _SEQ of linux/if_tunnel.h).
 */
enum { FLAG_CSUM = 0x01, FLAG_KEY = 0x04, FLAG_SEQ = 0x08 };

/* A stack of labels: 20 bits each in front of class, end of stack, and TTL (RFC 3032). */
static void put_mpls(struct shown *shown, json_t *json, const struct nlattr *encap)
{
	size_t size = 0;
	const unsigned char *entry = attribute_data(nested_attribute(encap, MPLS_IPTUNNEL_DST), &size);
	const char *text = "";

	for (; size >= 4; size -= 4, entry += 4) {
		uint32_t label = (uint32_t)entry[0] << 12 | (uint32_t)entry[1] << 4 | entry[2] >> 4;

		text = arena_printf(shown->arena, "%s%s%u", text, *text ? "/" : "", label);
		if (entry[2] & 1)
			break;
	}
	if (*text)
		json_put(json, "dst", "%s", text);
	shown_put_number(json, "ttl", nested_attribute(encap, MPLS_IPTUNNEL_TTL));
}

static void put_id(json_t *json, const struct nlattr *attribute)
{
	size_t size = 0;
	const void *bytes = attribute_data(attribute, &size);
	uint64_t id;

	if (size < sizeof id)
		return;
	memcpy(&id, bytes, sizeof id);
	json_put_number(json, "id", (long long)be64toh(id));
}

/* IPv4 and IPv6 have the same attributes. */
static void put_ip(struct shown *shown, json_t *json, const struct nlattr *encap, bool six)
{
	int family = six ? AF_INET6 : AF_INET;
	uint8_t whole = six ? 128 : 32;
	uint32_t flags = ntohs((uint16_t)attribute_number(nested_attribute(encap, LWTUNNEL_IP_FLAGS), 0));

	put_id(json, nested_attribute(encap, LWTUNNEL_IP_ID));
	shown_put_address(shown, json, "src", family, nested_attribute(encap, LWTUNNEL_IP_SRC), whole);
	shown_put_address(shown, json, "dst", family, nested_attribute(encap, LWTUNNEL_IP_DST), whole);
	shown_put_number(json, six ? "hoplimit" : "ttl", nested_attribute(encap, LWTUNNEL_IP_TTL));
	shown_put_number(json, six ? "tc" : "tos", nested_attribute(encap, LWTUNNEL_IP_TOS));
	if (flags & FLAG_KEY)
		shown_put_true(json, "key");
	if (flags & FLAG_CSUM)
		shown_put_true(json, "csum");
	if (flags & FLAG_SEQ)
		shown_put_true(json, "seq");
}

/* A segment routing header (RFC 8754): the segments stand in it from the last to the first. */
static void put_segments(struct shown *shown, json_t *json, const unsigned char *header, size_t size)
{
	json_t *array = json_new_array();

	json_put_new(json, "segs", array);
	if (size < 8)
		return;
	for (size_t i = header[4] + 1U; i-- > 0;) {
		struct address address = { .family = AF_INET6, .length = 128 };

		if (8 + 16 * (i + 1) > size)
			continue;
		memcpy(address.bytes, header + 8 + 16 * i, 16);
		json_append_new(array, json_string(address_print(shown->arena, &address)));
	}
}

static void put_seg6(struct shown *shown, json_t *json, const struct nlattr *encap)
{
	size_t size = 0;
	const unsigned char *bytes = attribute_data(nested_attribute(encap, SEG6_IPTUNNEL_SRH), &size);
	int mode;

	if (size < sizeof mode)
		return;
	memcpy(&mode, bytes, sizeof mode);
	shown_put_name(json, "mode", seg6_modes, (uint32_t)mode);
	put_segments(shown, json, bytes + sizeof mode, size - sizeof mode);
}

static void put_seg6_local(struct shown *shown, json_t *json, const struct nlattr *encap)
{
	const struct nlattr *table = nested_attribute(encap, SEG6_LOCAL_TABLE),
			    *vrf = nested_attribute(encap, SEG6_LOCAL_VRFTABLE),
			    *in = nested_attribute(encap, SEG6_LOCAL_IIF),
			    *out = nested_attribute(encap, SEG6_LOCAL_OIF);
	size_t size = 0;
	const unsigned char *header = attribute_data(nested_attribute(encap, SEG6_LOCAL_SRH), &size);
	json_t *inner;

	shown_put_name(json, "action", seg6_actions,
		attribute_number(nested_attribute(encap, SEG6_LOCAL_ACTION), 0));
	if (header) {
		inner = json_new_object();
		json_put_new(json, "srh", inner);
		put_segments(shown, inner, header, size);
	}
	if (table)
		shown_put_table(shown, json, "table", attribute_number(table, 0));
	if (vrf)
		shown_put_table(shown, json, "vrftable", attribute_number(vrf, 0));
	shown_put_address(shown, json, "nh4", AF_INET, nested_attribute(encap, SEG6_LOCAL_NH4), 32);
	shown_put_address(shown, json, "nh6", AF_INET6, nested_attribute(encap, SEG6_LOCAL_NH6), 128);
	if (in)
		shown_put_device(shown, json, "iif", attribute_number(in, 0));
	if (out)
		shown_put_device(shown, json, "oif", attribute_number(out, 0));
}

void shown_put_encap(
	struct shown *shown, json_t *object, const struct nlattr *type, const struct nlattr *encap)
{
	uint32_t kind = attribute_number(type, LWTUNNEL_ENCAP_NONE);

	if (!type || !encap)
		return;
	json_put(object, "encap", "%s", name_of(kinds, kind) ? name_of(kinds, kind) : "unknown");
	if (kind == LWTUNNEL_ENCAP_MPLS)
		put_mpls(shown, object, encap);
	else if (kind == LWTUNNEL_ENCAP_IP || kind == LWTUNNEL_ENCAP_IP6)
		put_ip(shown, object, encap, kind == LWTUNNEL_ENCAP_IP6);
	else if (kind == LWTUNNEL_ENCAP_SEG6)
		put_seg6(shown, object, encap);
	else if (kind == LWTUNNEL_ENCAP_SEG6_LOCAL)
		put_seg6_local(shown, object, encap);
}
