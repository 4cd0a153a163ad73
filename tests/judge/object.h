/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line that was refused, as the object that says the same. */
#ifndef TUNLAB_TESTS_JUDGE_OBJECT_H
#define TUNLAB_TESTS_JUDGE_OBJECT_H

#include "lab/object.h"

/*
 * The words of LINE by the keys of KEY's object, as they stand: a word that takes a value with the next word
 * as that, a flag as true, a first word of none as the destination. NULL where a line cannot be said so: a
 * word is unknown, lacks its value, or stands twice.
 */
json_t *object_of_line(const char *key, const char *line);

#endif
