/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/router.h"

#include <linux/if_ether.h>
#include <stdlib.h>

#include "forwarder/counter.h"
#include "forwarder/router/advertise.h"
#include "forwarder/router/arp.h"
#include "forwarder/router/decision.h"
#include "forwarder/router/forward.h"
#include "forwarder/router/local.h"
#include "forwarder/router/neighbour.h"
#include "forwarder/router/reassembly.h"
#include "forwarder/router/table.h"

struct router *router_open(const struct router_outside *outside, struct relay_router *memory, uint64_t seed)
{
	struct router *router = calloc(1, sizeof(*router));

	if (!router)
		return NULL;
	router->outside = outside;
	router->memory = memory;
	router->seed = seed;
	router->ratelimit = 1000000000;
	router->table = table_open();
	router->limits = limits_open();
	router->neighbours = neighbours_open();
	router->reassembly = reassembly_open();
	if (router->table && router->limits && router->neighbours && router->reassembly)
		return router;
	router_close(router);
	return NULL;
}

void router_close(struct router *router)
{
	if (!router)
		return;
	for (size_t i = 0; i < router->port_count; i++) {
		advertise_set(router->ports[i], NULL);
		free(router->ports[i]);
	}
	table_close(router->table);
	limits_close(router->limits);
	neighbours_close(router->neighbours);
	reassembly_close(router->reassembly);
	free(router->ports);
	free(router->addresses);
	free(router->routes);
	free(router);
}

/* Room for one more behind COUNT of SIZE bytes; false without memory. */
static bool grow(void *array, size_t count, size_t size)
{
	void **list = array, *larger;

	if (count & (count - 1))
		return true;
	larger = realloc(*list, (count ? 2 * count : 1) * size);
	if (larger)
		*list = larger;
	return larger;
}

struct router_port *router_add_port(
	struct router *router, uint32_t number, const uint8_t *hardware, const struct ip *link_local)
{
	struct router_port *port = calloc(1, sizeof(*port));

	if (!port || !grow(&router->ports, router->port_count, sizeof(struct router_port *))) {
		free(port);
		return NULL;
	}
	port->router = router;
	port->number = number;
	port->link_local = *link_local;
	memcpy(port->hardware, hardware, sizeof(port->hardware));
	router->ports[router->port_count++] = port;
	return port;
}

bool router_add_address(struct router_port *port, const struct ip *ip, uint8_t length)
{
	struct router *router = port->router;

	for (size_t i = 0; i < router->address_count; i++) {
		struct router_address *address = &router->addresses[i];

		if (address->port == port && ip_equal(&address->ip, ip)) {
			address->length = length;
			return true;
		}
	}
	if (!grow(&router->addresses, router->address_count, sizeof(struct router_address)))
		return false;
	router->addresses[router->address_count++] = (struct router_address) { port, *ip, length };
	return true;
}

void router_remove_address(struct router_port *port, const struct ip *ip, uint8_t length)
{
	struct router *router = port->router;

	for (size_t i = 0; i < router->address_count; i++) {
		struct router_address *address = &router->addresses[i];

		if (address->port != port || !ip_equal(&address->ip, ip) || address->length != length)
			continue;
		router->address_count--;
		memmove(address, address + 1, (router->address_count - i) * sizeof(*address));
		return;
	}
}

static struct route *find_route(struct router *router, const struct ip *prefix, uint8_t length)
{
	for (size_t i = 0; i < router->route_count; i++) {
		struct route *route = &router->routes[i];

		if (route->length == length && ip_equal(&route->prefix, prefix))
			return route;
	}
	return NULL;
}

bool router_add_route(struct router *router, const struct route *route)
{
	struct route *there = find_route(router, &route->prefix, route->length);

	if (!there && !grow(&router->routes, router->route_count, sizeof(struct route)))
		return false;
	if (!there)
		there = &router->routes[router->route_count++];
	*there = *route;
	return true;
}

void router_remove_route(struct router *router, const struct ip *prefix, uint8_t length)
{
	struct route *route = find_route(router, prefix, length);

	if (route)
		*route = router->routes[--router->route_count];
}

/* The last address of its network. */
static struct ip last_of(struct ip ip, unsigned length)
{
	for (unsigned bit = length; bit < 8 * ip_size(&ip); bit++)
		ip.bytes[bit / 8] = (uint8_t)(ip.bytes[bit / 8] | 0x80 >> bit % 8);
	return ip;
}

static void add_local(const struct router_address *address, struct route *routes, size_t *count)
{
	const struct ip *ip = &address->ip;
	uint8_t bits = (uint8_t)(8 * ip_size(ip));

	routes[(*count)++] =
		(struct route) { .prefix = *ip, .length = bits, .kind = ROUTE_LOCAL, .port = address->port };
}

/* What follows from an address beside that it is the router's. */
static void add_implied(const struct router_address *address, struct route *routes, size_t *count)
{
	bool ip4 = address->ip.family == AF_INET;
	uint8_t bits = (uint8_t)(8 * ip_size(&address->ip)), length = address->length;
	struct route route = { .length = bits, .port = address->port };

	route.prefix = ip4 ? last_of(address->ip, length) : ip_network(&address->ip, length);
	route.kind = ip4 ? ROUTE_BROADCAST : ROUTE_ANYCAST;
	if (length + 2 <= bits)
		routes[(*count)++] = route;
	route.prefix = ip_network(&address->ip, length);
	route.kind = ROUTE_UNICAST;
	route.length = length;
	routes[(*count)++] = route;
}

bool router_settle(struct router *router)
{
	size_t count = 0;
	struct route *routes = calloc(3 * router->address_count + router->route_count + 1, sizeof(*routes));
	bool built;

	if (!routes)
		return false;
	for (size_t i = 0; i < router->address_count; i++)
		add_local(&router->addresses[i], routes, &count);
	for (size_t i = 0; i < router->address_count; i++)
		add_implied(&router->addresses[i], routes, &count);
	if (router->route_count)
		memcpy(routes + count, router->routes, router->route_count * sizeof(*routes));
	built = table_build(router->table, routes, count + router->route_count);
	free(routes);
	return built;
}

static void take_datagram(struct router_port *port, const struct packet *packet, uint8_t *bytes)
{
	struct router *router = port->router;
	struct datagram datagram, wire;
	enum router_counter wrong = datagram_read(port, packet, bytes, &datagram);
	struct decision decision;
	char text[160];

	if (wrong != ROUTER_COUNTERS) {
		router_drop(router, &datagram, wrong);
		return;
	}
	decision = decide(router, &datagram);
	switch (decision.going) {
	case GOING_HOME: local_take(router, &datagram); break;
	case GOING_ON:
		router_saw(port, packet, decision_print(&decision, &datagram, text, sizeof(text)));
		forward(router, &datagram, &decision);
		break;
	case GOING_NOWHERE:
		router_count(router, decision.why, datagram.form.count);
		router->outside->saw(router->outside->context, port, packet, true,
			decision_print(&decision, &datagram, text, sizeof(text)));
		if (decision.error == ICMP_NONE)
			break;
		/* Of a segment only the first is told of, as Linux does. */
		datagram_wire(router, &datagram, 0, &wire);
		icmp_error(router, &wire, decision.error, decision.argument);
		break;
	}
}

void router_take(struct router_port *port, uint64_t now, const struct packet *packet, uint8_t *bytes)
{
	uint32_t protocol;

	port->router->now = now;
	if (port->frame == RELAY_ETHERNET &&
		packet_load(packet, offsetof(struct ethhdr, h_proto), 2, &protocol) && protocol == ETH_P_ARP)
		arp_take(port, packet);
	else
		take_datagram(port, packet, bytes);
}

uint64_t router_next(const struct router *router)
{
	uint64_t next = neighbour_next(router), other = reassembly_next(router);

	if (other < next)
		next = other;
	other = advertise_next(router);
	return other < next ? other : next;
}

void router_tick(struct router *router, uint64_t now)
{
	router->now = now;
	neighbour_tick(router);
	reassembly_tick(router);
	advertise_tick(router);
}

const struct router_address *router_own(
	const struct router *router, const struct router_port *port, const struct ip *ip, bool *local)
{
	*local = port && ip_equal(&port->link_local, ip);
	if (*local)
		return NULL;
	for (size_t i = 0; i < router->address_count; i++) {
		const struct router_address *address = &router->addresses[i];

		if (ip_equal(&address->ip, ip) && (!ip_is_link_local(ip) || address->port == port)) {
			*local = true;
			return address;
		}
	}
	return NULL;
}

bool router_has(const struct router *router, const struct router_port *port, const struct ip *ip)
{
	bool local;

	router_own(router, port, ip, &local);
	return local;
}

bool router_output(
	struct router *router, struct router_port *port, struct datagram *datagram, const char *what)
{
	const struct ip *target = &datagram->target;
	const struct route *route;

	if (ip_is_multicast(target) || (target->family == AF_INET6 && ip_is_link_local(target))) {
		if (port)
			forward_by(port, target, datagram, what);
		return port;
	}
	route = table_find(router->table, target);
	if (!route || route->kind != ROUTE_UNICAST)
		return false;
	forward_by(route->port, route->gateway ? &route->via : target, datagram, what);
	return true;
}

void router_count(struct router *router, enum router_counter counter, unsigned count)
{
	counter_add(&router->memory->counters[counter], count);
}

const char *router_why(enum router_counter counter)
{
	static const char *const texts[ROUTER_COUNTERS] = {
#define X(name, what) [ROUTER_##name] = (what),
		ROUTER_DEEDS(X) ROUTER_DROPS(X)
#undef X
	};

	return texts[counter];
}

void router_saw(struct router_port *port, const struct packet *packet, const char *what)
{
	const struct router_outside *outside = port->router->outside;

	outside->saw(outside->context, port, packet, false, what);
}

void router_drop(struct router *router, const struct datagram *datagram, enum router_counter counter)
{
	router_count(router, counter, datagram->form.count ? datagram->form.count : 1);
	router->outside->saw(
		router->outside->context, datagram->from, &datagram->came, true, router_why(counter));
}
