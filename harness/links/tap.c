/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_tun.h>

#include "lab/tuntap.h"

const struct link_kind link_tap = {
	.name = "tap",
	.what = "carries Ethernet frames to and from user space: ARP and neighbour discovery happen on it",
	.made = LINK_BY_TUN,
	.tun_flags = IFF_TAP,
	.ethernet = true,
	.fields = tuntap_fields,
	.settle = tuntap_settle,
};
