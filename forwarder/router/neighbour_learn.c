/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is heard of neighbours, and stated. */
#include "forwarder/router/neighbour_table.h"

/* For so long Linux believes what it heard first of an IPv4 neighbour: the first of several answers. */
#define LOCK_TIME 1000000000ULL

/* What of the news holds. */
struct change {
	bool hardware; /* its address is what they say */
	bool router;   /* it is one, or is none, as they say */
	enum relay_neighbour_state state;
};

/* RFC 4861 7.2.5 I: news of another address that may not override change nothing else. Of IPv4, as Linux has
 * it, who answered confirms the neighbour all the same. */
static void resist(const struct neighbour *neighbour, struct change *change)
{
	*change = (struct change) { .state = neighbour->shown->state };
	if (neighbour->ip.family == AF_INET6 && change->state == NEIGHBOUR_REACHABLE)
		change->state = NEIGHBOUR_STALE;
}

/* News of one whose hardware address is known. */
static void change_valid(
	const struct neighbour *neighbour, const struct neighbour_news *news, struct change *change)
{
	bool other = news->hardware && memcmp(news->hardware, neighbour->shown->hardware, 6) != 0;
	uint64_t now = neighbour->port->router->now;
	bool late = neighbour->ip.family == AF_INET && now > neighbour->updated + LOCK_TIME;

	if (other && !news->override && !late) {
		resist(neighbour, change);
		return;
	}
	*change = (struct change) { other, news->says_router, neighbour->shown->state };
	if (news->solicited)
		change->state = NEIGHBOUR_REACHABLE;
	else if (other)
		change->state = NEIGHBOUR_STALE;
}

/* Whether anything is to be done. */
static bool judge(const struct neighbour *neighbour, const struct neighbour_news *news, struct change *change)
{
	uint32_t state = neighbour->shown->state;

	if (state == NEIGHBOUR_PERMANENT)
		return false;
	if (neighbour_valid(neighbour)) {
		change_valid(neighbour, news, change);
		return true;
	}
	/* An advertisement of one that was given up on is too late, says Linux. */
	if (!news->hardware ||
		(state == NEIGHBOUR_FAILED && neighbour->ip.family == AF_INET6 && !news->create))
		return false;
	*change = (struct change) { true, news->says_router,
		news->solicited ? NEIGHBOUR_REACHABLE : NEIGHBOUR_STALE };
	return true;
}

static void apply(struct neighbour *neighbour, const struct neighbour_news *news, const struct change *change)
{
	if (change->hardware) {
		memcpy(neighbour->shown->hardware, news->hardware, 6);
		neighbour->updated = neighbour->port->router->now;
	}
	if (change->router)
		neighbour->shown->is_router = news->is_router;
	if (change->state == NEIGHBOUR_REACHABLE && news->solicited)
		neighbour_confirm(neighbour);
	else if (change->state != neighbour->shown->state)
		neighbour_enter(neighbour, change->state);
	neighbour_flush(neighbour);
}

void neighbour_learn(struct router *router, const struct neighbour_news *news)
{
	struct neighbour *neighbour = neighbour_find(router->neighbours, news->port, &news->ip);
	struct change change;

	if (!neighbour && news->create && news->hardware)
		neighbour = neighbour_add(news->port, &news->ip);
	if (!neighbour || !judge(neighbour, news, &change))
		return;
	apply(neighbour, news, &change);
}

bool neighbour_is_known(const struct router_port *port, const struct ip *ip)
{
	return neighbour_find(port->router->neighbours, port, ip);
}

bool neighbour_state(struct router_port *port, const struct ip *ip, const uint8_t *hardware)
{
	struct neighbour *neighbour = neighbour_find(port->router->neighbours, port, ip);

	if (!hardware) {
		if (neighbour)
			neighbour_remove(neighbour, ROUTER_no_answer, "the neighbour was deleted");
		return true;
	}
	if (!neighbour)
		neighbour = neighbour_add(port, ip);
	if (!neighbour)
		return false;
	memcpy(neighbour->shown->hardware, hardware, 6);
	neighbour_enter(neighbour, NEIGHBOUR_PERMANENT);
	neighbour_flush(neighbour);
	return true;
}
