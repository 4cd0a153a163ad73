/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines out of a grammar, by a seed. */
#ifndef TUNLAB_TESTS_JUDGE_GENERATE_H
#define TUNLAB_TESTS_JUDGE_GENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/judge/words.h"

enum { LINE_SIZE = 1024, PIECE_SIZE = 160, PIECES = 24, REMEMBERED = 64 };

/* A word as it stands in a line. */
struct piece {
	const struct word *word;
	char text[PIECE_SIZE];
};

struct line {
	const struct grammar *grammar;
	const struct verb_word *verb;
	char command[16];	  /* the verb, or its beginning */
	const struct word *focus; /* what the line is about; NULL: the verb */
	bool fits;		  /* made to be accepted */
	enum family family;
	bool says_family; /* "-6", "-4" */
	struct piece pieces[PIECES];
	size_t count;
	size_t from;	      /* which of those that stand it was made from, counting from 1; 0: none */
	char end[PIECE_SIZE]; /* behind all: a word that nobody knows */
};

/* What makes lines: a seed's state, and the lines that were accepted and stand. */
struct generator {
	uint64_t state;
	struct line old[REMEMBERED];
	size_t old_count;
};

/* A number from LEAST to MOST. */
uint64_t generator_number(struct generator *generator, uint64_t least, uint64_t most);

/* A line about FOCUS, or about VERB where that is NULL; FITS: made to be accepted, else to be refused. */
struct line generator_line(struct generator *generator, const struct grammar *grammar,
	const struct verb_word *verb, const struct word *focus, bool fits);

/* The line's words behind the verb and the verb, without the family: "add 10.0.0.0/8 dev tun0". */
void line_print(const struct line *line, char out[LINE_SIZE]);

/* Remembers a line that was accepted; forgets the one that LINE, which deleted it, was made from; forgets
 * all.
 */
void generator_keep(struct generator *generator, const struct line *line);
void generator_drop(struct generator *generator, const struct line *line);
void generator_forget(struct generator *generator);

#endif
