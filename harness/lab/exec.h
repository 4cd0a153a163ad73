/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that steps run: what a lab says of them. */
#ifndef TUNLAB_EXEC_H
#define TUNLAB_EXEC_H

#include <regex.h>

#include "lab/lab.h"

/* What a program in the background must have reached before the next step begins. */
struct until {
	enum {
		UNTIL_STARTED,	 /* nothing more than that it runs */
		UNTIL_LISTENING, /* somebody in the namespace listens on a port */
		UNTIL_STDOUT,	 /* it has printed what matches a pattern */
		UNTIL_STDERR,
	} kind;
	bool udp;
	uint16_t port;
	const char *pattern;
};

struct exec {
	const char **arguments;	  /* the program first; ends with NULL */
	const char **environment; /* all of it, as NAME=value; ends with NULL */
	const char **said;	  /* the lab's own, which are the last of it */
	bool background;	  /* it runs until the lab ends */
	struct until until;
};

/* "tcp/5201": first is the port; last is 0 where it is one of TCP, 1 of UDP. */
extern const struct type type_listening;

/* A regular expression, which a line must match as for grep -E; the empty one: nothing was printed. */
extern const struct type type_expression;
enum { EXPRESSION_FLAGS = REG_EXTENDED | REG_NOSUB | REG_NEWLINE };

/* A signal's name, such as SIGSEGV: text. */
extern const struct type type_signal;

/* What stands at the step's verb: text, as one would type it to a shell. */
extern const struct type type_arguments;

/* What a step may say beside it, and what may stand at "until". */
extern const struct field exec_fields[], until_fields[];

/* Reads what a step (JSON) says of a program into it. */
void exec_read(const struct reading *reading, struct step *step, const json_t *json);

/* What a program must have reached, as the end of what one would say of it: " until listening tcp/5201". */
const char *until_print(struct arena *arena, const struct until *until);

/*
 * Whoever runs a lab must have been told that programs may be run. Prints each of the COUNT steps at STEPS,
 * of one text, that would run one, and returns how many there are.
 */
size_t exec_forbidden(const struct lab *lab, const struct step *steps, size_t count, FILE *to);

#endif
