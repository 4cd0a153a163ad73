/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/chosen.h"

#include <stdio.h>
#include <string.h>

#include "forwarder/filter.h"
#include "forwarder/impairments/chance.h"

static const char *check(const uint64_t *numbers)
{
	if (numbers[CHANCE_OF] > STREAM_CERTAIN)
		return "a chance of more than 100%";
	if (numbers[CHANCE_CORRELATION] > STREAM_CERTAIN)
		return "a correlation of more than 100%";
	if (!!numbers[CHANCE_OF] + !!numbers[CHANCE_NTH] + !!numbers[CHANCE_FIRST] > 1)
		return "more than one of a chance, every nth and the first";
	if (numbers[CHANCE_CORRELATION] && (numbers[CHANCE_NTH] || numbers[CHANCE_FIRST]))
		return "a correlation without a chance";
	return NULL;
}

/* Whether two settings count the same packets to the same end. */
static bool counts_alike(const struct relay_message *one, const struct relay_message *other)
{
	return !one->numbers[CHANCE_NTH] == !other->numbers[CHANCE_NTH] &&
	       !one->numbers[CHANCE_FIRST] == !other->numbers[CHANCE_FIRST] &&
	       one->instructions == other->instructions &&
	       !memcmp(one->filter, other->filter, one->instructions * sizeof(*one->filter));
}

static const char *ordinal_end(uint64_t number)
{
	static const char *const ends[] = { "th", "st", "nd", "rd" };

	return number / 10 % 10 != 1 && number % 10 < 4 ? ends[number % 10] : "th";
}

static double percent(uint64_t chance)
{
	return (double)chance * 100 / (double)STREAM_CERTAIN;
}

static void describe(struct chosen *chosen)
{
	const uint64_t *numbers = chosen->message->numbers;
	const char *name = chosen->message->impairment,
		   *matches = chosen->message->instructions ? " of what matches" : "";
	unsigned long long nth = numbers[CHANCE_NTH], first = numbers[CHANCE_FIRST];
	char correlation[32] = "";

	if (numbers[CHANCE_CORRELATION])
		snprintf(correlation, sizeof(correlation), ", correlation %.6g%%",
			percent(numbers[CHANCE_CORRELATION]));
	if (nth)
		snprintf(chosen->text, sizeof(chosen->text), "%s: every %llu%s%s", name, nth,
			ordinal_end(nth), matches);
	else if (first)
		snprintf(chosen->text, sizeof(chosen->text), "%s: first %llu%s", name, first, matches);
	else
		snprintf(chosen->text, sizeof(chosen->text), "%s %.6g%%%s%s", name,
			percent(numbers[CHANCE_OF]), matches, correlation);
}

const char *chosen_set(
	struct chosen *chosen, const struct stream *stream, const struct relay_message *message)
{
	const char *wrong = check(message->numbers);

	if (wrong)
		return wrong;
	if (!chosen->message || !counts_alike(chosen->message, message))
		chosen->count = 0;
	chosen->stream = *stream;
	chosen->message = message;
	describe(chosen);
	return NULL;
}

/* The filter sees the packet as it is on the wire, whatever of that is still left to a device: its lengths,
 * flags and checksums, its bytes. */
static bool matches(const struct relay_message *message, const struct arrival *arrival)
{
	uint8_t buffer[SEGMENT_LONGEST];
	struct packet own;

	if (!message->instructions)
		return true;
	segment_complete(arrival->packet, arrival->form, arrival->index, buffer, &own);
	return filter_run(message->filter, &own);
}

bool chosen_is(struct chosen *chosen, const struct arrival *arrival)
{
	const struct relay_message *message = chosen->message;
	const uint64_t *numbers = message->numbers;

	if (!matches(message, arrival))
		return false;
	chosen->count++;
	if (numbers[CHANCE_NTH])
		return chosen->count % numbers[CHANCE_NTH] == 0;
	if (numbers[CHANCE_FIRST])
		return chosen->count <= numbers[CHANCE_FIRST];
	return chain_draw(&chosen->chain, &chosen->stream, numbers[CHANCE_CORRELATION], arrival->number,
		       message->instructions) >>
	       32 < numbers[CHANCE_OF];
}
