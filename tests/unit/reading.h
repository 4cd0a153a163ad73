/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of the reader share: labs from strings, and what was told of them. */
#ifndef TUNLAB_TESTS_UNIT_READING_H
#define TUNLAB_TESTS_UNIT_READING_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lab/entry.h"
#include "lab/lab.h"

/* The lab of this text, which must be right. */
static inline struct lab *lab_of(const char *json)
{
	int fd = memfd_create("lab", MFD_CLOEXEC);
	struct lab *lab = NULL;
	char file[64];

	if (fd < 0 || write(fd, json, strlen(json)) != (ssize_t)strlen(json))
		abort();
	snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
	if (lab_open(file, NULL, NULL, &lab) != STATUS_PASSED)
		abort();
	close(fd);
	return lab;
}

struct desk {
	struct arena *arena;
	struct text text;
	json_t *json;
	struct problems problems;
	struct lab lab;
	struct reading reading;
};

/* Parses JSON, which must be valid. The desk must not move afterwards. */
static inline void desk_open(struct desk *desk, const char *json)
{
	*desk = (struct desk) { .arena = arena_open() };
	desk->text = (struct text) { .file = "lab", .bytes = json, .length = strlen(json) };
	desk->json = json_loads(json, JSON_DECODE_ANY, NULL);
	desk->problems = (struct problems) { .arena = desk->arena, .text = &desk->text };
	desk->lab.arena = desk->arena;
	desk->reading =
		(struct reading) { .lab = &desk->lab, .arena = desk->arena, .problems = &desk->problems };
	if (!desk->json)
		abort();
}

static inline void desk_close(struct desk *desk)
{
	json_decref(desk->json);
	arena_close(desk->arena);
}

/* All problems, as they would be printed. */
static inline const char *desk_told(struct desk *desk)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	const char *copy;

	if (!to)
		abort();
	problems_print(&desk->problems, to);
	fclose(to);
	copy = arena_copy(desk->arena, text, size);
	free(text);
	return copy;
}

#endif
