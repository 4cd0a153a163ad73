/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/impairment.h"

static const struct field keys[] = {
	{ .key = "duplicate", .group = chance_fields, .what = "which packets come twice" },
	{ 0 },
};

const struct impairment_kind impairment_duplicate = {
	.name = "duplicate",
	.what = "packets come twice",
	.keys = keys,
	.one_of = chance_one_of,
	.needs = chance_needs,
	.counts = true,
};
