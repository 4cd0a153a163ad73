/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/link_statistics.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What a dump is collected into. */
struct collection {
	struct arena *arena;
	struct link_statistics *out;
};

static void begin(void *context)
{
	struct collection *collection = context;

	collection->out->count = 0;
}

static void collect(void *context, const struct nlmsghdr *message)
{
	struct collection *collection = context;
	const char *name = attribute_text(rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_IFNAME));
	const size_t at = offsetof(struct rtnl_link_stats64, tx_dropped);
	struct link_dropped dropped;
	size_t size;
	const char *statistics =
		attribute_data(rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_STATS64), &size);

	if (!name || !statistics || size < at + sizeof dropped.packets)
		return;
	dropped.name = arena_copy(collection->arena, name, strlen(name));
	memcpy(&dropped.packets, statistics + at, sizeof dropped.packets);
	arena_append(
		collection->arena, &collection->out->at, &collection->out->count, &dropped, sizeof dropped);
}

static int by_name(const void *one, const void *other)
{
	return strcmp(((const struct link_dropped *)one)->name, ((const struct link_dropped *)other)->name);
}

struct error *link_statistics_read(struct arena *arena, struct rtnl *rtnl, struct link_statistics *out)
{
	struct request request = { .type = RTM_GETLINK };
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct collection collection = { arena, out };
	struct error *error;

	*out = (struct link_statistics) { 0 };
	body_header(&request.body, &header, sizeof header);
	error = rtnl_dump(rtnl, &request, begin, collect, &collection);
	if (out->count)
		qsort(out->at, out->count, sizeof *out->at, by_name);
	return error;
}

uint64_t link_dropped(const struct link_statistics *statistics, const char *name)
{
	const struct link_dropped wanted = { .name = name };
	const struct link_dropped *found = NULL;

	if (statistics->count)
		found = bsearch(&wanted, statistics->at, statistics->count, sizeof wanted, by_name);
	return found ? found->packets : 0;
}
