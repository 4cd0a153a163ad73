/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A route table: of the routes that an address is within, the one with the longest prefix. */
#ifndef TUNLAB_ROUTER_TABLE_H
#define TUNLAB_ROUTER_TABLE_H

#include "forwarder/router/router.h"

/* An empty one; NULL without memory. */
struct table *table_open(void);

/* NULL is allowed. */
void table_close(struct table *table);

/*
 * Has the table hold these COUNT routes of both families, and no others; copies them. Of several with the
 * same prefix the first counts. False without memory: it holds what it held.
 */
bool table_build(struct table *table, const struct route *routes, size_t count);

/* The route to an address; NULL: there is none. It stays as long as the table is not built anew. */
const struct route *table_find(const struct table *table, const struct ip *target);

#endif
