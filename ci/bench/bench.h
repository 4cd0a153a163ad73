/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs of the bench share. */
#ifndef TUNLAB_BENCH_H
#define TUNLAB_BENCH_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ends the program with what could not be done. */
static _Noreturn inline void fail(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

/* Moves the thread into a namespace that `ip netns` shows. */
static inline void enter(const char *namespace)
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail(namespace);
	close(fd);
}

#endif
