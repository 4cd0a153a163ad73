/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/error.h"

enum { BLOCK_SIZE = 16 * 1024 };

struct block {
	struct block *older;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *newest;
};

void (*memory_last_words)(void);

_Noreturn void memory_exhausted(void)
{
	static const char text[] = "tunlab: out of memory\n";

	if (memory_last_words)
		memory_last_words();
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(STATUS_UNABLE);
	_exit(STATUS_UNABLE);
}

struct arena *arena_open(void)
{
	struct arena *arena = calloc(1, sizeof *arena);

	if (!arena)
		memory_exhausted();
	return arena;
}

void arena_close(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->newest) {
		struct block *older = arena->newest->older;

		free(arena->newest);
		arena->newest = older;
	}
	free(arena);
}

static struct block *add_block(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	struct block *block = calloc(1, sizeof *block + room);

	if (!block)
		memory_exhausted();
	block->size = room;
	block->older = arena->newest;
	arena->newest = block;
	return block;
}

void *arena_take(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;
	size_t rounded = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	void *piece;

	if (rounded < size || rounded > SIZE_MAX / 2)
		memory_exhausted();
	if (!block || block->size - block->used < rounded)
		block = add_block(arena, rounded);
	piece = block->bytes + block->used;
	block->used += rounded;
	return piece;
}

void *arena_copy(struct arena *arena, const void *from, size_t size)
{
	char *copy = arena_take(arena, size + 1);

	if (size)
		memcpy(copy, from, size);
	return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		memory_exhausted();
	text = arena_take(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = arena_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}

void *arena_append(struct arena *arena, void *array, size_t *count, const void *item, size_t size)
{
	void **where = array;
	size_t n = *count;

	if (!(n & (n - 1))) { /* a power of two, or none: full */
		void *larger = arena_take(arena, (n ? 2 * n : 1) * size);

		if (n)
			memcpy(larger, *where, n * size);
		*where = larger;
	}
	memcpy((char *)*where + n * size, item, size);
	*count = n + 1;
	return (char *)*where + n * size;
}
