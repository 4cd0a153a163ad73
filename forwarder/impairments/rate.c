/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line is free at a time that is kept as nanoseconds and a fraction of one whose denominator is the rate,
 * so that nothing is lost to rounding in however long a time. A packet is through when its last bit is. The
 * queue is known by when each packet's turn is: those whose turn has come are on the line or through. They
 * stand in a ring that is no longer than the limit: of a thousand lines each has its own.
 */
#include "forwarder/impairments/rate.h"

#include <stdio.h>

#include "forwarder/impairment.h"

/* With these bounds, no time exceeds 64 bits even where the longest queue waits for the slowest line. */
enum {
	SLOWEST = 8, /* bits per second */
	MOST_OVERHEAD = 65535,
	USUAL = 1000, /* packets that wait where nobody says how many, as netem's */
};

struct waiting {
	uint64_t turn; /* when it goes on the line */
	uint32_t bytes;
};

struct rate {
	uint64_t bits; /* per second */
	int64_t overhead;
	uint64_t packets, bytes; /* the queue's limits */
	uint64_t free, part;	 /* the line is, from "free" nanoseconds and "part" / "bits" on */
	uint64_t begin, end;	 /* of the queue: each packet that ever waited has a number */
	uint64_t queued;	 /* bytes */
	uint64_t room; /* of the queue's places as many as the limit needs: others are never touched */
	char many[64], much[64]; /* why a packet is lost */
	struct waiting queue[RATE_QUEUE];
};

static const char *check(const uint64_t *numbers)
{
	int64_t overhead = (int64_t)numbers[RATE_OVERHEAD];

	if (numbers[RATE_BITS] < SLOWEST)
		return "a rate of less than 8 bits per second";
	if (numbers[RATE_BITS] > INT64_MAX)
		return "a rate of more than 2^63 bits per second";
	if (overhead < -MOST_OVERHEAD || overhead > MOST_OVERHEAD)
		return "an overhead of more than 65535 bytes";
	if (numbers[RATE_PACKETS] > RATE_QUEUE)
		return "a limit of more than 131072 packets";
	return NULL;
}

static void reverse(struct waiting *queue, uint64_t begin, uint64_t end)
{
	for (; begin + 1 < end; begin++, end--) {
		struct waiting one = queue[begin];

		queue[begin] = queue[end - 1];
		queue[end - 1] = one;
	}
}

/* Those that wait are the first in a ring of another length. */
static void make_room(struct rate *rate)
{
	uint64_t waiting = rate->end - rate->begin, first;

	if (waiting) {
		first = rate->begin % rate->room;
		reverse(rate->queue, 0, first);
		reverse(rate->queue, first, rate->room);
		reverse(rate->queue, 0, rate->room);
	}
	rate->begin = 0;
	rate->end = waiting;
	rate->room = rate->packets > waiting ? rate->packets : waiting;
}

static const char *set(void *state, const struct stream *stream, const struct relay_message *message)
{
	const uint64_t *numbers = message->numbers;
	const char *wrong = check(numbers);
	struct rate *rate = state;

	(void)stream;
	if (wrong)
		return wrong;
	/* What is on the line or waits for it keeps its times. */
	if (rate->bits)
		rate->part = (uint64_t)((unsigned __int128)rate->part * numbers[RATE_BITS] / rate->bits);
	rate->bits = numbers[RATE_BITS];
	rate->overhead = (int64_t)numbers[RATE_OVERHEAD];
	rate->bytes = numbers[RATE_BYTES] ? numbers[RATE_BYTES] : UINT64_MAX;
	rate->packets = numbers[RATE_PACKETS] ? numbers[RATE_PACKETS]
			: numbers[RATE_BYTES] ? RATE_QUEUE
					      : USUAL;
	if (rate->packets != rate->room)
		make_room(rate);
	snprintf(rate->many, sizeof(rate->many), "queue of %llu packet%s is full",
		(unsigned long long)rate->packets, rate->packets == 1 ? "" : "s");
	snprintf(rate->much, sizeof(rate->much), "queue of %llu bytes is full",
		(unsigned long long)rate->bytes);
	return NULL;
}

/* Those whose turn has come wait no more. */
static void call(struct rate *rate, uint64_t now)
{
	for (; rate->begin < rate->end; rate->begin++) {
		const struct waiting *first = &rate->queue[rate->begin % rate->room];

		if (first->turn > now)
			return;
		rate->queued -= first->bytes;
	}
}

/* Why a packet of so many bytes cannot wait; NULL: it can. */
static const char *refuse(const struct rate *rate, uint32_t bytes)
{
	if (rate->end - rate->begin >= rate->packets)
		return rate->many;
	return rate->queued + bytes > rate->bytes ? rate->much : NULL;
}

static void enter_queue(struct rate *rate, uint32_t bytes)
{
	rate->queue[rate->end++ % rate->room] = (struct waiting) { rate->free, bytes };
	rate->queued += bytes;
}

static void use_line(struct rate *rate, uint32_t bytes)
{
	int64_t all = bytes + rate->overhead;
	uint64_t time = rate->part + (all > 0 ? (uint64_t)all * 8 * 1000000000 : 0);

	rate->free += time / rate->bits;
	rate->part = time % rate->bits;
}

/* A packet comes to the line. NULL, or why it is lost. */
static const char *take(struct rate *rate, uint64_t now, uint32_t bytes)
{
	const char *lost = NULL;

	call(rate, now);
	if (rate->free < now || (rate->free == now && !rate->part)) {
		rate->free = now;
		rate->part = 0;
	} else {
		lost = refuse(rate, bytes);
		if (!lost)
			enter_queue(rate, bytes);
	}
	if (!lost)
		use_line(rate, bytes);
	return lost;
}

/* What is there twice goes over the line twice, if it can wait for that. */
static void pass(void *state, const struct arrival *arrival, struct fate *fate)
{
	struct rate *rate = state;
	uint64_t now = fate->due;
	unsigned through = 0;

	for (; through < fate->copies; through++) {
		const char *lost = take(rate, now, (uint32_t)arrival->length);

		if (lost && !through)
			fate->lost = lost;
		if (lost)
			break;
	}
	if (!through)
		return;
	fate->copies = through;
	fate->due = rate->free + (rate->part > 0);
}

const struct impairment impairment_rate = {
	.name = "rate",
	.rank = 50,
	.state_size = sizeof(struct rate),
	.losing = LOSING_AT_QUEUE,
	.set = set,
	.pass = pass,
};
