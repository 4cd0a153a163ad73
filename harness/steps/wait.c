/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pause. */
#include "run/attempt.h"

struct pause {
	struct attempt *attempt;
	struct timer timer;
};

static void due(struct timer *timer)
{
	struct pause *pause = timer->owner;
	const char *length = value_print(pause->attempt->arena, &pause->attempt->step->target);
	struct outcome outcome = { .word = "waited",
		.text = arena_printf(pause->attempt->arena, "waited %s", length) };

	attempt_end(pause->attempt, &outcome);
}

static struct error *start(struct attempt *attempt)
{
	struct pause *pause = arena_take(attempt->arena, sizeof *pause);

	attempt->state = pause;
	pause->attempt = attempt;
	pause->timer = (struct timer) { .due = due, .owner = pause };
	loop_set(attempt->site->loop, &pause->timer, loop_now() + attempt->step->target.number);
	return NULL;
}

static void stop(struct attempt *attempt)
{
	struct pause *pause = attempt->state;

	if (pause)
		loop_unset(attempt->site->loop, &pause->timer);
}

static const char *const words[] = { "waited", NULL };
static const struct field fields[] = { { 0 } };

const struct verb verb_wait = {
	.name = "wait",
	.what = "a pause, for labs about time",
	.target = &type_duration,
	.fields = fields,
	.words = words,
	.anywhere = true,
	.start = start,
	.stop = stop,
};
