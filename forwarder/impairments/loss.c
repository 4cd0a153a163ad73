/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/loss.h"

#include "forwarder/impairment.h"

struct loss {
	const struct stream *stream;
	const struct relay_message *settings;
};

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	struct loss *loss = state;

	loss->stream = stream;
	loss->settings = message;
	return NULL;
}

static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	struct loss *loss = state;

	if (stream_chance(loss->stream, arrival->number, 0, loss->settings->numbers[LOSS_CHANCE]))
		fate->lost = "loss";
}

const struct impairment impairment_loss = {
	.name = "loss",
	.rank = 20,
	.state_size = sizeof(struct loss),
	.set = set,
	.pass = pass,
};
