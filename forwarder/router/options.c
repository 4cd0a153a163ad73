/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/options.h"

#include "forwarder/ip.h"
#include "forwarder/router/options4.h"

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
	return saw_route(&options) ? wrong_silently(ROUTER_source_route) : nothing_wrong();
}

struct options_wrong options_check(const struct datagram *datagram, bool at_home)
{
	if (datagram->source.family == AF_INET6)
		return options6_check(datagram, at_home);
	return datagram->header > IP4_HEADER ? check4(datagram) : nothing_wrong();
}
