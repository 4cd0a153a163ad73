/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/show.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

static void begin(void *context)
{
	((struct messages *)context)->count = 0;
}

static void keep(void *context, const struct nlmsghdr *message)
{
	struct messages *messages = context;
	const struct nlmsghdr *copy = arena_copy(messages->arena, message, message->nlmsg_len);

	arena_append(messages->arena, &messages->at, &messages->count, &copy, sizeof copy);
}

/* Several dumps may go into one list, but each may begin anew. */
struct error *messages_dump(struct messages *out, struct site_netns *in, const struct request *request)
{
	struct messages more = { .arena = out->arena };
	struct error *error = rtnl_dump(in->rtnl, request, begin, keep, &more);

	for (size_t i = 0; i < more.count; i++)
		arena_append(out->arena, &out->at, &out->count, &more.at[i], sizeof *out->at);
	if (!error || error->number != ENOENT)
		return error;
	error_free(error);
	return NULL;
}

bool query_number_fits(const struct query *query, const char *key, uint64_t number)
{
	const struct value *value = value_of(&query->values, key);

	return !value || value->number == number;
}

bool query_device_fits(struct shown *shown, const struct query *query, const char *key, uint32_t index)
{
	const char *name = value_text(&query->values, key);

	return !name || (index && rtnl_index(shown->in->rtnl, name) == index);
}

struct error *show_query(struct arena *arena, struct site_netns *in, const struct query *query, json_t **out)
{
	struct shown shown = { .arena = arena, .in = in };
	struct error *error = NULL;

	*out = json_new_array();
	switch (query->object->kind) {
	case QUERY_ADDRESS: error = show_addresses(&shown, query, *out); break;
	case QUERY_LINK: error = show_links(&shown, query, *out); break;
	case QUERY_NEIGHBOUR: error = show_neighbours(&shown, query, *out); break;
	case QUERY_NEXTHOP: error = show_nexthops(&shown, query, *out); break;
	case QUERY_ROUTE: error = show_routes(&shown, query, *out); break;
	case QUERY_RULE: error = show_rules(&shown, query, *out); break;
	}
	if (error)
		error_free(shown.error);
	else
		error = shown.error;
	if (error) {
		json_decref(*out);
		*out = NULL;
	}
	return error;
}
