/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lab/wire.h"

static bool takes(const struct link *link)
{
	return !strcmp(link->kind->name, "veth");
}

const struct wire_kind wire_veth = {
	.name = "veth",
	.what = "the kernel carries frames between two veth devices, without the relay",
	.least = 2,
	.most = 2,
	.link_kind = "veth",
	.ends_may_be = "two of kind veth",
	.pair = true,
	.takes = takes,
};
