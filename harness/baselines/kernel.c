/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/baseline.h"

const struct baseline baseline_kernel = {
	.name = "kernel",
	.what = "the kernel's own settings, as one that nobody configured has them; what a new namespace "
		"took "
		"over from the host is set back to them",
};
