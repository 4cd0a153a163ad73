/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cage's part that is Landlock: no file, no port and no process outside can be reached any more. */
#ifndef TUNLAB_CAGE_LANDLOCK_H
#define TUNLAB_CAGE_LANDLOCK_H

#include <stdbool.h>

/*
 * Takes from the calling thread, which must have no_new_privs, every right that the running kernel's Landlock
 * knows: to files, to TCP ports, and beyond its own domain. Descriptors that are open, or are handed over
 * later, stay as they are. A kernel without Landlock (before 5.13, or started without it) is no failure.
 *
 * Returns false with errno where the kernel has Landlock, and refuses.
 */
bool cage_landlock(void);

#endif
