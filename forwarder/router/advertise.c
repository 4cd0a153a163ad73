/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/advertise.h"

#include <stdlib.h>

#include "forwarder/router/checksum.h"
#include "forwarder/router/nd_message.h"
#include "forwarder/stream.h"

#define MILLISECOND 1000000ULL

/* RFC 4861 10, times in milliseconds. */
enum {
	MAX_INITIAL_RTR_ADVERT_INTERVAL = 16000,
	MAX_INITIAL_RTR_ADVERTISEMENTS = 3,
	MIN_DELAY_BETWEEN_RAS = 3000,
	MAX_RA_DELAY_TIME = 500,
};

enum {
	OPTION_MTU = 5,
	OPTION_PREFIX = 3,
	OPTION_ROUTE = 24,
	OPTION_RDNSS = 25,
	OPTION_PREFIX_SIZE = 32,
	OPTION_RDNSS_SIZE = 24,
	FLAG_MANAGED = 0x80,
	FLAG_OTHER_CONFIG = 0x40,
	FLAG_ON_LINK = 0x80,
	FLAG_AUTONOMOUS = 0x40,
	FLAG_ROUTER_ADDR = 0x20,
	PREFERENCE_SHIFT = 3,
	PREFERENCE_MASK = 3,
	/* Of an advertisement. */
	ADVERT_HOP_LIMIT = 4,
	ADVERT_FLAGS = 5,
	ADVERT_LIFETIME = 6,
	ADVERT_REACHABLE = 8,
	ADVERT_RETRANS = 12,
	/* What fits into the least MTU of IPv6 (RFC 8200 5), with the hardware address and the MTU. */
	OPTIONS_LONGEST = 1280 - IP6_HEADER - ND_ADVERT_SIZE - 2 * ND_OPTION_UNIT,
	SOLICITED = 8, /* hosts that wait for their answers; beyond, all are answered as one */
};

struct solicited {
	struct ip host;
	uint64_t due; /* ROUTER_NEVER: nobody */
};

struct advertiser {
	uint64_t numbers[RELAY_NUMBERS];
	uint8_t options[OPTIONS_LONGEST];
	size_t size;	  /* bytes of them */
	uint64_t missing; /* options that are to come before anything is sent */
	uint64_t due;	  /* the next one to all that nobody asks for; ROUTER_NEVER */
	uint64_t asked;	  /* one to all that a host waits for; ROUTER_NEVER */
	bool spoke;	  /* it sent any */
	unsigned count;	  /* of those to all, asked for or not (RFC 4861 6.2.6: as if nobody had asked) */
	struct solicited solicited[SOLICITED];
	struct stream stream;
	uint64_t draws;
};

static uint64_t draw(struct advertiser *advertiser, uint64_t least, uint64_t most)
{
	return least + stream_draw(&advertiser->stream, advertiser->draws++, 0) % (most - least + 1);
}

static size_t write_mtu(const struct advertiser *advertiser, uint8_t *at)
{
	if (!advertiser->numbers[RELAY_LINK_MTU])
		return 0;
	at[0] = OPTION_MTU;
	at[1] = 1;
	store32(at + 4, (uint32_t)advertiser->numbers[RELAY_LINK_MTU]);
	return ND_OPTION_UNIT;
}

static void write_header(const uint64_t *numbers, uint64_t lifetime, uint8_t *advert)
{
	advert[0] = ND_ROUTER_ADVERT_TYPE;
	advert[ADVERT_HOP_LIMIT] = (uint8_t)numbers[RELAY_CUR_HOP_LIMIT];
	if (numbers[RELAY_MANAGED])
		advert[ADVERT_FLAGS] |= FLAG_MANAGED;
	if (numbers[RELAY_OTHER_CONFIG])
		advert[ADVERT_FLAGS] |= FLAG_OTHER_CONFIG;
	/* RFC 4191 2.2: no preference of what is no default router. */
	if (lifetime)
		advert[ADVERT_FLAGS] |=
			(uint8_t)((numbers[RELAY_DEFAULT_PREFERENCE] & PREFERENCE_MASK) << PREFERENCE_SHIFT);
	store16(advert + ADVERT_LIFETIME, (uint16_t)lifetime);
	store32(advert + ADVERT_REACHABLE, (uint32_t)numbers[RELAY_REACHABLE_TIME]);
	store32(advert + ADVERT_RETRANS, (uint32_t)numbers[RELAY_RETRANS_TIMER]);
}

/* Or when the last one to all allows the next (RFC 4861 6.2.6). */
static uint64_t not_before(const struct router_port *port, uint64_t due)
{
	uint64_t earliest = port->advertised ? port->advertised + MIN_DELAY_BETWEEN_RAS * MILLISECOND : 0;

	return due < earliest ? earliest : due;
}

static void send_advert(struct router_port *port, const struct ip *to, uint64_t lifetime)
{
	struct advertiser *advertiser = port->advertiser;
	uint8_t buffer[ND_ROOM + ND_ADVERT_SIZE + 2 * ND_OPTION_UNIT + OPTIONS_LONGEST] = { 0 };
	uint8_t *advert = buffer + ND_ROOM;
	size_t size = ND_ADVERT_SIZE;

	write_header(advertiser->numbers, lifetime, advert);
	if (advertiser->numbers[RELAY_SOURCE_LL_ADDRESS])
		size += nd_write_address(port, ND_OPTION_SOURCE, advert + size);
	size += write_mtu(advertiser, advert + size);
	memcpy(advert + size, advertiser->options, advertiser->size);
	advertiser->spoke = true;
	router_count(port->router, ROUTER_advertised, 1);
	nd_send(port, &port->link_local, to, NULL, buffer, size + advertiser->size, "router advertisement");
}

static void send_to_all(struct router_port *port, uint64_t lifetime)
{
	const struct ip all = nd_group(1);

	port->advertised = port->router->now;
	send_advert(port, &all, lifetime);
}

/* RFC 4861 6.2.5: who is no router any more says so. */
static void send_last(struct router_port *port)
{
	if (port->advertiser->spoke)
		send_to_all(port, 0);
}

static bool speaks_unasked(const struct advertiser *advertiser)
{
	return advertiser->numbers[RELAY_MAX_INTERVAL];
}

/* When the next one to all is due that nobody asks for (RFC 4861 6.2.4). */
static uint64_t next_unasked(struct advertiser *advertiser, uint64_t now)
{
	uint64_t least = advertiser->numbers[RELAY_MIN_INTERVAL];
	uint64_t most = advertiser->numbers[RELAY_MAX_INTERVAL], interval;

	if (!speaks_unasked(advertiser))
		return ROUTER_NEVER;
	interval = draw(advertiser, least < most ? least : most, most);
	if (advertiser->count < MAX_INITIAL_RTR_ADVERTISEMENTS && interval > MAX_INITIAL_RTR_ADVERT_INTERVAL)
		interval = MAX_INITIAL_RTR_ADVERT_INTERVAL;
	return now + interval * MILLISECOND;
}

static struct advertiser *open_advertiser(const struct router_port *port, const uint64_t *numbers)
{
	struct advertiser *advertiser = calloc(1, sizeof(*advertiser));

	if (!advertiser)
		return NULL;
	memcpy(advertiser->numbers, numbers, sizeof(advertiser->numbers));
	advertiser->missing = numbers[RELAY_OPTION_COUNT];
	advertiser->stream = stream_open(port->router->seed + port->number, "advertise");
	advertiser->due = speaks_unasked(advertiser) ? not_before(port, port->router->now) : ROUTER_NEVER;
	advertiser->asked = ROUTER_NEVER;
	for (size_t i = 0; i < SOLICITED; i++)
		advertiser->solicited[i].due = ROUTER_NEVER;
	return advertiser;
}

/* It advertises something else; who waits for an answer still does. */
static void follow(struct advertiser *advertiser, const struct advertiser *former)
{
	advertiser->spoke = former->spoke;
	advertiser->asked = former->asked;
	memcpy(advertiser->solicited, former->solicited, sizeof(advertiser->solicited));
}

bool advertise_set(struct router_port *port, const uint64_t *numbers)
{
	struct advertiser *former = port->advertiser, *advertiser = NULL;

	if (numbers) {
		advertiser = open_advertiser(port, numbers);
		if (!advertiser)
			return false;
		if (former)
			follow(advertiser, former);
	} else if (former) {
		send_last(port);
	}
	port->advertiser = advertiser;
	free(former);
	return true;
}

/* RFC 4861 4.6.2, RFC 4191 2.3: the bits beyond the length are 0. */
static void write_bits(const struct ip *prefix, uint8_t length, uint8_t *at)
{
	struct ip network = ip_network(prefix, length);

	memcpy(at, network.bytes, (length + 7U) / 8);
}

static size_t write_prefix(const struct ip *prefix, uint8_t length, const uint64_t *numbers, uint8_t *at)
{
	at[0] = OPTION_PREFIX;
	at[1] = OPTION_PREFIX_SIZE / ND_OPTION_UNIT;
	at[2] = length;
	at[3] = (uint8_t)((numbers[RELAY_ON_LINK] ? FLAG_ON_LINK : 0) |
			  (numbers[RELAY_AUTONOMOUS] ? FLAG_AUTONOMOUS : 0) |
			  (numbers[RELAY_ROUTER_ADDR] ? FLAG_ROUTER_ADDR : 0));
	store32(at + 4, (uint32_t)numbers[RELAY_VALID_LIFETIME]);
	store32(at + 8, (uint32_t)numbers[RELAY_PREFERRED_LIFETIME]);
	/* RFC 6275 7.2: with R it is the whole address of the router. */
	write_bits(prefix, numbers[RELAY_ROUTER_ADDR] ? 128 : length, at + 16);
	return OPTION_PREFIX_SIZE;
}

/* RFC 4191 2.3: as much of the prefix as is needed. */
static size_t write_route(const struct ip *prefix, uint8_t length, const uint64_t *numbers, uint8_t *at)
{
	size_t bytes = length > 64 ? 16 : length ? 8 : 0;

	at[0] = OPTION_ROUTE;
	at[1] = (uint8_t)(1 + bytes / ND_OPTION_UNIT);
	at[2] = length;
	at[3] = (uint8_t)((numbers[RELAY_ROUTE_PREFERENCE] & PREFERENCE_MASK) << PREFERENCE_SHIFT);
	store32(at + 4, (uint32_t)numbers[RELAY_VALID_LIFETIME]);
	write_bits(prefix, length, at + 8);
	return 8 + bytes;
}

/* RFC 8106 5.1. */
static size_t write_rdnss(const struct ip *server, const uint64_t *numbers, uint8_t *at)
{
	at[0] = OPTION_RDNSS;
	at[1] = OPTION_RDNSS_SIZE / ND_OPTION_UNIT;
	store32(at + 4, (uint32_t)numbers[RELAY_VALID_LIFETIME]);
	memcpy(at + 8, server->bytes, sizeof(server->bytes));
	return OPTION_RDNSS_SIZE;
}

bool advertise_add(struct router_port *port, enum relay_advertised kind, const struct ip *prefix,
	uint8_t length, const uint64_t *numbers)
{
	struct advertiser *advertiser = port->advertiser;
	uint8_t *at;

	if (!advertiser || advertiser->size + OPTION_PREFIX_SIZE > OPTIONS_LONGEST)
		return false;
	at = advertiser->options + advertiser->size;
	switch (kind) {
	case RELAY_ADVERTISED_PREFIX: advertiser->size += write_prefix(prefix, length, numbers, at); break;
	case RELAY_ADVERTISED_ROUTE: advertiser->size += write_route(prefix, length, numbers, at); break;
	case RELAY_ADVERTISED_RDNSS: advertiser->size += write_rdnss(prefix, numbers, at); break;
	}
	if (advertiser->missing)
		advertiser->missing--;
	return true;
}

static void answer_all(const struct router_port *port, uint64_t due)
{
	struct advertiser *advertiser = port->advertiser;

	due = not_before(port, due);
	if (due < advertiser->asked)
		advertiser->asked = due;
}

static uint64_t next_to_all(const struct advertiser *advertiser)
{
	return advertiser->asked < advertiser->due ? advertiser->asked : advertiser->due;
}

/* The host's place, or a free one; NULL: there is none. */
static struct solicited *place_for(struct advertiser *advertiser, const struct ip *host)
{
	struct solicited *place = NULL;

	for (size_t i = 0; i < SOLICITED; i++) {
		struct solicited *solicited = &advertiser->solicited[i];

		if (solicited->due == ROUTER_NEVER)
			place = solicited;
		else if (ip_equal(&solicited->host, host))
			return solicited;
	}
	return place;
}

void advertise_answer(struct router_port *port, const struct ip *to)
{
	struct advertiser *advertiser = port->advertiser;
	struct solicited *place;
	uint64_t due;

	if (!advertiser)
		return;
	due = port->router->now + draw(advertiser, 0, MAX_RA_DELAY_TIME) * MILLISECOND;
	place = ip_is_unspecified(to) ? NULL : place_for(advertiser, to);
	if (!place) {
		answer_all(port, due);
		return;
	}
	if (place->due == ROUTER_NEVER)
		*place = (struct solicited) { *to, due };
}

static uint64_t next_of(const struct advertiser *advertiser)
{
	uint64_t next = next_to_all(advertiser);

	if (advertiser->missing)
		return ROUTER_NEVER;
	for (size_t i = 0; i < SOLICITED; i++) {
		if (advertiser->solicited[i].due < next)
			next = advertiser->solicited[i].due;
	}
	return next;
}

uint64_t advertise_next(const struct router *router)
{
	uint64_t next = ROUTER_NEVER;

	for (size_t i = 0; i < router->port_count; i++) {
		const struct advertiser *advertiser = router->ports[i]->advertiser;
		uint64_t due = advertiser ? next_of(advertiser) : ROUTER_NEVER;

		if (due < next)
			next = due;
	}
	return next;
}

/* What was asked for by one. */
static void answer_one(struct router_port *port, struct solicited *solicited)
{
	solicited->due = ROUTER_NEVER;
	send_advert(port, &solicited->host, port->advertiser->numbers[RELAY_DEFAULT_LIFETIME]);
}

static void tick_port(struct router_port *port)
{
	struct advertiser *advertiser = port->advertiser;
	uint64_t now = port->router->now;

	for (size_t i = 0; i < SOLICITED; i++) {
		if (advertiser->solicited[i].due <= now)
			answer_one(port, &advertiser->solicited[i]);
	}
	if (next_to_all(advertiser) > now)
		return;
	advertiser->count++;
	advertiser->asked = ROUTER_NEVER;
	advertiser->due = next_unasked(advertiser, now);
	send_to_all(port, advertiser->numbers[RELAY_DEFAULT_LIFETIME]);
}

void advertise_tick(struct router *router)
{
	for (size_t i = 0; i < router->port_count; i++) {
		if (router->ports[i]->advertiser && next_of(router->ports[i]->advertiser) <= router->now)
			tick_port(router->ports[i]);
	}
}
