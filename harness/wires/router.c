/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>

#include "lab/router.h"

/* Packets, or frames: a router takes both, and each port by itself. */
static bool takes(const struct link *link)
{
	return link->kind->made == LINK_BY_TUN;
}

const struct wire_kind wire_router = {
	.name = "router",
	.what = "a router in the relay, with a port to each end: it has addresses and routes of its own",
	.least = 1,
	.most = SIZE_MAX,
	.link_kind = "tun",
	.ends_may_be = "one or more of kind tun or tap",
	.relay = true,
	.router = true,
	.fields = router_fields,
	.takes = takes,
	.read = router_read,
	.put = router_put,
	.print = router_print,
};
