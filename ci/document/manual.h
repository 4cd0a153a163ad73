/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of tunlab-lab(5), made of what the tables say. */
#ifndef TUNLAB_MANUAL_H
#define TUNLAB_MANUAL_H

#include "document.h"

/* Prints a text of our own, as words that mdoc takes for nothing else; lines are filled, and each sentence
 * begins one. */
void manual_say(FILE *to, const char *text);

/* A text made of pieces, with semicolons between them. */
struct sentence {
	struct arena *arena;
	const char *text;
};

void manual_add(struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* WORDS, which spaces divide, with commas; NULL is none. */
const char *manual_commas(struct arena *arena, const char *words);

/* The same of aliases, of which "protocol*" is a word of which any beginning will do. */
const char *manual_aliases(struct arena *arena, const char *words);

#endif
