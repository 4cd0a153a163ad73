/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a lab and places in it. jansson keeps no positions after parsing; a place is remembered as the
 * JSON path to it, and the text is walked along the path when an error is to be printed.
 */
#ifndef TUNLAB_TEXT_H
#define TUNLAB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/arena.h"

struct text {
	const char *file; /* as the command line named it */
	const char *bytes;
	size_t length;
};

/* One step of a JSON path, linked toward the root: NULL in a lab's text, and in another text its place_root.
 */
struct place {
	const struct place *up;
	const struct text *text; /* of a place_root */
	const char *key;	 /* a member's name, or NULL: element "index" of an array */
	size_t index;
	size_t column; /* of a character inside the string that stands here, from 1; 0: the value itself */
	bool at_key;   /* the member's name is meant, not its value */
};

/* Line and column count from 1; a column is a character, not a byte. */
struct position {
	size_t line, column;
};

/* The root of TEXT, which is not the lab's own: of steps that came once the lab stood. */
const struct place *place_root(struct arena *arena, const struct text *text);

/* The text that PLACE is in; OTHERWISE where its root is NULL. */
const struct text *place_text(const struct place *place, const struct text *otherwise);

/* The place of member KEY below UP (NULL: below the root). KEY is kept, not copied. */
const struct place *place_key(struct arena *arena, const struct place *up, const char *key);

/* The place of element INDEX below UP. */
const struct place *place_index(struct arena *arena, const struct place *up, size_t index);

/* The same place, but character COLUMN (from 1) of the string there. */
const struct place *place_column(struct arena *arena, const struct place *place, size_t column);

/* The same place, but the member's name rather than its value. */
const struct place *place_name(struct arena *arena, const struct place *place);

/* The path as people write it, such as namespaces.left.routes[0]; "" for the root. */
const char *place_path(struct arena *arena, const struct place *place);

/* Where PLACE stands in TEXT, which must be valid JSON; the innermost that is found where the path leads
 * nowhere. */
size_t text_offset(const struct text *text, const struct place *place);

/* Line and column of byte OFFSET (at most the text's length). */
struct position text_position(const struct text *text, size_t offset);

/* Moves POSITION, which is that of byte FROM, on to byte TO (not before FROM, at most the text's length). */
void text_advance(const struct text *text, struct position *position, size_t from, size_t to);

/* Where the token begins that ends at byte END, or has it inside: a string, a word, a number, or one
 * character. */
size_t text_token(const struct text *text, size_t end);

/* The path to what stands at byte OFFSET; the text before it must be valid JSON, what follows need not be. */
const struct place *text_place(struct arena *arena, const struct text *text, size_t offset);

#endif
