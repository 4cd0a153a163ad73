/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of words, such as one types after `ip`, in a string of the lab. */
#ifndef TUNLAB_LINE_H
#define TUNLAB_LINE_H

#include "lab/value.h"

/* What stands between words; others may be passed beside these. */
#define LINE_BLANKS " \t\r\n"

struct line {
	const struct reading *reading;
	const struct place *where; /* of the string */
	const char **words;
	size_t *columns; /* where each begins: a character, from 1 */
	size_t count, next;
	size_t problems; /* of its words, that were added */
};

/* Takes TEXT apart at any of the characters BLANKS, into the words of a LINE that has none. */
void line_split(struct line *line, const char *text, const char *blanks);

/* A word; "" behind the last. */
const char *line_word(const struct line *line, size_t word);

/* Where a word stands; behind the last it is the string. */
const struct place *line_place(const struct line *line, size_t word);

/* Adds a problem with a word: a format and what it takes, as problem_add's. */
#define line_wrong(line, word, ...)                                                                          \
	do {                                                                                                 \
		problem_add((line)->reading->problems, line_place(line, word), __VA_ARGS__);                 \
		(line)->problems++;                                                                          \
	} while (0)

#endif
