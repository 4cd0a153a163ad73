/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One bit is flipped, somewhere from the IP header on: an Ethernet header is the bridge's or the device's to
 * judge, not the packet's own. Where a packet comes twice, both come with the same bit flipped.
 */
#include "forwarder/impairments/corrupt.h"

#include "forwarder/chosen.h"

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	return chosen_set(state, stream, message);
}

static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	struct chosen *chosen = state;
	uint32_t bits = (uint32_t)(arrival->length - arrival->network) * 8;
	uint64_t draw;

	if (arrival->length <= arrival->network || !chosen_is(chosen, arrival))
		return;
	draw = stream_draw(&chosen->stream, arrival->number, CHOSEN_DRAWS);
	fate->corrupt = 1 + (uint32_t)arrival->network * 8 + (uint32_t)((draw >> 32) * bits >> 32);
}

const struct impairment impairment_corrupt = {
	.name = "corrupt",
	.rank = 40,
	.state_size = sizeof(struct chosen),
	.filters = true,
	.set = set,
	.pass = pass,
};
