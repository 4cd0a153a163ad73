/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounds of what is measured, as one writes them in "expect": "<= 5%", ">= 20ms", "0%". */
#ifndef TUNLAB_BOUND_H
#define TUNLAB_BOUND_H

#include "lab/value.h"

extern const struct type type_loss_bound;     /* of a share, in percent */
extern const struct type type_duration_bound; /* of a duration */

/* Whether all from LEAST to MOST (percent, or nanoseconds) is within the bound TEXT, which its type has
 * accepted. */
bool loss_within(struct arena *arena, const char *text, double least, double most);
bool duration_within(struct arena *arena, const char *text, double least, double most);

/* The same, of any of them. */
bool loss_may_be_within(struct arena *arena, const char *text, double least, double most);
bool duration_may_be_within(struct arena *arena, const char *text, double least, double most);

#endif
