/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/capture_sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "forwarder/pcapng.h"
#include "lab/arena.h"

/* A block's place in the order. */
struct place_of {
	unsigned part; /* 0: what tells of interfaces; 1: packets; 2: the rest */
	uint64_t time; /* of a packet */
	const uint8_t *bytes;
	size_t size;
};

struct memory {
	const uint8_t *bytes;
	size_t size;
};

/* Whatever is written in other processes meanwhile is beyond what is looked at. */
static struct error *map(int fd, struct memory *out)
{
	struct stat status;
	void *bytes;

	*out = (struct memory) { .bytes = (const uint8_t *)"" };
	if (fstat(fd, &status) < 0)
		return error_new(STATUS_UNABLE, errno, "fstat");
	if (!status.st_size)
		return NULL;
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return error_new(STATUS_UNABLE, errno, "mmap");
	*out = (struct memory) { bytes, (size_t)status.st_size };
	return NULL;
}

static void unmap(const struct memory *memory)
{
	if (memory->size)
		munmap((void *)memory->bytes, memory->size);
}

/* How many whole blocks there are; *SIZE is that of all of them. */
static size_t count_blocks(const struct memory *memory, size_t *size)
{
	struct pcapng_block block;
	size_t count = 0;

	*size = 0;
	while (pcapng_read(memory->bytes + *size, memory->size - *size, &block)) {
		*size += block.size;
		count++;
	}
	return count;
}

static unsigned part_of(uint32_t type)
{
	if (type == PCAPNG_SECTION || type == PCAPNG_INTERFACE)
		return 0;
	return type == PCAPNG_PACKET ? 1 : 2;
}

static void find_places(const struct memory *memory, struct place_of *places, size_t count)
{
	const uint8_t *at = memory->bytes;
	struct pcapng_block block = { 0 };

	for (size_t i = 0; i < count; i++, at += block.size) {
		pcapng_read(at, memory->size - (size_t)(at - memory->bytes), &block);
		places[i] = (struct place_of) { part_of(block.type), block.time, at, block.size };
	}
}

static int compare(const void *left, const void *right)
{
	const struct place_of *one = left, *other = right;

	if (one->part != other->part)
		return one->part < other->part ? -1 : 1;
	if (one->time != other->time)
		return one->time < other->time ? -1 : 1;
	return one->bytes < other->bytes ? -1 : 1; /* as they stood */
}

static struct error *write_all(int fd, const uint8_t *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_new(STATUS_UNABLE, errno, "write");
		bytes += written;
		size -= (size_t)written;
	}
	return NULL;
}

static struct error *write_places(int fd, const struct place_of *places, size_t count)
{
	enum { ROOM = 1 << 20 };
	uint8_t *room = malloc(ROOM);
	size_t used = 0;
	struct error *error = NULL;

	if (!room)
		memory_exhausted();
	for (size_t i = 0; i < count && !error; i++) {
		if (places[i].size > ROOM - used) {
			error = write_all(fd, room, used);
			used = 0;
		}
		if (!error && places[i].size > ROOM) {
			error = write_all(fd, places[i].bytes, places[i].size);
			continue;
		}
		memcpy(room + used, places[i].bytes, places[i].size);
		used += places[i].size;
	}
	if (!error)
		error = write_all(fd, room, used);
	free(room);
	return error;
}

struct error *capture_sort(int from, int to)
{
	struct memory memory;
	struct error *error = map(from, &memory);
	struct place_of *places;
	size_t count, size;

	if (error)
		return error;
	count = count_blocks(&memory, &size);
	places = malloc((count + 1) * sizeof *places);
	if (size != memory.size) {
		error = error_new(STATUS_UNABLE, 0, "from byte %zu on there is no whole block", size);
	} else if (!places) {
		error = error_new(STATUS_UNABLE, ENOMEM, "%zu blocks", count);
	} else {
		find_places(&memory, places, count);
		qsort(places, count, sizeof *places, compare);
		error = write_places(to, places, count);
	}
	free(places);
	unmap(&memory);
	return error;
}

void capture_cut(int fd)
{
	struct memory memory;
	struct error *error = map(fd, &memory);
	size_t size;

	if (error) {
		error_free(error);
		return;
	}
	count_blocks(&memory, &size);
	if (size < memory.size && ftruncate(fd, (off_t)size) < 0)
		return; /* what reads it says so, and shows the rest */
	unmap(&memory);
}
