/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router writes into the options of IPv4: where a packet came by, and when. */
#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/options.h"
#include "forwarder/router/options4.h"

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

	switch (option[STAMP_FLAGS] & STAMP_MASK) {
	case STAMP_TIME:
		put_time(router, field);
		*pointer = (uint8_t)(*pointer + FIELD);
		break;
	case STAMP_PRESPECIFIED:
		asked = ip_load(AF_INET, field);
		if (!router_has(router, NULL, &asked))
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

static bool has_room(const uint8_t *option)
{
	return option[OPTION_POINTER] <= option[OPTION_LENGTH];
}

static void stamp(const struct router *router, uint8_t *option, const struct ip *by)
{
	if (has_room(option))
		put_stamp(router, option, by);
	else if ((option[STAMP_FLAGS] & STAMP_MASK) != STAMP_PRESPECIFIED)
		option[STAMP_FLAGS] = (uint8_t)(option[STAMP_FLAGS] + (1 << 4));
}

void options_forward(struct router *router, struct datagram *datagram, const struct ip *by)
{
	uint8_t *ip = datagram->bytes;
	struct options4 options = { .ip = ip, .at = IP4_HEADER, .end = datagram->header };
	struct ip came_by;
	size_t at;

	if (datagram->source.family != AF_INET || datagram->header == IP4_HEADER)
		return;
	if (!datagram->from || !router_source(router, datagram->from, &datagram->source, &came_by))
		came_by = *by;
	while (next4(&options, &at)) {
		if (ip[at] == OPTION_RECORD_ROUTE)
			record_route(ip + at, by);
		else if (ip[at] == OPTION_TIMESTAMP)
			stamp(router, ip + at, &came_by);
	}
	/* Whatever is behind the end of options is padding, which is 0 (RFC 791 3.1). */
	memset(ip + at, 0, datagram->header - at);
	store16(ip + IP4_CHECKSUM, 0);
	store16(ip + IP4_CHECKSUM, checksum_finish(checksum_add(0, ip, datagram->header)));
}

static void record(const struct router *router, uint8_t *option, const struct ip *by)
{
	if (*option == OPTION_TIMESTAMP)
		stamp(router, option, by);
	else
		record_route(option, by);
}

/* Once as who received it, and, where there is room for another, once as who sends it. */
static void record_both(const struct router *router, uint8_t *option, const struct ip *by)
{
	bool twice = has_room(option);
	uint8_t field = *option == OPTION_TIMESTAMP && option[STAMP_FLAGS] & STAMP_MASK ? 2 * FIELD : FIELD;

	record(router, option, by);
	if (twice && option[OPTION_POINTER] + field - 1 <= option[OPTION_LENGTH])
		record(router, option, by);
}

static size_t copy_option(const struct router *router, const struct datagram *request, uint8_t type,
	const struct ip *by, uint8_t *to)
{
	const uint8_t *ip = request->bytes;
	struct options4 options = { .ip = ip, .at = IP4_HEADER, .end = request->header };
	size_t at;

	while (next4(&options, &at)) {
		if (ip[at] != type)
			continue;
		memcpy(to, ip + at, ip[at + OPTION_LENGTH]);
		record_both(router, to, by);
		return ip[at + OPTION_LENGTH];
	}
	return 0;
}

size_t options_echo(
	const struct router *router, const struct datagram *request, const struct ip *by, uint8_t *to)
{
	size_t size = copy_option(router, request, OPTION_RECORD_ROUTE, by, to);

	size += copy_option(router, request, OPTION_TIMESTAMP, by, to + size);
	while (size % 4)
		to[size++] = OPTION_END;
	return size;
}
