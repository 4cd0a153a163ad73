/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When packets arrive: each distribution's mean, deviation and quantiles, and that of what correlates. */
#include "forwarder/impairments/delay.h"

#include "forwarder/quantile.h"
#include "tests/relay/lane.h"
#include "tests/relay/stage.h"
#include "tests/unit/tap.h"

enum { PACKETS = 200000, BATCHES = 100, BATCH = PACKETS / BATCHES };

#define SECOND 1000000000ULL

static const uint64_t percent = STREAM_CERTAIN / 100;

/* What a distribution is, computed from its definition, and cut off at 4 as netem's are. */
static const struct distribution {
	const char *name;
	double mean, variance;
	/* The chance of each to be at most x. */
	struct {
		double x, chance;
	} quantiles[6];
} distributions[] = {
	[DELAY_UNIFORM] = { "uniform", 0, 1. / 3,
		{ { -.98, .01 }, { -.5, .25 }, { 0, .5 }, { .5, .75 }, { .9, .95 }, { .998, .999 } } },
	[DELAY_NORMAL] = { "normal", 0, 0.999879,
		{ { -3.0902323, 0.001 }, { -1.2815516, 0.1 }, { 0.0000000, 0.5 }, { 0.6744898, 0.75 },
			{ 2.3263479, 0.99 }, { 3.2905267, 0.9995 } } },
	[DELAY_PARETO] = { "pareto", -0.032922, 0.673813,
		{ { -0.6621924, 0.01 }, { -0.6190078, 0.1 }, { -0.3201053, 0.5 }, { 0.1165347, 0.75 },
			{ 1.6192235, 0.95 }, { 3.4064018, 0.985 } } },
	[DELAY_PARETONORMAL] = { "paretonormal", -0.024691, 0.697126,
		{ { -1.0782312, 0.01 }, { -0.7846437, 0.1 }, { -0.2400790, 0.5 }, { 0.2560235, 0.75 },
			{ 1.6256310, 0.95 }, { 3.0973239, 0.985 } } },
};

/* What COUNT packets that come at 0 are delayed by, in jitters more than DELAY_TIME. */
static void draw(uint64_t distribution, uint64_t correlation, uint64_t seed, double *x, unsigned count)
{
	const uint64_t numbers[4] = { [DELAY_TIME] = 4 * SECOND,
		[DELAY_JITTER] = SECOND,
		[DELAY_DISTRIBUTION] = distribution,
		[DELAY_CORRELATION] = correlation };
	struct stage_test test = stage_open("delay");

	stage_need(!stage_set(&test, seed, numbers, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < count; i++)
		x[i] = (double)stage_pass(&test, i, 0, 100).due / SECOND - 4;
	stage_close(&test);
}

static double x[PACKETS];

static void moments(const struct distribution *of)
{
	double sum = 0, squares = 0, fourths = 0;

	for (unsigned i = 0; i < PACKETS; i++) {
		double square = (x[i] - of->mean) * (x[i] - of->mean);

		sum += x[i];
		squares += square;
		fourths += square * square;
	}
	sum /= PACKETS;
	squares /= PACKETS;
	fourths /= PACKETS;
	tap_ok(stage_within(sum, of->mean, of->variance / PACKETS, 3), "%s: a mean of %.4f (%.4f)", of->name,
		of->mean, sum);
	tap_ok(stage_within(squares, of->variance, (fourths - squares * squares) / PACKETS, 3),
		"%s: a variance of %.4f (%.4f)", of->name, of->variance, squares);
}

static void quantiles(const struct distribution *of)
{
	for (unsigned q = 0; q < 6; q++) {
		double chance = of->quantiles[q].chance;
		unsigned below = 0;

		for (unsigned i = 0; i < PACKETS; i++)
			below += x[i] <= of->quantiles[q].x;
		tap_ok(stage_within(below, PACKETS * chance, PACKETS * chance * (1 - chance), 3),
			"%s: %.3f %% are up to %.4f (%.3f)", of->name, 100 * chance, of->quantiles[q].x,
			100. * below / PACKETS);
	}
}

/* Over batches, so that what is found says by itself how exact it is. */
static void correlated(const struct distribution *of, double correlation)
{
	double mean = 0, mean_square = 0, tie = 0, tie_square = 0, same = 0;

	for (unsigned batch = 0; batch < BATCHES; batch++) {
		double sum = 0, products = 0;

		for (unsigned i = batch * BATCH; i < (batch + 1) * BATCH; i++) {
			sum += x[i] / BATCH;
			if (i)
				products += (x[i] - of->mean) * (x[i - 1] - of->mean) / BATCH / of->variance;
			same += i && x[i] >= x[i - 1] && x[i] <= x[i - 1];
		}
		mean += sum / BATCHES;
		mean_square += sum * sum / BATCHES;
		tie += products / BATCHES;
		tie_square += products * products / BATCHES;
	}
	tap_ok(stage_within(mean, of->mean, (mean_square - mean * mean) / BATCHES, 3),
		"%s, correlation %.2f: still a mean of %.4f (%.4f)", of->name, correlation, of->mean, mean);
	tap_ok(stage_within(tie, correlation, (tie_square - tie * tie) / BATCHES, 3),
		"%s, correlation %.2f: %.4f", of->name, correlation, tie);
	if (of == &distributions[DELAY_UNIFORM] || of == &distributions[DELAY_NORMAL])
		tap_ok(stage_within(
			       same, PACKETS * correlation, PACKETS * correlation * (1 - correlation), 3),
			"%s: of its packets %.2f %% have the delay of the one before", of->name,
			100 * same / PACKETS);
}

/* e to the power of Y, which is not positive: as a series of a part of it. */
static double power(double y)
{
	double sum = 1, term = 1;

	for (unsigned i = 1; i < 20; i++) {
		term *= y / 16 / i;
		sum += term;
	}
	for (unsigned i = 0; i < 4; i++)
		sum *= sum;
	return sum;
}

/* The chance of a normal variable to be beyond X on either side, by Simpson's rule. */
static double beyond(double to)
{
	enum { PARTS = 200 };
	double sum = 0, step = to / PARTS;

	for (unsigned i = 0; i <= PARTS; i++) {
		double at = i * step, value = power(-at * at / 2);

		sum += value * (i % PARTS == 0 ? 1 : i % 2 ? 4 : 2);
	}
	return 1 - sum * step / 3 * 2 / 2.5066282746310005; /* the root of 2 pi */
}

/* The chance of a Pareto variable, as it is scaled here, to be more than X. */
static double tail(double of)
{
	double base = of * 3 / 4 + 1.5;

	return 1 / (base * base * base);
}

/*
 * Each entry of the tables, and between them: the true quantile is not farther off than DISTANCE, because
 * what is so much higher has a smaller tail, and what is so much lower a larger one.
 */
static void tables(unsigned steps, double distance)
{
	unsigned normal = 0, pareto = 0;

	for (unsigned octave = 0; octave < 14; octave++) {
		for (unsigned step = 0; step < steps; step++) {
			uint64_t t = (1ULL << 63) >> octave, at = t + t / steps * step;
			double chance = (double)at / 18446744073709551616.;
			double of_normal = (double)quantile_normal(at / 2) / QUANTILE_ONE,
			       of_pareto = (double)quantile_pareto(at) / QUANTILE_ONE;

			if (of_normal < 4)
				normal += beyond(of_normal + distance) > chance ||
					  (of_normal > distance && beyond(of_normal - distance) < chance);
			if (of_pareto < 4)
				pareto += tail(of_pareto + distance) > chance ||
					  tail(of_pareto - distance) < chance;
			else
				pareto += tail(4 - distance) < chance;
		}
	}
	tap_ok(normal == 0, "normal quantiles at %u places of each octave: within %g", steps, distance);
	tap_ok(pareto == 0, "pareto quantiles: too");
}

static void ends(void)
{
	static int32_t (*const of[])(uint64_t draw) = { quantile_uniform, quantile_normal, quantile_pareto,
		quantile_paretonormal };
	bool falling = true, inside = true;

	for (unsigned i = 0; i < 4; i++) {
		int32_t before = QUANTILE_MOST;

		for (uint64_t at = 0; at < 1 << 20; at++) {
			int32_t now = of[i](at << 44 | (at & 0xfff));

			falling = now <= before && falling;
			inside = now >= -QUANTILE_MOST && now <= QUANTILE_MOST && inside;
			before = now;
		}
	}
	tap_ok(falling, "the higher a draw, the lower its quantile");
	tap_ok(inside, "and none is beyond four");
	tap_ok(quantile_uniform(0) == QUANTILE_ONE && quantile_uniform(UINT64_MAX) == -QUANTILE_ONE,
		"uniform ones end at one");
	tap_ok(quantile_normal(0) == QUANTILE_MOST && quantile_normal(UINT64_MAX) == -QUANTILE_MOST,
		"normal ones at four");
	tap_ok(quantile_pareto(0) == QUANTILE_MOST && quantile_pareto(UINT64_MAX) == -QUANTILE_ONE * 2 / 3,
		"pareto ones at four and at minus two thirds");
}

/* In nanoseconds: what seed 1 gives on every machine. */
static void golden(void)
{
	static const uint64_t wanted[4][8] = {
		{ 11330970, 9883227, 10758903, 11214805, 8167063, 10533058, 11409950, 9509111 },
		{ 11930133, 9853514, 10990161, 11709844, 6538877, 10681028, 12094343, 9374715 },
		{ 10839977, 9296867, 9939042, 10588443, 8704870, 9725509, 11046963, 9122773 },
		{ 11112516, 9436029, 10201821, 10868793, 8163372, 9964389, 11308808, 9185759 },
	};
	static const uint64_t wanted_tied[8] = { 11330970, 11330970, 11330970, 11330970, 8167063, 8167063,
		11409950, 9509111 };
	unsigned wrong = 0;

	for (unsigned i = 0; i < 5; i++) {
		const uint64_t numbers[4] = { [DELAY_TIME] = 10000000,
			[DELAY_JITTER] = 2000000,
			[DELAY_DISTRIBUTION] = i % 4,
			[DELAY_CORRELATION] = i == 4 ? 50 * percent : 0 };
		struct stage_test test = stage_open("delay");

		stage_need(!stage_set(&test, 1, numbers, 4, NULL, 0), "the settings");
		for (unsigned packet = 0; packet < 8; packet++) {
			uint64_t due = stage_pass(&test, packet, 0, 100).due;

			wrong += due != (i == 4 ? wanted_tied[packet] : wanted[i][packet]);
		}
		stage_close(&test);
	}
	tap_ok(wrong == 0, "the delays that seed 1 gives are those in this test (%u of 40 are not)", wrong);
}

static void bounds(void)
{
	const uint64_t
		constant[4] = { [DELAY_TIME] = 12345678 },
		wide[4] = { [DELAY_TIME] = 1000, [DELAY_JITTER] = 5000, [DELAY_DISTRIBUTION] = DELAY_NORMAL },
		hour[4] = { [DELAY_TIME] = 3600 * SECOND,
			[DELAY_JITTER] = 3600 * SECOND,
			[DELAY_DISTRIBUTION] = DELAY_PARETO };
	struct stage_test test = stage_open("delay");
	unsigned exact = 0, at_once = 0;
	uint64_t most = 0, longest = 0;

	stage_need(!stage_set(&test, 1, constant, 4, NULL, 0), "the settings");
	for (uint64_t i = 0; i < 1000; i++)
		exact += stage_pass(&test, i, i * 1000, 100).due == i * 1000 + 12345678;
	tap_ok(exact == 1000, "without jitter, to the nanosecond");
	stage_need(!stage_set(&test, 1, wide, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < PACKETS; i++) {
		uint64_t due = stage_pass(&test, i, 777, 100).due - 777;

		at_once += due == 0;
		most = due > most ? due : most;
	}
	tap_ok(most <= 21000, "never less than nothing, and never more than four jitters more (%llu ns)",
		(unsigned long long)most);
	/* Where the jitter takes 1000.x of 5000: -0.2 deviations and less. */
	tap_ok(stage_within(at_once, PACKETS * .42074, PACKETS * .42074 * .57926, 3),
		"what would be less is at once (%.2f %%)", 100. * at_once / PACKETS);
	stage_need(!stage_set(&test, 1, hour, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t due = stage_pass(&test, i, 0, 100).due;

		longest = due > longest ? due : longest;
	}
	tap_ok(longest == 5 * (3600 * SECOND), "the longest: five hours");
	stage_close(&test);
}

/* What a change of the time leaves of a jitter's draws; and a packet that may be early. */
static void changed(void)
{
	uint64_t numbers[4] = { [DELAY_TIME] = 10000000,
		[DELAY_JITTER] = 1000000,
		[DELAY_DISTRIBUTION] = DELAY_NORMAL,
		[DELAY_CORRELATION] = 50 * percent };
	struct stage_test one = stage_open("delay"), other = stage_open("delay");
	struct packet packet = { 0 };
	struct arrival arrival = { .packet = &packet };
	struct fate fate = { .due = 5, .early = true, .copies = 1 };
	unsigned same = 0;

	stage_need(!stage_set(&one, 1, numbers, 4, NULL, 0), "the settings");
	stage_need(!stage_set(&other, 1, numbers, 4, NULL, 0), "the settings");
	for (unsigned i = 0; i < 1000; i++) {
		if (i == 500) {
			numbers[DELAY_TIME] = 30000000;
			stage_need(!stage_set(&other, 1, numbers, 4, NULL, 0), "the settings");
		}
		same += stage_pass(&one, i, 0, 100).due + (i < 500 ? 0 : 20000000) ==
			stage_pass(&other, i, 0, 100).due;
	}
	tap_ok(same == 1000, "another time: the same jitter");
	one.impairment->pass(one.state, &arrival, &fate);
	tap_ok(fate.due == 5, "who may be early has no delay");
	stage_close(&one);
	stage_close(&other);
}

/* A thousand packets a microsecond apart, with a jitter of milliseconds. */
static void order(void)
{
	const uint64_t numbers[] = { [DELAY_TIME] = 10000000, [DELAY_JITTER] = 5000000 };
	struct lane_test test;
	bool ordered = true;
	uint64_t last = 0;

	lane_test_open(&test);
	lane_test_set(&test, "delay", 1, numbers, 2);
	for (uint32_t i = 0; i < 1000; i++)
		lane_test_take(&test, SECOND + (uint64_t)i * 1000, i, 100);
	for (uint32_t i = 0; i < 1000; i++) {
		const struct traveller *first = transit_first(test.transit);

		ordered = first && first->due >= last && ordered;
		last = first ? first->due : 0;
		ordered = lane_test_deliver(&test) && lane_test_get(&test) == i && ordered;
	}
	tap_ok(ordered, "nobody overtakes without being told to");
	lane_test_close(&test);
}

static const char *refusal(uint64_t time, uint64_t jitter, uint64_t distribution, uint64_t correlation)
{
	const uint64_t numbers[4] = { time, jitter, distribution, correlation };
	struct stage_test test = stage_open("delay");
	const char *wrong = stage_set(&test, 1, numbers, 4, NULL, 0);

	stage_close(&test);
	return wrong;
}

static void refusals(void)
{
	tap_is(refusal(3600 * SECOND + 1, 0, 0, 0), "a delay of more than an hour", "refused: too long");
	tap_is(refusal(0, 3600 * SECOND + 1, 0, 0), "a jitter of more than an hour", "too much jitter");
	tap_is(refusal(0, 0, 4, 0), "no such distribution", "a distribution that is none");
	tap_is(refusal(0, 0, 0, STREAM_CERTAIN + 1), "a correlation of more than 100%", "more than all");
}

int main(void)
{
	for (uint64_t i = 0; i < 4; i++) {
		draw(i, 0, 1, x, PACKETS);
		moments(&distributions[i]);
		quantiles(&distributions[i]);
	}
	for (uint64_t i = 0; i < 4; i++) {
		draw(i, 25 * percent, 2, x, PACKETS);
		correlated(&distributions[i], .25);
		draw(i, 75 * percent, 3, x, PACKETS);
		correlated(&distributions[i], .75);
	}
	tables(64, 1e-6);
	tables(128, 1e-4);
	tables(1024, 1e-4);
	ends();
	golden();
	bounds();
	changed();
	order();
	refusals();
	return tap_done();
}
