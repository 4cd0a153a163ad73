/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ubuntu 24.04 as systemd-sysctl leaves it at boot, after what "sysctl --system" prints there; its systemd
 * has 50-pid-max.conf only, and no longer 50-default.conf. lo takes after default: nobody set it. Not here:
 * net.core.default_qdisc (10-bufferbloat.conf), which no namespace has of its own, and what cloud images add
 * (99-cloudimg-ipv6.conf sets use_tempaddr back to 0).
 */
#include "lab/baseline.h"

#define SECURITY "procps 2:4.0.4-4ubuntu3, /etc/sysctl.d/10-network-security.conf"
#define PRIVACY	 "procps 2:4.0.4-4ubuntu3, /etc/sysctl.d/10-ipv6-privacy.conf"

static const struct baseline_row rows[] = {
	{ "net.ipv4.conf.all.rp_filter", "2", SECURITY },
	{ "net.ipv4.conf.default.rp_filter", "2", SECURITY },
	{ "net.ipv4.conf.lo.rp_filter", "2", SECURITY },
	{ "net.ipv6.conf.all.use_tempaddr", "2", PRIVACY },
	{ "net.ipv6.conf.default.use_tempaddr", "2", PRIVACY },
	{ 0 },
};

const struct baseline baseline_ubuntu_24_04 = {
	.name = "ubuntu-24.04",
	.what = "Ubuntu 24.04 as its packages leave it at boot: rp_filter 2 (loose), temporary IPv6 "
		"addresses",
	.rows = rows,
};
