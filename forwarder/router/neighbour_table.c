/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/neighbour_table.h"

#include <stdlib.h>

#include "forwarder/router/checksum.h"
#include "forwarder/router/frame.h"

struct neighbours *neighbours_open(void)
{
	struct neighbours *neighbours = calloc(1, sizeof(*neighbours));

	if (!neighbours)
		return NULL;
	neighbours->next = ROUTER_NEVER;
	neighbours->pool = queue_pool_open();
	if (!neighbours->pool) {
		neighbours_close(neighbours);
		return NULL;
	}
	return neighbours;
}

void neighbours_close(struct neighbours *neighbours)
{
	if (!neighbours)
		return;
	queue_pool_close(neighbours->pool);
	free(neighbours);
}

static struct neighbour **chain_of(
	struct neighbours *neighbours, const struct router_port *port, const struct ip *ip)
{
	uint64_t key = port->number;

	for (unsigned i = 0; i < ip_size(ip); i += 4)
		key = key * 31 + load32(ip->bytes + i);
	return &neighbours->chains[stream_mix(key) % NEIGHBOUR_CHAINS];
}

struct neighbour *neighbour_find(
	struct neighbours *neighbours, const struct router_port *port, const struct ip *ip)
{
	struct neighbour *neighbour = *chain_of(neighbours, port, ip);

	while (neighbour && (neighbour->port != port || !ip_equal(&neighbour->ip, ip)))
		neighbour = neighbour->next;
	return neighbour;
}

/* The lower, the less is lost with it. Who asks for addresses that nobody has must not drive out those that
 * are used (RFC 6583 7.1). */
static unsigned worth(const struct neighbour *neighbour)
{
	static const unsigned worths[] = {
		[NEIGHBOUR_NONE] = 0,
		[NEIGHBOUR_FAILED] = 1,
		[NEIGHBOUR_INCOMPLETE] = 2,
		[NEIGHBOUR_STALE] = 3,
		[NEIGHBOUR_PROBE] = 4,
		[NEIGHBOUR_DELAY] = 4,
		[NEIGHBOUR_REACHABLE] = 5,
		[NEIGHBOUR_PERMANENT] = 6,
	};

	return worths[neighbour->shown->state];
}

static bool is_worth_less(const struct neighbour *one, const struct neighbour *other)
{
	unsigned worth_one = worth(one), worth_other = worth(other);

	if (worth_one != worth_other)
		return worth_one < worth_other;
	return worth_one && one->used < other->used;
}

/* In the beginning no place knows what it shows. */
static struct neighbour *place_of(struct router *router, size_t number)
{
	struct neighbour *neighbour = &router->neighbours->all[number];

	neighbour->shown = &router->memory->neighbours[number];
	return neighbour;
}

static struct neighbour *find_place(struct router *router)
{
	struct neighbour *least = place_of(router, 0);

	for (size_t i = 1; i < RELAY_NEIGHBOURS && least->shown->state != NEIGHBOUR_NONE; i++) {
		struct neighbour *neighbour = place_of(router, i);

		if (is_worth_less(neighbour, least))
			least = neighbour;
	}
	return least->shown->state == NEIGHBOUR_PERMANENT ? NULL : least;
}

struct neighbour *neighbour_add(struct router_port *port, const struct ip *ip)
{
	struct router *router = port->router;
	struct neighbour **chain = chain_of(router->neighbours, port, ip);
	struct neighbour *neighbour = find_place(router);
	struct relay_neighbour *shown;

	if (!neighbour)
		return NULL;
	if (neighbour->shown->state != NEIGHBOUR_NONE)
		neighbour_remove(neighbour, ROUTER_waiting, router_why(ROUTER_waiting));
	shown = neighbour->shown;
	*neighbour = (struct neighbour) { .shown = shown,
		.port = port,
		.ip = *ip,
		.next = *chain,
		.due = ROUTER_NEVER,
		.used = router->now };
	*chain = neighbour;
	shown->port = port->number;
	shown->family = ip->family;
	memcpy(shown->address, ip->bytes, sizeof(shown->address));
	return neighbour;
}

void neighbour_remove(struct neighbour *neighbour, enum router_counter why, const char *what)
{
	struct neighbours *neighbours = neighbour->port->router->neighbours;
	struct neighbour **at = chain_of(neighbours, neighbour->port, &neighbour->ip);
	struct queued *queued;

	while ((queued = queue_take(&neighbour->queue)))
		neighbour_lose(neighbours, queued, why, what);
	while (*at != neighbour)
		at = &(*at)->next;
	*at = neighbour->next;
	neighbour->due = ROUTER_NEVER;
	memset(neighbour->shown, 0, sizeof(*neighbour->shown));
}

void neighbour_enter(struct neighbour *neighbour, enum relay_neighbour_state state)
{
	neighbour->due = ROUTER_NEVER;
	neighbour->updated = neighbour->port->router->now;
	__atomic_store_n(&neighbour->shown->state, state, __ATOMIC_RELAXED);
}

void neighbour_after(struct neighbour *neighbour, uint64_t nanoseconds)
{
	struct router *router = neighbour->port->router;

	neighbour->due = router->now + nanoseconds;
	if (neighbour->due < router->neighbours->next)
		router->neighbours->next = neighbour->due;
}

void neighbour_confirm(struct neighbour *neighbour)
{
	struct router *router = neighbour->port->router;
	struct neighbours *neighbours = router->neighbours;
	uint64_t draw;

	if (!neighbours->draws)
		neighbours->stream = stream_open(router->seed, "neighbours");
	draw = stream_draw(&neighbours->stream, neighbours->draws++, 0);
	if (neighbour->shown->state != NEIGHBOUR_REACHABLE)
		neighbour_enter(neighbour, NEIGHBOUR_REACHABLE);
	neighbour_after(neighbour, REACHABLE_TIME / 2 + draw % REACHABLE_TIME);
}

void neighbour_use(struct neighbour *neighbour)
{
	neighbour->used = neighbour->port->router->now;
	if (neighbour->shown->state != NEIGHBOUR_STALE)
		return;
	neighbour_enter(neighbour, NEIGHBOUR_DELAY);
	neighbour_after(neighbour, DELAY_FIRST_PROBE_TIME);
}

void neighbour_lose(
	struct neighbours *neighbours, struct queued *queued, enum router_counter why, const char *what)
{
	router_count(queued->port->router, why, queued->datagram.form.count);
	frame_lose(queued->port, &queued->datagram, what);
	queue_free(neighbours->pool, queued);
}

void neighbour_flush(struct neighbour *neighbour)
{
	struct neighbours *neighbours = neighbour->port->router->neighbours;
	struct queued *queued;

	if (neighbour->queue.count)
		neighbour_use(neighbour);
	while ((queued = queue_take(&neighbour->queue))) {
		frame_send(queued->port, neighbour->shown->hardware, &queued->datagram, queue_what(queued));
		queue_free(neighbours->pool, queued);
	}
}
