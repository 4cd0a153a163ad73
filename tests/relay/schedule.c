/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings that come later: their order, their turns, and what is forgotten. Times here are small numbers. */
#include "forwarder/schedule.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/tap.h"

static struct lane *const LEFT = (struct lane *)1, *const RIGHT = (struct lane *)2;

static bool add(
	struct schedule *schedule, struct lane *lane, const char *impairment, uint64_t at, uint64_t every)
{
	struct relay_message message = {
		.type = RELAY_IMPAIR, .at = at, .every = every, .serial = (uint32_t)at
	};

	snprintf(message.impairment, sizeof(message.impairment), "%s", impairment);
	return schedule_add(schedule, lane, &message);
}

/* What is applied by NOW, in its order: each as its first time, a colon and its time. */
static const char *applied(struct schedule *schedule, uint64_t now)
{
	static char text[400];
	const struct change *change;
	size_t end = 0;

	text[0] = '\0';
	while ((change = schedule_due(schedule, now)) && end < sizeof(text) - 40) {
		end += (size_t)snprintf(text + end, sizeof(text) - end, "%s%u:%llu", end ? " " : "",
			change->message.serial, (unsigned long long)change->at);
		schedule_done(schedule);
	}
	return text;
}

static void expect(struct schedule *schedule, uint64_t now, const char *expected)
{
	tap_is(applied(schedule, now), expected, "at %llu", (unsigned long long)now);
}

static void order(void)
{
	struct schedule schedule = { 0 };

	tap_ok(!schedule_due(&schedule, UINT64_MAX), "nothing is to come");
	add(&schedule, LEFT, "loss", 30, 0);
	add(&schedule, LEFT, "loss", 10, 0);
	add(&schedule, RIGHT, "loss", 20, 0);
	add(&schedule, LEFT, "delay", 20, 0);
	expect(&schedule, 9, "");
	expect(&schedule, 10, "10:10");
	add(&schedule, LEFT, "delay", 5, 0);
	expect(&schedule, 29, "5:5 20:20 20:20");
	expect(&schedule, UINT64_MAX, "30:30");
	expect(&schedule, UINT64_MAX, "");
	schedule_close(&schedule);
}

/* A thousand, told in a wild order: whatever comes first is first, and of one time what was told first. */
static void many(void)
{
	struct schedule schedule = { 0 };
	uint64_t at = 0, told = 0;
	unsigned count = 0, wrong = 0;

	for (uint64_t i = 0; i < 1000; i++)
		add(&schedule, i % 2 ? LEFT : RIGHT, "loss", i * 7919 % 500, 0);
	schedule_forget(&schedule, LEFT, NULL);
	for (const struct change *change; (change = schedule_due(&schedule, 1000)); count++) {
		wrong += change->at < at || (change->at == at && change->order <= told) ||
			 change->lane != RIGHT;
		at = change->at;
		told = change->order;
		schedule_done(&schedule);
	}
	tap_ok(count == 500 && wrong == 0, "%u of a lane are left and come in their order, %u do not", count,
		wrong);
	schedule_close(&schedule);
}

static void turns(void)
{
	struct schedule schedule = { 0 };

	add(&schedule, LEFT, "loss", 2, 4);
	add(&schedule, LEFT, "loss", 3, 4);
	expect(&schedule, 1, "");
	expect(&schedule, 2, "2:2");
	expect(&schedule, 6, "3:3 2:6");
	expect(&schedule, 6, "");
	expect(&schedule, 102, "3:99 2:102");
	expect(&schedule, 1001, "2:998 3:999");
	add(&schedule, LEFT, "delay", 1003, 0);
	expect(&schedule, 1003, "2:1002 3:1003 1003:1003");
	schedule_close(&schedule);

	add(&schedule, LEFT, "loss", 5, UINT64_MAX - 4);
	expect(&schedule, 5, "5:5");
	expect(&schedule, UINT64_MAX, "");
	schedule_close(&schedule);
}

static void forgotten(void)
{
	struct schedule schedule = { 0 };

	for (uint64_t at = 1; at <= 3; at++) {
		add(&schedule, LEFT, "loss", 10 * at, 0);
		add(&schedule, LEFT, "delay", 10 * at + 1, 5);
		add(&schedule, RIGHT, "loss", 10 * at + 2, 0);
	}
	schedule_forget(&schedule, LEFT, "loss");
	expect(&schedule, 12, "11:11 12:12");
	schedule_forget(&schedule, LEFT, "delay");
	tap_ok(!schedule_concerns(&schedule, LEFT) && schedule_concerns(&schedule, RIGHT),
		"of the one lane nothing is left, of the other something is");
	expect(&schedule, 100, "22:22 32:32");
	tap_ok(!schedule_concerns(&schedule, RIGHT), "what has come is not to come");
	schedule_close(&schedule);
}

int main(void)
{
	order();
	many();
	turns();
	forgotten();
	return tap_done();
}
