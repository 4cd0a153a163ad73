/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of pcapng, read back. */
#ifndef TUNLAB_CAPTURE_SORT_H
#define TUNLAB_CAPTURE_SORT_H

#include "lab/error.h"

/*
 * Copies the blocks of the file FROM to the end of the empty file TO: sections and interfaces first, then
 * packets by their times, those of the same time as they stood, then the rest.
 */
struct error *capture_sort(int from, int to);

/* Cuts what is no whole block off the end of the file. */
void capture_cut(int fd);

#endif
