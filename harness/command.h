/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tunlab's commands: each is one file cmd_*.c with a descriptor; usage, help and checks come from its rows.
 */
#ifndef TUNLAB_COMMAND_H
#define TUNLAB_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/error.h"

struct option_row {
	const char *name;     /* without the dashes; NULL: the table's end */
	const char *argument; /* what follows it, for the help; NULL: nothing does */
	const char *what;
};

enum { OPTIONS_MOST = 16 };

/* The command line, read by the command's rows. */
struct arguments {
	const char *options[OPTIONS_MOST]; /* by row: NULL, or the argument, "" where there is none */
	char **operands;		   /* ends with NULL */
	size_t count;
};

struct command {
	const char *name;
	const char *operands; /* for the help: "LAB..." */
	size_t least, most;   /* how many operands; most 0: any number */
	size_t free_after; /* after how many operands all that follows is one, too; 0: options may follow */
	const char *what;
	const char *more; /* what the help says beyond, NULL: nothing */
	const struct option_row *options;
	void (*tell)(void); /* prints at the help's end what a table of the harness knows; NULL: nothing */
	/* Returns the exit status; an error (in *ERROR) is printed by main. */
	int (*run)(const struct arguments *arguments, struct error **error);
};

/* Made from the files cmd_*.c; ends with NULL. In the order of their names. */
extern const struct command *const commands[];

#endif
