/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/reorder.h"

#include "lab/impairment.h"

/* clang-format off */
static const struct field group[] = {
	{ .key = "percent", .type = &type_percent, .flags = FIELD_REQUIRED, .attribute = NUMBER(REORDER_CHANCE), .what = "of those that may be chosen so many are" },
	{ .key = "correlation", .type = &type_percent, .attribute = NUMBER(REORDER_CORRELATION), .what = "of a packet's choice with that of the one before it" },
	{ .key = "gap", .type = &type_u32, .least = 1, .most = UINT32_MAX, .attribute = NUMBER(REORDER_GAP), .what = "of so many packets one at most is chosen" },
	{ 0 },
};
/* clang-format on */

static const struct field keys[] = {
	{ .key = "reorder",
		.group = group,
		.what = "which packets go without the delay, and so overtake others; needs a delay" },
	{ 0 },
};

const struct impairment_kind impairment_reorder = {
	.name = "reorder",
	.what = "packets overtake others",
	.keys = keys,
	.beside = "delay",
};
