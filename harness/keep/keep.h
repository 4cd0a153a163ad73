/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab that may stay: built, some of its steps run, and then kept, or taken down as `run` does. */
#ifndef TUNLAB_KEEP_H
#define TUNLAB_KEEP_H

#include "keep/keeper.h"

/* What is to be done. */
struct keeping {
	const struct lab *lab;
	const char *name; /* that it is to be up under */
	bool otherwise;	  /* or, where that is taken, under NAME-2, ... */
	bool always;	  /* it is kept whatever comes of the steps; else if one failed */
	size_t steps;	  /* so many of its steps are run */
	struct run_options options;
	const struct run_listener *listener;
};

/* What came of it. */
struct kept {
	struct site *site;
	struct registration registration;
	int errors;
	struct keeper *keeper; /* NULL: it is not kept, and has been taken down */
	size_t failed;
	const struct step *last; /* the step that was run last */
};

/*
 * Does it. To be called in a process that may stay (keep/birth.h). An error has ended it early, and the lab
 * is down.
 */
struct error *keep_lab(const struct keeping *keeping, struct loop *loop, struct kept *out);

/* Takes the lab down that is kept. */
struct error *keep_not(struct kept *kept);

/* Answers commands until the lab is to go, and takes it down. */
struct error *keep_on(struct kept *kept);

/* Prints the names by which the host knows the namespaces, each after BEFORE. */
void kept_print(FILE *to, const struct kept *kept, const char *before);

#endif
