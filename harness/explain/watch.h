/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The observers of one step: what is captured, counted and asked becomes evidence, and a cause. */
#ifndef TUNLAB_EXPLAIN_WATCH_H
#define TUNLAB_EXPLAIN_WATCH_H

#include <stdio.h>

#include "explain/cause.h"
#include "run/run.h"

struct explanation {
	int file;		  /* what is captured; -1: nothing is */
	off_t since;		  /* what the file had when the step began */
	struct drop_watch *drops; /* NULL: the kernel does not tell; "blind" says why */
	char *blind;
	uint64_t *cookies; /* of the site's namespaces */
	FILE *to;	   /* where the journey is printed; NULL: nowhere */
	struct cause cause;
};

/*
 * A watch for run_watched (or a listener) that puts cause and evidence into the verdict. EXPLANATION is the
 * caller's, and must be { .file = -1 } to begin with.
 */
struct run_watch explain_watch(struct explanation *explanation);

#endif
