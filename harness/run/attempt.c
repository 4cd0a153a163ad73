/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/attempt.h"

#include <string.h>

enum { GOOD_PART = 8 }; /* of the slack */

static const uint64_t LEAST_MORE = 2000000000; /* nanoseconds that are waited more, if the slack is less */

void attempt_end(struct attempt *attempt, const struct outcome *outcome)
{
	if (attempt->ended) {
		json_decref(outcome->values);
		return;
	}
	attempt->outcome = *outcome;
	attempt->ended = true;
	loop_end(attempt->site->loop);
}

uint64_t attempt_patience(const struct attempt *attempt, uint64_t began, uint64_t behind)
{
	uint64_t until = began + attempt->timeout, slack = attempt->slack;

	if (behind < slack / GOOD_PART)
		return until;
	if (slack < LEAST_MORE)
		slack = LEAST_MORE;
	return until + (behind < slack ? behind : slack);
}

void attempt_end_errno(struct attempt *attempt, int number, const char *what)
{
	const char *name = error_name(number);
	struct outcome outcome = { .number = number };

	outcome.text =
		arena_printf(attempt->arena, "%s: %s (%s)", what, name ? name : "error", strerror(number));
	attempt_end(attempt, &outcome);
}
