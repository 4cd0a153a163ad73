/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>
#include <string.h>

#include "lab/wire.h"

/* Packets without addresses of a link, as a TUN's are, would come to those whom they are not for. */
static bool takes(const struct link *link)
{
	return !strcmp(link->kind->name, "tap");
}

const struct wire_kind wire_hub = {
	.name = "hub",
	.what = "the relay gives every frame of a TAP device to all others",
	.least = 2,
	.most = SIZE_MAX,
	.link_kind = "tap",
	.ends_may_be = "two or more of kind tap",
	.relay = true,
	.takes = takes,
};
