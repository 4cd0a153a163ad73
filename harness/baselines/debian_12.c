/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian 12 sets nothing below net.: systemd 252.39-1~deb12u2 has /usr/lib/sysctl.d/50-pid-max.conf only
 * (Debian leaves out 50-default.conf), procps 2:4.0.2-3 has 99-protect-links.conf, and in its
 * /etc/sysctl.conf all lines are comments.
 */
#include "lab/baseline.h"

const struct baseline baseline_debian_12 = {
	.name = "debian-12",
	.what = "Debian 12, whose packages set nothing below net.: the same as kernel",
};
