/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/baseline.h"

const struct baseline baseline_kernel = {
	.name = "kernel",
	.what = "the kernel's own settings, as one that nobody configured has them; what a new namespace "
		"took "
		"over from the host is set back to them. Bridges do not call the IP firewall "
		"(net.bridge.bridge-nf-call-iptables and its like are 0), whether br_netfilter is there or "
		"not",
};
