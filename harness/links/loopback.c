/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/link.h"

const struct link_kind link_loopback = {
	.name = "loopback",
	.what = "lo, which every namespace has; it may be given an MTU, or stay down",
	.made = LINK_IS_THERE,
};
