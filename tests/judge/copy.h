/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labs that are built anew for each thing that is tried in them. */
#ifndef TUNLAB_TESTS_JUDGE_COPY_H
#define TUNLAB_TESTS_JUDGE_COPY_H

#include "run/site.h"

/* A copy of a lab that stands. */
struct copy {
	struct loop *loop;
	struct lab *lab;
	struct site *site;
	const struct netns *in;
};

/* Builds the lab that FILE has under "lab"; what it has under "then" the shell does in namespace IN. Ends the
 * process where it cannot be done. */
void copy_open(struct copy *copy, const json_t *file, const char *in);
void copy_close(struct copy *copy);

/* Runs a command of the shell in the namespace; what it prints, errors too, to be freed. */
char *copy_run(const struct copy *copy, const char *command, int *status);

/* The same, and ends the process where it fails. */
void copy_must(const struct copy *copy, const char *command);

#endif
