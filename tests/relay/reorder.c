/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets go without the delay, and that they overtake those that have it. */
#include "forwarder/impairments/reorder.h"

#include "forwarder/impairments/delay.h"
#include "forwarder/impairments/rate.h"
#include "tests/relay/lane.h"
#include "tests/relay/stage.h"
#include "tests/unit/tap.h"

enum { PACKETS = 200000 };

static const uint64_t percent = STREAM_CERTAIN / 100;

static unsigned choose(const uint64_t *numbers, bool *early, unsigned count)
{
	struct stage_test test = stage_open("reorder");
	unsigned sum = 0;

	stage_need(!stage_set(&test, 1, numbers, 3, NULL, 0), "the settings");
	for (unsigned i = 0; i < count; i++) {
		struct fate fate = stage_pass(&test, i, 0, 100);

		early[i] = fate.early;
		sum += early[i];
		stage_need(!fate.lost && !fate.due && fate.copies == 1 && !fate.corrupt, "nothing but early");
	}
	stage_close(&test);
	return sum;
}

static void chances(void)
{
	const uint64_t none[3] = { 0 }, some[3] = { [REORDER_CHANCE] = 25 * percent },
		       tied[3] = { [REORDER_CHANCE] = 25 * percent, [REORDER_CORRELATION] = 50 * percent },
		       all[3] = { [REORDER_CHANCE] = STREAM_CERTAIN };
	static bool early[PACKETS];
	double sum, both = 0;

	tap_ok(choose(none, early, PACKETS) == 0, "0 %% chooses none");
	tap_ok(choose(all, early, PACKETS) == PACKETS, "100 %% all");
	sum = choose(some, early, PACKETS);
	tap_ok(stage_within(sum, PACKETS * .25, PACKETS * .1875, 3), "25 %%: %.3f", 100 * sum / PACKETS);
	sum = choose(tied, early, PACKETS);
	for (unsigned i = 1; i < PACKETS; i++)
		both += early[i] && early[i - 1];
	tap_ok(stage_within(sum, PACKETS * .25, PACKETS * .1875 * 3, 3), "with a correlation, still: %.3f",
		100 * sum / PACKETS);
	tap_ok(stage_within(both, sum * .625, sum * .625 * .375, 3),
		"and 62.5 %% of those behind a chosen one (%.2f)", 100 * both / sum);
}

static void gaps(void)
{
	const uint64_t each
		[3] = { [REORDER_CHANCE] = STREAM_CERTAIN, [REORDER_GAP] = 5 },
	    some[3] = { [REORDER_CHANCE] = 25 * percent, [REORDER_GAP] = 5 },
	    tied[3] = {
		    [REORDER_CHANCE] = 25 * percent, [REORDER_CORRELATION] = 50 * percent, [REORDER_GAP] = 5
	    };
	static bool early[PACKETS];
	unsigned wrong = 0, since = 0, could = 0, sum, tied_could = 0, tied_sum;

	choose(each, early, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++)
		wrong += early[i] != (i % 5 == 4);
	tap_ok(wrong == 0, "a gap of 5 with 100 %%: each fifth");
	sum = choose(some, early, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++, since++) {
		wrong += early[i] && since < 4;
		could += since >= 4;
		if (early[i])
			since = (unsigned)-1;
	}
	tap_ok(wrong == 0, "with 25 %%, four at least are not chosen between two that are");
	tap_ok(stage_within(sum, could * .25, could * .1875, 3), "and 25 %% of the others are: %.2f",
		100. * sum / could);
	tied_sum = choose(tied, early, PACKETS);
	since = 0;
	for (unsigned i = 0; i < PACKETS; i++, since++) {
		tied_could += since >= 4;
		if (early[i])
			since = (unsigned)-1;
	}
	tap_ok(stage_within(tied_sum, tied_could * .25, tied_could * .1875 * 3, 3),
		"also with a correlation: %.2f", 100. * tied_sum / tied_could);
}

static void overtaking(void)
{
	const uint64_t third[3] = { [REORDER_CHANCE] = STREAM_CERTAIN, [REORDER_GAP] = 3 },
		       time[] = { [DELAY_TIME] = 10000000 };
	static const uint32_t wanted[] = { 2, 0, 1, 5, 3, 4, 8, 6, 7 };
	struct lane_test test;
	bool same = true;

	lane_test_open(&test);
	lane_test_set(&test, "reorder", 1, third, 3);
	lane_test_set(&test, "delay", 1, time, 1);
	for (uint32_t i = 0; i < 9; i += 3) {
		for (uint32_t k = 0; k < 3; k++)
			lane_test_take(&test, 1000 + i, i + k, 100);
		while (lane_test_deliver(&test))
			;
	}
	for (unsigned i = 0; i < 9; i++)
		same = lane_test_get(&test) == wanted[i] && same;
	tap_ok(same, "who is chosen overtakes those who have a delay");
	tap_ok(test.counters.delayed == 6, "and is not under way");
	lane_test_set(&test, "delay", 1, NULL, 0);
	lane_test_set(&test, "rate", 1, (const uint64_t[]) { [RATE_BITS] = 1000000 }, 1);
	for (uint32_t i = 0; i < 6; i++)
		lane_test_take(&test, 90000000, i, 100);
	while (lane_test_deliver(&test))
		;
	for (unsigned i = 0; i < 6; i++)
		same = lane_test_get(&test) == i && same;
	tap_ok(same, "but not on the line");
	lane_test_close(&test);
}

static void refusals(void)
{
	const uint64_t chance[3] = { [REORDER_CHANCE] = STREAM_CERTAIN + 1 },
		       tie[3] = { [REORDER_CORRELATION] = STREAM_CERTAIN + 1 };
	struct stage_test test = stage_open("reorder");

	tap_is(stage_set(&test, 1, chance, 3, NULL, 0), "a chance of more than 100%",
		"refused: more than all");
	tap_is(stage_set(&test, 1, tie, 3, NULL, 0), "a correlation of more than 100%",
		"a correlation of it");
	stage_close(&test);
}

int main(void)
{
	chances();
	gaps();
	overtaking();
	refusals();
	return tap_done();
}
