/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/extension.h"
#include "forwarder/router/options.h"

enum {
	OPTION6_PAD1 = 0,
	OPTION6_PADN = 1,
	OPTION6_ROUTER_ALERT = 5, /* RFC 2711 */
	OPTION6_JUMBO = 0xc2,	  /* RFC 2675 */
	OPTION6_HEADER = 2,	  /* bytes before an option's data */
	OPTIONS6_MOST = 8,	  /* that Linux takes (net.ipv6.max_hbh_number) */
	PADDING_MOST = 7,	  /* bytes in a row that Linux takes (RFC 4942 2.1.9.5) */
	ROUTING_TYPE = 2,	  /* offsets in a routing header */
	ROUTING_LEFT = 3,
	/* What is done about an option that is not known: its two high bits. */
	UNKNOWN_SKIP = 0,
	UNKNOWN_DROP = 1,
	UNKNOWN_TELL = 2,
	UNKNOWN_TELL_IF_ALONE = 3,
};

static struct options_wrong unknown6(const struct datagram *datagram, size_t at)
{
	switch (datagram->bytes[at] >> 6) {
	case UNKNOWN_SKIP: return nothing_wrong();
	case UNKNOWN_TELL: return wrong_at(ICMP_BAD_OPTION, at);
	case UNKNOWN_TELL_IF_ALONE:
		if (!ip_is_multicast(&datagram->target))
			return wrong_at(ICMP_BAD_OPTION, at);
		break;
	default: break;
	}
	return wrong_silently(ROUTER_bad_option);
}

/* No packet is long enough to be a jumbogram. */
static struct options_wrong jumbo6(const struct datagram *datagram, size_t at)
{
	enum { SIZE = 4, ALIGNED = 2, LONGEST = 65535 };
	const uint8_t *option = datagram->bytes + at;

	if (option[1] != SIZE || (at & 3) != ALIGNED)
		return wrong_silently(ROUTER_bad_option);
	if (load32(option + OPTION6_HEADER) <= LONGEST)
		return wrong_at(ICMP_BAD_PARAMETER, at + OPTION6_HEADER);
	if (load16(datagram->bytes + IP6_LENGTH))
		return wrong_at(ICMP_BAD_PARAMETER, at);
	return wrong_silently(ROUTER_bad_length);
}

static struct options_wrong option6(const struct datagram *datagram, size_t at, bool hop_by_hop)
{
	const uint8_t *option = datagram->bytes + at;

	if (hop_by_hop && *option == OPTION6_ROUTER_ALERT)
		return option[1] == 2 ? nothing_wrong() : wrong_silently(ROUTER_bad_option);
	if (hop_by_hop && *option == OPTION6_JUMBO)
		return jumbo6(datagram, at);
	return unknown6(datagram, at);
}

/* Bytes of the padding or option at AT of what ends at END; 0: it has no room. */
static size_t size6(const struct datagram *datagram, size_t at, size_t end)
{
	size_t size = 1;

	if (datagram->bytes[at] == OPTION6_PAD1)
		return size;
	if (end - at < OPTION6_HEADER)
		return 0;
	size = OPTION6_HEADER + (size_t)datagram->bytes[at + 1];
	return size <= end - at ? size : 0;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Adds to *PADDING what a padding of SIZE bytes adds, or ends it. False: it is no padding that Linux takes.
 */
static bool pads_well(const uint8_t *option, size_t size, size_t *padding)
{
	if (*option != OPTION6_PAD1 && *option != OPTION6_PADN) {
		*padding = 0;
		return true;
	}
	*padding += size;
	return *padding <= PADDING_MOST &&
	       (size == 1 || is_zero(option + OPTION6_HEADER, size - OPTION6_HEADER));
}

/* The options in the extension header at AT, which is whole. */
static struct options_wrong check_options6(const struct datagram *datagram, size_t at, bool hop_by_hop)
{
	size_t end = at + 8 * ((size_t)datagram->bytes[at + 1] + 1), padding = 0, count = 0, size;
	struct options_wrong wrong = nothing_wrong();

	for (at += 2; at < end && wrong.why == ROUTER_COUNTERS; at += size) {
		size = size6(datagram, at, end);
		if (!size || !pads_well(datagram->bytes + at, size, &padding))
			return wrong_silently(ROUTER_bad_option);
		if (!padding && ++count > OPTIONS6_MOST)
			return wrong_silently(ROUTER_bad_option);
		if (!padding)
			wrong = option6(datagram, at, hop_by_hop);
	}
	return wrong;
}

/* RFC 8200 4.4: one that leads further is of no type that the router knows; RFC 5095 of type 0. */
static struct options_wrong check_routing(const struct datagram *datagram, size_t at)
{
	if (datagram->to_several || ip_is_multicast(&datagram->target)) /* RFC 4291 2.7, and Linux */
		return wrong_silently(ROUTER_source_route);
	if (!datagram->bytes[at + ROUTING_LEFT])
		return nothing_wrong();
	return (struct options_wrong) { ROUTER_source_route, ICMP_BAD_PARAMETER,
		(uint32_t)at + ROUTING_TYPE };
}

/* One extension header at AT. */
static struct options_wrong check_header(const struct datagram *datagram, uint8_t header, size_t at)
{
	if (header == IPPROTO_DSTOPTS)
		return check_options6(datagram, at, false);
	return header == IPPROTO_ROUTING ? check_routing(datagram, at) : nothing_wrong();
}

/* The headers for the target, in their order: of a fragment those before its own. */
static struct options_wrong check_headers(const struct datagram *datagram)
{
	size_t end = datagram->fragment_at ? datagram->fragment_at : datagram->header, at = IP6_HEADER, size;
	uint8_t header = datagram->bytes[IP6_NEXT];
	struct options_wrong wrong = nothing_wrong();

	while (at < end && wrong.why == ROUTER_COUNTERS) {
		wrong = check_header(datagram, header, at);
		/* The second byte of a fragment header is reserved; that of another says how long it is. */
		size = header == IPPROTO_FRAGMENT ? FRAGMENT6_SIZE
						  : 8 * ((size_t)datagram->bytes[at + 1] + 1);
		header = datagram->bytes[at];
		at += size;
	}
	if (wrong.why == ROUTER_COUNTERS && !datagram->fragment_at && ip6_is_extension(header) &&
		header != IPPROTO_HOPOPTS)
		return wrong_silently(ROUTER_bad_length); /* it is not whole */
	return wrong;
}

/* RFC 2675 3: without a length there is a jumbo payload, which has been judged. */
static struct options_wrong check_length(const struct datagram *datagram)
{
	if (load16(datagram->bytes + IP6_LENGTH))
		return nothing_wrong();
	return (struct options_wrong) { ROUTER_bad_length, ICMP_BAD_PARAMETER, IP6_LENGTH };
}

struct options_wrong options6_check(const struct datagram *datagram, bool at_home)
{
	struct options_wrong wrong = nothing_wrong();

	if (datagram->bytes[IP6_NEXT] == IPPROTO_HOPOPTS) {
		if (datagram->header == IP6_HEADER)
			return wrong_silently(ROUTER_bad_length);
		wrong = check_options6(datagram, IP6_HEADER, true);
		if (wrong.why == ROUTER_COUNTERS)
			wrong = check_length(datagram);
	}
	if (wrong.why != ROUTER_COUNTERS || !at_home)
		return wrong;
	return check_headers(datagram);
}
