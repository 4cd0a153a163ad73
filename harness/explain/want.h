/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A step as somebody wants it to end, whatever the lab expects of it. */
#ifndef TUNLAB_WANT_H
#define TUNLAB_WANT_H

#include "lab/lab.h"

/*
 * *OUT is STEP, of LAB, with WANT (as at "expect") for all that it expects: its packets and counters do not
 * count. NULL: it is STEP as it is. Reading adds to the lab's memory, and to nothing else of it. What is
 * wrong with WANT is an error of status STATUS_WRONG.
 */
struct error *want_read(const struct lab *lab, const struct step *step, const json_t *want, struct step *out);

#endif
