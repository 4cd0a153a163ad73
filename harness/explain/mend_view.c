/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/mend_view.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sysctl.h"
#include "run/route.h"
#include "run/show.h"

const char *view_text(const json_t *json, const char *key)
{
	return json_string_value(json_object_get(json, key));
}

bool view_within(const struct address *prefix, const struct address *address)
{
	return prefix->family == address->family && prefix_contains(prefix, address);
}

bool view_prefix(const struct view *view, const json_t *json, const char *key, struct address *out)
{
	const char *text = view_text(json, key);
	json_int_t length =
		json_integer_value(json_object_get(json, !strcmp(key, "src") ? "srclen" : "dstlen"));

	if (!text || !strcmp(text, "all"))
		return false;
	if (!strcmp(text, "default")) {
		*out = (struct address) { .family = (uint8_t)view->family };
		return true;
	}
	if (address_read(view->arena, text, true, out))
		return false;
	if (length)
		out->length = (uint8_t)length;
	return out->family == view->family;
}

static struct error *list(struct view *view, struct view_netns *in, const char *words, json_t **out)
{
	const struct text text = { .file = "query", .bytes = words, .length = strlen(words) };
	struct problems problems = { .arena = view->arena, .text = &text };
	const struct reading reading = {
		.lab = (struct lab *)view->lab, .arena = view->arena, .problems = &problems
	};
	struct query query = { 0 };
	struct error *error = NULL;

	*out = NULL;
	if (query_read(&reading, words, place_root(view->arena, &text), &query))
		error = show_query(view->arena, in->there, &query, out);
	if (!*out)
		*out = json_new_array();
	json_append_new(view->kept, *out);
	return error;
}

static const json_t *addresses_of(const struct view_netns *in, const char *device)
{
	size_t i;
	json_t *element;

	json_array_foreach (in->addresses, i, element)
		if (view_text(element, "ifname") && !strcmp(view_text(element, "ifname"), device))
			return element;
	return NULL;
}

static struct error *look_at(struct view *view, struct view_netns *in)
{
	bool six = view->family == AF_INET6;
	struct error *error = list(view, in, "addr", &in->addresses);

	if (!error)
		error = list(view, in, six ? "-6 rule" : "-4 rule", &in->rules);
	if (!error)
		error = list(
			view, in, six ? "-6 route show table all" : "-4 route show table all", &in->routes);
	in->devices = arena_take(view->arena, (in->in->link_count + 1) * sizeof *in->devices);
	for (size_t i = 0; !error && i < in->in->link_count; i++) {
		const struct link *link = in->in->links[i];
		const json_t *json = addresses_of(in, link->name);

		if (strcmp(link->name, "lo") != 0)
			in->devices[in->device_count++] = (struct view_device) {
				.of = in, .name = link->name, .link = link, .json = json
			};
	}
	return error;
}

static struct view_device *device_of(const struct view *view, const struct link *link)
{
	struct view_netns *in = link ? &view->namespaces[link->in->index] : NULL;

	for (size_t i = 0; in && i < in->device_count; i++)
		if (in->devices[i].link == link)
			return &in->devices[i];
	return NULL;
}

static void join(struct view *view, struct view_device *one, const struct link *with)
{
	const struct view_device *other = device_of(view, with);
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

static bool each_address(const struct view_netns *in, const struct address *address)
{
	size_t i, j;
	json_t *link, *element;

	json_array_foreach (in->addresses, i, link)
		json_array_foreach (json_object_get(link, "addr_info"), j, element) {
			struct address seen;
			const char *text = view_text(element, "local");
			struct arena *aside = arena_open();
			bool same = text && !address_read(aside, text, false, &seen) &&
				    address_equal(&seen, address);

			arena_close(aside);
			if (same)
				return true;
		}
	return false;
}

bool view_owns(const struct view_netns *from, const struct address *address)
{
	return each_address(from, address);
}

bool view_somebody_owns(const struct view *view, const struct address *address)
{
	for (size_t i = 0; i < view->netns_count; i++)
		if (view_owns(&view->namespaces[i], address))
			return true;
	return false;
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

static bool is_probe(const struct step *step)
{
	return step->verb->probe;
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

static int family_of_change(const struct content *change)
{
	for (size_t i = 0; change && i < change->entry_count; i++)
		if (change->entries[i].family == AF_INET6)
			return AF_INET6;
	return AF_INET;
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

struct error *view_open(struct view *out, struct site *site, const struct step *step, struct arena *arena)
{
	struct error *error = NULL;

	*out = (struct view) { .arena = arena,
		.site = site,
		.lab = site->lab,
		.step = step,
		.netns_count = site->lab->namespace_count };
	out->family = is_probe(step) ? step->target.address.family : family_of_change(step->change);
	out->kept = json_new_array();
	out->namespaces = arena_take(arena, out->netns_count * sizeof *out->namespaces);
	for (size_t i = 0; !error && i < out->netns_count; i++) {
		out->namespaces[i].in = site->lab->namespaces[i];
		out->namespaces[i].there = &site->namespaces[i];
		error = look_at(out, &out->namespaces[i]);
	}
	if (error || !is_probe(step))
		return error;
	find_segments(out);
	find_targets(out);
	find_sources(out);
	for (size_t i = 0; i < out->netns_count; i++) {
		out->namespaces[i].beside = is_beside(out, i);
		for (size_t j = 0; j < out->target_count; j++)
			out->namespaces[i].owns_target |= !out->targets[j].hops[i];
		for (size_t j = 0; j < out->source_count; j++)
			out->namespaces[i].owns_source |= !out->sources[j].hops[i];
	}
	return NULL;
}

void view_close(struct view *view)
{
	json_decref(view->kept);
	view->kept = NULL;
}

void view_moved(struct view *view, const struct verdict *verdict)
{
	for (size_t i = 0; i < view->netns_count; i++) {
		struct view_netns *in = &view->namespaces[i];

		for (size_t j = 0; j < verdict->moved_count; j++) {
			const struct counts *counts = &verdict->moved[j].counts;
			uint64_t number;

			if (strcmp(verdict->moved[j].where, in->in->name) != 0)
				continue;
			in->moved_source_check |=
				counts_get(counts, "TcpExtIPReversePathFilter", &number) && number;
			in->moved_input |= (counts_get(counts, "IpInAddrErrors", &number) && number) ||
					   (counts_get(counts, "Ip6InNoRoutes", &number) && number);
		}
	}
}

/* An address of the step's family on a device, one that is routed before a link-local one. */
static const char *address_on(const struct view *view, const struct view_device *device)
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

static bool is_onlink(const struct view *view, const struct view_device *device, const char *gateway)
{
	struct address address, prefix;
	size_t i;
	json_t *route;

	if (!gateway || address_read(view->arena, gateway, false, &address))
		return false;
	json_array_foreach (device->of->routes, i, route) {
		const char *dev = view_text(route, "dev"), *type = view_text(route, "type");

		if (dev && !strcmp(dev, device->name) && !json_object_get(route, "gateway") &&
			(!type || !strcmp(type, "unicast")) && view_prefix(view, route, "dst", &prefix) &&
			prefix.length && view_within(&prefix, &address))
			return false;
	}
	return true;
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
				way.gateway = address_on(view, peer);
				if (way.gateway && !strcmp(way.gateway, end->text))
					way.gateway = NULL;
				way.onlink = is_onlink(view, device, way.gateway);
				out[count++] = way;
			}
		}
	}
	return count;
}

struct answer {
	struct arena *arena;
	const struct nlmsghdr *message;
};

static void keep(void *context, const struct nlmsghdr *message)
{
	struct answer *answer = context;

	if (message->nlmsg_type == RTM_NEWROUTE)
		answer->message = arena_copy(answer->arena, message, message->nlmsg_len);
}

void view_look_up(const struct view *view, const struct view_netns *in, const struct address *to,
	struct view_lookup *out)
{
	const struct value *mark = value_of(&view->step->values, "mark");
	struct request request = { .type = RTM_GETROUTE };
	struct answer answer = { view->arena, NULL };
	struct rtmsg header = { .rtm_family = to->family,
		.rtm_dst_len = (uint8_t)(8 * family_size(to->family)),
		.rtm_flags = to->family == AF_INET ? RTM_F_LOOKUP_TABLE : 0U };
	struct shown shown = { .arena = view->arena, .in = in->there };
	struct error *error;
	json_t *json = NULL;

	*out = (struct view_lookup) { 0 };
	body_header(&request.body, &header, sizeof header);
	attribute_bytes(view->arena, &request.body.attributes, RTA_DST, to->bytes, family_size(to->family));
	if (mark && in->in == view->step->in)
		attribute_u32(view->arena, &request.body.attributes, RTA_MARK, mark->first);
	error = rtnl_ask(in->there->rtnl, &request, &in->there->resolver, keep, &answer);
	out->number = error ? error->number : 0;
	error_free(error);
	if (!answer.message)
		return;
	out->table = route_table(answer.message);
	json = route_json(&shown, answer.message);
	error_free(shown.error);
	json_append_new(view->kept, json);
	out->device = view_text(json, "dev");
	out->gateway = view_text(json, "gateway");
	out->source = view_text(json, "prefsrc");
	out->encap = json_object_get(json, "encap");
}

bool view_one_mtu(const struct view *view)
{
	json_int_t first = 0;

	for (size_t i = 0; i < view->netns_count; i++)
		for (size_t j = 0; j < view->namespaces[i].device_count; j++) {
			json_int_t mtu = json_integer_value(
				json_object_get(view->namespaces[i].devices[j].json, "mtu"));

			if (mtu && first && mtu != first)
				return false;
			first = mtu ? mtu : first;
		}
	return true;
}

bool view_sysctl(const struct view_netns *in, const char *name, long *out)
{
	char text[64];
	struct error *error = sysctl_read(in->there->fd, name, text, sizeof text);

	if (error) {
		error_free(error);
		return false;
	}
	*out = strtol(text, NULL, 10);
	return true;
}
