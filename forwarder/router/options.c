/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/options.h"

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/table.h"

static const struct options_wrong right = { .why = ROUTER_COUNTERS };

static struct options_wrong wrong_at(enum icmp_error error, size_t at)
{
	return (struct options_wrong) { ROUTER_bad_option, error, (uint32_t)at };
}

static struct options_wrong wrong_silently(enum router_counter why)
{
	return (struct options_wrong) { .why = why };
}

/* --- IPv4 (RFC 791 3.1) --- */

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_RECORD_ROUTE = 7,
	OPTION_TIMESTAMP = 68,
	OPTION_CIPSO = 134,
	OPTION_LOOSE_ROUTE = 131,
	OPTION_STRICT_ROUTE = 137,
	OPTION_ROUTER_ALERT = 148,
	/* Offsets in an option. */
	OPTION_LENGTH = 1,
	OPTION_POINTER = 2, /* to what is free, from 1 */
	STAMP_FLAGS = 3,    /* how many had no room, in the high bits, and what is asked for */
	/* What is asked for. */
	STAMP_TIME = 0,
	STAMP_ADDRESS = 1,
	STAMP_PRESPECIFIED = 3,
	STAMP_MASK = 15,
	/* Pointers to the first of what is filled in. */
	FIRST_ADDRESS = 4,
	FIRST_STAMP = 5,
	FIELD = 4, /* bytes, of an address and of a time */
};

/* The options of a datagram one after another; AT is where the next one is, in bytes from the IP header. */
struct options4 {
	const uint8_t *ip;
	size_t at, end;
	bool seen[256]; /* of each type, whether it was there */
	bool wrong;	/* the next one is no option */
};

/* Sets *at to the next option that has a length, which it has room for; false: there is none. */
static bool next4(struct options4 *options, size_t *at)
{
	const uint8_t *ip = options->ip;
	size_t length;

	while (options->at < options->end && ip[options->at] == OPTION_NOP)
		options->at++;
	*at = options->at;
	if (*at >= options->end || ip[*at] == OPTION_END)
		return false;
	length = *at + 1 < options->end ? ip[*at + OPTION_LENGTH] : 0;
	options->wrong = length < 2 || length > options->end - *at;
	options->at += length;
	return !options->wrong;
}

static size_t source_route_wrong(const uint8_t *option)
{
	if (option[OPTION_LENGTH] < 3)
		return OPTION_LENGTH;
	return option[OPTION_POINTER] < FIRST_ADDRESS ? OPTION_POINTER : 0;
}

static size_t record_route_wrong(const uint8_t *option)
{
	uint8_t length = option[OPTION_LENGTH], pointer;

	if (length < 3)
		return OPTION_LENGTH;
	pointer = option[OPTION_POINTER];
	return pointer < FIRST_ADDRESS || (pointer <= length && pointer + FIELD - 1 > length) ? OPTION_POINTER
											      : 0;
}

static size_t timestamp_wrong(const uint8_t *option)
{
	uint8_t length = option[OPTION_LENGTH], pointer, flags;
	size_t field;

	if (length < 4)
		return OPTION_LENGTH;
	pointer = option[OPTION_POINTER];
	flags = option[STAMP_FLAGS] & STAMP_MASK;
	if (pointer < FIRST_STAMP)
		return OPTION_POINTER;
	/* The count of those without room is full, but nobody counts where the addresses were given. */
	if (pointer > length)
		return flags != STAMP_PRESPECIFIED && option[STAMP_FLAGS] >> 4 == 15 ? STAMP_FLAGS : 0;
	field = flags == STAMP_ADDRESS || flags == STAMP_PRESPECIFIED ? (size_t)2 * FIELD : FIELD;
	return pointer + field - 1 > length ? OPTION_POINTER : 0;
}

/* Where in an option something is wrong; 0: nowhere. */
static size_t option_wrong(const uint8_t *option)
{
	switch (*option) {
	case OPTION_LOOSE_ROUTE:
	case OPTION_STRICT_ROUTE: return source_route_wrong(option);
	case OPTION_RECORD_ROUTE: return record_route_wrong(option);
	case OPTION_TIMESTAMP: return timestamp_wrong(option);
	case OPTION_ROUTER_ALERT: return option[OPTION_LENGTH] < 4 ? OPTION_LENGTH : 0;
	default: return 0;
	}
}

/* Whether there may be but one option of a type. */
static bool only_once(uint8_t type)
{
	return type == OPTION_RECORD_ROUTE || type == OPTION_TIMESTAMP || type == OPTION_CIPSO;
}

static bool is_source_route(uint8_t type)
{
	return type == OPTION_LOOSE_ROUTE || type == OPTION_STRICT_ROUTE;
}

static bool saw_route(const struct options4 *options)
{
	return options->seen[OPTION_LOOSE_ROUTE] || options->seen[OPTION_STRICT_ROUTE];
}

/* As the kernel judges (net/ipv4/ip_options.c), which goes beyond RFC 791 in what it will not take. */
static struct options_wrong check4(const struct datagram *datagram)
{
	struct options4 options = { .ip = datagram->bytes, .at = IP4_HEADER, .end = datagram->header };
	size_t at, inside;

	while (next4(&options, &at)) {
		const uint8_t *option = datagram->bytes + at;

		if (only_once(*option) && options.seen[*option])
			return wrong_at(ICMP_BAD_PARAMETER, at);
		inside = option_wrong(option);
		if (inside)
			return wrong_at(ICMP_BAD_PARAMETER, at + inside);
		if (is_source_route(*option) && saw_route(&options))
			return wrong_at(ICMP_BAD_PARAMETER, at);
		options.seen[*option] = true;
	}
	if (options.wrong)
		return wrong_at(ICMP_BAD_PARAMETER, at);
	return saw_route(&options) ? wrong_silently(ROUTER_source_route) : right;
}

static void record_route(uint8_t *option, const struct ip *by)
{
	uint8_t *pointer = option + OPTION_POINTER;

	if (*pointer > option[OPTION_LENGTH])
		return;
	memcpy(option + *pointer - 1, by->bytes, FIELD);
	*pointer = (uint8_t)(*pointer + FIELD);
}

/* Milliseconds, but not since midnight: the router reads no clock, and says so (RFC 791, timestamp). */
static void put_time(const struct router *router, uint8_t *at)
{
	const uint32_t not_standard = 0x80000000;

	store32(at, (uint32_t)(router->now / 1000000) | not_standard);
}

static void put_stamp(const struct router *router, uint8_t *option, const struct ip *by)
{
	uint8_t *pointer = option + OPTION_POINTER, *field = option + *pointer - 1;
	struct ip asked;
	bool own;

	switch (option[STAMP_FLAGS] & STAMP_MASK) {
	case STAMP_TIME:
		put_time(router, field);
		*pointer = (uint8_t)(*pointer + FIELD);
		break;
	case STAMP_PRESPECIFIED:
		asked = ip_load(AF_INET, field);
		router_own(router, NULL, &asked, &own);
		if (!own)
			break;
		put_time(router, field + FIELD);
		*pointer = (uint8_t)(*pointer + 2 * FIELD);
		break;
	case STAMP_ADDRESS:
		memcpy(field, by->bytes, FIELD);
		put_time(router, field + FIELD);
		*pointer = (uint8_t)(*pointer + 2 * FIELD);
		break;
	default: break;
	}
}

static void stamp(const struct router *router, uint8_t *option, const struct ip *by)
{
	bool room = option[OPTION_POINTER] <= option[OPTION_LENGTH];

	if (room)
		put_stamp(router, option, by);
	else if ((option[STAMP_FLAGS] & STAMP_MASK) != STAMP_PRESPECIFIED)
		option[STAMP_FLAGS] = (uint8_t)(option[STAMP_FLAGS] + (1 << 4));
}

void options_forward(struct router *router, struct datagram *datagram, const struct ip *by)
{
	uint8_t *ip = datagram->bytes;
	struct options4 options = { .ip = ip, .at = IP4_HEADER, .end = datagram->header };
	size_t at;

	if (datagram->source.family != AF_INET || datagram->header == IP4_HEADER)
		return;
	while (next4(&options, &at)) {
		if (ip[at] == OPTION_RECORD_ROUTE)
			record_route(ip + at, by);
		else if (ip[at] == OPTION_TIMESTAMP)
			stamp(router, ip + at, by);
	}
	store16(ip + IP4_CHECKSUM, 0);
	store16(ip + IP4_CHECKSUM, checksum_finish(checksum_add(0, ip, datagram->header)));
}

/* --- IPv6 (RFC 8200 4.2) --- */

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
	case UNKNOWN_SKIP: return right;
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
		return option[1] == 2 ? right : wrong_silently(ROUTER_bad_option);
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
	struct options_wrong wrong = right;

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
	if (!datagram->bytes[at + ROUTING_LEFT])
		return right;
	if (datagram->to_several || ip_is_multicast(&datagram->target))
		return wrong_silently(ROUTER_source_route);
	return (struct options_wrong) { ROUTER_source_route, ICMP_BAD_PARAMETER,
		(uint32_t)at + ROUTING_TYPE };
}

/* One extension header at AT. */
static struct options_wrong check_header(const struct datagram *datagram, uint8_t header, size_t at)
{
	if (header == IPPROTO_DSTOPTS)
		return check_options6(datagram, at, false);
	return header == IPPROTO_ROUTING ? check_routing(datagram, at) : right;
}

/* The headers for the target, in their order: of a fragment those before its own. */
static struct options_wrong check_headers(const struct datagram *datagram)
{
	size_t end = datagram->fragment_at ? datagram->fragment_at : datagram->header, at = IP6_HEADER;
	uint8_t header = datagram->bytes[IP6_NEXT];
	struct options_wrong wrong = right;

	while (at < end && wrong.why == ROUTER_COUNTERS) {
		wrong = check_header(datagram, header, at);
		header = datagram->bytes[at];
		at += 8 * ((size_t)datagram->bytes[at + 1] + 1);
	}
	if (wrong.why == ROUTER_COUNTERS && !datagram->fragment_at && ip6_is_extension(header) &&
		header != IPPROTO_HOPOPTS)
		return wrong_silently(ROUTER_bad_length); /* it is not whole */
	return wrong;
}

static struct options_wrong check6(const struct datagram *datagram, bool at_home)
{
	struct options_wrong wrong = right;

	if (datagram->bytes[IP6_NEXT] == IPPROTO_HOPOPTS) {
		if (datagram->header == IP6_HEADER)
			return wrong_silently(ROUTER_bad_length);
		wrong = check_options6(datagram, IP6_HEADER, true);
	}
	if (wrong.why != ROUTER_COUNTERS || !at_home)
		return wrong;
	return check_headers(datagram);
}

struct options_wrong options_check(const struct datagram *datagram, bool at_home)
{
	if (datagram->source.family == AF_INET)
		return datagram->header > IP4_HEADER ? check4(datagram) : right;
	return check6(datagram, at_home);
}
