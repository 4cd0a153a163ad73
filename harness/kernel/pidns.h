/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab's pid namespace (pid_namespaces(7)): every program that is run in the lab is run in it, so that
 * nothing of it, whatever it forks and however it detaches itself, outlives the lab. Its first process does
 * nothing but reap what is orphaned there and hold the network namespaces, as /proc/1/fd/N seen from inside.
 */
#ifndef TUNLAB_PIDNS_H
#define TUNLAB_PIDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lab/error.h"

struct pidns;

/*
 * As fork(2), with FLAGS of clone(2): CLONE_NEWPID to make the child the first of a pid namespace,
 * CLONE_PARENT to make it the parent's. The caller has one thread.
 */
pid_t fork_with(unsigned long flags);

/*
 * Makes one. KEPT are the COUNT descriptors, in rising order, that its first process keeps open, under the
 * same numbers. It ends, and with it all in the namespace, when the calling process does, however that ends.
 * (Where the calling process is killed, its dead children there are left to the machine's first process;
 * until that has reaped them the namespace's own first one stays, dead too, and holding nothing.)
 */
struct error *pidns_open(const int *kept, size_t count, struct pidns **out);

/* A descriptor of the namespace, for struct enclosure. */
int pidns_descriptor(const struct pidns *pidns);

/* Whether that namespace has ended: whatever ran in it is dead, or about to be. */
bool pidns_ended(int descriptor);

/*
 * Kills all in it, waits until they are gone (2 s at most: a stopped parent outside may not reap them), and
 * frees it. Children of the calling process in it must have been reaped, or be reaped by it afterwards. NULL
 * is allowed.
 */
void pidns_close(struct pidns *pidns);

/* Whether the calling process is in one, and would end with that. */
bool pidns_is_inside(void);

#endif
