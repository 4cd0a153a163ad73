/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/schedule.h"

#include <stdlib.h>
#include <string.h>

static bool before(const struct change *one, const struct change *other)
{
	return one->at < other->at || (one->at == other->at && one->order < other->order);
}

static void rise(struct schedule *schedule, size_t i)
{
	struct change *moved = schedule->heap[i];

	for (; i && before(moved, schedule->heap[(i - 1) / 2]); i = (i - 1) / 2)
		schedule->heap[i] = schedule->heap[(i - 1) / 2];
	schedule->heap[i] = moved;
}

static void sink(struct schedule *schedule, size_t i)
{
	struct change *moved = schedule->heap[i];

	for (size_t child; (child = 2 * i + 1) < schedule->count; i = child) {
		if (child + 1 < schedule->count && before(schedule->heap[child + 1], schedule->heap[child]))
			child++;
		if (!before(schedule->heap[child], moved))
			break;
		schedule->heap[i] = schedule->heap[child];
	}
	schedule->heap[i] = moved;
}

static bool make_room(struct schedule *schedule)
{
	size_t room = schedule->room ? 2 * schedule->room : 16;
	struct change **heap;

	if (schedule->count < schedule->room)
		return true;
	heap = realloc(schedule->heap, room * sizeof(struct change *));
	if (!heap)
		return false;
	schedule->heap = heap;
	schedule->room = room;
	return true;
}

bool schedule_add(struct schedule *schedule, struct lane *lane, const struct relay_message *message)
{
	size_t filter = message->instructions * sizeof(*message->filter);
	struct change *change = make_room(schedule) ? malloc(sizeof(*change) + filter) : NULL;

	if (!change)
		return false;
	*change = (struct change) { .at = message->at, .order = ++schedule->newest, .lane = lane };
	memcpy(&change->message, message, sizeof(*message) + filter);
	schedule->heap[schedule->count] = change;
	rise(schedule, schedule->count++);
	return true;
}

const struct change *schedule_due(struct schedule *schedule, uint64_t now)
{
	while (schedule->count && schedule->heap[0]->at <= now) {
		struct change *first = schedule->heap[0];
		uint64_t every = first->message.every, turns = every ? (now - first->at) / every : 0;

		if (!turns)
			return first;
		first->at += turns * every;
		sink(schedule, 0);
	}
	return NULL;
}

void schedule_done(struct schedule *schedule)
{
	struct change *first = schedule->heap[0];

	if (first->message.every && first->at <= UINT64_MAX - first->message.every) {
		first->at += first->message.every;
	} else {
		schedule->heap[0] = schedule->heap[--schedule->count];
		free(first);
	}
	if (schedule->count)
		sink(schedule, 0);
}

static bool matches(const struct change *change, const struct lane *lane, const char *impairment)
{
	return change->lane == lane &&
	       (!impairment || !strncmp(change->message.impairment, impairment, RELAY_IMPAIRMENT));
}

void schedule_forget(struct schedule *schedule, const struct lane *lane, const char *impairment)
{
	size_t kept = 0;

	for (size_t i = 0; i < schedule->count; i++) {
		if (matches(schedule->heap[i], lane, impairment))
			free(schedule->heap[i]);
		else
			schedule->heap[kept++] = schedule->heap[i];
	}
	if (kept == schedule->count)
		return;
	schedule->count = kept;
	for (size_t i = kept / 2; i--;)
		sink(schedule, i);
}

bool schedule_concerns(const struct schedule *schedule, const struct lane *lane)
{
	for (size_t i = 0; i < schedule->count; i++) {
		if (schedule->heap[i]->lane == lane)
			return true;
	}
	return false;
}

void schedule_close(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->count; i++)
		free(schedule->heap[i]);
	free(schedule->heap);
	*schedule = (struct schedule) { 0 };
}
