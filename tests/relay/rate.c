/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When packets are through a line, and which of them cannot wait for it. */
#include "forwarder/impairments/rate.h"

#include "forwarder/impairments/delay.h"
#include "forwarder/impairments/reorder.h"
#include "tests/relay/lane.h"
#include "tests/relay/stage.h"
#include "tests/unit/tap.h"

#define SECOND 1000000000ULL

static const uint64_t begin = 5000 * SECOND + 12345;

static struct stage_test line(const uint64_t *numbers)
{
	struct stage_test test = stage_open("rate");

	stage_need(!stage_set(&test, 1, numbers, 4, NULL, 0), "the settings");
	return test;
}

/* Sizes of packets, as if mixed. */
static size_t size(uint64_t number)
{
	static const size_t sizes[] = { 40, 1500, 576, 1500, 64, 1311, 1500, 28, 999 };

	return sizes[number % 9] + number / 9 % 2;
}

/*
 * Sends so much that the line is never free, always a little ahead of it, until it has been so for SECONDS.
 * Each packet must be through when the bits up to its last fit into the time, to the nanosecond.
 */
static void full(uint64_t bits, unsigned seconds)
{
	const uint64_t numbers[4] = { [RATE_BITS] = bits, [RATE_PACKETS] = RATE_QUEUE };
	struct stage_test test = line(numbers);
	unsigned __int128 sent = 0;
	uint64_t now = begin, due = begin, number = 0, wrong = 0, within = 0;

	for (; due < begin + seconds * SECOND && !wrong; number++) {
		uint64_t exact;

		sent += (unsigned __int128)size(number) * 8;
		exact = begin + (uint64_t)((sent * SECOND + bits - 1) / bits);
		due = stage_pass(&test, number, now, size(number)).due;
		wrong += due != exact;
		if (due <= begin + seconds * SECOND)
			within = (uint64_t)sent;
		/* never so late that the line is free, never so early that the queue grows without end */
		now = due > now + SECOND / 100 ? due - SECOND / 200 : now;
	}
	tap_ok(wrong == 0, "%llu bit/s for %u s: %llu packets through to the nanosecond",
		(unsigned long long)bits, seconds, (unsigned long long)number);
	tap_ok(within <= bits * seconds && within + 8 * 1502ULL > bits * seconds,
		"%llu bits, of %llu: but for the one on the line", (unsigned long long)within,
		(unsigned long long)bits * seconds);
	stage_close(&test);
}

/* Packets that come when the line is free wait for nothing, and the line gains nothing from having been. */
static void idle(void)
{
	const uint64_t numbers[4] = { [RATE_BITS] = 3000000 };
	struct stage_test test = line(numbers);
	bool exact = true;

	/* 100 bytes take 266,666 2/3 ns */
	for (uint64_t i = 0; i < 5; i++)
		exact = stage_pass(&test, i, begin + i * SECOND, 100).due == begin + i * SECOND + 266667 &&
			exact;
	tap_ok(exact, "on a free line a packet takes its own time");
	exact = stage_pass(&test, 5, begin + 5 * SECOND, 100).due == begin + 5 * SECOND + 266667;
	exact = stage_pass(&test, 6, begin + 5 * SECOND, 100).due == begin + 5 * SECOND + 533334 && exact;
	exact = stage_pass(&test, 7, begin + 5 * SECOND, 100).due == begin + 5 * SECOND + 800000 && exact;
	tap_ok(exact, "three at once take thrice that, not three times what it was rounded to");
	stage_close(&test);
}

static uint64_t time_with(int64_t overhead, size_t length)
{
	const uint64_t numbers[4] = { [RATE_BITS] = 8000000, [RATE_OVERHEAD] = (uint64_t)overhead };
	struct stage_test test = line(numbers);
	uint64_t due = stage_pass(&test, 0, begin, length).due;

	stage_close(&test);
	return due - begin;
}

static void overhead(void)
{
	tap_ok(time_with(0, 100) == 100000, "100 bytes at a byte per microsecond");
	tap_ok(time_with(18, 100) == 118000, "an overhead of 18");
	tap_ok(time_with(-14, 100) == 86000, "one of -14");
	tap_ok(time_with(-200, 100) == 0, "and one that leaves nothing");
}

/* One character per packet of LENGTH that comes at NOW: '.' is through or waits, 'x' is lost. */
static const char *burst(struct stage_test *test, uint64_t now, size_t length, unsigned count)
{
	static char seen[32];
	static uint64_t number;

	for (unsigned i = 0; i < count; i++)
		seen[i] = stage_pass(test, number++, now, length).lost ? 'x' : '.';
	seen[count] = 0;
	return seen;
}

static void limits(void)
{
	/* a byte per microsecond */
	const uint64_t packets[4] = { [RATE_BITS] = 8000000, [RATE_PACKETS] = 3 },
		       bytes[4] = { [RATE_BITS] = 8000000, [RATE_BYTES] = 300, [RATE_OVERHEAD] = 100 },
		       one[4] = { [RATE_BITS] = 8000000, [RATE_PACKETS] = 1 };
	struct stage_test test = line(packets);

	tap_is(burst(&test, begin, 100, 7), "....xxx", "a limit of 3 packets: one on the line, three wait");
	tap_is(burst(&test, begin + 99999, 100, 2), "xx", "still so before the line is free");
	tap_is(burst(&test, begin + 100000, 100, 2), ".x", "then one more can wait");
	tap_ok(stage_pass(&test, 100, begin + 200000, 100).due == begin + 600000,
		"those that were lost have not been on the line");
	tap_is(stage_pass(&test, 101, begin + 200000, 100).lost, "queue of 3 packets is full", "why");
	tap_is(burst(&test, begin + SECOND, 100, 5), "....x", "a line that is free again");
	stage_need(!stage_set(&test, 1, one, 4, NULL, 0), "the settings");
	tap_is(burst(&test, begin + SECOND + 250000, 100, 1), "x", "a lower limit: who waits stays");
	tap_is(burst(&test, begin + SECOND + 300000, 100, 2), ".x", "and it holds from now on");
	tap_is(stage_pass(&test, 102, begin + SECOND + 300000, 100).lost, "queue of 1 packet is full", "why");
	stage_close(&test);

	test = line(bytes);
	tap_is(burst(&test, begin, 100, 6), "....xx", "a limit of 300 bytes, without overhead");
	tap_is(burst(&test, begin + 200000, 101, 1), "x", "one byte too many");
	tap_is(burst(&test, begin + 200000, 60, 2), ".x", "who fits in can wait");
	tap_is(burst(&test, begin + 200000, 40, 2), ".x", "up to the last byte");
	tap_is(stage_pass(&test, 103, begin + 200000, 100).lost, "queue of 300 bytes is full", "why");
	tap_is(burst(&test, begin + SECOND, 1500, 2), ".x", "a free line takes what could not wait");
	stage_close(&test);
}

/* The queue's longest, around the end of the memory for it. */
static void longest(void)
{
	const uint64_t slow[4] = { [RATE_BITS] = 8000, [RATE_PACKETS] = RATE_QUEUE };
	struct stage_test test = line(slow);
	unsigned through = 0, lost = 0;

	for (unsigned i = 0; i < RATE_QUEUE + 3; i++)
		through += !stage_pass(&test, i, begin, 1).lost;
	for (unsigned i = 0; i < 1000; i++)
		lost += stage_pass(&test, i, begin + (uint64_t)i * 1000000, 1).lost != NULL;
	tap_ok(through == RATE_QUEUE + 1, "no more than %d packets ever wait", RATE_QUEUE);
	tap_ok(lost == 1, "and with each millisecond there is room for one more");
	tap_is(stage_pass(&test, 0, begin, 1).lost, "queue of 131072 packets is full", "why");
	stage_close(&test);
}

/* A line of a byte per microsecond, and all that ever went by it. */
struct model {
	uint64_t turns[4000], free;
	unsigned count;
};

/* When a packet of LENGTH is through that comes at NOW; 0: it cannot wait. */
static uint64_t through(struct model *model, uint64_t now, uint64_t limit, size_t length)
{
	unsigned waiting = 0;

	for (unsigned i = 0; i < model->count; i++)
		waiting += model->turns[i] > now;
	if (model->free <= now)
		model->free = now;
	else if (waiting >= limit)
		return 0;
	model->turns[model->count++] = model->free;
	model->free += length * 1000;
	return model->free;
}

/* Whoever waits does so, however the limit changes and wherever the queue stands in its ring. */
static void limits_change(void)
{
	uint64_t numbers[4] = { [RATE_BITS] = 8000000, [RATE_PACKETS] = 1 }, now = begin, draw = 1;
	struct stage_test test = line(numbers);
	struct model model = { .count = 0 };
	unsigned wrong = 0, lost = 0;

	for (unsigned i = 0; i < 4000; i++) {
		struct fate fate;
		uint64_t due;

		draw = stream_mix(draw + i);
		if (draw % 7 == 0) {
			numbers[RATE_PACKETS] = 1 + draw / 7 % 12;
			stage_need(!stage_set(&test, 1, numbers, 4, NULL, 0), "the settings");
		}
		now += draw % 100000;
		due = through(&model, now, numbers[RATE_PACKETS], 20 + draw % 80);
		fate = stage_pass(&test, i, now, 20 + draw % 80);
		wrong += due ? fate.lost || fate.due != due : !fate.lost;
		lost += !due;
	}
	tap_ok(!wrong && lost > 400 && lost < 3600,
		"limits that change: %u of 4000 cannot wait, %u are wrong", lost, wrong);
	stage_close(&test);
}

static void changed(void)
{
	const uint64_t fast[4] = { [RATE_BITS] = 8000000 }, slow[4] = { [RATE_BITS] = 800000 },
		       third[4] = { [RATE_BITS] = 3000000 }, sixth[4] = { [RATE_BITS] = 6000000 };
	struct stage_test test = line(fast);
	uint64_t due;

	stage_pass(&test, 0, begin, 100);
	stage_pass(&test, 1, begin, 100);
	stage_need(!stage_set(&test, 1, slow, 4, NULL, 0), "the settings");
	due = stage_pass(&test, 2, begin, 100).due;
	tap_ok(due == begin + 200000 + 1000000, "a slower line: behind those that had the faster one's time");
	stage_close(&test);

	test = line(third);
	stage_pass(&test, 0, begin, 1); /* 2,666 2/3 ns */
	stage_need(!stage_set(&test, 1, sixth, 4, NULL, 0), "the settings");
	due = stage_pass(&test, 1, begin, 1).due; /* 1,333 1/3 */
	tap_ok(due == begin + 4000, "and no part of a nanosecond is lost");
	stage_close(&test);
}

static struct fate twice(struct stage_test *test, uint64_t now)
{
	static const uint8_t bytes[100] = { 0x45 };
	struct packet packet = { .bytes = bytes, .length = sizeof(bytes) };
	struct segment form = { .count = 1, .payload = sizeof(bytes) };
	struct arrival arrival = { .now = now, .length = sizeof(bytes), .packet = &packet, .form = &form };
	struct fate fate = { .due = now, .copies = 2 };

	test->impairment->pass(test->state, &arrival, &fate);
	return fate;
}

static void copies(void)
{
	const uint64_t numbers[4] = { [RATE_BITS] = 8000000, [RATE_PACKETS] = 2 };
	struct stage_test test = line(numbers);
	struct fate fate = twice(&test, begin);

	tap_ok(fate.copies == 2 && fate.due == begin + 200000, "what is there twice takes twice the time");
	fate = twice(&test, begin);
	tap_ok(fate.copies == 1 && fate.due == begin + 300000 && !fate.lost,
		"or comes once where one can wait");
	fate = twice(&test, begin);
	tap_is(fate.lost, "queue of 2 packets is full", "or not at all");
	stage_close(&test);
}

/* Through a lane: a line of a byte per microsecond, and 10 ms to travel. */
static void with_delay(void)
{
	const uint64_t third[3] = { [REORDER_CHANCE] = STREAM_CERTAIN, [REORDER_GAP] = 3 };
	const uint64_t numbers[] = { 8000000 }, time[] = { [DELAY_TIME] = 10000000 };
	struct lane_test test;
	bool exact = true;

	lane_test_open(&test);
	lane_test_set(&test, "delay", 1, time, 1);
	lane_test_set(&test, "rate", 1, numbers, 1);
	for (uint32_t i = 0; i < 50; i++)
		lane_test_take(&test, begin, i, 1000);
	for (uint32_t i = 0; i < 50; i++) {
		const struct traveller *first = transit_first(test.transit);

		exact = first && first->due == begin + (i + 1ULL) * 1000000 + 10000000 && exact;
		exact = lane_test_deliver(&test) && lane_test_get(&test) == i && exact;
	}
	tap_ok(exact, "with a delay: first the line, then the travel, which costs the line nothing");
	lane_test_set(&test, "reorder", 1, third, 3);
	for (uint32_t i = 0; i < 3; i++)
		lane_test_take(&test, begin + SECOND, i, 1000);
	exact = transit_first(test.transit)->due == begin + SECOND + 3000000;
	for (unsigned i = 0; i < 3; i++)
		exact = lane_test_deliver(&test) && lane_test_get(&test) == (i + 2) % 3 && exact;
	tap_ok(exact, "who overtakes does so on the way, not on the line");
	lane_test_close(&test);
}

static const char *refusal(uint64_t bits, int64_t bytes, uint64_t packets)
{
	const uint64_t numbers[4] = {
		[RATE_BITS] = bits, [RATE_OVERHEAD] = (uint64_t)bytes, [RATE_PACKETS] = packets
	};
	struct stage_test test = stage_open("rate");
	const char *wrong = stage_set(&test, 1, numbers, 4, NULL, 0);

	stage_close(&test);
	return wrong;
}

/* Nobody said how many may wait: as many as with netem. */
static void usual(void)
{
	const uint64_t slow[4] = { [RATE_BITS] = 8000 };
	struct stage_test test = line(slow);
	unsigned through = 0;

	for (unsigned i = 0; i < 1010; i++)
		through += !stage_pass(&test, i, begin, 1).lost;
	tap_ok(through == 1001, "1000 packets wait where nobody says how many");
	stage_close(&test);
}

static void refusals(void)
{
	tap_is(refusal(7, 0, 0), "a rate of less than 8 bits per second", "refused: too slow");
	tap_is(refusal(1ULL << 63, 0, 0), "a rate of more than 2^63 bits per second", "too fast");
	tap_is(refusal(8, 65536, 0), "an overhead of more than 65535 bytes", "too much overhead");
	tap_is(refusal(8, -65536, 0), "an overhead of more than 65535 bytes", "or too little");
	tap_is(refusal(8, 0, RATE_QUEUE + 1), "a limit of more than 131072 packets", "too long a queue");
	tap_is(refusal(8, -65535, RATE_QUEUE), NULL, "not refused: the slowest and longest");
	tap_is(refusal((1ULL << 63) - 1, 65535, 1), NULL, "and the fastest");
}

int main(void)
{
	full(50000000, 10);
	full(49999999, 10);
	full(1000003, 3600);
	full(9600, 3600);
	full(10000000007, 2);
	idle();
	overhead();
	limits();
	longest();
	limits_change();
	usual();
	changed();
	copies();
	with_delay();
	refusals();
	return tap_done();
}
