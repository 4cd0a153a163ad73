/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/mtu.h"

#include <stdio.h>

#include "forwarder/impairment.h"

struct mtu {
	uint64_t bytes;
	char text[32];
};

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	struct mtu *mtu = state;

	(void)stream;
	if (!message->numbers[MTU_BYTES])
		return "an MTU of 0";
	mtu->bytes = message->numbers[MTU_BYTES];
	snprintf(mtu->text, sizeof(mtu->text), "mtu %llu", (unsigned long long)mtu->bytes);
	return NULL;
}

static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	const struct mtu *mtu = state;

	if (arrival->length > arrival->network && arrival->length - arrival->network > mtu->bytes)
		fate->lost = mtu->text;
}

const struct impairment impairment_mtu = {
	.name = "mtu",
	.rank = 10,
	.state_size = sizeof(struct mtu),
	.losing = LOSING_LONG,
	.set = set,
	.pass = pass,
};
