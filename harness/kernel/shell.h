/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's shell, started in a lab so that its prompt says where it is: "[lab.namespace] " before the
 * user's own, whatever the user's own files make of that. Nothing is written to a file that has a name.
 */
#ifndef TUNLAB_SHELL_H
#define TUNLAB_SHELL_H

#include <stdbool.h>

#include "lab/arena.h"

/*
 * The arguments (taken from ARENA, ending with NULL) with which $SHELL, or where that is none /bin/sh, is
 * started, and after its own those in MORE, which end with NULL. An INTERACTIVE one is prepared: environment
 * variables are set, and descriptors opened that it must inherit. The prompt is made of $TUNLAB_LAB and
 * $TUNLAB_NS.
 */
char *const *shell_arguments(struct arena *arena, char *const *more, bool interactive);

#endif
