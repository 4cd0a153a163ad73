/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that are run in a lab: in one of its network namespaces, in its pid namespace, and with a private
 * view of what goes with these: /proc, /sys, /etc/hosts with the namespaces' names, and /run/netns with
 * theirs.
 */
#ifndef TUNLAB_PROGRAM_H
#define TUNLAB_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lab/error.h"

/* Where in a lab. */
struct enclosure {
	int netns;
	int pidns;
	const char *hosts; /* lines as in hosts(5), put before those that the machine has */
	const char
		*names; /* lines "NAME NUMBER": what `ip netns` is to know, and its descriptor in process 1 */
};

struct program {
	const struct enclosure *in;
	char *const *arguments;	  /* ends with NULL; the first is looked for in the PATH of "environment" */
	char *const *environment; /* ends with NULL */
	const char *directory;	  /* in which it starts; NULL: the caller's */
	int streams[3];		  /* what becomes its descriptors 0 to 2 */
	bool inherits; /* it has the others, too, that are not closed on exec; else all are closed */
	bool session;  /* it leads a session, and so a process group, of its own, without a terminal and with
			  no signal ignored */
	bool leads;    /* it leads a process group of its own in the caller's session */
	int terminal;  /* 0, or the terminal into whose foreground that group comes */
	int hangup;    /* 0, or the signal that it gets when the calling thread ends first */
};

/*
 * Starts it as a child of the calling process, with no signal blocked or ignored (but those that were ignored
 * before tunlab began stay so without "session": nohup(1)). Returns once it is running, or could not be
 * started: then *NUMBER is the errno of execve(2) (ENOENT, EACCES, ENOEXEC, ...), and no child is left. An
 * error is the enclosure's: STATUS_UNABLE. Where the machine does not allow a private /proc, /sys, ... (in a
 * container), the program sees the machine's.
 */
struct error *program_start(const struct program *program, pid_t *process, int *number);

#endif
