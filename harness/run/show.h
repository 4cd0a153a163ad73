/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `ip -d -j ... show` would print. */
#ifndef TUNLAB_SHOW_H
#define TUNLAB_SHOW_H

#include "lab/query.h"
#include "run/shown.h"

/* Messages of a dump, copied. */
struct messages {
	struct arena *arena;
	const struct nlmsghdr **at;
	size_t count;
};

/*
 * What stands in the namespace and fits QUERY, as a list with the keys and forms of `ip -d -j`, which the
 * caller owns. What would be an error to ip because a table or a device is not there is an empty list. Beside
 * what ip prints, routes always have "type" and "table", and what is null where it is so is false where it
 * isn't.
 */
struct error *show_query(struct arena *arena, struct site_netns *in, const struct query *query, json_t **out);

/* Dumps what REQUEST asks for. A table that is not there (ENOENT) has nothing. */
struct error *messages_dump(struct messages *out, struct site_netns *in, const struct request *request);

/* Each appends what fits QUERY to LIST. */
struct error *show_addresses(struct shown *shown, const struct query *query, json_t *list);
struct error *show_links(struct shown *shown, const struct query *query, json_t *list);
struct error *show_neighbours(struct shown *shown, const struct query *query, json_t *list);
struct error *show_nexthops(struct shown *shown, const struct query *query, json_t *list);
struct error *show_routes(struct shown *shown, const struct query *query, json_t *list);
struct error *show_rules(struct shown *shown, const struct query *query, json_t *list);

/* All links that stand, as messages; and whether one fits the query's filters of links. */
struct error *links_dump(struct shown *shown, struct messages *out);
bool link_fits(struct shown *shown, const struct query *query, const struct nlmsghdr *link);

/* A link in a message that is a copy; with MORE what `ip link` says beyond `ip address`. */
json_t *link_json(struct shown *shown, const struct nlmsghdr *message, bool more);

/* What is said of a link's kind, into "info_data" or, for SLAVE, what its master's kind says of it. */
void link_put_kind(
	struct shown *shown, json_t *object, const char *kind, const struct nlattr *data, bool slave);

/* Whether the query says nothing of KEY, or says this number. */
bool query_number_fits(const struct query *query, const char *key, uint64_t number);

/* The same of a device by its name. */
bool query_device_fits(struct shown *shown, const struct query *query, const char *key, uint32_t index);

#endif
