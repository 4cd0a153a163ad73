/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/link.h"

const struct link_kind link_dummy = {
	.name = "dummy",
	.what = "an Ethernet device with nothing behind it: what is sent into it is gone",
	.made = LINK_BY_REQUEST,
	.ethernet = true,
};
