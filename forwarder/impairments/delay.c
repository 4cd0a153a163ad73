/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/delay.h"

#include "forwarder/impairment.h"
#include "forwarder/quantile.h"

#define LONGEST (3600 * 1000000000ULL) /* nanoseconds */

struct delay {
	struct stream stream;
	int64_t time, jitter; /* nanoseconds */
	int32_t (*quantile)(uint64_t draw);
	uint64_t correlation;
	struct chain chain;
};

static int32_t (*const quantiles[])(uint64_t draw) = {
	[DELAY_UNIFORM] = quantile_uniform,
	[DELAY_NORMAL] = quantile_normal,
	[DELAY_PARETO] = quantile_pareto,
	[DELAY_PARETONORMAL] = quantile_paretonormal,
};

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	const uint64_t *numbers = message->numbers;
	struct delay *delay = state;

	if (numbers[DELAY_TIME] > LONGEST)
		return "a delay of more than an hour";
	if (numbers[DELAY_JITTER] > LONGEST)
		return "a jitter of more than an hour";
	if (numbers[DELAY_DISTRIBUTION] >= sizeof(quantiles) / sizeof(quantiles[0]))
		return "no such distribution";
	if (numbers[DELAY_CORRELATION] > STREAM_CERTAIN)
		return "a correlation of more than 100%";
	delay->stream = *stream;
	delay->time = (int64_t)numbers[DELAY_TIME];
	delay->jitter = (int64_t)numbers[DELAY_JITTER];
	delay->quantile = quantiles[numbers[DELAY_DISTRIBUTION]];
	delay->correlation = numbers[DELAY_CORRELATION];
	return NULL;
}

static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	struct delay *delay = state;
	int64_t time = delay->time;

	if (fate->early)
		return;
	if (delay->jitter) {
		uint64_t draw =
			chain_draw(&delay->chain, &delay->stream, delay->correlation, arrival->number, false);

		time += (int64_t)((__int128)delay->jitter * delay->quantile(draw) / QUANTILE_ONE);
	}
	if (time > 0)
		fate->due += (uint64_t)time;
}

const struct impairment impairment_delay = {
	.name = "delay",
	.rank = 70,
	.state_size = sizeof(struct delay),
	.set = set,
	.pass = pass,
};
