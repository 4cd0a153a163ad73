/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ends of a probe, how far it is to them, and the ways there. */
#include <string.h>

#include "explain/mend_view.h"
#include "run/router.h"

struct view_device *view_device_of(const struct view *view, const struct link *link)
{
	struct view_netns *in = link ? &view->namespaces[link->in->index] : NULL;

	for (size_t i = 0; in && i < in->device_count; i++)
		if (in->devices[i].link == link)
			return &in->devices[i];
	return NULL;
}

static void join(struct view *view, struct view_device *one, const struct link *with)
{
	const struct view_device *other = view_device_of(view, with);
	size_t from = other ? other->segment : 0, to = one->segment;

	if (!other || from == to)
		return;
	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++)
			if (view->namespaces[i].devices[j].segment == from)
				view->namespaces[i].devices[j].segment = to;
}

/* Ends of a wire, ports of a bridge, and what stands on another device are one segment. */
static void find_segments(struct view *view)
{
	size_t next = 0;

	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++)
			view->namespaces[i].devices[j].segment = next++;
	for (size_t i = 0; i < view->netns_count; i++) {
		for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
			struct view_device *device = &view->namespaces[i].devices[j];
			const struct link *link = device->link;
			const char *named = value_text(&link->values, "master");
			const struct link *master =
				named && *named ? lab_link(view->lab, link->in, named) : NULL;

			for (size_t k = 0; link->wire && k < link->wire->count; k++)
				join(view, device, link->wire->ends[k]);
			if (master && strcmp(master->kind->name, "vrf") != 0)
				join(view, device, master);
			if (link->peer)
				join(view, device, lab_link(view->lab, link->in, link->peer));
			if (link->lower)
				join(view, device, link->lower);
		}
	}
}

/* A round for each hop: labs in which probes go astray are small. */
static void count_hops(const struct view *view, unsigned *hops)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t i = 0; i < view->netns_count; i++)
			for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
				size_t segment = view->namespaces[i].devices[j].segment;

				for (size_t k = 0; k < view->netns_count; k++)
					for (size_t l = 0; l < view->namespaces[k].device_count; l++)
						if (view->namespaces[k].devices[l].segment == segment &&
							hops[k] + 1 < hops[i]) {
							hops[i] = hops[k] + 1;
							moved = true;
						}
			}
	}
}

/* Nobody has the address: somebody should, who has its prefix on a device and does not send. */
static bool should_own(const struct view *view, size_t index, const struct address *address)
{
	const struct view_netns *in = &view->namespaces[index];
	struct address prefix;
	size_t i;
	json_t *route;

	if (in->in == view->step->in || in->device_count > 1)
		return false;
	json_array_foreach (in->routes, i, route) {
		const char *scope = view_text(route, "scope");

		if (scope && !strcmp(scope, "link") && view_prefix(view, route, "dst", &prefix) &&
			prefix.length && view_within(&prefix, address))
			return true;
	}
	return false;
}

static void add_end(struct view *view, struct view_end **ends, size_t *count, const struct address *address,
	const struct netns *owner)
{
	struct address whole = *address;
	struct view_end end = { .address = whole };
	bool owned = false;

	end.address.length = (uint8_t)(8 * family_size(address->family));
	end.address.prefixed = false;
	for (size_t i = 0; i < *count; i++)
		if (address_equal(&(*ends)[i].address, &end.address))
			return;
	end.text = address_print(view->arena, &end.address);
	end.hops = arena_take(view->arena, view->netns_count * sizeof *end.hops);
	for (size_t i = 0; i < view->netns_count; i++) {
		end.hops[i] = view_owns(&view->namespaces[i], &end.address) ? 0 : VIEW_FAR;
		owned |= !end.hops[i];
	}
	if (owner)
		for (size_t i = 0; i < view->netns_count; i++)
			end.hops[i] = i == owner->index ? 0 : VIEW_FAR;
	else if (!owned)
		for (size_t i = 0; i < view->netns_count; i++)
			end.hops[i] = should_own(view, i, &end.address) ? 0 : VIEW_FAR;
	count_hops(view, end.hops);
	for (size_t i = 0;
		i < view->netns_count && end.hops[view->step->in->index] == VIEW_FAR && !owned && !owner; i++)
		end.hops[i] =
			view->namespaces[i].in == view->step->in ? VIEW_FAR : 1; /* anybody may lead to it */
	arena_append(view->arena, ends, count, &end, sizeof end);
}

static void find_targets(struct view *view)
{
	const struct step *step = view->step;
	const struct listener *listener = &step->listener;
	const struct netns *owner = listener->kind == LISTEN_HERE ? listener->in : NULL;

	add_end(view, &view->targets, &view->target_count, &step->target.address,
		owner && !view_owns(&view->namespaces[owner->index], &step->target.address) &&
				view_somebody_owns(view, &step->target.address)
			? NULL
			: owner);
	if (listener->kind == LISTEN_HERE && listener->address.family == view->family &&
		!address_equal(&listener->address, &step->target.address))
		for (size_t i = 0; i < family_size(view->family); i++)
			if (listener->address.bytes[i]) { /* not "any" */
				add_end(view, &view->targets, &view->target_count, &listener->address, owner);
				break;
			}
}

/* Addresses of the namespace that sends, those first that are likely. */
static void find_sources(struct view *view)
{
	const struct step *step = view->step;
	const struct view_netns *from = &view->namespaces[step->in->index];
	const struct address *said = value_address(&step->values, "source");
	struct view_lookup lookup;
	struct address address;
	size_t i, j;
	json_t *link, *element;

	if (said) {
		add_end(view, &view->sources, &view->source_count, said, step->in);
		return;
	}
	view_look_up(view, from, &step->target.address, &lookup);
	if (lookup.source && !address_read(view->arena, lookup.source, false, &address))
		add_end(view, &view->sources, &view->source_count, &address, step->in);
	json_array_foreach (from->addresses, i, link)
		json_array_foreach (json_object_get(link, "addr_info"), j, element) {
			const char *text = view_text(element, "local"), *scope = view_text(element, "scope");

			if (view->source_count < 3 && text && scope && !strcmp(scope, "global") &&
				!address_read(view->arena, text, false, &address) &&
				address.family == view->family)
				add_end(view, &view->sources, &view->source_count, &address, step->in);
		}
}

/* Whether no shortest way between the ends leads through it. */
static bool is_beside(const struct view *view, size_t index)
{
	for (size_t i = 0; i < view->target_count; i++)
		for (size_t j = 0; j < view->source_count; j++) {
			const unsigned *to = view->targets[i].hops, *from = view->sources[j].hops;

			if (to[index] + from[index] <= to[view->step->in->index])
				return false;
		}
	return true;
}

void view_find_ends(struct view *view)
{
	find_segments(view);
	find_targets(view);
	find_sources(view);
	for (size_t i = 0; i < view->netns_count; i++) {
		struct view_netns *in = &view->namespaces[i];

		in->beside = is_beside(view, i);
		for (size_t j = 0; j < view->target_count; j++)
			in->owns_target |= !view->targets[j].hops[i];
		for (size_t j = 0; j < view->source_count; j++)
			in->owns_source |= !view->sources[j].hops[i];
	}
}

const char *view_address_on(const struct view *view, const struct view_device *device)
{
	const char *found = NULL;
	size_t i;
	json_t *element;

	json_array_foreach (json_object_get(device->json, "addr_info"), i, element) {
		const char *family = view_text(element, "family"), *scope = view_text(element, "scope");

		if (!family || strcmp(family, view->family == AF_INET6 ? "inet6" : "inet") != 0)
			continue;
		if (!found || (scope && !strcmp(scope, "global")))
			found = view_text(element, "local");
		if (scope && !strcmp(scope, "global"))
			break;
	}
	return found;
}

unsigned view_length_on(
	const struct view *view, const struct view_device *device, const struct address *address)
{
	struct address prefix;
	unsigned longest = 0;
	size_t i;
	json_t *route;

	json_array_foreach (device->of->routes, i, route) {
		const char *dev = view_text(route, "dev"), *type = view_text(route, "type");

		if (dev && !strcmp(dev, device->name) && !json_object_get(route, "gateway") &&
			(!type || !strcmp(type, "unicast")) && view_prefix(view, route, "dst", &prefix) &&
			prefix.length > longest && view_within(&prefix, address))
			longest = prefix.length;
	}
	return longest;
}

static bool is_onlink(const struct view *view, const struct view_device *device, const char *gateway)
{
	struct address address;

	return gateway && !address_read(view->arena, gateway, false, &address) &&
	       !view_length_on(view, device, &address);
}

/* Of a router on the wire of a device: the address of its port there; NULL: it has none of the family. */
static const char *router_on(const struct view *view, const struct view_device *device)
{
	const struct router_state *state = router_stands(view->site, device->link->wire);

	for (size_t i = 0; state && i < state->count; i++) {
		const struct router_item *item = &state->items[i];
		struct address host = item->at;

		host.prefixed = false;
		if (item->object == &router_address && item->dev == device->link &&
			item->at.family == view->family)
			return address_print(view->arena, &host);
	}
	return NULL;
}

/* Who is behind a router on the wire is not who is there. */
static void set_gateway(const struct view *view, const struct view_end *end, struct view_way *way)
{
	const struct wire *wire = way->out->link->wire;

	if (wire && wire->kind->router) {
		way->gateway = router_on(view, way->out);
		way->last = false;
		return;
	}
	way->gateway = view_address_on(view, way->in);
	if (way->gateway && !strcmp(way->gateway, end->text))
		way->gateway = NULL;
}

size_t view_ways(const struct view *view, const struct view_netns *from, const struct view_end *end,
	struct view_way *out, size_t most)
{
	size_t count = 0, self = from->in->index;

	for (size_t i = 0; i < from->device_count; i++) {
		const struct view_device *device = &from->devices[i];

		if (!device->json || json_object_get(device->json, "master"))
			continue;
		for (size_t j = 0; j < view->netns_count; j++) {
			const struct view_netns *to = &view->namespaces[j];

			if (j == self || end->hops[j] >= end->hops[self])
				continue;
			for (size_t k = 0; k < to->device_count && count < most; k++) {
				const struct view_device *peer = &to->devices[k];
				struct view_way way = { .out = device, .in = peer, .last = !end->hops[j] };

				if (peer->segment != device->segment || !peer->json ||
					json_object_get(peer->json, "master"))
					continue;
				set_gateway(view, end, &way);
				way.onlink = is_onlink(view, device, way.gateway);
				out[count++] = way;
			}
		}
	}
	return count;
}
