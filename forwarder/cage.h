/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the relay gives up before it reads its first message, so that packets and messages, whatever is in
 * them, can reach nothing but the descriptors that it was handed.
 */
#ifndef TUNLAB_CAGE_H
#define TUNLAB_CAGE_H

/*
 * Leaves the process, which must have one thread, with standard error and RELAY_CONTROL_FD as its only
 * descriptors, without any capability, unable to gain privileges, not to be traced by its equals, not ended
 * by the signals that a terminal sends to all of its processes (the harness decides when the relay ends) or
 * by a file that may not grow (setrlimit(2)), and killed when the thread that started it ends. A process that
 * may not empty its bounding set (it lacks CAP_SETPCAP) keeps that: with no_new_privs nothing can be gained
 * from it.
 *
 * Returns NULL, or the name of what failed, as a constant string, with errno.
 */
const char *cage_enter(void);

#endif
