/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trying something in a process of its own: the namespaces that it moves into, and all it makes there, go
 * with it. */
#ifndef TUNLAB_TRIAL_H
#define TUNLAB_TRIAL_H

/* How a trial ended that INSIDE did not end. */
enum trial_end {
	TRIAL_REFUSED = 100, /* the kernel makes no user namespace for an ordinary user */
	TRIAL_POWERLESS,     /* it makes one, and withholds the capabilities in it, as AppArmor may */
	TRIAL_BROKEN,	     /* the process could not be made, or was killed */
};

/*
 * Forks, calls INSIDE(CONTEXT) in the child, and returns what it returned (0 to 99), or one of enum
 * trial_end. The child is killed should the caller die. What INSIDE prints on standard output is written
 * before it ends.
 */
int trial(int (*inside)(void *context), void *context);

/* The same in a new user namespace, as its root (user_namespaces(7)); where the caller is root, made by user
 * 65534. */
int trial_as_ordinary_user(int (*inside)(void *context), void *context);

#endif
