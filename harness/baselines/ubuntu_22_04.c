/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ubuntu 22.04 as systemd-sysctl leaves it at boot. Of 50-default.conf the globs
 * ("net.ipv4.conf.*.rp_filter") are written out for lo. Not here: net.core.default_qdisc, which no namespace
 * has of its own, and what cloud images add (99-cloudimg-ipv6.conf sets use_tempaddr back to 0).
 */
#include "lab/baseline.h"

#define SECURITY "procps 2:3.3.17-6ubuntu2, /etc/sysctl.d/10-network-security.conf"
#define PRIVACY	 "procps 2:3.3.17-6ubuntu2, /etc/sysctl.d/10-ipv6-privacy.conf"
#define DEFAULT	 "systemd 249.11-0ubuntu3, /usr/lib/sysctl.d/50-default.conf"

static const struct baseline_row rows[] = {
	{ "net.ipv4.conf.all.rp_filter", "2", SECURITY },
	{ "net.ipv4.conf.default.rp_filter", "2", DEFAULT },
	{ "net.ipv4.conf.lo.rp_filter", "2", DEFAULT },
	{ "net.ipv4.conf.default.accept_source_route", "0", DEFAULT },
	{ "net.ipv4.conf.lo.accept_source_route", "0", DEFAULT },
	{ "net.ipv4.conf.default.promote_secondaries", "1", DEFAULT },
	{ "net.ipv4.conf.lo.promote_secondaries", "1", DEFAULT },
	{ "net.ipv4.ping_group_range", "0 2147483647", DEFAULT },
	{ "net.ipv6.conf.all.use_tempaddr", "2", PRIVACY },
	{ "net.ipv6.conf.default.use_tempaddr", "2", PRIVACY },
	{ 0 },
};

const struct baseline baseline_ubuntu_22_04 = {
	.name = "ubuntu-22.04",
	.what = "Ubuntu 22.04 as its packages leave it at boot: rp_filter 2 (loose), no source routes, "
		"secondary "
		"addresses promoted, ping sockets for everybody, temporary IPv6 addresses",
	.rows = rows,
};
