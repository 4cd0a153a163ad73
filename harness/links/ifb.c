/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/link.h"

const struct link_kind link_ifb = {
	.name = "ifb",
	.what = "an Ethernet device to which tc may redirect packets; what is sent into it otherwise is gone",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
};
