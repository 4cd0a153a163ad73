/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/table.h"

#include <stdlib.h>

struct table {
	struct route *routes;
	size_t count;
};

struct table *table_open(void)
{
	return calloc(1, sizeof(struct table));
}

void table_close(struct table *table)
{
	if (table)
		free(table->routes);
	free(table);
}

bool table_build(struct table *table, const struct route *routes, size_t count)
{
	struct route *copy = malloc((count + 1) * sizeof(*copy));

	if (!copy)
		return false;
	if (count)
		memcpy(copy, routes, count * sizeof(*copy));
	free(table->routes);
	table->routes = copy;
	table->count = count;
	return true;
}

const struct route *table_find(const struct table *table, const struct ip *target)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < table->count; i++)
		if (ip_within(target, &table->routes[i].prefix, table->routes[i].length) &&
			(!best || table->routes[i].length > best->length))
			best = &table->routes[i];
	return best;
}
