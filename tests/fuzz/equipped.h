/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the router has that the fuzz target asks: ports, addresses, routes, neighbours, what it advertises. */
#ifndef TUNLAB_TESTS_FUZZ_EQUIPPED_H
#define TUNLAB_TESTS_FUZZ_EQUIPPED_H

#include <arpa/inet.h>

#include "forwarder/router/advertise.h"
#include "forwarder/router/neighbour.h"
#include "forwarder/router/router.h"
#include "tests/fuzz/fuzz.h"

enum {
	PORTS = 4,
	TAPS = 2, /* from this port on */
};

static const uint32_t mtus[] = { 1500, 1280, 576, 65535 };

/* The number of a port stands where TEXT has a '#'. */
static inline struct ip address(const char *text, unsigned port)
{
	const char *place = strchrnul(text, '#');
	struct ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	char full[64];

	if (*place)
		snprintf(full, sizeof(full), "%.*s%u%s", (int)(place - text), text, port, place + 1);
	else
		snprintf(full, sizeof(full), "%s", text);
	must(inet_pton(ip.family, full, ip.bytes) == 1, full);
	return ip;
}

static inline void add_address(struct router_port *port, const char *text, uint8_t length)
{
	const struct ip ip = address(text, port->number);

	must(router_add_address(port, &ip, length), "memory");
}

static inline void remove_address(struct router_port *port, const char *text, uint8_t length)
{
	const struct ip ip = address(text, port->number);

	router_remove_address(port, &ip, length);
}

static inline void add_port(struct router *router, const struct fuzz_router *head, unsigned number)
{
	const uint8_t hardware[6] = { 2, 0, 0, 0, 0, (uint8_t)number };
	const struct ip link_local = address("fe80::#", number + 1);
	struct router_port *port = router_add_port(router, number, hardware, &link_local);

	must(port, "memory");
	port->frame = number < TAPS ? RELAY_IP : RELAY_ETHERNET;
	port->mtu = mtus[head->mtu >> 2 * number & 3];
	if (head->form & FUZZ_BARE && number >= PORTS - 2)
		return;
	add_address(port, "10.0.#.254", 24);
	add_address(port, "2001:db8:#::fe", 64);
}

static inline void add_route(struct router *router, enum route_kind kind, const char *prefix, uint8_t length,
	const char *via, unsigned port)
{
	struct route route = {
		.kind = kind, .prefix = address(prefix, port), .length = length, .gateway = via
	};

	if (kind == ROUTE_UNICAST)
		route.port = router->ports[port];
	if (via)
		route.via = address(via, port);
	must(router_add_route(router, &route), "memory");
}

static inline void add_routes(struct router *router, uint8_t form)
{
	add_route(router, ROUTE_UNICAST, "10.2.0.0", 16, "10.0.#.2", 2);
	add_route(router, ROUTE_BLACKHOLE, "10.3.0.0", 16, NULL, 0);
	add_route(router, ROUTE_UNREACHABLE, "10.4.0.0", 16, NULL, 0);
	add_route(router, ROUTE_PROHIBIT, "10.5.0.0", 16, NULL, 0);
	add_route(router, ROUTE_UNICAST, "10.6.0.0", 16, NULL, 3);
	add_route(router, ROUTE_UNICAST, "2001:db8:20::", 48, "2001:db8:#::2", 2);
	add_route(router, ROUTE_BLACKHOLE, "2001:db8:30::", 48, NULL, 0);
	add_route(router, ROUTE_UNREACHABLE, "2001:db8:40::", 48, NULL, 0);
	add_route(router, ROUTE_PROHIBIT, "2001:db8:50::", 48, NULL, 0);
	add_route(router, ROUTE_UNICAST, "2001:db8:60::", 48, "fe80::99", 3);
	if (form & FUZZ_ROUTELESS)
		return;
	add_route(router, ROUTE_UNICAST, "0.0.0.0", 0, "10.0.#.1", 0);
	add_route(router, ROUTE_UNICAST, "::", 0, "2001:db8:#::1", 0);
}

static inline void state(struct router *router, const char *text, unsigned number)
{
	const uint8_t hardware[6] = { 2, 0, 0, 0, 1, (uint8_t)number };
	const struct ip ip = address(text, number);

	must(neighbour_state(router->ports[number], &ip, hardware), "there is room");
}

static inline void advertise(struct router *router, unsigned number)
{
	static const uint64_t numbers[RELAY_NUMBERS] = { [RELAY_MIN_INTERVAL] = 3000,
		[RELAY_MAX_INTERVAL] = 4000,
		[RELAY_LINK_MTU] = 1400,
		[RELAY_DEFAULT_LIFETIME] = 1800,
		[RELAY_SOURCE_LL_ADDRESS] = 1 };
	static const uint64_t options[RELAY_NUMBERS] = { 86400, 14400, 1, 1 };
	struct router_port *port = router->ports[number];
	const struct ip prefix = address("2001:db8:#::", number);

	must(advertise_set(port, numbers), "memory");
	must(advertise_add(port, RELAY_ADVERTISED_PREFIX, &prefix, 64, options) &&
			advertise_add(port, RELAY_ADVERTISED_ROUTE, &prefix, 48, options) &&
			advertise_add(port, RELAY_ADVERTISED_RDNSS, &prefix, 128, options),
		"there is room for options");
}

static inline void equip(struct router *router, const struct fuzz_router *head)
{
	for (unsigned i = 0; i < PORTS; i++)
		add_port(router, head, i);
	add_routes(router, head->form);
	must(router_settle(router), "memory");
	for (unsigned i = TAPS; i < PORTS && !(head->form & FUZZ_UNKNOWN); i++) {
		state(router, "10.0.#.2", i);
		state(router, "2001:db8:#::2", i);
	}
	for (unsigned i = TAPS; i < PORTS && head->form & FUZZ_ADVERTISING; i++)
		advertise(router, i);
}

/* Each bit takes something away, or, where it is 0, brings it back. */
static inline void change(struct router_port *port, uint8_t form, uint8_t less)
{
	const struct ip prefix = address("10.2.0.0", 0), prefix6 = address("2001:db8:20::", 0),
			neighbour = address("10.0.#.2", port->number);

	(less & 1 ? remove_address : add_address)(port, "10.0.#.254", 24);
	(less & 2 ? remove_address : add_address)(port, "2001:db8:#::fe", 64);
	if (less & 4) {
		router_remove_route(port->router, &prefix, 16);
		router_remove_route(port->router, &prefix6, 48);
	} else {
		add_routes(port->router, form);
	}
	if (less & 8)
		advertise_set(port, NULL);
	else
		advertise(port->router, port->number);
	if (less & 16)
		must(neighbour_state(port, &neighbour, NULL), "a neighbour is forgotten");
	else
		state(port->router, "10.0.#.2", port->number);
	must(router_settle(port->router), "memory");
}

#endif
