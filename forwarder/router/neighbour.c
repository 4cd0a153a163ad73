/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/neighbour.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "forwarder/router/arp.h"
#include "forwarder/router/frame.h"
#include "forwarder/router/icmp.h"
#include "forwarder/router/nd.h"
#include "forwarder/router/neighbour_table.h"

enum { QUESTIONS = 3 }; /* MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT */

/* Asks for it: everybody, or who had the address. */
static void ask(struct neighbour *neighbour)
{
	const struct queued *last = neighbour->queue.count ? neighbour->queue.last : NULL;
	const struct ip *source = last && !last->datagram.from ? &last->datagram.source : NULL;
	bool probe = neighbour->shown->state == NEIGHBOUR_PROBE;
	const uint8_t *hardware = probe ? neighbour->shown->hardware : NULL;

	neighbour->asked++;
	neighbour_after(neighbour, RETRANS_TIMER);
	if (neighbour->port->frame == RELAY_IP)
		return;
	if (neighbour->ip.family == AF_INET)
		arp_ask(neighbour->port, &neighbour->ip, hardware, source);
	else
		nd_ask(neighbour->port, &neighbour->ip, hardware, source);
}

static void begin_to_ask(struct neighbour *neighbour, enum relay_neighbour_state state)
{
	neighbour_enter(neighbour, state);
	neighbour->asked = 0;
	ask(neighbour);
}

/* What waited is lost, each with an error to who sent it. The errors may be for the same next hop, and wait
 * for it anew. */
static void fail(struct neighbour *neighbour)
{
	struct router *router = neighbour->port->router;
	struct queue *queue = &neighbour->queue;
	uint64_t last = queue->count ? queue->last->number : 0;
	char address[INET6_ADDRSTRLEN], what[QUEUE_WHAT];

	neighbour_enter(neighbour, NEIGHBOUR_FAILED);
	inet_ntop(neighbour->ip.family, neighbour->ip.bytes, address, sizeof(address));
	snprintf(what, sizeof(what), "%s: %s", router_why(ROUTER_no_answer), address);
	while (queue->count && queue->first->number <= last) {
		struct queued *queued = queue_take(queue);
		struct datagram about = queued->datagram;

		router_count(router, ROUTER_no_answer, about.form.count);
		frame_lose(queued->port, &about, what);
		if (about.from)
			icmp_error(router, &queued->datagram, ICMP_NO_NEIGHBOUR, 0);
		queue_free(router->neighbours->pool, queued);
	}
}

/* The time is over for which it was said to be there. */
static void end_reachable(struct neighbour *neighbour)
{
	uint64_t now = neighbour->port->router->now;

	if (now > neighbour->used + DELAY_FIRST_PROBE_TIME) {
		neighbour_enter(neighbour, NEIGHBOUR_STALE);
		return;
	}
	neighbour_enter(neighbour, NEIGHBOUR_DELAY);
	neighbour_after(neighbour, DELAY_FIRST_PROBE_TIME);
}

static void end_state(struct neighbour *neighbour)
{
	switch ((enum relay_neighbour_state)neighbour->shown->state) {
	case NEIGHBOUR_REACHABLE: end_reachable(neighbour); break;
	case NEIGHBOUR_DELAY: begin_to_ask(neighbour, NEIGHBOUR_PROBE); break;
	case NEIGHBOUR_INCOMPLETE:
	case NEIGHBOUR_PROBE:
		if (neighbour->asked < QUESTIONS)
			ask(neighbour);
		else
			fail(neighbour);
		break;
	case NEIGHBOUR_NONE:
	case NEIGHBOUR_STALE:
	case NEIGHBOUR_FAILED:
	case NEIGHBOUR_PERMANENT: neighbour->due = ROUTER_NEVER; break;
	}
}

uint64_t neighbour_next(const struct router *router)
{
	return router->neighbours->next;
}

void neighbour_tick(struct router *router)
{
	struct neighbours *neighbours = router->neighbours;

	if (router->now < neighbours->next)
		return;
	neighbours->next = ROUTER_NEVER;
	for (size_t i = 0; i < RELAY_NEIGHBOURS; i++) {
		struct neighbour *neighbour = &neighbours->all[i];

		if (!neighbour->shown || neighbour->shown->state == NEIGHBOUR_NONE)
			continue;
		if (neighbour->due <= router->now)
			end_state(neighbour);
		if (neighbour->due < neighbours->next)
			neighbours->next = neighbour->due;
	}
}

static void wait(struct neighbour *neighbour, const struct datagram *datagram, const char *what)
{
	struct neighbours *neighbours = neighbour->port->router->neighbours;
	struct queued *surplus = queue_surplus(neighbours->pool, &neighbour->queue);

	if (surplus)
		neighbour_lose(neighbours, surplus, ROUTER_waiting, router_why(ROUTER_waiting));
	queue_add(neighbours->pool, &neighbour->queue, neighbour->port, datagram, what);
}

static void send_to(struct neighbour *neighbour, struct datagram *datagram, const char *what)
{
	if (neighbour_valid(neighbour)) {
		neighbour_use(neighbour);
		frame_send(neighbour->port, neighbour->shown->hardware, datagram, what);
		return;
	}
	neighbour->used = neighbour->port->router->now;
	wait(neighbour, datagram, what);
	if (neighbour->shown->state != NEIGHBOUR_INCOMPLETE)
		begin_to_ask(neighbour, NEIGHBOUR_INCOMPLETE);
}

void neighbour_send(
	struct router_port *port, const struct ip *next_hop, struct datagram *datagram, const char *what)
{
	struct neighbours *neighbours = port->router->neighbours;
	struct neighbour *neighbour;
	uint8_t hardware[6];

	if (port->frame == RELAY_IP || frame_group(next_hop, hardware)) {
		frame_send(port, hardware, datagram, what);
		return;
	}
	neighbour = neighbour_find(neighbours, port, next_hop);
	if (!neighbour)
		neighbour = neighbour_add(port, next_hop);
	if (neighbour) {
		send_to(neighbour, datagram, what);
		return;
	}
	router_count(port->router, ROUTER_waiting, datagram->form.count);
	frame_lose(port, datagram, router_why(ROUTER_waiting));
}
