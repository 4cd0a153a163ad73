/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/baseline.h"

const struct baseline baseline_host = {
	.name = "host",
	.what = "what this machine gives to a new namespace; the lab may mean something else on the next",
	.inherited = true,
};
