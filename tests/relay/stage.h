/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One impairment under test, asked packet by packet with a clock that the test turns. */
#ifndef TUNLAB_TESTS_RELAY_STAGE_H
#define TUNLAB_TESTS_RELAY_STAGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forwarder/impairment.h"

enum { STAGE_FILTER = 16 }; /* instructions, at most */

struct stage_test {
	const struct impairment *impairment;
	struct stream stream;
	struct relay_message *message;
	void *state;
};

static inline void stage_need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

static inline struct stage_test stage_open(const char *name)
{
	struct stage_test test = { 0 };

	for (size_t i = 0; impairments[i]; i++) {
		if (!strcmp(impairments[i]->name, name))
			test.impairment = impairments[i];
	}
	stage_need(test.impairment, name);
	test.state = calloc(1, test.impairment->state_size);
	stage_need(test.state, "calloc");
	return test;
}

static inline void stage_close(struct stage_test *test)
{
	free(test->state);
	free(test->message);
}

/* Sets it, as a lane does. NULL, or what is wrong, and the settings are what they were. */
static inline const char *stage_set(struct stage_test *test, uint64_t seed, const uint64_t *numbers,
	size_t count, const struct sock_filter *filter, uint32_t instructions)
{
	struct relay_message *message = calloc(1, sizeof(*message) + STAGE_FILTER * sizeof(*filter));
	const char *wrong;

	stage_need(message && instructions <= STAGE_FILTER, "calloc");
	snprintf(message->impairment, sizeof(message->impairment), "%s", test->impairment->name);
	message->seed = seed;
	message->instructions = instructions;
	memcpy(message->numbers, numbers, count * sizeof(*numbers));
	if (instructions)
		memcpy(message->filter, filter, instructions * sizeof(*filter));
	test->stream = stream_open(seed, test->impairment->name);
	wrong = test->impairment->set(test->state, &test->stream, message);
	if (wrong) {
		free(message);
		return wrong;
	}
	free(test->message);
	test->message = message;
	return NULL;
}

/* The fate of a packet that is no segment, has no Ethernet header and comes at NOW. */
static inline struct fate stage_pass_bytes(
	struct stage_test *test, uint64_t number, uint64_t now, const uint8_t *bytes, size_t length)
{
	struct packet packet = { .bytes = bytes, .length = length };
	struct segment form = { .count = 1, .payload = length };
	struct arrival arrival = {
		.number = number, .now = now, .length = length, .packet = &packet, .form = &form
	};
	struct fate fate = { .due = now, .copies = 1 };

	test->impairment->pass(test->state, &arrival, &fate);
	return fate;
}

/* As above, where its bytes do not matter. */
static inline struct fate stage_pass(struct stage_test *test, uint64_t number, uint64_t now, size_t length)
{
	static const uint8_t bytes[65536] = { 0x45 };

	return stage_pass_bytes(test, number, now, bytes, length);
}

/* Whether SEEN is within LIMIT standard deviations of MEAN. */
static inline bool stage_within(double seen, double mean, double variance, double limit)
{
	return (seen - mean) * (seen - mean) <= limit * limit * variance;
}

#endif
