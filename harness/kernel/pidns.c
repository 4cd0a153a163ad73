/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pidns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/loop.h"
#include "lab/arena.h"

enum { END_MILLISECONDS = 10000 }; /* that it may take to end, on a machine that is busy */

static const char first_name[] = "tunlab-init"; /* as /proc/1/comm has it, inside */

struct pidns {
	pid_t process; /* the first one, as seen from here */
	int fd;
	int lifeline; /* it ends when this is closed */
};

static void close_between(unsigned first, unsigned last)
{
	if (first <= last)
		syscall(SYS_close_range, first, last, 0);
}

/*
 * The first process. From inside no signal reaches it but those that it handles, and it handles none; what is
 * orphaned is reaped by the kernel, since SIGCHLD is ignored. READY is closed when all of that is so.
 */
static _Noreturn void be_first(int lifeline, int ready, const int *kept, size_t count)
{
	unsigned from = STDERR_FILENO + 1;
	sigset_t all;
	ssize_t size;
	char byte;

	/* Standard streams may be somebody's pipe, who waits for its end. */
	close_between(STDIN_FILENO, STDERR_FILENO);
	if (dup2(lifeline, STDIN_FILENO) < 0 || dup2(ready, STDOUT_FILENO) < 0)
		_exit(1);
	for (size_t i = 0; i < count; i++) {
		close_between(from, (unsigned)kept[i] - 1);
		from = (unsigned)kept[i] + 1;
	}
	close_between(from, ~0U);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGCHLD, SIG_IGN);
	setsid();
	prctl(PR_SET_NAME, first_name);
	/* A program may open the pipe as /proc/1/fd/0, write to it, and hold it open. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDOUT_FILENO);
	do
		size = read(STDIN_FILENO, &byte, sizeof byte);
	while (size > 0 || (size < 0 && errno == EINTR));
	_exit(0);
}

pid_t fork_with(unsigned long flags)
{
#ifdef __s390__
	return (pid_t)syscall(SYS_clone, 0, flags | SIGCHLD, 0, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
#endif
}

/* Waits until nobody has the other end of the pipe. */
static void await_close(int pipe)
{
	char byte;

	while (read(pipe, &byte, sizeof byte) < 0 && errno == EINTR)
		;
}

/*
 * The caller never enters the namespace itself, not even for its children: out of one that a user namespace
 * has made there is no way back into the machine's.
 */
static struct error *open_pidns(struct pidns *pidns, const int *kept, size_t count)
{
	int ends[2], ready[2];
	char path[64];

	if (pipe2(ends, O_CLOEXEC))
		return error_new(STATUS_UNABLE, errno, "pipe");
	pidns->lifeline = ends[1];
	if (pipe2(ready, O_CLOEXEC)) {
		close(ends[0]);
		return error_new(STATUS_UNABLE, errno, "pipe");
	}
	pidns->process = fork_with(CLONE_NEWPID);
	if (!pidns->process)
		be_first(ends[0], ready[1], kept, count);
	close(ends[0]);
	close(ready[1]);
	await_close(ready[0]);
	close(ready[0]);
	if (pidns->process < 0)
		return error_new(STATUS_UNABLE, errno, "cannot make a pid namespace%s",
			errno == ENOSPC ? " (raise the sysctl user.max_pid_namespaces)" : "");
	snprintf(path, sizeof path, "/proc/%d/ns/pid", pidns->process);
	pidns->fd = open(path, O_RDONLY | O_CLOEXEC);
	return pidns->fd < 0 ? error_new(STATUS_UNABLE, errno, "cannot open the lab's pid namespace") : NULL;
}

struct error *pidns_open(const int *kept, size_t count, struct pidns **out)
{
	struct pidns *pidns = calloc(1, sizeof *pidns);
	struct error *error;

	if (!pidns)
		memory_exhausted();
	pidns->fd = pidns->lifeline = -1;
	error = open_pidns(pidns, kept, count);
	if (error)
		pidns_close(pidns);
	else
		*out = pidns;
	return error;
}

int pidns_descriptor(const struct pidns *pidns)
{
	return pidns->fd;
}

static void await(pid_t process, int *status)
{
	while (waitpid(process, status, 0) < 0 && errno == EINTR)
		;
}

/* Where the first process is gone no other is born. */
static _Noreturn void try_birth(int descriptor)
{
	pid_t born;

	if (setns(descriptor, CLONE_NEWPID))
		_exit(0);
	born = fork();
	if (born > 0)
		await(born, NULL);
	_exit(born < 0 && errno == ENOMEM);
}

bool pidns_ended(int descriptor)
{
	pid_t trial = fork();
	int status = 0;

	if (!trial)
		try_birth(descriptor);
	if (trial > 0)
		await(trial, &status);
	return WIFEXITED(status) && WEXITSTATUS(status);
}

/* Its end waits for the end of all others. */
static void reap(pid_t process)
{
	struct pollfd wait = { .fd = (int)syscall(SYS_pidfd_open, process, 0), .events = POLLIN };
	const uint64_t until = loop_now() + END_MILLISECONDS * 1000000ULL;
	int ready = 0;

	while (wait.fd >= 0 && ready <= 0 && loop_now() < until)
		ready = poll(&wait, 1, END_MILLISECONDS);
	if (wait.fd >= 0)
		close(wait.fd);
	while (waitpid(process, NULL, wait.fd < 0 ? 0 : WNOHANG) < 0 && errno == EINTR)
		;
}

void pidns_close(struct pidns *pidns)
{
	if (!pidns)
		return;
	if (pidns->process > 0) {
		kill(pidns->process, SIGKILL);
		reap(pidns->process);
	}
	if (pidns->lifeline >= 0)
		close(pidns->lifeline);
	if (pidns->fd >= 0)
		close(pidns->fd);
	free(pidns);
}

bool pidns_is_inside(void)
{
	char name[32] = "";
	int fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? 0 : read(fd, name, sizeof name - 1);

	if (fd >= 0)
		close(fd);
	name[size > 0 ? size : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, first_name);
}
