/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, addresses, neighbours. */
#include <string.h>

#include "explain/mend_idea.h"

static json_t *link_change(const struct view_device *device, const char *key, json_t *value)
{
	json_t *change = json_new_object(), *links = json_new_object(), *link = json_new_object();

	json_put_new(link, key, value);
	json_put_new(links, device->name, link);
	json_put_new(change, "links", links);
	return change;
}

static long mtu_of(const struct view_device *device)
{
	return (long)json_integer_value(json_object_get(device->json, "mtu"));
}

static bool has_flag(const struct view_device *device, const char *wanted)
{
	size_t i;
	json_t *flag;

	json_array_foreach (json_object_get(device->json, "flags"), i, flag)
		if (json_string_value(flag) && !strcmp(json_string_value(flag), wanted))
			return true;
	return false;
}

static void bring_up(struct ideas *ideas, const struct view_device *device)
{
	if (device->json && !has_flag(device, "UP"))
		idea_add(ideas, COST_OBJECT - 2,
			arena_printf(ideas->view->arena, "up %s %s", device->of->in->name, device->name),
			NULL, device->of, link_change(device, "up", json_true()), NULL);
}

static bool has_detached(const struct view_device *device)
{
	const json_t *info = json_object_get(json_object_get(device->json, "linkinfo"), "info_data");

	return json_integer_value(json_object_get(info, "numdisabled")) > 0;
}

/* A TUN or TAP that nobody has open has no carrier; one with a queue that is detached may have none to take
 * packets. */
static void open_again(struct ideas *ideas, const struct view_device *device)
{
	const char *group =
		arena_printf(ideas->view->arena, "open %s %s", device->of->in->name, device->name);

	if (!device->link || device->link->kind->made != LINK_BY_TUN)
		return;
	if (has_flag(device, "NO-CARRIER"))
		idea_add(ideas, COST_OBJECT - 2, group, NULL, device->of,
			link_change(device, "open", json_true()), NULL);
	if (has_detached(device))
		idea_add(ideas, COST_OBJECT - 2, group, NULL, device->of,
			link_change(device, "detached", json_new_array()), NULL);
}

static void turn_arp_on(struct ideas *ideas, const struct view_device *device)
{
	struct arena *arena = ideas->view->arena;
	const char *type = view_text(device->json, "link_type");

	if (type && !strcmp(type, "ether") && has_flag(device, "NOARP"))
		idea_add(ideas, COST_TOLD,
			arena_printf(arena, "arp %s %s", device->of->in->name, device->name), NULL,
			device->of, link_change(device, "arp", json_true()),
			link_change(device, "arp", json_false()));
}

/* A TUN or TAP that a wire reads gets the queue that it has unless somebody says otherwise. */
static void lengthen_queue(struct ideas *ideas, const struct view_device *device)
{
	enum { USUAL = 500 }; /* packets: the kernel's TUN_READQ_SIZE */
	struct arena *arena = ideas->view->arena;
	const struct link *link = device->link;
	long length = (long)json_integer_value(json_object_get(device->json, "txqlen"));

	if (!device->json || !link->wire || !link->kind || link->kind->made != LINK_BY_TUN || length >= USUAL)
		return;
	idea_add(ideas, length ? COST_OBJECT : COST_BROKEN,
		arena_printf(arena, "queue %s %s", device->of->in->name, device->name), NULL, device->of,
		link_change(device, "txqueuelen", json_integer(USUAL)),
		link_change(device, "txqueuelen", json_integer(length)));
}

/* Packets pass a wire only if both ends take them. */
static void raise_both(struct ideas *ideas, const struct view_device *device, long mtu)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
			const struct view_device *peer = &view->namespaces[i].devices[j];
			json_t *both;

			if (peer->segment != device->segment || peer->of <= device->of || !peer->json ||
				mtu_of(peer) >= mtu)
				continue;
			both = json_new_object();
			json_put_new(
				both, device->of->in->name, link_change(device, "mtu", json_integer(mtu)));
			json_put_new(both, peer->of->in->name, link_change(peer, "mtu", json_integer(mtu)));
			idea_add_several(ideas, COST_ALL + 2,
				arena_printf(view->arena, "mtu %s", device->of->in->name),
				"what is between them must take it, too", device->of, both);
		}
}

/* The least and the most of all devices that packets may pass. */
static void mtus(const struct view *view, long *least, long *most)
{
	*least = 65536;
	*most = 0;
	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
			long mtu = mtu_of(&view->namespaces[i].devices[j]);

			if (mtu >= 68 && mtu < *least)
				*least = mtu;
			if (mtu > *most)
				*most = mtu;
		}
}

static void set_mtu(
	struct ideas *ideas, unsigned cost, const char *also, const struct view_device *device, long mtu)
{
	struct arena *arena = ideas->view->arena;

	idea_add(ideas, cost, arena_printf(arena, "mtu %s", device->of->in->name), also, device->of,
		link_change(device, "mtu", json_integer(mtu)),
		ideas->view->family == AF_INET ? link_change(device, "mtu", json_integer(mtu_of(device)))
					       : NULL);
}

static void change_mtus(struct ideas *ideas)
{
	const struct view *view = ideas->view;
	long least, most;

	mtus(view, &least, &most);
	for (size_t i = 0; least < most && i < view->netns_count; i++) {
		const struct view_netns *in = &view->namespaces[i];

		for (size_t j = 0; j < in->device_count; j++) {
			const struct view_device *device = &in->devices[j];

			if ((in->owns_source || in->owns_target) && mtu_of(device) > least)
				set_mtu(ideas, COST_OBJECT, "all that leaves by the device is smaller",
					device, least);
			if (device->json && mtu_of(device) < most)
				set_mtu(ideas, COST_ALL, "what is between must take it, too", device, most);
			if (device->json && mtu_of(device) < most)
				raise_both(ideas, device, most);
		}
	}
}

/* The address of the link layer of whoever has ADDRESS on the segment, or of somebody there. */
static const char *link_address(
	const struct view *view, const struct view_device *device, const struct address *address)
{
	const char *found = NULL;

	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
			const struct view_device *peer = &view->namespaces[i].devices[j];
			const char *type = view_text(peer->json, "link_type");

			if (peer->segment != device->segment || peer->of == device->of || !type ||
				strcmp(type, "ether") != 0 || json_object_get(peer->json, "master"))
				continue;
			if (!found || view_owns(peer->of, address))
				found = view_text(peer->json, "address");
		}
	return found;
}

static void give_address(struct ideas *ideas, const struct view_device *device, const char *text)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
			const struct view_device *peer = &view->namespaces[i].devices[j];

			if (peer->segment == device->segment && peer->of != device->of && peer->json &&
				!json_object_get(peer->json, "master"))
				idea_line(ideas, COST_BROKEN + 3,
					arena_printf(view->arena, "address %s", text), NULL, peer->of,
					"addresses", "%s/%d dev %s", text,
					view->family == AF_INET6 ? 128 : 32, peer->name);
		}
}

static void know_neighbour(
	struct ideas *ideas, const struct view_netns *in, const char *device_name, const char *text)
{
	const struct view *view = ideas->view;
	struct address address;

	if (!text || address_read(view->arena, text, false, &address))
		return;
	for (size_t i = 0; i < in->device_count; i++) {
		const struct view_device *device = &in->devices[i];
		const char *mac;

		if (device_name && strcmp(device->name, device_name) != 0)
			continue;
		mac = link_address(view, device, &address);
		if (!mac)
			continue;
		if (!view_somebody_owns(view, &address))
			give_address(ideas, device, text);
		idea_line(ideas, COST_OBJECT + 6,
			arena_printf(view->arena, "neighbour %s %s", in->in->name, text), NULL, in,
			"neighbours", "%s lladdr %s dev %s nud permanent", text, mac, device->name);
	}
}

/* Gateways, and ends that are taken to be on a link. */
static void know_neighbours(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;
	struct view_lookup found;

	for (size_t i = 0; i < view->target_count; i++) {
		view_look_up(view, in, &view->targets[i].address, &found);
		if (!found.number && found.device && strcmp(found.device, "lo") != 0)
			know_neighbour(ideas, in, found.device,
				found.gateway ? found.gateway : view->targets[i].text);
	}
	for (size_t i = 0; i < view->source_count; i++) {
		view_look_up(view, in, &view->sources[i].address, &found);
		if (!found.number && found.device && strcmp(found.device, "lo") != 0)
			know_neighbour(ideas, in, found.device,
				found.gateway ? found.gateway : view->sources[i].text);
	}
}

/* Somebody answers neighbour solicitations for an end behind him. */
static void answer_for(struct ideas *ideas, const struct view_netns *in, const struct view_end *end)
{
	struct arena *arena = ideas->view->arena;

	if (!end->hops[in->in->index] || end->hops[in->in->index] >= VIEW_FAR)
		return;
	for (size_t i = 0; i < in->device_count; i++) {
		const struct view_device *device = &in->devices[i];
		const char *type = view_text(device->json, "link_type");
		json_t *change, *lines, *set;

		if (!type || strcmp(type, "ether") != 0)
			continue;
		change = json_new_object();
		set = json_new_object();
		json_put_number(set, arena_printf(arena, "net.ipv6.conf.%s.proxy_ndp", device->name), 1);
		json_put_new(change, "sysctls", set);
		lines = json_new_array();
		json_append_new(lines, json_sprintf("proxy %s dev %s", end->text, device->name));
		json_put_new(change, "neighbours", lines);
		idea_add(ideas, COST_OBJECT + 1, arena_printf(arena, "proxy %s %s", in->in->name, end->text),
			NULL, in, change, NULL);
	}
}

/* A broadcast address that is somebody's own. */
static void drop_broadcast(struct ideas *ideas, const struct view_netns *in)
{
	const struct view *view = ideas->view;
	size_t i, j;
	json_t *link, *element;

	json_array_foreach (in->addresses, i, link)
		json_array_foreach (json_object_get(link, "addr_info"), j, element) {
			const char *text = view_text(element, "broadcast"),
				   *local = view_text(element, "local"), *device = view_text(link, "ifname");
			long long length =
				(long long)json_integer_value(json_object_get(element, "prefixlen"));
			struct address address;
			json_t *change, *lines;

			if (!text || address_read(view->arena, text, false, &address) ||
				!view_somebody_owns(view, &address))
				continue;
			change = json_new_object();
			lines = json_new_array();
			json_append_new(lines, json_sprintf("del %s/%d dev %s", local, (int)length, device));
			json_append_new(lines, json_sprintf("add %s/%d dev %s", local, (int)length, device));
			json_put_new(change, "addresses", lines);
			idea_add(ideas, COST_BROKEN, arena_printf(view->arena, "broadcast %s", text), NULL,
				in, change, NULL);
		}
}

/* Nobody has the target: somebody may who has its prefix on a device. */
static void give_target(struct ideas *ideas, const struct view_end *target)
{
	const struct view *view = ideas->view;

	if (view_somebody_owns(view, &target->address))
		return;
	for (size_t i = 0; i < view->netns_count; i++) {
		const struct view_netns *in = &view->namespaces[i];
		size_t j;
		json_t *route;

		json_array_foreach (in->routes, j, route) {
			const char *scope = view_text(route, "scope"), *device = view_text(route, "dev");
			struct address prefix;

			if (scope && !strcmp(scope, "link") && device && in->in != view->step->in &&
				view_prefix(view, route, "dst", &prefix) && prefix.length &&
				view_within(&prefix, &target->address))
				idea_line(ideas, in->device_count > 1 ? COST_OBJECT : COST_OBJECT - 2,
					arena_printf(view->arena, "target %s", target->text), NULL, in,
					"addresses", "%s/%d dev %s", target->text, prefix.length, device);
		}
	}
}

/* An address that two have, in the one where it does not belong. */
static void take_double(struct ideas *ideas, const struct view_netns *in, const struct view_end *end)
{
	const struct view *view = ideas->view;
	size_t i, j;
	json_t *link, *element;

	if (in->in == view->step->in)
		return;
	json_array_foreach (in->addresses, i, link)
		json_array_foreach (json_object_get(link, "addr_info"), j, element) {
			const char *local = view_text(element, "local");

			if (local && !strcmp(local, end->text))
				idea_line_removed(ideas, COST_REMOVED - 2,
					arena_printf(view->arena, "double %s", end->text), in, "addresses",
					"%s/%d dev %s", local,
					(int)json_integer_value(json_object_get(element, "prefixlen")),
					view_text(link, "ifname"));
		}
}

void ideas_links(struct ideas *ideas)
{
	const struct view *view = ideas->view;

	for (size_t i = 0; i < view->netns_count; i++) {
		const struct view_netns *in = &view->namespaces[i];

		for (size_t j = 0; j < in->device_count; j++)
			bring_up(ideas, &in->devices[j]);
		for (size_t j = 0; j < in->device_count; j++)
			open_again(ideas, &in->devices[j]);
		for (size_t j = 0; j < in->device_count; j++)
			turn_arp_on(ideas, &in->devices[j]);
		for (size_t j = 0; j < in->device_count; j++)
			lengthen_queue(ideas, &in->devices[j]);
		know_neighbours(ideas, in);
		drop_broadcast(ideas, in);
		for (size_t j = 0; view->family == AF_INET6 && j < view->target_count; j++)
			answer_for(ideas, in, &view->targets[j]);
		for (size_t j = 0; view->family == AF_INET6 && j < view->source_count; j++)
			answer_for(ideas, in, &view->sources[j]);
	}
	for (size_t j = 0; j < view->target_count; j++)
		give_target(ideas, &view->targets[j]);
	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->source_count; j++)
			take_double(ideas, &view->namespaces[i], &view->sources[j]);
	change_mtus(ideas);
}
