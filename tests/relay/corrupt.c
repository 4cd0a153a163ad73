/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets are corrupted, and which of their bits. */
#include "forwarder/impairments/corrupt.h"

#include "tests/relay/stage.h"
#include "tests/unit/tap.h"

enum { PACKETS = 100000, LENGTH = 100, BITS = LENGTH * 8 };

static const uint64_t percent = STREAM_CERTAIN / 100;

static void rate(void)
{
	const uint64_t chance[4] = { [CORRUPT_CHANCE] = percent }, none[4] = { 0 };
	struct stage_test test = stage_open("corrupt");
	unsigned sum = 0, never = 0;

	stage_need(!stage_set(&test, 1, chance, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < PACKETS; i++)
		sum += stage_pass(&test, i, 0, LENGTH).corrupt != 0;
	stage_need(!stage_set(&test, 1, none, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < PACKETS; i++)
		never += stage_pass(&test, i, 0, LENGTH).corrupt != 0;
	tap_ok(stage_within(sum, PACKETS * .01, PACKETS * .0099, 3), "1 %%: %u of %d are corrupted", sum,
		PACKETS);
	tap_ok(never == 0, "0 %%: none is");
	stage_close(&test);
}

/* Pearson's sum over the bits, whose mean is BITS - 1 and variance twice that where all are as likely. */
static void bits(void)
{
	const uint64_t all[4] = { [CORRUPT_CHANCE] = STREAM_CERTAIN };
	struct stage_test test = stage_open("corrupt");
	unsigned seen[BITS] = { 0 };
	double sum = 0, wanted = (double)PACKETS / BITS;
	bool inside = true;

	stage_need(!stage_set(&test, 1, all, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < PACKETS; i++) {
		uint32_t bit = stage_pass(&test, i, 0, LENGTH).corrupt;

		inside = bit >= 1 && bit <= BITS && inside;
		seen[(bit - 1) % BITS]++;
	}
	for (unsigned i = 0; i < BITS; i++)
		sum += (seen[i] - wanted) * (seen[i] - wanted) / wanted;
	tap_ok(inside, "100 %%: one bit of each packet");
	tap_ok(stage_within(sum, BITS - 1, 2. * (BITS - 1), 3),
		"each as often: chi squared of %d bits is %.0f", BITS, sum);
	stage_close(&test);
}

static void frames(void)
{
	enum { HEADER = 14, WHOLE = HEADER + 2 };
	static const uint8_t bytes[WHOLE] = { 0 };
	const uint64_t all[4] = { [CORRUPT_CHANCE] = STREAM_CERTAIN };
	struct stage_test test = stage_open("corrupt");
	struct packet packet = { .bytes = bytes, .length = WHOLE };
	struct segment form = { .count = 1, .payload = WHOLE, .network = HEADER };
	struct arrival arrival = { .length = WHOLE, .network = HEADER, .packet = &packet, .form = &form };
	struct fate fate = { .copies = 1 };
	unsigned seen[WHOLE * 8] = { 0 }, header = 0, least = 1000;

	stage_need(!stage_set(&test, 1, all, 4, NULL, 0), "the settings");
	for (; arrival.number < 1000; arrival.number++) {
		test.impairment->pass(test.state, &arrival, &fate);
		seen[(fate.corrupt - 1) % (WHOLE * 8)]++;
	}
	for (unsigned i = 0; i < HEADER * 8; i++)
		header += seen[i];
	for (unsigned i = HEADER * 8; i < WHOLE * 8; i++)
		least = seen[i] < least ? seen[i] : least;
	tap_ok(header == 0, "an Ethernet header is left alone");
	tap_ok(least > 30, "every bit behind it is not");
	fate.corrupt = 0;
	arrival.length = HEADER;
	test.impairment->pass(test.state, &arrival, &fate);
	tap_ok(fate.corrupt == 0, "nor is there anything to corrupt where nothing is behind it");
	stage_close(&test);
}

static void golden(void)
{
	static const uint32_t wanted[] = { 0, 11581, 0, 2593, 0, 11939, 0, 4660 };
	const uint64_t nth[4] = { [CORRUPT_NTH] = 2 };
	struct stage_test test = stage_open("corrupt");

	stage_need(!stage_set(&test, 1, nth, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		uint32_t bit = stage_pass(&test, i, 0, 1500).corrupt;

		tap_ok(bit == wanted[i], "packet %u: bit %u", i, bit);
	}
	stage_close(&test);
}

int main(void)
{
	rate();
	bits();
	frames();
	golden();
	return tap_done();
}
