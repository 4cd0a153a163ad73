/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came of a ping's requests, and which of its failures are the machine's. */
#include <string.h>

#include "run/bound.h"
#include "run/ping.h"

const char *ping_took_print(const struct ping *ping)
{
	struct arena *arena = ping->attempt->arena;

	if (!ping->answered)
		return "";
	if (ping->least == ping->most)
		return arena_printf(arena, " after %s", duration_print(arena, ping->least));
	return arena_printf(arena, " after %s to %s", duration_print(arena, ping->least),
		duration_print(arena, ping->most));
}

struct outcome ping_outcome(const struct ping *ping, const struct echo_request *request)
{
	struct arena *arena = ping->attempt->arena;

	switch (request->state) {
	case REQUEST_FAILED: return *request->failure;
	case REQUEST_ANSWERED:
		return (struct outcome) { .word = "reply",
			.text = arena_printf(arena, "reply from %s%s", address_print(arena, &ping->from),
				ping_took_print(ping)) };
	case REQUEST_OPEN:
	case REQUEST_LOST: break;
	}
	return (struct outcome) { .word = "no-reply",
		.text = arena_printf(arena, "no reply within %s%s%s",
			duration_print(arena, ping->attempt->timeout), request->took ? ", but after " : "",
			request->took ? duration_print(arena, request->took) : "") };
}

double ping_loss(const struct ping *ping, size_t answered)
{
	return 100.0 * (double)(ping->count - answered) / (double)ping->count;
}

/* Whether its answer came too late, by no more than the machine fell behind. */
static bool is_late(const struct ping *ping, const struct echo_request *request)
{
	return request->state == REQUEST_LOST && request->took &&
	       request->took < ping->attempt->timeout + request->behind;
}

static size_t count_late(const struct ping *ping)
{
	size_t late = 0;

	for (size_t i = 0; i < ping->count; i++)
		late += is_late(ping, &ping->requests[i]);
	return late;
}

/* How much of what an answer took, which was longer than the wires' delays, may be the machine's. */
static uint64_t excess(const struct ping *ping, const struct echo_request *request)
{
	uint64_t least = delays_since(ping->attempt->site, ping->delays),
		 most = request->took > least ? request->took - least : 0;

	return request->behind < most ? request->behind : most;
}

static bool rtts_excused(const struct ping *ping, const char *bound, uint64_t *behind)
{
	struct arena *arena = ping->attempt->arena;

	for (size_t i = 0; i < ping->count; i++) {
		const struct echo_request *request = &ping->requests[i];
		uint64_t took = request->took, late;

		if (request->state != REQUEST_ANSWERED ||
			duration_within(arena, bound, (double)took, (double)took))
			continue;
		late = excess(ping, request);
		if (!duration_may_be_within(arena, bound, (double)(took - late), (double)took))
			return false;
		*behind = late > *behind ? late : *behind;
	}
	return true;
}

static bool is_in(const json_t *list, json_int_t number)
{
	const json_t *element;
	size_t i;

	if (!json_is_array(list))
		return json_integer_value(list) == number;
	json_array_foreach ((json_t *)list, i, element)
		if (json_integer_value(element) == number)
			return true;
	return false;
}

/* Those that were not answered in time and should have been. */
static bool answered_excused(const struct ping *ping, const json_t *wanted)
{
	for (size_t i = 0; i < ping->count; i++) {
		const struct echo_request *request = &ping->requests[i];
		bool should = is_in(wanted, (json_int_t)i + 1);

		if (should != (request->state == REQUEST_ANSWERED) && !(should && is_late(ping, request)))
			return false;
	}
	return true;
}

static bool key_excused(const struct ping *ping, const char *key, const json_t *bound, uint64_t *behind)
{
	struct arena *arena = ping->attempt->arena;
	const json_t *element;
	size_t i;

	if (!strcmp(key, "answered"))
		return answered_excused(ping, bound);
	if (json_is_array(bound)) {
		json_array_foreach ((json_t *)bound, i, element)
			if (!key_excused(ping, key, element, behind))
				return false;
		return true;
	}
	if (!strcmp(key, "loss"))
		return loss_may_be_within(arena, json_string_value(bound),
			ping_loss(ping, ping->answered + count_late(ping)), ping_loss(ping, ping->answered));
	return rtts_excused(ping, json_string_value(bound), behind);
}

static bool values_excused(const struct ping *ping, const struct expectation *expectation, uint64_t *behind)
{
	const char *key;
	json_t *bound;

	json_object_foreach ((json_t *)expectation->json, key, bound)
		if (!key_excused(ping, key, bound, behind))
			return false;
	return true;
}

bool ping_excused(const struct attempt *attempt, const struct expectation *expectation, uint64_t *behind)
{
	const struct ping *ping = attempt->state;
	bool values = expectation->kind == EXPECT_VALUES;

	*behind = 0;
	if (!ping || !ping->closed || (values && ping->refused))
		return false;
	for (size_t i = 0; i < ping->count; i++) {
		const struct echo_request *request = &ping->requests[i];
		struct outcome outcome = ping_outcome(ping, request);

		if (is_late(ping, request))
			*behind = request->behind > *behind ? request->behind : *behind;
		else if (!values && !outcome_is(&outcome, expectation))
			return false;
	}
	return (!values || values_excused(ping, expectation, behind)) && *behind;
}
