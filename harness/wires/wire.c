/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/wire.h"

/* Two TUN or two TAP: a frame is not a packet. */
static bool takes(const struct link *link)
{
	const struct wire *wire = link->wire;

	return link->kind->made == LINK_BY_TUN && link->kind == wire->ends[0]->kind;
}

const struct wire_kind wire_wire = {
	.name = "wire",
	.what = "the relay carries packets between two TUN or two TAP devices",
	.least = 2,
	.most = 2,
	.link_kind = "tun",
	.ends_may_be = "two of kind tun, or two of kind tap",
	.relay = true,
	.takes = takes,
};
