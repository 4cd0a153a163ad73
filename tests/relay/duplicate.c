/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets come twice, and that what else befalls them does not change it. */
#include "forwarder/impairments/duplicate.h"

#include "forwarder/impairments/loss.h"
#include "forwarder/impairments/rate.h"
#include "tests/relay/lane.h"
#include "tests/relay/stage.h"
#include "tests/unit/tap.h"

enum { PACKETS = 20000 };

static const uint64_t percent = STREAM_CERTAIN / 100;

static void forms(void)
{
	const uint64_t chance[4] = { [DUPLICATE_CHANCE] = 5 * percent }, nth[4] = { [DUPLICATE_NTH] = 2 },
		       first[4] = { [DUPLICATE_FIRST] = 1 }, all[4] = { [DUPLICATE_CHANCE] = STREAM_CERTAIN },
		       none[4] = { 0 };
	const uint64_t *const numbers[] = { none, chance, nth, first, all };
	unsigned copies[5] = { 0 };
	bool lost = false;

	for (unsigned form = 0; form < 5; form++) {
		struct stage_test test = stage_open("duplicate");

		stage_need(!stage_set(&test, 1, numbers[form], 4, NULL, 0), "the settings");
		for (unsigned i = 0; i < PACKETS; i++) {
			struct fate fate = stage_pass(&test, i, 0, 100);

			copies[form] += fate.copies;
			lost |= fate.lost || fate.due || fate.corrupt || fate.early || fate.copies > 2;
		}
		stage_close(&test);
	}
	tap_ok(!lost, "nothing else befalls them");
	tap_ok(copies[0] == PACKETS, "0 %% duplicates none");
	tap_ok(stage_within(copies[1] - PACKETS, PACKETS * .05, PACKETS * .0475, 3),
		"5 %%: %u of %d come twice", copies[1] - PACKETS, PACKETS);
	tap_ok(copies[2] == PACKETS * 3 / 2, "every second does");
	tap_ok(copies[3] == PACKETS + 1, "the first does");
	tap_ok(copies[4] == 2 * PACKETS, "100 %%: all do");
}

/* How often each packet comes through a lane. */
static void count(struct lane_test *test, unsigned *times)
{
	memset(times, 0, PACKETS * sizeof(*times));
	for (uint32_t i = 0; i < PACKETS; i++) {
		int64_t number;

		lane_test_take(test, 1000 + i, i, 100);
		while (lane_test_deliver(test))
			;
		while ((number = lane_test_get(test)) >= 0)
			times[number]++;
	}
}

/* With LOSS, in packets per hundred; and the line's rate, unless it is 0. */
static void through(unsigned loss, uint64_t rate, uint64_t seed, unsigned *times)
{
	const uint64_t
		duplicate[] = { [DUPLICATE_CHANCE] = 10 * percent, [DUPLICATE_CORRELATION] = 40 * percent },
		lose[] = { [LOSS_CHANCE] = loss * percent, [LOSS_CORRELATION] = 30 * percent },
		line[] = { [RATE_BITS] = rate, [RATE_PACKETS] = RATE_QUEUE };
	struct lane_test test;

	lane_test_open(&test);
	lane_test_set(&test, "duplicate", seed, duplicate, 2);
	if (loss)
		lane_test_set(&test, "loss", seed, lose, 2);
	if (rate)
		lane_test_set(&test, "rate", seed, line, RATE_PACKETS + 1);
	count(&test, times);
	lane_test_close(&test);
}

static void apart(void)
{
	static unsigned alone[PACKETS], lossy[PACKETS], slow[PACKETS], other[PACKETS];
	unsigned kept = 0, twice = 0, differ = 0;

	through(0, 0, 1, alone);
	through(20, 0, 1, lossy);
	through(0, 50000000, 1, slow);
	through(0, 0, 2, other);
	for (unsigned i = 0; i < PACKETS; i++) {
		twice += alone[i] == 2;
		kept += lossy[i] > 0;
		differ += lossy[i] && lossy[i] != alone[i];
	}
	tap_ok(stage_within(twice, PACKETS * .1, PACKETS * .09 * 1.4 / .6, 3), "10 %% come twice (%u of %d)",
		twice, PACKETS);
	tap_ok(stage_within(kept, PACKETS * .8, PACKETS * .16 * 1.3 / .7, 3), "a loss of 20 %% keeps %u",
		kept);
	tap_ok(differ == 0, "and of those that are kept the same ones come twice");
	tap_ok(!memcmp(alone, slow, sizeof(alone)), "as over a line");
	tap_ok(memcmp(alone, other, sizeof(alone)) != 0, "another seed has others come twice");
}

int main(void)
{
	forms();
	apart();
	return tap_done();
}
