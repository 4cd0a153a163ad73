/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/loss.h"

#include "forwarder/chosen.h"

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	return chosen_set(state, stream, message);
}

static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	struct chosen *chosen = state;

	if (chosen_is(chosen, arrival))
		fate->lost = chosen->text;
}

const struct impairment impairment_loss = {
	.name = "loss",
	.rank = 20,
	.state_size = sizeof(struct chosen),
	.filters = true,
	.set = set,
	.pass = pass,
};
