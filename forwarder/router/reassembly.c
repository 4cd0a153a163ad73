/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/reassembly.h"

#include <stdlib.h>

struct reassembly {
	int unused;
};

struct reassembly *reassembly_open(void)
{
	return calloc(1, sizeof(struct reassembly));
}

void reassembly_close(struct reassembly *reassembly)
{
	free(reassembly);
}

enum router_counter reassembly_take(struct router *router, const struct datagram *fragment,
	struct datagram *out, int *error, uint32_t *argument)
{
	(void)router, (void)fragment, (void)out, (void)error, (void)argument;
	return ROUTER_bad_fragment;
}

uint64_t reassembly_next(const struct router *router)
{
	(void)router;
	return ROUTER_NEVER;
}

void reassembly_tick(struct router *router)
{
	(void)router;
}
