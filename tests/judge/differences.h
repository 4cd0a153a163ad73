/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The differences that are meant, each with its reason. */
#ifndef TUNLAB_TESTS_JUDGE_DIFFERENCES_H
#define TUNLAB_TESTS_JUDGE_DIFFERENCES_H

#include <stdbool.h>
#include <stddef.h>

struct differences;

/* Reads the list: a line "reason: ...", and below it pairs of lines "match: REGULAR EXPRESSION" (POSIX
 * extended, of the whole difference as it is printed) and "as: ip ...", a command that shows it. Ends the
 * process where it cannot be read. */
struct differences *differences_read(const char *file);

/* The reason that explains TEXT, which is counted; NULL if none does. */
const char *differences_explain(struct differences *differences, const char *text);

/* The command that shows difference INDEX, as behind "ip "; NULL behind the last. */
const char *differences_command(const struct differences *differences, size_t index);

/* Prints how often each occurred; returns how many never did. */
size_t differences_print(const struct differences *differences);

void differences_free(struct differences *differences);

#endif
