/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What namespaces begin with: a profile is a file of harness/baselines, and a table of rows. */
#ifndef TUNLAB_LAB_BASELINE_H
#define TUNLAB_LAB_BASELINE_H

#include <stdbool.h>

#include "lab/value.h"

/*
 * A sysctl that a profile sets. A new namespace has "all", "default" and lo; devices take after "default"
 * when they are made. lo has rows of its own where they do (devinet_copy_dflt_conf() of the kernel passes
 * over it where the initial namespace's was ever set).
 */
struct baseline_row {
	const char *name; /* with dots; NULL ends the table */
	const char *value;
	const char *source; /* the package, its version, and the file of it that says so */
};

struct baseline {
	const char *name;
	const char *what;		 /* for the manual */
	bool inherited;			 /* nothing is set: a namespace has what this machine gives it */
	const struct baseline_row *rows; /* what differs from the kernel's own settings; NULL: nothing */
};

extern const struct baseline *const baselines[]; /* ends with NULL */

/* The profile of that name, NULL if there is none. */
const struct baseline *baseline_of(const char *name);

extern const struct type type_baseline; /* text: its name */

#endif
