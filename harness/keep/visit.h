/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are run by hand in a lab that is up. */
#ifndef TUNLAB_VISIT_H
#define TUNLAB_VISIT_H

#include <stdbool.h>

#include "lab/error.h"

struct visit {
	const char *lab, *netns;
	char *const *arguments; /* end with NULL; of a shell those beside its own */
	bool interrupts; /* where the terminal's SIGINT ends the program it ends the calling process, too, by
			    which a shell knows that its script is to end */
};

/*
 * Runs a program with the caller's standard streams, other descriptors, environment (and in it TUNLAB_LAB and
 * TUNLAB_NS), directory and terminal. Returns its exit status, or as a shell would: 128 + N where signal N
 * ended it, 127 where there is no such program, 126 where it cannot be run. *ERROR is set where that is to be
 * explained, and where tunlab could not do its part: then the error's status is returned.
 */
int visit_program(const struct visit *visit, struct error **error);

/* Runs the user's shell, interactive where standard input and standard error are a terminal. */
int visit_shell(const struct visit *visit, struct error **error);

#endif
