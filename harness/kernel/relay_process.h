/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The relay's process: how it is found and started, and how it ended. */
#ifndef TUNLAB_RELAY_PROCESS_H
#define TUNLAB_RELAY_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "lab/error.h"

struct relay_process {
	pid_t id;    /* 0: it was not started */
	bool reaped; /* it has ended, "status" says how, and its number may be another's */
	int status;  /* of waitpid(2); -1: nobody knows */
};

/*
 * Starts tunlab-relay, from beside the running program or ../libexec/tunlab beside it, with CONTROL as its
 * control socket and ERRORS (-1: what this process has) as its standard error. Its cage closes what else it
 * inherits. STATUS_UNABLE where there is none.
 */
struct error *relay_process_start(struct relay_process *process, int control, int errors);

/* Waits until the process, which is to end, does, for RELAY_END_MILLISECONDS, and kills it then; returns
 * whether it ended by itself. */
enum { RELAY_END_MILLISECONDS = 10000 }; /* on a machine that is busy */
bool relay_process_reap(struct relay_process *process);

/* The error that says how the process ended, which was reaped. FORBIDDEN is the system call that it was
 * refused, as it said itself; "": none. */
struct error *relay_process_death(const struct relay_process *process, const char *forbidden);

#endif
