/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/impairment.h"

static const struct field keys[] = {
	{ .key = "corrupt", .group = chance_fields, .what = "in which packets one bit is turned round" },
	{ 0 },
};

const struct impairment_kind impairment_corrupt = {
	.name = "corrupt",
	.what = "one bit of a packet is turned round",
	.keys = keys,
	.one_of = chance_one_of,
	.needs = chance_needs,
	.counts = true,
};
