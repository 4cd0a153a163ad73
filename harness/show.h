/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of `tunlab show`: each is one file in show/ with a descriptor. */
#ifndef TUNLAB_SHOW_H
#define TUNLAB_SHOW_H

#include <stdio.h>

#include "lab/lab.h"

struct format {
	const char *name; /* as --format has it */
	const char *what; /* for the help */
	void (*print)(FILE *to, const struct lab *lab);
};

/* Made from the files of show/; ends with NULL. In the order of their names. */
extern const struct format *const formats[];

#endif
