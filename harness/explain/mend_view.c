/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/mend_view.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "explain/mend_ruleset.h"
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

long long view_first_priority(const struct view_netns *in)
{
	json_int_t least = 32766;
	size_t i;
	json_t *rule;

	json_array_foreach (in->rules, i, rule) {
		json_int_t priority = json_integer_value(json_object_get(rule, "priority"));

		if (priority && priority < least)
			least = priority;
	}
	return least > 1 ? least - 1 : 0;
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
	in->rulesets = arena_take(view->arena, sizeof *in->rulesets);
	if (!error && in->in->uses_nft)
		error = rulesets_look(view, in, in->rulesets);
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

bool view_owns(const struct view_netns *in, const struct address *address)
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

bool view_somebody_owns(const struct view *view, const struct address *address)
{
	for (size_t i = 0; i < view->netns_count; i++)
		if (view_owns(&view->namespaces[i], address))
			return true;
	return false;
}

static int family_of_change(const struct content *change)
{
	for (size_t i = 0; change && i < change->entry_count; i++)
		if (change->entries[i].family == AF_INET6)
			return AF_INET6;
	return AF_INET;
}

struct error *view_open(struct view *out, struct site *site, const struct step *step, struct arena *arena)
{
	bool probe = step->verb->probe;
	struct error *error = NULL;

	*out = (struct view) { .arena = arena,
		.site = site,
		.lab = site->lab,
		.step = step,
		.netns_count = site->lab->namespace_count };
	out->family = probe ? step->target.address.family : family_of_change(step->change);
	out->kept = json_new_array();
	out->namespaces = arena_take(arena, out->netns_count * sizeof *out->namespaces);
	for (size_t i = 0; !error && i < out->netns_count; i++) {
		out->namespaces[i].in = site->lab->namespaces[i];
		out->namespaces[i].there = &site->namespaces[i];
		error = look_at(out, &out->namespaces[i]);
	}
	if (!error && probe)
		view_find_ends(out);
	return error;
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
