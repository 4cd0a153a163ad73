/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that lives as long as a lab: taken piece by piece, given back all at once. */
#ifndef TUNLAB_ARENA_H
#define TUNLAB_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* Makes an empty arena; never NULL (see memory_exhausted). */
struct arena *arena_open(void);

/* Gives back the arena and everything taken from it. NULL is allowed. */
void arena_close(struct arena *arena);

/* Takes SIZE zeroed bytes, aligned for any type; never NULL. */
void *arena_take(struct arena *arena, size_t size);

/* Takes a copy of the SIZE bytes at FROM, with a zero byte behind them; never NULL. */
void *arena_copy(struct arena *arena, const void *from, size_t size);

/* Takes a printed string; never NULL. */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/*
 * Appends the SIZE bytes at ITEM to an array that began as NULL with a count of 0 and that only this function
 * lets grow. ARRAY is the address of the pointer to it. Returns the place of the new item; older places
 * become invalid as the array moves.
 */
void *arena_append(struct arena *arena, void *array, size_t *count, const void *item, size_t size);

/*
 * What happens when memory runs out: prints one line, ends the process with status 3. The kernel takes a lab
 * down with the process that holds its descriptors. Runs MEMORY_LAST_WORDS first, if it is set.
 */
_Noreturn void memory_exhausted(void);
extern void (*memory_last_words)(void);

#endif
