/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a router has, and what becomes of it by an entry: refused or done as the kernel would, but that a
 * router has one route to each prefix. A route that follows from an address cannot be changed without it.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/router.h"

static const struct router_refusal granted;

static bool within(const struct address *address, const struct address *prefix)
{
	return address->family == prefix->family && bits_equal(address->bytes, prefix->bytes, prefix->length);
}

/* Whether they are the same thing, whatever else is said of it. */
static bool same_key(const struct router_item *one, const struct router_item *other)
{
	if (one->object != other->object || !address_equal(&one->at, &other->at))
		return false;
	return one->object == &router_route ? one->at.length == other->at.length : one->dev == other->dev;
}

static bool same_hop(const struct router_item *one, const struct router_item *other)
{
	return one->kind == other->kind && one->dev == other->dev && one->gateway == other->gateway &&
	       (!one->gateway || address_equal(&one->via, &other->via));
}

static bool same(const struct router_item *one, const struct router_item *other)
{
	return one->at.length == other->at.length && same_hop(one, other) &&
	       !memcmp(one->hardware, other->hardware, sizeof one->hardware);
}

static struct router_item *find(const struct router_state *state, const struct router_item *item)
{
	for (size_t i = 0; i < state->count; i++)
		if (same_key(&state->items[i], item))
			return &state->items[i];
	return NULL;
}

/* The address that a route to this prefix follows from. */
static const struct router_item *implied_by(const struct router_state *state, const struct router_item *route)
{
	for (size_t i = 0; i < state->count; i++) {
		const struct router_item *item = &state->items[i];

		if (item->object == &router_address && item->at.length == route->at.length &&
			within(&route->at, &item->at))
			return item;
	}
	return NULL;
}

bool router_has_address(const struct router_state *state, const struct address *address)
{
	for (size_t i = 0; i < state->count; i++)
		if (state->items[i].object == &router_address && address_equal(&state->items[i].at, address))
			return true;
	return false;
}

static bool is_on_link(const struct router_item *item)
{
	return item->object == &router_address ||
	       (item->object == &router_route && item->kind == RELAY_UNICAST && !item->gateway);
}

/* The end on whose link the gateway of ROUTE is: where it names one, only there. NULL: there is none. */
static const struct link *reach(const struct router_state *state, const struct router_item *route)
{
	const struct link *found = NULL;
	int longest = -1;

	for (size_t i = 0; i < state->count; i++) {
		const struct router_item *item = &state->items[i];

		if (!is_on_link(item) || (route->dev && item->dev != route->dev) ||
			item->at.length <= longest || !within(&route->via, &item->at))
			continue;
		found = item->dev;
		longest = item->at.length;
	}
	return found;
}

static bool is_multicast(const struct address *address)
{
	return address->bytes[0] >=
	       (address->family == AF_INET ? 224 : 0xff); /* RFC 1122 3.2.1.3: and more */
}

/* Whether all bits of ADDRESS beyond the length of PREFIX are set. */
static bool is_last(const struct address *address, const struct address *prefix)
{
	for (unsigned bit = prefix->length; bit < 8 * family_size(address->family); bit++)
		if (!(address->bytes[bit / 8] & 0x80 >> bit % 8))
			return false;
	return true;
}

/* Whether the gateway of ROUTE is all of a subnet: one with 31 bits or more has no broadcast address (RFC
 * 3021). */
static bool is_broadcast(const struct router_state *state, const struct router_item *route)
{
	enum { LONGEST = 30 };

	for (size_t i = 0; i < state->count; i++) {
		const struct router_item *item = &state->items[i];

		if (item->object == &router_address && item->at.family == AF_INET &&
			item->at.length <= LONGEST && (!route->dev || item->dev == route->dev) &&
			within(&route->via, &item->at) && is_last(&route->via, &item->at))
			return true;
	}
	return false;
}

/* Whether no host can have the gateway of ROUTE. */
static bool is_no_host(const struct router_state *state, const struct router_item *route)
{
	if (is_multicast(&route->via))
		return true;
	return route->via.family == AF_INET ? is_broadcast(state, route)
					    : address_is_unspecified(&route->via);
}

/* As fib_check_nh() and ip6_validate_gw() have it, but that an IPv4 gateway cannot be the router itself. */
static struct router_refusal resolve(const struct router_state *state, struct router_item *route)
{
	static const char invalid[] = "Nexthop has invalid gateway";
	bool ip4 = route->via.family == AF_INET;

	if (!route->gateway)
		return granted;
	if (router_has_address(state, &route->via))
		return (struct router_refusal) { EINVAL,
			ip4 ? invalid : "Gateway can not be a local address" };
	if (is_no_host(state, route))
		return (struct router_refusal) { EINVAL, ip4 ? invalid : "Invalid gateway address" };
	if (address_is_link_local(&route->via))
		return route->dev ? granted
				  : (struct router_refusal) { EINVAL, "Egress device not specified" };
	route->dev = reach(state, route);
	if (route->dev)
		return granted;
	return ip4 ? (struct router_refusal) { ENETUNREACH, invalid }
		   : (struct router_refusal) { EHOSTUNREACH, NULL };
}

static struct router_refusal exists(const struct router_item *item)
{
	if (item->object != &router_address)
		return (struct router_refusal) { EEXIST, NULL };
	return (struct router_refusal) { EEXIST, item->at.family == AF_INET
							 ? "ipv4: Address already assigned"
							 : "ipv6: address already assigned" };
}

static struct router_refusal missing(const struct router_item *item)
{
	if (item->object == &router_route)
		return (struct router_refusal) { ESRCH, NULL };
	if (item->object == &router_neighbour)
		return (struct router_refusal) { ENOENT, NULL };
	return (struct router_refusal) { EADDRNOTAVAIL,
		item->at.family == AF_INET ? "ipv4: Address not found" : "ipv6: address not found" };
}

static struct router_refusal implied(void)
{
	return (struct router_refusal) { EOPNOTSUPP, "the route follows from an address of the router" };
}

static void note(
	struct arena *arena, struct router_effects *effects, const struct router_item *item, bool set)
{
	const struct router_effect effect = { *item, set };

	arena_append(arena, &effects->at, &effects->count, &effect, sizeof effect);
}

static void put(struct arena *arena, struct router_state *state, const struct router_item *item,
	struct router_effects *effects)
{
	struct router_item *there = find(state, item);

	if (there)
		*there = *item;
	else
		arena_append(arena, &state->items, &state->count, item, sizeof *item);
	note(arena, effects, item, true);
}

static void drop(struct arena *arena, struct router_state *state, struct router_item *item,
	struct router_effects *effects)
{
	size_t behind = (size_t)(state->items + state->count - (item + 1));

	note(arena, effects, item, false);
	memmove(item, item + 1, behind * sizeof *item);
	state->count--;
}

static struct router_refusal add(struct arena *arena, struct router_state *state,
	const struct router_entry *entry, struct router_effects *effects)
{
	struct router_item item = entry->item;
	enum command_word command = entry->entry.command;
	const struct router_item *from = item.object == &router_route ? implied_by(state, &item) : NULL,
				 *there;
	struct router_refusal refusal = item.object == &router_route ? resolve(state, &item) : granted;

	if (from && command == COMMAND_STATE && item.kind == RELAY_UNICAST && !item.gateway &&
		item.dev == from->dev)
		return granted;
	if (from)
		return command == COMMAND_REPLACE ? implied() : exists(&item);
	if (refusal.number)
		return refusal;
	there = find(state, &item);
	if (there && command == COMMAND_STATE && same(there, &item))
		return granted;
	if (there && command != COMMAND_REPLACE)
		return exists(&item);
	put(arena, state, &item, effects);
	return granted;
}

/* Whether what stands is what a deletion means, which need not say all of it. */
static bool is_meant(const struct router_entry *entry, const struct router_item *item)
{
	const struct values *said = &entry->entry.values;
	const struct router_item *wanted = &entry->item;

	if (!same_key(item, wanted))
		return false;
	if (item->object == &router_address)
		return item->at.length == wanted->at.length ||
		       (item->at.family == AF_INET && !wanted->at.prefixed);
	if (item->object == &router_neighbour)
		return true;
	return (!value_said(said, "type") || item->kind == wanted->kind) &&
	       (!value_said(said, "dev") || item->dev == wanted->dev) &&
	       (!wanted->gateway || (item->gateway && address_equal(&item->via, &wanted->via)));
}

/* With its last IPv4 address a port loses the IPv4 routes by it (fib_disable_ip()); those of IPv6 stay. */
static void drop_routes(struct arena *arena, struct router_state *state, const struct link *dev,
	struct router_effects *effects)
{
	for (size_t i = 0; i < state->count; i++) {
		const struct router_item *item = &state->items[i];

		if (item->object == &router_address && item->dev == dev && item->at.family == AF_INET)
			return;
	}
	for (size_t i = state->count; i-- > 0;) {
		struct router_item *item = &state->items[i];

		if (item->object == &router_route && item->dev == dev && item->at.family == AF_INET)
			drop(arena, state, item, effects);
	}
}

static struct router_refusal del(struct arena *arena, struct router_state *state,
	const struct router_entry *entry, struct router_effects *effects)
{
	struct router_item *there = NULL;
	bool address = entry->item.object == &router_address;

	for (size_t i = 0; !there && i < state->count; i++)
		if (is_meant(entry, &state->items[i]))
			there = &state->items[i];
	if (!there && entry->item.object == &router_route && implied_by(state, &entry->item))
		return implied();
	if (!there)
		return missing(&entry->item);
	drop(arena, state, there, effects);
	if (address && entry->item.at.family == AF_INET)
		drop_routes(arena, state, entry->item.dev, effects);
	return granted;
}

struct router_refusal router_apply(struct arena *arena, struct router_state *state,
	const struct router_entry *entry, struct router_effects *effects)
{
	return entry->entry.command == COMMAND_DEL ? del(arena, state, entry, effects)
						   : add(arena, state, entry, effects);
}
