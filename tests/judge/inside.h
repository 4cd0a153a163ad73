/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the judge and the round trip share: labs from texts, and programs in namespaces of labs that stand. */
#ifndef TUNLAB_TESTS_JUDGE_INSIDE_H
#define TUNLAB_TESTS_JUDGE_INSIDE_H

#include "run/site.h"

enum { TOLD_SIZE = 4096 };

/* Reads a lab from a text; NULL: what is wrong is in TOLD, without the end of the last line. */
struct lab *lab_of_text(const char *text, char told[TOLD_SIZE]);

/* The same from JSON, which is given up. */
struct lab *lab_of_json(json_t *json, char told[TOLD_SIZE]);

/* Runs a program in a namespace of the site, and returns what it printed, to be freed. Its exit status goes
 * to STATUS (128 and more: a signal). ERRORS: what goes to standard error is taken, too. */
char *run_inside(
	struct site *site, const struct netns *in, const char *const *arguments, bool errors, int *status);

/* Takes line ends, blanks and full stops off the end. */
void strip_end(char *text);

/* Ends the process where there is an error. */
void must(struct error *error, const char *what);

#endif
