/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the relay gives up before it reads its first message, so that packets and messages, whatever is in
 * them, can reach nothing but the descriptors that it was handed.
 */
#ifndef TUNLAB_CAGE_H
#define TUNLAB_CAGE_H

struct relay_memory;

/*
 * The first half, before anything is opened. Leaves the process, which must have one thread, with standard
 * error and RELAY_CONTROL_FD as its only descriptors, without any capability, unable to gain privileges, not
 * to be traced by its equals, not ended by the signals that a terminal sends to all of its processes (the
 * harness decides when the relay ends) or by a file that may not grow (setrlimit(2)), and killed when the
 * thread that started it ends. A process that may not empty its bounding set (it lacks CAP_SETPCAP) keeps
 * that: with no_new_privs nothing can be gained from it.
 *
 * Returns NULL, or the name of what failed, as a constant string, with errno.
 */
const char *cage_enter(void);

/*
 * The second half, when all is open that the relay opens itself: what it has from now on comes as descriptors
 * over RELAY_CONTROL_FD. No file can be opened (Landlock, where the kernel has it), nothing started, locked
 * in memory or dumped, and no system call is left but those that the relay's code makes (seccomp,
 * forwarder/cage_calls.h). Whatever tries another ends by SIGSYS, and its name is written to standard error
 * and to *MEMORY, which may be NULL as long as there is none.
 *
 * Returns as cage_enter() does.
 */
const char *cage_close(struct relay_memory *const *memory);

#endif
