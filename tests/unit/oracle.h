/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What judges ask the kernel, for tests on made-up evidence. */
#ifndef TUNLAB_TESTS_ORACLE_H
#define TUNLAB_TESTS_ORACLE_H

#include "explain/evidence.h"

/* All settings are off. */
static inline const char *oracle_off(
	void *context, struct arena *arena, const struct netns *in, const char *name)
{
	(void)context;
	(void)arena;
	(void)in;
	(void)name;
	return "0";
}

#endif
