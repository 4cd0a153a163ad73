/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/router.h"

#include <string.h>
#include <sys/socket.h>

enum { RATELIMIT = 1000 }; /* milliseconds: net.ipv4.icmp_ratelimit and net.ipv6.icmp.ratelimit of Linux */

static struct router_state *state_of(struct site *site, const struct wire *wire)
{
	static const struct router_state none;

	while (site->router_count <= wire->router)
		arena_append(site->arena, &site->routers, &site->router_count, &none, sizeof none);
	return &site->routers[wire->router];
}

const struct router_state *router_stands(const struct site *site, const struct wire *wire)
{
	return wire->kind->router && wire->router < site->router_count ? &site->routers[wire->router] : NULL;
}

const struct wire *router_owner(const struct site *site, const struct address *address)
{
	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		const struct netns *in = site->lab->namespaces[i];

		for (size_t j = 0; j < in->link_count; j++) {
			const struct wire *wire = in->links[j]->wire;
			const struct router_state *state = wire ? router_stands(site, wire) : NULL;

			if (state && router_has_address(state, address))
				return wire;
		}
	}
	return NULL;
}

static struct error *add_port(struct site *site, const struct wire *wire, const struct link *end)
{
	struct relay_message message = {
		.type = RELAY_ROUTER_PORT,
		.index = end->port,
		.peer = wire->router,
		.place = { .family = AF_INET6, .length = 64 },
	};

	router_identity(wire, end, message.place.hardware, message.place.address);
	return relay_tell_router(site->relay, &message);
}

static struct error *set_ratelimit(struct site *site, const struct wire *wire, uint64_t milliseconds)
{
	struct relay_message message = { .type = RELAY_ROUTER_SET, .index = wire->router };

	message.numbers[RELAY_ICMP_RATELIMIT] = milliseconds;
	return relay_tell_router(site->relay, &message);
}

struct error *router_make(struct site *site, const struct wire *wire)
{
	struct arena *arena = arena_open();
	struct error *error =
		relay_add_router(site->relay, wire->router, wire_seed(arena, wire, wire->ends[0]));

	arena_close(arena);
	*state_of(site, wire) = (struct router_state) { 0 };
	if (!error)
		error = set_ratelimit(site, wire, RATELIMIT);
	for (size_t i = 0; i < wire->count && !error; i++)
		error = add_port(site, wire, wire->ends[i]);
	return error;
}

static uint32_t type_of(const struct router_item *item)
{
	if (item->object == &router_address)
		return RELAY_ADDRESS;
	return item->object == &router_neighbour ? RELAY_NEIGHBOUR : RELAY_ROUTE;
}

static struct error *tell(struct site *site, const struct wire *wire, const struct router_effect *effect)
{
	const struct router_item *item = &effect->item;
	struct relay_message message = {
		.type = type_of(item),
		.index = item->object == &router_route ? wire->router : item->dev->port,
		.peer = item->object == &router_route && item->dev ? item->dev->port : 0,
		.set = effect->set,
		.place = { .family = item->at.family,
			.length = item->at.length,
			.kind = (uint8_t)item->kind,
			.gateway = item->gateway },
	};

	memcpy(message.place.address, item->at.bytes, sizeof message.place.address);
	memcpy(message.place.via, item->via.bytes, sizeof message.place.via);
	memcpy(message.place.hardware, item->hardware, sizeof message.place.hardware);
	return relay_tell_router(site->relay, &message);
}

static struct error *do_entry(struct site *site, const struct operation *operation)
{
	struct router_effects effects = { 0 };
	struct router_refusal refusal =
		router_apply(site->arena, state_of(site, operation->wire), operation->of_router, &effects);
	struct error *error = NULL;

	if (refusal.number)
		return error_tell(
			error_new(STATUS_WRONG, refusal.number, "the router refuses it"), refusal.message);
	for (size_t i = 0; i < effects.count && !error; i++)
		error = tell(site, operation->wire, &effects.at[i]);
	return error;
}

static struct error *add_option(
	struct site *site, const struct advertisement *advertisement, const struct advertised *option)
{
	struct relay_message message = {
		.type = RELAY_ADVERTISE_OPTION,
		.index = advertisement->on->port,
		.place = { .family = AF_INET6,
			.length = option->address.length,
			.kind = (uint8_t)option->kind },
	};

	memcpy(message.place.address, option->address.bytes, sizeof message.place.address);
	advertised_numbers(advertisement, option, message.numbers);
	return relay_tell_router(site->relay, &message);
}

static struct error *advertise(struct site *site, const struct advertisement *advertisement)
{
	struct relay_message message = { .type = RELAY_ADVERTISE,
		.index = advertisement->on->port,
		.set = advertise_sends(advertisement) };
	struct error *error;

	advertise_numbers(advertisement, message.numbers);
	message.numbers[RELAY_OPTION_COUNT] = advertisement->option_count;
	error = relay_tell_router(site->relay, &message);
	for (size_t i = 0; message.set && i < advertisement->option_count && !error; i++)
		error = add_option(site, advertisement, &advertisement->options[i]);
	return error;
}

struct error *router_do(struct site *site, const struct operation *operation)
{
	enum { NANOSECONDS = 1000000 };

	if (operation->of_router)
		return do_entry(site, operation);
	if (operation->advertisement)
		return advertise(site, operation->advertisement);
	return set_ratelimit(site, operation->wire, operation->ratelimit->number / NANOSECONDS);
}
