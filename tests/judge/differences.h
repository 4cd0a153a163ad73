/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The differences that are meant, each with its reason. */
#ifndef TUNLAB_TESTS_JUDGE_DIFFERENCES_H
#define TUNLAB_TESTS_JUDGE_DIFFERENCES_H

#include <stdbool.h>
#include <stddef.h>

struct differences;

/* Reads the list: blocks of a line "reason: ..." and lines "match: REGULAR EXPRESSION" (POSIX extended, of
 * the whole difference as it is printed). Ends the process where it cannot be read. */
struct differences *differences_read(const char *file);

/* The reason that explains TEXT, which is counted; NULL if none does. */
const char *differences_explain(struct differences *differences, const char *text);

/* Prints how often each occurred; returns how many never did. */
size_t differences_print(const struct differences *differences);

void differences_free(struct differences *differences);

#endif
