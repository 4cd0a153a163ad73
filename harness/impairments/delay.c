/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/delay.h"

#include "lab/impairment.h"

static const struct name distributions[] = {
	{ "uniform", DELAY_UNIFORM },
	{ "normal", DELAY_NORMAL },
	{ "pareto", DELAY_PARETO },
	{ "paretonormal", DELAY_PARETONORMAL },
	{ 0 },
};

/* clang-format off */
static const struct field keys[] = {
	{ .key = "delay", .type = &type_duration, .attribute = NUMBER(DELAY_TIME), .what = "how long a packet is under way; none overtakes another unless reorder says so" },
	{ .key = "jitter", .type = &type_duration, .attribute = NUMBER(DELAY_JITTER), .what = "by how much the delay varies, as the distribution has it: a delay is never less than 0, nor more than four jitters beyond it" },
	{ .key = "distribution", .type = &type_word, .names = distributions, .attribute = NUMBER(DELAY_DISTRIBUTION), .what = "of the jitter, as netem has them; uniform unless given" },
	{ .key = "correlation", .type = &type_percent, .attribute = NUMBER(DELAY_CORRELATION), .what = "of a packet's jitter with that of the one before it" },
	{ 0 },
};
/* clang-format on */

static const struct need needs[] = {
	{ "jitter", "delay" },
	{ "distribution", "jitter" },
	{ "correlation", "jitter" },
	{ 0 },
};

/* The distributions end at four jitters. */
static uint64_t longest(const struct values *values)
{
	return value_number(values, "delay", 0) + 4 * value_number(values, "jitter", 0);
}

const struct impairment_kind impairment_delay = {
	.name = "delay",
	.what = "packets take time",
	.keys = keys,
	.needs = needs,
	.delay = longest,
};
