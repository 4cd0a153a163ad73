/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/reorder.h"

#include "forwarder/impairment.h"

struct reorder {
	struct stream stream;
	uint64_t chance, correlation, gap;
	uint64_t since; /* packets that came since one was chosen */
	struct chain chain;
};

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	struct reorder *reorder = state;

	if (message->numbers[REORDER_CHANCE] > STREAM_CERTAIN)
		return "a chance of more than 100%";
	if (message->numbers[REORDER_CORRELATION] > STREAM_CERTAIN)
		return "a correlation of more than 100%";
	reorder->stream = *stream;
	reorder->chance = message->numbers[REORDER_CHANCE];
	reorder->correlation = message->numbers[REORDER_CORRELATION];
	reorder->gap = message->numbers[REORDER_GAP];
	return NULL;
}

static bool choose(struct reorder *reorder, uint64_t number)
{
	bool some = reorder->gap > 1;

	if (some && reorder->since < reorder->gap - 1)
		return false;
	return chain_draw(&reorder->chain, &reorder->stream, reorder->correlation, number, some) >> 32 <
	       reorder->chance;
}

static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	struct reorder *reorder = state;

	if (choose(reorder, arrival->number)) {
		fate->early = true;
		reorder->since = 0;
	} else {
		reorder->since++;
	}
}

const struct impairment impairment_reorder = {
	.name = "reorder",
	.rank = 60,
	.state_size = sizeof(struct reorder),
	.set = set,
	.pass = pass,
};
