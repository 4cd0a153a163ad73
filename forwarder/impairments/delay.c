/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/impairments/delay.h"

#include "forwarder/impairment.h"

struct delay {
	const struct relay_message *settings;
};

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	(void)stream;
	((struct delay *)state)->settings = message;
	return NULL;
}

static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	const struct delay *delay = state;

	(void)arrival;
	fate->due += delay->settings->numbers[DELAY_TIME];
}

const struct impairment impairment_delay = {
	.name = "delay",
	.rank = 70,
	.state_size = sizeof(struct delay),
	.set = set,
	.pass = pass,
};
