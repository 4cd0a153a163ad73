/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/flow.h"

#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* What is left of a packet. */
struct rest {
	const unsigned char *at;
	size_t size;
};

static bool skip(struct rest *rest, size_t size)
{
	if (rest->size < size)
		return false;
	rest->at += size;
	rest->size -= size;
	return true;
}

static uint16_t u16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t u32(const unsigned char *at)
{
	return (uint32_t)u16(at) << 16 | u16(at + 2);
}

static struct address whole_address(uint8_t family, const unsigned char *at)
{
	size_t size = family == AF_INET ? 4 : 16;
	struct address address = { .family = family, .length = (uint8_t)(8 * size) };

	memcpy(address.bytes, at, size);
	return address;
}

static bool read_ipv4(struct rest *rest, struct flow *out)
{
	enum { LEAST = 20, DF = 0x4000, MF = 0x2000, OFFSET = 0x1fff };
	const unsigned char *at = rest->at;
	size_t header = rest->size >= LEAST ? (size_t)(at[0] & 15) * 4 : 0;
	uint16_t fragment;

	if (header < LEAST || !skip(rest, header))
		return false;
	fragment = u16(at + 6);
	out->family = AF_INET;
	out->tos = at[1];
	out->length = u16(at + 2);
	out->identification = u16(at + 4);
	out->do_not_fragment = fragment & DF;
	out->fragment = fragment & OFFSET;
	out->ttl = at[8];
	out->protocol = at[9];
	out->from = whole_address(AF_INET, at + 12);
	out->to = whole_address(AF_INET, at + 16);
	return true;
}

/* Passes an extension header (RFC 8200, 4) that is not the last; false: NEXT is the transport's, or unknown.
 */
static bool pass_extension(struct rest *rest, struct flow *out)
{
	const unsigned char *at = rest->at;
	bool fragment = out->protocol == IPPROTO_FRAGMENT;

	switch (out->protocol) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_FRAGMENT: break;
	default: return false;
	}
	if (rest->size < 8)
		return false;
	out->protocol = at[0];
	if (fragment)
		out->fragment = u16(at + 2) & 0xfff8;
	return skip(rest, fragment ? 8 : ((size_t)at[1] + 1) * 8);
}

static bool read_ipv6(struct rest *rest, struct flow *out)
{
	enum { HEADER = 40 };
	const unsigned char *at = rest->at;

	if (!skip(rest, HEADER))
		return false;
	out->family = AF_INET6;
	out->tos = (uint8_t)(u16(at) >> 4);
	out->length = (uint16_t)(u16(at + 4) + HEADER);
	out->protocol = at[6];
	out->ttl = at[7];
	out->from = whole_address(AF_INET6, at + 8);
	out->to = whole_address(AF_INET6, at + 24);
	out->do_not_fragment = true;
	while (pass_extension(rest, out))
		;
	return true;
}

static void keep_payload(struct rest *rest, struct flow *out, size_t header)
{
	if (!skip(rest, header))
		return;
	out->payload = rest->at;
	out->payload_size = rest->size;
}

bool flow_neighbour(const struct flow *flow, bool answer, struct address *whose)
{
	struct address address = { .family = AF_INET6, .length = 8 * sizeof address.bytes };

	if (flow->arp ? flow->arp != (answer ? ARPOP_REPLY : ARPOP_REQUEST)
		      : flow->protocol != IPPROTO_ICMPV6 ||
				flow->type != (answer ? ND_NEIGHBOR_ADVERT : ND_NEIGHBOR_SOLICIT))
		return false;
	if (flow->arp)
		address = answer ? flow->from : flow->to;
	else if (flow->payload_size >= sizeof address.bytes)
		memcpy(address.bytes, flow->payload, sizeof address.bytes);
	if (whose)
		*whose = address;
	return true;
}

bool flow_is_error(const struct flow *flow)
{
	if (flow->protocol == IPPROTO_ICMPV6)
		return flow->type && flow->type < 128;
	if (flow->protocol != IPPROTO_ICMP || flow->fragment)
		return false;
	return flow->type == ICMP_DEST_UNREACH || flow->type == ICMP_TIME_EXCEEDED ||
	       flow->type == ICMP_PARAMETERPROB || flow->type == ICMP_REDIRECT ||
	       flow->type == ICMP_SOURCE_QUENCH;
}

static void read_icmp(struct rest *rest, struct flow *out)
{
	const unsigned char *at = rest->at;

	out->type = at[0];
	out->code = at[1];
	out->id = u16(at + 4);
	out->sequence = u16(at + 6);
	if (out->protocol == IPPROTO_ICMPV6 && out->type == ICMP6_PACKET_TOO_BIG)
		out->mtu = u32(at + 4);
	else if (out->protocol == IPPROTO_ICMP && out->type == ICMP_DEST_UNREACH &&
		 out->code == ICMP_FRAG_NEEDED)
		out->mtu = u16(at + 6);
	keep_payload(rest, out, 8);
	if (flow_is_error(out)) {
		out->quoted = out->payload;
		out->quoted_size = out->payload_size;
		out->id = 0;
		out->sequence = 0;
	}
}

static void read_ports(struct rest *rest, struct flow *out)
{
	const unsigned char *at = rest->at;

	out->sport = u16(at);
	out->dport = u16(at + 2);
	if (out->protocol == IPPROTO_TCP && rest->size >= sizeof(struct tcphdr)) {
		out->sequence = u32(at + 4);
		out->acknowledged = u32(at + 8);
		out->flags = at[13];
		keep_payload(rest, out, (size_t)(at[12] >> 4) * 4);
	} else if (out->protocol == IPPROTO_UDP) {
		keep_payload(rest, out, 8);
	}
}

bool flow_read(const unsigned char *bytes, size_t size, struct flow *out)
{
	struct rest rest = { bytes, size };
	uint8_t version = size ? bytes[0] >> 4 : 0;

	memset(out, 0, sizeof *out);
	if (version == 4 ? !read_ipv4(&rest, out) : version == 6 ? !read_ipv6(&rest, out) : true)
		return false;
	if (out->fragment || rest.size < 8)
		return true;
	switch (out->protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: read_icmp(&rest, out); break;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP: read_ports(&rest, out); break;
	default: keep_payload(&rest, out, 0); break;
	}
	return true;
}

static bool read_ethernet(struct rest *rest, struct flow *out)
{
	enum { HEADER = 14, TYPE = 12 };
	uint16_t type = rest->size >= HEADER ? u16(rest->at + TYPE) : 0;

	return (type == ETH_P_IP || type == ETH_P_IPV6) && skip(rest, HEADER) &&
	       flow_read(rest->at, rest->size, out);
}

static bool read_gre(struct rest *rest, struct flow *out)
{
	enum { CHECKSUM = 0x80, KEY = 0x20, SEQUENCE = 0x10, HEADER = 4 };
	uint8_t flags = rest->at[0];
	uint16_t type = u16(rest->at + 2);
	size_t size = HEADER;

	for (unsigned option = SEQUENCE; option <= CHECKSUM; option <<= 1)
		if (flags & option & (CHECKSUM | KEY | SEQUENCE))
			size += 4;

	if ((rest->at[1] & 7) || !skip(rest, size))
		return false;
	if (type == ETH_P_TEB)
		return read_ethernet(rest, out);
	return (type == ETH_P_IP || type == ETH_P_IPV6) && flow_read(rest->at, rest->size, out);
}

/* To whatever port: of its header only a flag and the network's number are not zero. */
static bool read_vxlan(struct rest *rest, struct flow *out)
{
	enum { HEADER = 8, HAS_NUMBER = 8 };
	const unsigned char *at = rest->at;

	if (at[0] != HAS_NUMBER || at[1] || at[2] || at[3] || at[7] || !skip(rest, HEADER))
		return false;
	return read_ethernet(rest, out);
}

bool flow_inside(const struct flow *outer, struct flow *out)
{
	struct rest rest = { outer->payload, outer->payload_size };

	if (outer->fragment || rest.size < 8)
		return false;
	switch (outer->protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6: return flow_read(rest.at, rest.size, out);
	case IPPROTO_GRE: return read_gre(&rest, out);
	case IPPROTO_UDP: return read_vxlan(&rest, out);
	default: return false;
	}
}

struct flow flow_turned(const struct flow *flow)
{
	struct flow back = *flow;

	back.from = flow->to;
	back.to = flow->from;
	back.sport = flow->dport;
	back.dport = flow->sport;
	back.type = back.code = 0;
	return back;
}

static const char *icmp_text(struct arena *arena, const struct flow *flow)
{
	bool six = flow->family == AF_INET6;
	const char *name = icmp_error_name(flow->family, flow->type, flow->code);

	if (flow->type == (six ? ICMP6_ECHO_REQUEST : ICMP_ECHO))
		return "echo request";
	if (flow->type == (six ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY))
		return "echo reply";
	if (name)
		return name;
	if (flow->type == (six ? ND_REDIRECT : ICMP_REDIRECT))
		return "redirect";
	if (six && flow->type == ND_NEIGHBOR_SOLICIT)
		return "neighbour solicitation";
	if (six && flow->type == ND_NEIGHBOR_ADVERT)
		return "neighbour advertisement";
	return arena_printf(arena, "ICMP%s type %u code %u", six ? "v6" : "", flow->type, flow->code);
}

static const char *tcp_text(struct arena *arena, const struct flow *flow)
{
	static const struct name flags[] = { { "SYN", TH_SYN }, { "ACK", TH_ACK }, { "FIN", TH_FIN },
		{ "RST", TH_RST } };
	const char *text = "";

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (flow->flags & flags[i].number)
			text = arena_printf(arena, "%s%s%s", text, *text ? "," : "", flags[i].name);
	return arena_printf(arena, "TCP %u → %u%s%s%s", flow->sport, flow->dport, *text ? " " : "", text,
		flow->payload_size ? arena_printf(arena, " with %zu bytes", flow->payload_size) : "");
}

static const char *what(struct arena *arena, const struct flow *flow)
{
	if (flow->fragment)
		return "a fragment";
	switch (flow->protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return icmp_text(arena, flow);
	case IPPROTO_TCP: return tcp_text(arena, flow);
	case IPPROTO_UDP: return arena_printf(arena, "UDP %u → %u", flow->sport, flow->dport);
	case IPPROTO_IPIP: return "IPv4 in IP";
	case IPPROTO_IPV6: return "IPv6 in IP";
	case IPPROTO_GRE: return "GRE";
	default: return arena_printf(arena, "protocol %u", flow->protocol);
	}
}

const char *flow_print(struct arena *arena, const struct flow *flow)
{
	return arena_printf(arena, "%s → %s: %s", address_print(arena, &flow->from),
		address_print(arena, &flow->to), what(arena, flow));
}
