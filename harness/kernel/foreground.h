/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is run in a lab in place of the calling process, as if it had been started there: signals
 * and the terminal behave as if tunlab was not between it and whoever started tunlab.
 */
#ifndef TUNLAB_FOREGROUND_H
#define TUNLAB_FOREGROUND_H

#include "kernel/program.h"

/* How it ended. */
struct ending {
	int number;	  /* errno of execve(2), where it could not be started; else 0 */
	int status;	  /* as wait(2) has it */
	bool interrupted; /* by the terminal's SIGINT, which the calling process has got, too */
};

/*
 * Starts it (program_start; of PROGRAM what is said there of "terminal", "leads" and "hangup" is set here)
 * and waits for its end.
 *
 * Signals that the calling process is sent are passed on, but not those of the terminal, which sends them to
 * the program as well: both are in one process group, so a shell's job control has both. With LEADS the
 * program is in a process group of its own, in the foreground if the caller's is, which an interactive shell
 * takes for granted: some cannot leave the terminal to a group that is not in their pid namespace.
 *
 * Where the program stops, the calling process stops, too, if it is a shell's job that reads from the
 * terminal; both go on together. At its end the terminal is given back to the caller's process group, if that
 * had it, with the modes it had if a signal ended the program. If the calling process ends first, the program
 * gets SIGHUP, as if its terminal had gone: shells pass that on to their jobs, and what nohup(1) started
 * stays, until the lab ends.
 */
struct error *foreground_run(struct program *program, bool leads, struct ending *out);

#endif
