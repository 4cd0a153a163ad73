/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TUNLAB_SHELL_H
#define TUNLAB_SHELL_H

#include "lab/arena.h"

/* TEXT as one word of a shell: quoted where it has to be. */
const char *shell_word(struct arena *arena, const char *text);

#endif
