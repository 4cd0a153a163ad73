/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words that `ip neighbour` has for a neighbour's state. */
#ifndef TUNLAB_LAB_NEIGHBOUR_NAMES_H
#define TUNLAB_LAB_NEIGHBOUR_NAMES_H

#include "lab/value.h"

extern const struct name neighbour_states[];	   /* as one commands them */
extern const struct name neighbour_shown_states[]; /* as show prints them */

#endif
