/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/routing.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "forwarder/control.h"
#include "forwarder/lane.h"
#include "forwarder/router/advertise.h"
#include "forwarder/router/neighbour.h"

struct routing {
	struct relay *relay;
	struct router *router;
	struct relay_router *memory;
	struct router_outside outside;
	uint32_t number;
	bool unsettled;
};

static void saw(
	void *context, struct router_port *port, const struct packet *packet, bool dropped, const char *what)
{
	const struct port *from = port->outside;
	struct packet noted = *packet;

	(void)context;
	if (dropped) {
		capture_drop(from->capture, from->interface, RELAY_OUT, packet, "%s", what);
		return;
	}
	noted.note = what;
	capture_packet(from->capture, from->interface, RELAY_OUT, &noted);
}

static void send_out(void *context, struct router_port *port, const struct packet *packet, const char *what)
{
	const struct routing *routing = context;
	const struct moment moment = { .now = routing->relay->now, .starved = routing->relay->starved };
	struct port *to = port->outside;
	struct packet noted = *packet;

	noted.note = what;
	if (to->lane)
		lane_take(to->lane, &moment, &noted);
	else
		port_write(to, &noted);
}

static void lost(void *context, struct router_port *port, const struct packet *packet, const char *what)
{
	const struct port *to = port->outside;

	(void)context;
	capture_drop(to->capture, to->interface, RELAY_IN, packet, "%s", what);
}

static void say_nothing(
	void *context, struct router_port *port, const struct packet *packet, const char *what)
{
	(void)context, (void)port, (void)packet, (void)what;
}

void routing_close(struct routing *routing)
{
	/* The ports are gone, by which a last word could be said. */
	routing->outside.send = routing->outside.lost = say_nothing;
	router_close(routing->router);
	munmap(routing->memory, sizeof(*routing->memory));
	free(routing);
}

void routing_note(struct port *port)
{
	if (!port->routed)
		return;
	port->routed->frame = port->frame;
	port->routed->mtu = port->mtu;
}

void routings_tick(struct relay *relay)
{
	for (size_t i = 0; i < relay->routing_count; i++) {
		struct router *router = relay->routings[i]->router;

		if (router_next(router) > relay->now)
			continue;
		capture_tick(relay->capture);
		router_tick(router, relay->now);
	}
}

uint64_t routings_next(const struct relay *relay, uint64_t otherwise)
{
	for (size_t i = 0; i < relay->routing_count; i++) {
		uint64_t next = router_next(relay->routings[i]->router);

		if (next < otherwise)
			otherwise = next;
	}
	return otherwise;
}

int routings_settle(struct relay *relay)
{
	for (size_t i = 0; i < relay->routing_count; i++) {
		struct routing *routing = relay->routings[i];

		if (routing->unsettled && !router_settle(routing->router))
			return relay_fault(relay, "no memory for the routes of router %u", routing->number);
		routing->unsettled = false;
	}
	return 0;
}

/* The router that is numbered so, or NULL with relay->fault. */
static struct routing *find_routing(struct relay *relay, uint32_t number)
{
	if (number < relay->routing_count)
		return relay->routings[number];
	relay_fault(relay, "there is no router %u", number);
	return NULL;
}

/* The router's port that is numbered so, or NULL with relay->fault. */
static struct router_port *find_port(struct relay *relay, uint32_t index)
{
	struct port *port = control_port(relay, index);

	if (port && !port->routed)
		relay_fault(relay, "no router has port %u", index);
	return port ? port->routed : NULL;
}

static struct routing *routing_of(const struct router_port *port)
{
	return port->router->outside->context;
}

static const char *place_wrong(const struct relay_place *place)
{
	if (place->family != AF_INET && place->family != AF_INET6)
		return "no such family";
	if (place->length > (place->family == AF_INET ? 32 : 128))
		return "the prefix is too long";
	return NULL;
}

/* Whether the message says an address; else relay->fault. */
static bool read_place(struct relay *relay, const struct parcel *parcel, struct ip *out)
{
	const struct relay_place *place = &parcel->message.place;
	const char *wrong = place_wrong(place);

	if (wrong)
		relay_fault(relay, "%s: family %u, %u bits", wrong, place->family, place->length);
	else
		*out = ip_load(place->family, place->address);
	return !wrong;
}

int routing_take_router(struct relay *relay, struct parcel *parcel)
{
	uint32_t number = parcel->message.index;
	struct routing *routing;

	/* They are numbered in their order. */
	if (number != relay->routing_count || number >= RELAY_ROUTERS)
		return relay_fault(relay, "router %u is out of range", number);
	routing = calloc(1, sizeof(*routing));
	if (!routing)
		return relay_fault(relay, "no memory");
	*routing = (struct routing) {
		.relay = relay, .number = number, .outside = { saw, send_out, lost, routing }
	};
	routing->memory = control_memory(relay, parcel, sizeof(*routing->memory));
	if (routing->memory)
		routing->router = router_open(&routing->outside, routing->memory, parcel->message.seed);
	if (routing->router) {
		relay->routings[relay->routing_count++] = routing;
		return 0;
	}
	if (routing->memory) {
		munmap(routing->memory, sizeof(*routing->memory));
		relay_fault(relay, "no memory");
	}
	free(routing);
	return -1;
}

int routing_take_set(struct relay *relay, struct parcel *parcel)
{
	struct routing *routing = find_routing(relay, parcel->message.index);

	if (!routing)
		return -1;
	routing->router->ratelimit = parcel->message.numbers[RELAY_ICMP_RATELIMIT] * 1000000;
	return 0;
}

int routing_take_port(struct relay *relay, struct parcel *parcel)
{
	struct routing *routing = find_routing(relay, parcel->message.peer);
	struct port *port = routing ? control_port(relay, parcel->message.index) : NULL;
	struct ip link_local;

	if (!port || !read_place(relay, parcel, &link_local))
		return -1;
	if (port->routed)
		return relay_fault(relay, "a router has port %u", parcel->message.index);
	port->routed = router_add_port(
		routing->router, parcel->message.index, parcel->message.place.hardware, &link_local);
	if (!port->routed)
		return relay_fault(relay, "no memory");
	port_leave(port);
	port->routed->outside = port;
	routing_note(port);
	return 0;
}

int routing_take_address(struct relay *relay, struct parcel *parcel)
{
	struct router_port *port = find_port(relay, parcel->message.index);
	uint8_t length = parcel->message.place.length;
	struct ip ip;

	if (!port || !read_place(relay, parcel, &ip))
		return -1;
	routing_of(port)->unsettled = true;
	if (!parcel->message.set)
		router_remove_address(port, &ip, length);
	else if (!router_add_address(port, &ip, length))
		return relay_fault(relay, "no memory");
	return 0;
}

static int read_route(struct relay *relay, const struct parcel *parcel, struct route *route)
{
	const struct relay_place *place = &parcel->message.place;

	if (!read_place(relay, parcel, &route->prefix))
		return -1;
	if (place->kind > RELAY_PROHIBIT)
		return relay_fault(relay, "unknown kind of route %u", place->kind);
	route->length = place->length;
	route->kind = (enum route_kind)place->kind;
	route->gateway = place->gateway;
	if (place->gateway)
		route->via = ip_load(place->family, place->via);
	if (route->kind == ROUTE_UNICAST && parcel->message.set)
		route->port = find_port(relay, parcel->message.peer);
	return route->kind != ROUTE_UNICAST || !parcel->message.set || route->port ? 0 : -1;
}

int routing_take_route(struct relay *relay, struct parcel *parcel)
{
	struct routing *routing = find_routing(relay, parcel->message.index);
	struct route route = { 0 };

	if (!routing || read_route(relay, parcel, &route) < 0)
		return -1;
	routing->unsettled = true;
	if (route.port && route.port->router != routing->router)
		return relay_fault(relay, "port %u is another router's", parcel->message.peer);
	if (!parcel->message.set)
		router_remove_route(routing->router, &route.prefix, route.length);
	else if (!router_add_route(routing->router, &route))
		return relay_fault(relay, "no memory");
	return 0;
}

int routing_take_neighbour(struct relay *relay, struct parcel *parcel)
{
	struct router_port *port = find_port(relay, parcel->message.index);
	const struct relay_message *message = &parcel->message;
	struct ip ip;

	if (!port || !read_place(relay, parcel, &ip))
		return -1;
	port->router->now = relay_now(relay);
	capture_tick(relay->capture);
	if (!neighbour_state(port, &ip, message->set ? message->place.hardware : NULL))
		return relay_fault(relay, "more than %d neighbours", RELAY_NEIGHBOURS);
	return 0;
}

int routing_take_advertise(struct relay *relay, struct parcel *parcel)
{
	struct router_port *port = find_port(relay, parcel->message.index);

	if (!port)
		return -1;
	port->router->now = relay_now(relay);
	capture_tick(relay->capture);
	if (!advertise_set(port, parcel->message.set ? parcel->message.numbers : NULL))
		return relay_fault(relay, "no memory");
	return 0;
}

int routing_take_option(struct relay *relay, struct parcel *parcel)
{
	struct router_port *port = find_port(relay, parcel->message.index);
	const struct relay_message *message = &parcel->message;
	struct ip prefix;

	if (!port || !read_place(relay, parcel, &prefix))
		return -1;
	if (message->place.kind > RELAY_ADVERTISED_RDNSS)
		return relay_fault(relay, "unknown option %u", message->place.kind);
	if (!advertise_add(port, (enum relay_advertised)message->place.kind, &prefix, message->place.length,
		    message->numbers))
		return relay_fault(relay, "port %u cannot advertise more", message->index);
	return 0;
}
