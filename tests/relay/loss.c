/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets are lost: as many as was said, by chance, and the same ones each time. */
#include "forwarder/impairments/loss.h"

#include "tests/relay/made.h"
#include "tests/relay/stage.h"
#include "tests/unit/tap.h"

enum { SEEDS = 50, PACKETS = 10000 };

static const uint64_t percent = STREAM_CERTAIN / 100;

/* Which of COUNT packets a loss takes. Returns how many. */
static unsigned lose(uint64_t seed, const uint64_t *numbers, bool *lost, unsigned count)
{
	struct stage_test test = stage_open("loss");
	unsigned sum = 0;

	stage_need(!stage_set(&test, seed, numbers, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < count; i++) {
		lost[i] = stage_pass(&test, i, 0, 100).lost;
		sum += lost[i];
	}
	stage_close(&test);
	return sum;
}

/* Of the test of Wald and Wolfowitz: runs, and what is expected where ONES of COUNT fall by chance. */
struct runs {
	double seen, mean, variance;
};

static struct runs count_runs(const bool *lost, unsigned count, unsigned ones)
{
	double n = count, n1 = ones, n0 = n - n1;
	struct runs runs = { .seen = 1, .mean = 2 * n0 * n1 / n + 1 };

	runs.variance = (runs.mean - 1) * (runs.mean - 2) / (n - 1);
	for (unsigned i = 1; i < count; i++)
		runs.seen += lost[i] != lost[i - 1];
	return runs;
}

static void one_percent(void)
{
	const uint64_t numbers[4] = { [LOSS_CHANCE] = percent };
	static bool lost[PACKETS], again[PACKETS];
	unsigned pool = 0, odd = 0, differ = 0, outside = 0;
	struct runs runs = { 0 };
	double mean = SEEDS * PACKETS * .01;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		unsigned ones = lose(seed, numbers, lost, PACKETS);
		struct runs of = count_runs(lost, PACKETS, ones);

		lose(seed, numbers, again, PACKETS);
		differ += memcmp(lost, again, sizeof(lost)) != 0;
		pool += ones;
		outside += !stage_within(ones, PACKETS * .01, PACKETS * .01 * .99, 1.96);
		odd += !stage_within(of.seen, of.mean, of.variance, 1.96);
		runs.seen += of.seen;
		runs.mean += of.mean;
		runs.variance += of.variance;
	}
	tap_ok(stage_within(pool, mean, mean * .99, 3),
		"1 %%: %d seeds of %d packets lose %u, within three deviations of %.0f", SEEDS, PACKETS, pool,
		mean);
	tap_ok(outside <= 7, "of the seeds, %u are beyond what 95 %% are within", outside);
	tap_ok(stage_within(runs.seen, runs.mean, runs.variance, 3),
		"in %.0f runs, within three deviations of %.1f", runs.seen, runs.mean);
	tap_ok(odd <= 7, "of the seeds, the runs of %u are beyond what 95 %% are within", odd);
	tap_ok(differ == 0, "equal seeds lose the same packets");
	lose(1, numbers, lost, PACKETS);
	lose(2, numbers, again, PACKETS);
	tap_ok(memcmp(lost, again, sizeof(lost)) != 0, "others lose others");
}

static void bounds(void)
{
	const uint64_t none[4] = { 0 }, all[4] = { [LOSS_CHANCE] = STREAM_CERTAIN },
		       tied[4] = { [LOSS_CHANCE] = STREAM_CERTAIN, [LOSS_CORRELATION] = 50 * percent },
		       never[4] = { [LOSS_CORRELATION] = STREAM_CERTAIN };
	static bool lost[100000];

	tap_ok(lose(1, none, lost, 100000) == 0, "0 %% loses none of 100,000");
	tap_ok(lose(1, all, lost, 100000) == 100000, "100 %% loses all");
	tap_ok(lose(1, tied, lost, 100000) == 100000, "also with a correlation");
	tap_ok(lose(1, never, lost, 100000) == 0, "and 0 %% with all of it none");
}

static void correlation(unsigned of_100, unsigned tie_100)
{
	const uint64_t numbers[4] = {
		[LOSS_CHANCE] = of_100 * percent, [LOSS_CORRELATION] = tie_100 * percent
	};
	enum { COUNT = 400000 };
	static bool lost[COUNT];
	double p = of_100 / 100., r = tie_100 / 100., sum = lose(11, numbers, lost, COUNT);
	double after_lost = 0, after_kept = 0, wanted_lost = p + r * (1 - p), wanted_kept = p * (1 - r);

	for (unsigned i = 1; i < COUNT; i++) {
		after_lost += lost[i] && lost[i - 1];
		after_kept += lost[i] && !lost[i - 1];
	}
	/* The variance of the mean of what hangs together so is larger by (1 + r) / (1 - r). */
	tap_ok(stage_within(sum, COUNT * p, COUNT * p * (1 - p) * (1 + r) / (1 - r), 3),
		"%u %% with a correlation of %u %%: still %u %% (%.3f)", of_100, tie_100, of_100,
		100 * sum / COUNT);
	tap_ok(stage_within(after_lost, sum * wanted_lost, sum * wanted_lost * (1 - wanted_lost), 3),
		"after a lost one %.1f %% (%.2f)", 100 * wanted_lost, 100 * after_lost / sum);
	tap_ok(stage_within(after_kept, (COUNT - sum) * wanted_kept,
		       (COUNT - sum) * wanted_kept * (1 - wanted_kept), 3),
		"after a kept one %.2f %% (%.3f)", 100 * wanted_kept, 100 * after_kept / (COUNT - sum));
}

static void counted(void)
{
	const uint64_t nth[4] = { [LOSS_NTH] = 3 }, first[4] = { [LOSS_FIRST] = 2 },
		       more[4] = { [LOSS_FIRST] = 3 }, other[4] = { [LOSS_NTH] = 2 };
	struct stage_test test = stage_open("loss");
	char seen[16] = "";
	bool lost[10];

	tap_ok(lose(1, nth, lost, 10) == 3 && lost[2] && lost[5] && lost[8], "every third");
	tap_ok(lose(1, first, lost, 10) == 2 && lost[0] && lost[1], "the first two");

	stage_set(&test, 1, first, 4, NULL, 0);
	for (unsigned i = 0; i < 4; i++)
		seen[i] = stage_pass(&test, i, 0, 100).lost ? 'x' : '.';
	stage_set(&test, 1, first, 4, NULL, 0);
	seen[4] = stage_pass(&test, 4, 0, 100).lost ? 'x' : '.';
	stage_set(&test, 1, more, 4, NULL, 0);
	seen[5] = stage_pass(&test, 5, 0, 100).lost ? 'x' : '.';
	tap_is(seen, "xx....", "what was counted stays when it is set again");
	stage_set(&test, 1, other, 4, NULL, 0);
	for (unsigned i = 6; i < 9; i++)
		seen[i] = stage_pass(&test, i, 0, 100).lost ? 'x' : '.';
	stage_set(&test, 1, nth, 4, NULL, 0);
	for (unsigned i = 9; i < 12; i++)
		seen[i] = stage_pass(&test, i, 0, 100).lost ? 'x' : '.';
	tap_is(seen, "xx.....x...x", "another form counts from its beginning; another number does not");
	stage_close(&test);
}

/* Packets whose first byte is 7; and such of up to 60 bytes. */
static const struct sock_filter sevens[] = {
	{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 0 },
	{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 7 },
	{ BPF_RET | BPF_K, 0, 0, 1 },
	{ BPF_RET | BPF_K, 0, 0, 0 },
};
static const struct sock_filter shorts[] = {
	{ BPF_LD | BPF_W | BPF_LEN, 0, 0, 0 },
	{ BPF_JMP | BPF_JGT | BPF_K, 0, 1, 60 },
	{ BPF_RET | BPF_K, 0, 0, 0 },
	{ BPF_RET | BPF_K, 0, 0, 1 },
};

static void filtered(void)
{
	const uint64_t first[4] = { [LOSS_FIRST] = 2 }, nth[4] = { [LOSS_NTH] = 2 },
		       tied[4] = { [LOSS_CHANCE] = 20 * percent, [LOSS_CORRELATION] = 50 * percent };
	struct stage_test test = stage_open("loss");
	unsigned matching = 0, others = 0, both = 0, sum = 0;
	char seen[16] = "";
	bool before = false;

	stage_set(&test, 1, first, 4, sevens, 4);
	for (unsigned i = 0; i < 8; i++) {
		uint8_t byte = i % 2 ? 7 : 5;

		seen[i] = stage_pass_bytes(&test, i, 0, &byte, 1).lost ? 'x' : '.';
	}
	tap_is(seen, ".x.x....", "with a filter, only what matches is counted and lost");
	stage_set(&test, 1, first, 4, shorts, 4);
	for (unsigned i = 0; i < 8; i++)
		seen[i] = stage_pass(&test, i, 0, i % 2 ? 61 : 60).lost ? 'x' : '.';
	tap_is(seen, "x.x.....", "another filter counts from its beginning");
	stage_set(&test, 1, nth, 4, shorts, 4);
	for (unsigned i = 0; i < 8; i++)
		seen[i] = stage_pass(&test, i, 0, i % 2 ? 61 : 60).lost ? 'x' : '.';
	tap_is(seen, "..x...x.", "every second of what matches");
	stage_set(&test, 1, tied, 4, sevens, 4);
	for (unsigned i = 0; i < 400000; i++) {
		uint8_t byte = i % 4 ? 5 : 7;
		bool lost = stage_pass_bytes(&test, i, 0, &byte, 1).lost;

		if (byte != 7) {
			others += lost;
			continue;
		}
		matching++;
		sum += lost;
		both += lost && before;
		before = lost;
	}
	tap_ok(others == 0 && stage_within(sum, matching * .2, matching * .16 * 3, 3),
		"20 %% of what matches (%.2f)", 100. * sum / matching);
	tap_ok(stage_within(both, sum * .6, sum * .24, 3),
		"which are correlated among themselves: 60 %% after a lost one (%.1f)", 100. * both / sum);
	stage_close(&test);
}

/* Loads SIZE at AT and matches where a bit of K is set; or, with JEQ, where it is K. */
static unsigned lost_of_segment(
	uint16_t jump, uint16_t size, uint32_t at, uint32_t k, bool ethernet, bool *lost)
{
	const struct sock_filter filter[] = {
		{ (uint16_t)(BPF_LD | size | BPF_ABS), 0, 0, at + (ethernet ? 14 : 0) },
		{ (uint16_t)(BPF_JMP | jump | BPF_K), 0, 1, k },
		{ BPF_RET | BPF_K, 0, 0, 1 },
		{ BPF_RET | BPF_K, 0, 0, 0 },
	};
	const uint64_t all[4] = { [LOSS_CHANCE] = STREAM_CERTAIN };
	static uint8_t payload[4500], bytes[MADE_MOST], wire[MADE_MOST];
	/* with the flags CWR, ACK, PSH and FIN */
	struct made made = { .version = 4,
		.ethernet = ethernet,
		.sequence = 1000,
		.id = 77,
		.flags = 0x99,
		.payload = payload,
		.size = sizeof(payload),
		.gso = 1000 };
	struct packet packet = { .bytes = bytes };
	struct stage_test test = stage_open("loss");
	struct segment form;
	struct arrival arrival = { .packet = &packet, .form = &form };
	unsigned differ = 0;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i / 1000);
	stage_need(!stage_set(&test, 1, all, 4, filter, 4), "the settings");
	packet.length = made_whole(&made, bytes, &packet.offload);
	stage_need(segment_read(&packet, ethernet ? RELAY_ETHERNET : RELAY_IP, &form) && form.count == 5,
		"a segment of five");
	arrival.network = form.network;
	for (; arrival.index < 5; arrival.index++) {
		struct made piece = made_piece(&made, arrival.index);
		struct fate fate = { .copies = 1 };
		size_t length = made_wire(&piece, wire);

		arrival.length = segment_length(&packet, &form, arrival.index);
		test.impairment->pass(test.state, &arrival, &fate);
		lost[arrival.index] = fate.lost;
		fate = stage_pass_bytes(&test, arrival.number++, 0, wire, length);
		differ += !fate.lost != !lost[arrival.index];
	}
	stage_close(&test);
	return differ;
}

static void segments(void)
{
	static const struct {
		const char *what;
		uint16_t jump, size;
		uint32_t at, k;
		const char *lost;
	} cases[] = {
		{ "FIN", BPF_JSET, BPF_B, 33, 0x01, "....x" },
		{ "PSH", BPF_JSET, BPF_B, 33, 0x08, "....x" },
		{ "CWR", BPF_JSET, BPF_B, 33, 0x80, "x...." },
		{ "ACK", BPF_JSET, BPF_B, 33, 0x10, "xxxxx" },
		{ "SYN", BPF_JSET, BPF_B, 33, 0x02, "....." },
		{ "a length", BPF_JEQ, BPF_H, 2, 1040, "xxxx." },
		{ "the last one's", BPF_JEQ, BPF_H, 2, 540, "....x" },
		{ "the whole's", BPF_JEQ, BPF_H, 2, 4540, "....." },
		{ "a sequence number", BPF_JEQ, BPF_W, 24, 3000, "..x.." },
		{ "an identification", BPF_JEQ, BPF_H, 4, 78, ".x..." },
		{ "a byte of the payload", BPF_JEQ, BPF_B, 40, 3, "...x." },
	};
	unsigned differ = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned ethernet = 0; ethernet < 2; ethernet++) {
			char seen[6] = "";
			bool lost[5];

			differ += lost_of_segment(
				cases[i].jump, cases[i].size, cases[i].at, cases[i].k, ethernet, lost);
			for (unsigned k = 0; k < 5; k++)
				seen[k] = lost[k] ? 'x' : '.';
			tap_is(seen, cases[i].lost, "of a segment%s, filtered by %s",
				ethernet ? " in a frame" : "", cases[i].what);
		}
	}
	for (uint32_t bit = 0; bit < 16; bit++) {
		bool lost[5];

		differ += lost_of_segment(BPF_JSET, BPF_H, 36, 1U << bit, false, lost);
		differ += lost_of_segment(BPF_JSET, BPF_H, 10, 1U << bit, true, lost);
	}
	tap_ok(differ == 0, "the same as of its packets one by one, also by their checksums");
}

static const char *text(const uint64_t *numbers, bool with_filter)
{
	static char why[100];
	struct stage_test test = stage_open("loss");
	const char *lost = NULL;
	uint8_t seven = 7;

	stage_need(!stage_set(&test, 1, numbers, 4, sevens, with_filter ? 4 : 0), "the settings");
	for (unsigned i = 0; !lost && i < 100000; i++)
		lost = stage_pass_bytes(&test, i, 0, &seven, 1).lost;
	snprintf(why, sizeof(why), "%s", lost ? lost : "");
	stage_close(&test);
	return why;
}

static void texts(void)
{
#define NUMBERS(...) (const uint64_t[4]) { __VA_ARGS__ }
	tap_is(text(NUMBERS([LOSS_CHANCE] = percent), false), "loss 1%", "why: one percent");
	tap_is(text(NUMBERS([LOSS_CHANCE] = (percent + 5) / 10), false), "loss 0.1%", "a tenth of one");
	tap_is(text(NUMBERS([LOSS_CHANCE] = STREAM_CERTAIN), true), "loss 100% of what matches", "a filter");
	tap_is(text(NUMBERS([LOSS_CHANCE] = STREAM_CERTAIN / 8, [LOSS_CORRELATION] = STREAM_CERTAIN / 4),
		       false),
		"loss 12.5%, correlation 25%", "a correlation");
	tap_is(text(NUMBERS([LOSS_NTH] = 2), false), "loss: every 2nd", "every second");
	tap_is(text(NUMBERS([LOSS_NTH] = 13), true), "loss: every 13th of what matches", "thirteenth");
	tap_is(text(NUMBERS([LOSS_NTH] = 101), false), "loss: every 101st", "hundred and first");
	tap_is(text(NUMBERS([LOSS_FIRST] = 1), true), "loss: first 1 of what matches", "the first");
}

static void refusals(void)
{
	struct stage_test test = stage_open("loss");

	stage_set(&test, 1, NUMBERS([LOSS_FIRST] = 1), 4, NULL, 0);
	tap_is(stage_set(&test, 1, NUMBERS([LOSS_CHANCE] = STREAM_CERTAIN + 1), 4, NULL, 0),
		"a chance of more than 100%", "refused: more than all");
	tap_is(stage_set(&test, 1, NUMBERS([LOSS_CORRELATION] = STREAM_CERTAIN + 1), 4, NULL, 0),
		"a correlation of more than 100%", "a correlation of more than all");
	tap_is(stage_set(&test, 1, NUMBERS([LOSS_NTH] = 1, [LOSS_FIRST] = 1), 4, NULL, 0),
		"more than one of a chance, every nth and the first", "two forms");
	tap_is(stage_set(&test, 1, NUMBERS([LOSS_NTH] = 1, [LOSS_CORRELATION] = 1), 4, NULL, 0),
		"a correlation without a chance", "a correlation of what is counted");
	tap_is(stage_pass(&test, 0, 0, 100).lost, "loss: first 1", "and what was set before still holds");
	stage_close(&test);
}

/* The first packets that seed 1 loses: on every machine. */
static void golden(void)
{
	static const unsigned wanted[] = { 121, 263, 285, 518, 809, 1672, 1830, 1883, 1894, 2166, 2469, 2487,
		2521, 2531, 2573, 2771, 2778, 2798, 2828, 2861, 3018, 3111, 3213, 3230 },
			      wanted_tied[] = { 121, 263, 809, 810, 811, 1830, 1831, 2469, 2573, 2798, 2799,
				      2828, 3230, 3363, 3364, 3474, 3475, 3476, 3477, 3561, 3647, 4082, 4083,
				      4141 };
	static bool lost[PACKETS], tied[PACKETS];
	size_t next = 0, next_tied = 0;
	bool same = true;

	lose(1, NUMBERS([LOSS_CHANCE] = percent), lost, PACKETS);
	lose(1, NUMBERS([LOSS_CHANCE] = percent, [LOSS_CORRELATION] = 50 * percent), tied, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++) {
		if (lost[i] && next < sizeof(wanted) / sizeof(wanted[0]))
			same = wanted[next++] == i && same;
		if (tied[i] && next_tied < sizeof(wanted_tied) / sizeof(wanted_tied[0]))
			same = wanted_tied[next_tied++] == i && same;
	}
	if (tap_ok(same, "the packets that seed 1 loses are those in this test"))
		return;
	for (unsigned i = 0; i < PACKETS; i++) {
		if (lost[i])
			printf("# 1 %%: %u\n", i);
		if (tied[i])
			printf("# 1 %%, correlation 50 %%: %u\n", i);
	}
}

int main(void)
{
	one_percent();
	bounds();
	correlation(1, 25);
	correlation(10, 50);
	correlation(50, 90);
	counted();
	filtered();
	segments();
	texts();
	refusals();
	golden();
	return tap_done();
}
