/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is under way: its order, its bytes, and the room for it. Times here are small numbers. */
#include "forwarder/transit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forwarder/segment.h"
#include "tests/unit/tap.h"

static struct lane *const LEFT = (struct lane *)8, *const RIGHT = (struct lane *)16;
static uint8_t bytes[SEGMENT_LONGEST], buffer[SEGMENT_LONGEST];

/* Puts a packet there whose bytes begin with MARK, and hang on it. */
static bool put(struct transit *transit, struct lane *lane, uint64_t due, uint32_t mark, size_t length)
{
	struct traveller traveller = { .due = due, .lane = lane, .came = mark };
	struct packet packet = {
		.bytes = bytes, .length = length, .offload = { .gso_size = (uint16_t)mark }
	};

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(mark + i / 7);
	return transit_put(transit, &traveller, &packet);
}

/* Takes the first, and says whether it is as it was put. */
static bool take(struct transit *transit, struct traveller *out)
{
	struct packet packet;
	bool whole = true;

	*out = *transit_first(transit);
	transit_take(transit, buffer, &packet);
	for (size_t i = 0; i < packet.length; i++)
		whole = whole && packet.bytes[i] == (uint8_t)(out->came + i / 7);
	return whole && packet.length == out->length && packet.offload.gso_size == (uint16_t)out->came;
}

/* A wild order of times, many of them the same, and lengths of one cell and of many. */
static void order(struct transit *transit)
{
	enum { COUNT = 5000 };
	struct traveller last = { 0 }, next;
	unsigned wrong = 0, spoilt = 0, count = 0;

	for (uint32_t i = 0; i < COUNT; i++) {
		put(transit, LEFT, i * 7919 % 1000, i, 1 + i * 104729 % (i % 50 ? 3000 : SEGMENT_LONGEST));
		if (i % 5 == 4) { /* so that cells are used again */
			spoilt += !take(transit, &next);
			count++;
		}
	}
	for (; transit_first(transit); count++, last = next) {
		spoilt += !take(transit, &next);
		wrong += next.due < last.due || (next.due == last.due && next.order <= last.order);
	}
	tap_ok(count == COUNT && wrong == 0, "%u packets leave when they are due, %u not in their order",
		count, wrong);
	tap_ok(spoilt == 0, "with the bytes that they came with: %u not", spoilt);
}

static void forget(struct transit *transit)
{
	struct traveller next;
	unsigned left = 0, wrong = 0;

	for (uint32_t i = 0; i < 1000; i++)
		put(transit, i % 3 ? LEFT : RIGHT, 1000 - i, i, 100);
	transit_forget(transit, LEFT);
	for (uint64_t due = 0; transit_first(transit); due = next.due, left++) {
		wrong += !take(transit, &next) || next.lane != RIGHT || next.due < due;
	}
	tap_ok(left == 334 && wrong == 0, "those of a lane are forgotten, %u of the other are left", left);
	transit_forget(transit, RIGHT);
	tap_ok(!transit_first(transit), "where there is none, none is forgotten");
}

/* One whose bytes do not matter. */
static bool put_any(struct transit *transit, size_t length)
{
	const struct packet packet = { .bytes = bytes, .length = length };

	return transit_put(transit, &(struct traveller) { .lane = LEFT }, &packet);
}

/* How many packets of a length there is room for. */
static unsigned fill(struct transit *transit, size_t length)
{
	unsigned count = 0;

	while (put_any(transit, length))
		count++;
	return count;
}

/* Sparsely: the shortest that need a cell of their own. */
static void room(struct transit *transit)
{
	unsigned cells = fill(transit, 1), again, half;
	struct packet packet;

	tap_ok(cells == 256 * 1024, "there is room for %u short packets", cells);
	tap_ok(!put_any(transit, 1), "and for no more");
	transit_take(transit, buffer, &packet);
	tap_ok(!put_any(transit, 2049), "where one has left, there is none for two cells");
	tap_ok(put_any(transit, 2048), "but for one");
	transit_forget(transit, LEFT);
	half = fill(transit, 2049);
	tap_ok(half == cells / 2, "room that was left is there again: %u packets of two cells", half);
	while (transit_first(transit))
		transit_take(transit, buffer, &packet);
	again = fill(transit, 1);
	tap_ok(again == cells, "and all of it again: %u", again);
	transit_forget(transit, LEFT);
	tap_ok(!put_any(transit, 0), "a packet without bytes is none");
}

int main(void)
{
	struct transit *transit = transit_open();

	if (!transit) {
		puts("Bail out! no memory");
		return 1;
	}
	tap_ok(!transit_first(transit), "nothing is under way");
	order(transit);
	forget(transit);
	transit_close(transit);
	transit = transit_open();
	if (transit && sysconf(_SC_AVPHYS_PAGES) > (1L << 30) / sysconf(_SC_PAGESIZE))
		room(transit);
	else
		tap_skip("there is no GiB of memory to fill");
	transit_close(transit);
	transit_close(NULL);
	return tap_done();
}
