/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/if_tun.h>

#include "lab/tuntap.h"

const struct link_kind link_tun = {
	.name = "tun",
	.what = "carries IP packets to and from user space: the end of a wire, or alone, where what is sent "
		"is gone",
	.made = LINK_BY_TUN,
	.tun_flags = IFF_TUN,
	.fields = tuntap_fields,
	.settle = tuntap_settle,
};
