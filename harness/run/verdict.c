/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static bool same_icmp(const struct outcome *outcome, const struct expectation *expectation)
{
	const char *name =
		outcome->icmp ? icmp_error_name(outcome->family, outcome->type, outcome->code) : NULL;

	return name && !strcmp(name, expectation->word) &&
	       (!expectation->from.family || address_equal(&expectation->from, &outcome->from));
}

/* Where older kernels say EXDEV of a source check, newer ones say EINVAL. */
static bool same_errno(const struct outcome *outcome, const struct expectation *expectation)
{
	int seen = outcome->number == EXDEV ? EINVAL : outcome->number;
	int wanted = expectation->number == EXDEV ? EINVAL : expectation->number;

	if (seen != wanted)
		return false;
	return !expectation->message || (outcome->message && strstr(outcome->message, expectation->message));
}

static bool same_values(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	if (attempt->step->verb->matches)
		return attempt->step->verb->matches(attempt, expectation, difference);
	return attempt->outcome.values &&
	       json_matches(attempt->arena, expectation->json, attempt->outcome.values, difference);
}

bool outcome_is(const struct outcome *outcome, const struct expectation *expectation)
{
	switch (expectation->kind) {
	case EXPECT_WORD: return outcome->word && !strcmp(outcome->word, expectation->word);
	case EXPECT_ICMP: return same_icmp(outcome, expectation);
	case EXPECT_ERRNO: return same_errno(outcome, expectation);
	case EXPECT_VALUES: break;
	}
	return false;
}

static bool holds(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	if (expectation->kind == EXPECT_VALUES)
		return same_values(attempt, expectation, difference);
	return outcome_is(&attempt->outcome, expectation);
}

const char *outcome_kind(const struct outcome *outcome)
{
	const char *icmp =
		outcome->icmp ? icmp_error_name(outcome->family, outcome->type, outcome->code) : NULL;

	if (outcome->word)
		return outcome->word;
	if (icmp)
		return icmp;
	return outcome->number && error_name(outcome->number) ? error_name(outcome->number) : "other";
}

bool outcome_holds(const struct attempt *attempt, const char **difference)
{
	*difference = NULL;
	for (size_t i = 0; i < attempt->step->expect_count; i++)
		if (holds(attempt, &attempt->step->expect[i], difference))
			return true;
	return false;
}

/* Silence does not come of having more time. */
static bool excuses(const struct attempt *attempt, const struct expectation *expectation, uint64_t *behind)
{
	if (expectation->kind == EXPECT_WORD && !strcmp(expectation->word, "no-reply"))
		return false;
	if (attempt->step->verb->excused)
		return attempt->step->verb->excused(attempt, expectation, behind);
	*behind = attempt->behind;
	return attempt->behind;
}

bool outcome_excused(const struct attempt *attempt, uint64_t *behind)
{
	for (size_t i = 0; i < attempt->step->expect_count; i++)
		if (excuses(attempt, &attempt->step->expect[i], behind))
			return true;
	return false;
}

const char *bounds_print(struct arena *arena, const struct bounds *bounds)
{
	if (bounds->least == bounds->most)
		return arena_printf(arena, "%" PRIu64, bounds->least);
	if (bounds->most == UINT64_MAX)
		return arena_printf(arena, "at least %" PRIu64, bounds->least);
	if (!bounds->least)
		return arena_printf(arena, "at most %" PRIu64, bounds->most);
	return arena_printf(arena, "%" PRIu64 " to %" PRIu64, bounds->least, bounds->most);
}

bool bounds_hold(const struct bounds *bounds, uint64_t number)
{
	return number >= bounds->least && number <= bounds->most;
}

void verdict_add_wrong(struct arena *arena, struct verdict *verdict, const char *text)
{
	arena_append(arena, &verdict->wrong, &verdict->wrong_count, &text, sizeof text);
}
