/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/rate.h"

#include "lab/impairment.h"

static const struct field bytes = { .key = "limit", .attribute = NUMBER(RATE_BYTES) };

/* clang-format off */
static const struct field keys[] = {
	{ .key = "rate", .type = &type_rate, .attribute = NUMBER(RATE_BITS), .what = "packets go one after the other, at this rate" },
	{ .key = "limit", .type = &type_limit, .attribute = NUMBER(RATE_PACKETS), .also = &bytes, .what = "how many packets, or bytes of packets, wait for that; what comes then is lost; 1000 packets unless said" },
	{ .key = "overhead", .type = &type_overhead, .attribute = NUMBER(RATE_OVERHEAD), .what = "bytes that each packet takes beside its own; below 0 it takes less" },
	{ 0 },
};
/* clang-format on */

static const struct need needs[] = {
	{ "limit", "rate" },
	{ "overhead", "rate" },
	{ 0 },
};

/* What a probe sends is a few packets, which may come at once. */
static uint64_t longest(const struct values *values)
{
	const uint64_t bits = UINT64_C(4) * 8 * 1514, second = 1000000000;
	uint64_t rate = value_number(values, "rate", 0);

	return rate ? bits * second / rate : 0;
}

const struct impairment_kind impairment_rate = {
	.name = "rate",
	.what = "packets wait for each other",
	.keys = keys,
	.needs = needs,
	.delay = longest,
};
