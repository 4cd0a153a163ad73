/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/duplicate.h"

#include "forwarder/chosen.h"

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	return chosen_set(state, stream, message);
}

static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	if (chosen_is(state, arrival))
		fate->copies = 2;
}

const struct impairment impairment_duplicate = {
	.name = "duplicate",
	.rank = 30,
	.state_size = sizeof(struct chosen),
	.filters = true,
	.set = set,
	.pass = pass,
};
