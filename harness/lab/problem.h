/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a lab: collected, so that all of it is told at once. */
#ifndef TUNLAB_PROBLEM_H
#define TUNLAB_PROBLEM_H

#include <stdio.h>

#include "lab/text.h"

struct problem {
	const struct place *where;
	size_t offset;	  /* in the text; SIZE_MAX: the place decides */
	const char *text; /* what is wrong, and what is allowed */
};

/* So many are told; a text that nobody wrote by hand may have a million. */
enum { PROBLEMS_TOLD = 100 };

struct problems {
	struct arena *arena;
	const struct text *text;
	struct problem *at;
	size_t told;  /* of them are here */
	size_t count; /* of all */
};

/* Adds a problem at WHERE. The value that stands there is quoted in front of the text. */
void problem_add(struct problems *problems, const struct place *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether what is added now will not be told, but only counted: what it would say need not be worked out. */
bool problems_full(const struct problems *problems);

/* Adds a problem at byte OFFSET of a text that may not be JSON. */
void problem_at(struct problems *problems, size_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Prints them in the order of the text, one a line: file:line:column: path: value: what is wrong. Line and
 * column are those of the very word where the value is a line of words.
 */
void problems_print(const struct problems *problems, FILE *to);

/* Prints where PLACE is, in TEXT unless it has a root of its own: "file:line:column: path". */
const char *place_print(struct arena *arena, const struct text *text, const struct place *place);

/*
 * The one among NAMES (ending with NULL) that NAME was most likely meant to be, NULL where none is near: at
 * most a third of its letters differ (but one may), or one is the beginning of the other.
 */
const char *nearest(const char *name, const char *const *names);

#endif
