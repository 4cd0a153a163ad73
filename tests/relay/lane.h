/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lane under test: packets in memory, a socket pair for a device, and a clock that the test turns. */
#ifndef TUNLAB_TESTS_RELAY_LANE_H
#define TUNLAB_TESTS_RELAY_LANE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/lane.h"

struct lane_test {
	struct relay_counters counters;
	struct port *port;
	struct transit *transit;
	struct lane *lane;
	int device;
	uint8_t buffer[SEGMENT_LONGEST];
};

static inline void lane_need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

/* Begins one where it stays. */
static inline void lane_test_open(struct lane_test *test)
{
	int pair[2];

	*test = (struct lane_test) { .port = port_open(1, &test->counters) };
	lane_need(test->port, "memory");
	test->port->frame = RELAY_IP;
	test->port->mtu = 65535;
	lane_need(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair");
	lane_need(!queue_attach(test->port->queues, pair[0]), "queue_attach");
	test->device = pair[1];
	test->transit = transit_open();
	test->lane = lane_open(test->port, test->transit, test->buffer);
	lane_need(test->transit && test->lane, "memory");
}

static inline void lane_test_close(struct lane_test *test)
{
	lane_close(test->lane);
	transit_close(test->transit);
	port_close(test->port);
	close(test->device);
}

static inline void lane_test_set(
	struct lane_test *test, const char *name, uint64_t seed, const uint64_t *numbers, size_t count)
{
	struct relay_message message = { .set = numbers != NULL, .seed = seed };

	snprintf(message.impairment, sizeof(message.impairment), "%s", name);
	if (numbers)
		memcpy(message.numbers, numbers, count * sizeof(*numbers));
	lane_need(!lane_set(test->lane, &message), name);
}

/* A packet of LENGTH bytes with a number in it comes at NOW. */
static inline void lane_test_take(struct lane_test *test, uint64_t now, uint32_t number, size_t length)
{
	uint8_t bytes[2048] = { 0x45 };
	struct packet packet = { .bytes = bytes, .length = length };

	memcpy(bytes + 20, &number, sizeof(number));
	lane_take(test->lane, &(struct moment) { .now = now }, &packet);
}

/* Delivers what is due first, at its time; false: nothing is under way. */
static inline bool lane_test_deliver(struct lane_test *test)
{
	static uint8_t buffer[SEGMENT_LONGEST];
	const struct traveller *first = transit_first(test->transit);
	struct traveller traveller;
	struct packet packet;

	if (!first)
		return false;
	traveller = *first;
	transit_take(test->transit, buffer, &packet);
	lane_deliver(test->lane, traveller.due, &traveller, &packet);
	return true;
}

/* The number of the next packet that the device received; -1: there is none. */
static inline int64_t lane_test_get(const struct lane_test *test)
{
	uint8_t bytes[2048];
	uint32_t number;

	if (recv(test->device, bytes, sizeof(bytes), MSG_DONTWAIT) < 24)
		return -1;
	memcpy(&number, bytes + 20, sizeof(number));
	return number;
}

#endif
