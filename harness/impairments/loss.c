/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/impairment.h"

static const struct field keys[] = {
	{ .key = "loss", .group = chance_fields, .what = "which packets are lost" },
	{ 0 },
};

const struct impairment_kind impairment_loss = {
	.name = "loss",
	.what = "packets are lost",
	.keys = keys,
	.one_of = chance_one_of,
	.needs = chance_needs,
	.counts = true,
};
