/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cage's part that is seccomp: which system calls are left, and what becomes of who tries another. */
#ifndef TUNLAB_CAGE_CALLS_H
#define TUNLAB_CAGE_CALLS_H

#include <stdbool.h>

#include "forwarder/protocol.h"

/*
 * Leaves to the process, which must have one thread and no_new_privs, the system calls of the table in
 * cage_calls.c. Any other ends it by SIGSYS, after a line with its name on standard error; the name is also
 * put into *MEMORY, if that is not NULL by then. A call of another ABI than the program's own is another.
 *
 * Returns false with errno.
 */
bool cage_calls(struct relay_memory *const *memory);

/* The numbers of system calls and their names, as the kernel's headers have them; the last has no name. Made
 * by forwarder/calls. */
struct call_name {
	int number;
	const char *name;
};

extern const struct call_name call_names[];

#endif
