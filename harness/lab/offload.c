/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/offload.h"

#include "lab/wire.h"

const struct field offload_fields[] = {
	{ .key = "vnet_hdr",
		.type = &type_boolean,
		.what = "whether segments pass whole, and checksums are left out, as on a wire between "
			"virtual "
			"machines (IFF_VNET_HDR, TUNSETOFFLOAD); unless given, where the device is the end "
			"of a "
			"wire that the relay carries" },
	{ 0 },
};

const char *offload_settle(const struct reading *reading, struct link *link)
{
	(void)reading;
	if (link->stands && value_said(&link->own, "vnet_hdr"))
		return "says \"vnet_hdr\", and stands already; allowed: where it is made";
	return NULL;
}

bool offload_wanted(const struct link *link)
{
	return value_number(&link->own, "vnet_hdr", link->wire && link->wire->kind->relay);
}
