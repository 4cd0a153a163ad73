/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/transit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Bytes are kept in cells of one size, so that whoever leaves first leaves no hole. */
enum {
	CELL = 2048,	    /* bytes: a packet of Ethernet's MTU needs one */
	CELLS = 256 * 1024, /* 512 MiB, of which the machine gives what is touched */
};

struct transit {
	struct traveller *heap; /* of COUNT; whoever is due first is first */
	size_t count;
	uint64_t newest;
	uint8_t (*cells)[CELL];
	uint32_t *next;	 /* of each cell: the packet's next one, or the next free one */
	uint32_t free;	 /* the first free cell of those that were used before; CELLS: none */
	uint32_t fresh;	 /* from here on none was ever used */
	uint32_t unused; /* cells */
};

static void *set_aside(size_t size)
{
	void *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void give_back(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}

struct transit *transit_open(void)
{
	struct transit *transit = calloc(1, sizeof(*transit));

	if (!transit)
		return NULL;
	transit->heap = set_aside(CELLS * sizeof(*transit->heap));
	transit->cells = set_aside(CELLS * sizeof(*transit->cells));
	transit->next = set_aside(CELLS * sizeof(*transit->next));
	transit->free = CELLS;
	transit->unused = CELLS;
	if (transit->heap && transit->cells && transit->next)
		return transit;
	transit_close(transit);
	return NULL;
}

void transit_close(struct transit *transit)
{
	if (!transit)
		return;
	give_back(transit->heap, CELLS * sizeof(*transit->heap));
	give_back(transit->cells, CELLS * sizeof(*transit->cells));
	give_back(transit->next, CELLS * sizeof(*transit->next));
	free(transit);
}

static bool before(const struct traveller *one, const struct traveller *other)
{
	return one->due < other->due || (one->due == other->due && one->order < other->order);
}

static void rise(struct transit *transit, size_t i)
{
	struct traveller moved = transit->heap[i];

	for (; i && before(&moved, &transit->heap[(i - 1) / 2]); i = (i - 1) / 2)
		transit->heap[i] = transit->heap[(i - 1) / 2];
	transit->heap[i] = moved;
}

static void sink(struct transit *transit, size_t i)
{
	struct traveller moved = transit->heap[i];

	for (size_t child; (child = 2 * i + 1) < transit->count; i = child) {
		if (child + 1 < transit->count && before(&transit->heap[child + 1], &transit->heap[child]))
			child++;
		if (!before(&transit->heap[child], &moved))
			break;
		transit->heap[i] = transit->heap[child];
	}
	transit->heap[i] = moved;
}

static uint32_t take_cell(struct transit *transit)
{
	uint32_t cell = transit->free;

	transit->unused--;
	if (cell == CELLS)
		return transit->fresh++;
	transit->free = transit->next[cell];
	return cell;
}

static void free_cells(struct transit *transit, const struct traveller *traveller)
{
	uint32_t cell = traveller->cell, next;

	for (uint32_t at = 0; at < traveller->length; at += CELL, cell = next) {
		next = transit->next[cell];
		transit->next[cell] = transit->free;
		transit->free = cell;
		transit->unused++;
	}
}

/* The packet's cells, from the last to the first, of which each names the one behind it. */
static uint32_t keep(struct transit *transit, const struct packet *packet)
{
	uint32_t cell = CELLS;

	for (size_t parts = (packet->length + CELL - 1) / CELL; parts--;) {
		uint32_t next = cell;
		size_t rest = packet->length - parts * CELL;

		cell = take_cell(transit);
		memcpy(transit->cells[cell], packet->bytes + parts * CELL, rest < CELL ? rest : CELL);
		transit->next[cell] = next;
	}
	return cell;
}

bool transit_put(struct transit *transit, const struct traveller *what, const struct packet *packet)
{
	struct traveller *last = &transit->heap[transit->count];

	if (packet->length == 0 || (packet->length + CELL - 1) / CELL > transit->unused)
		return false;
	*last = *what;
	last->order = ++transit->newest;
	last->length = (uint32_t)packet->length;
	last->cell = keep(transit, packet);
	last->offload = packet->offload;
	last->protocol = packet->protocol;
	last->queue = packet->queue;
	rise(transit, transit->count++);
	return true;
}

const struct traveller *transit_first(const struct transit *transit)
{
	return transit->count ? transit->heap : NULL;
}

void transit_take(struct transit *transit, uint8_t *buffer, struct packet *out)
{
	struct traveller first = transit->heap[0];
	uint32_t cell = first.cell;

	for (uint32_t at = 0; at < first.length; at += CELL, cell = transit->next[cell]) {
		uint32_t rest = first.length - at;

		memcpy(buffer + at, transit->cells[cell], rest < CELL ? rest : CELL);
	}
	free_cells(transit, &first);
	transit->heap[0] = transit->heap[--transit->count];
	if (transit->count)
		sink(transit, 0);
	*out = (struct packet) { .bytes = buffer,
		.length = first.length,
		.offload = first.offload,
		.protocol = first.protocol,
		.queue = first.queue };
}

void transit_forget(struct transit *transit, const struct lane *lane)
{
	size_t kept = 0;

	for (size_t i = 0; i < transit->count; i++) {
		if (transit->heap[i].lane == lane)
			free_cells(transit, &transit->heap[i]);
		else
			transit->heap[kept++] = transit->heap[i];
	}
	transit->count = kept;
	for (size_t i = kept / 2; i--;)
		sink(transit, i);
}
