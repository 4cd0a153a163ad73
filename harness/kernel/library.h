/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Libraries that only some labs need: loaded when they are first needed, so that no other lab pays for them.
 */
#ifndef TUNLAB_LIBRARY_H
#define TUNLAB_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct library_symbol {
	const char *name;
	void *place; /* of a pointer to the function */
};

/*
 * Loads the first of NAMES (ending with NULL) that there is, and fills in the COUNT symbols' places; false:
 * there is none, or it lacks one of them. It stays loaded.
 */
bool library_load(const char *const *names, const struct library_symbol *symbols, size_t count);

#endif
