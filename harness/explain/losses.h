/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a probe that sends several packets, some of which are answered: those that are not. */
#ifndef TUNLAB_LOSSES_H
#define TUNLAB_LOSSES_H

#include "explain/evidence.h"

/*
 * The same evidence, to which echo requests that were answered, and their answers, are others' packets. Where
 * none was, or all were, nothing is changed. Roles must have been given.
 */
struct evidence losses_only(const struct evidence *evidence);

#endif
