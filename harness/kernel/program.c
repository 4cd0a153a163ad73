/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pidns.h"
#include "kernel/view.h"

/* What is told to whoever starts a program, until it runs. */
struct report {
	pid_t process;	  /* it has been born; 0: it cannot go on: */
	const char *what; /* of the enclosure; NULL: execve */
	int number;
};

static bool write_whole(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		text += written;
		size -= (size_t)written;
	}
	return true;
}

static const char *enter(const struct program *program)
{
	if (setns(program->in->netns, CLONE_NEWNET))
		return "cannot enter the network namespace";
	if (unshare(CLONE_NEWNS))
		return "cannot make a mount namespace";
	view_mount(program->in);
	if (program->directory && chdir(program->directory))
		return "cannot enter the directory";
	return NULL;
}

/* Descriptors 0 to 2 may be among those that take their places. */
static bool take_streams(const int *streams)
{
	int high[3];

	for (int i = 0; i < 3; i++)
		if ((high[i] = fcntl(streams[i], F_DUPFD_CLOEXEC, 3)) < 0)
			return false;
	for (int i = 0; i < 3; i++)
		if (dup2(high[i], i) < 0)
			return false;
	return true;
}

/* tunlab's own: SIGPIPE it ignores, SIGXFSZ too while it captures, and those that end it are caught, which
 * execve(2) sets back. */
static void set_back_signals(bool all)
{
	/* glibc keeps signals 32 and 33 to itself, and its posix_spawn(3) leaves them ignored in whoever
	 * started us. */
	static const unsigned long
		initial[8]; /* struct sigaction as the kernel has it: SIG_DFL, and no flag */
	sigset_t none;

	for (int number = 1; all && number < NSIG; number++)
		syscall(SYS_rt_sigaction, number, initial, NULL, NSIG / 8);
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* From the background, where a new process group is, taking the terminal would stop it. */
static const char *take_group(const struct program *program)
{
	sigset_t stop;

	if (program->session && setsid() < 0)
		return "setsid";
	if (!program->leads)
		return NULL;
	if (setpgid(0, 0))
		return "setpgid";
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (program->terminal)
		tcsetpgrp(program->terminal, getpid()); /* where it has just gone, so be it */
	return NULL;
}

/* A parent that has ended before this asked for its signal reads no report any more. */
static void ask_hangup(const struct program *program, int report)
{
	struct pollfd reader = { .fd = report };

	if (!program->hangup)
		return;
	prctl(PR_SET_PDEATHSIG, program->hangup);
	if (poll(&reader, 1, 0) == 1)
		_exit(127);
}

static void tell(int report, const char *what, int number)
{
	struct report failure = { .what = what, .number = number };

	write_whole(report, (const char *)&failure, sizeof failure);
}

static _Noreturn void become(const struct program *program, int report)
{
	const char *wrong = enter(program);

	if (!wrong && !take_streams(program->streams))
		wrong = "cannot hand over the standard streams";
	if (!wrong)
		wrong = take_group(program);
	if (!wrong) {
		ask_hangup(program, report);
		set_back_signals(program->session);
		/* The report is closed as the program begins, which tells that it has. */
		if (!program->inherits)
			syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
		environ = (char **)program->environment; /* whose PATH counts */
		execvp(program->arguments[0], program->arguments);
	}
	tell(report, wrong, errno);
	_exit(127);
}

/*
 * A process of its own enters the pid namespace, since one that a user namespace has made cannot be left
 * again, and its child is made its parent's.
 */
static _Noreturn void bear(const struct program *program, const int *ends)
{
	struct report born = { 0 };
	int report = ends[1];

	close(ends[0]);
	if (setns(program->in->pidns, CLONE_NEWPID)) {
		tell(report,
			errno == EINVAL ? "cannot enter the lab's pid namespace (from inside another lab)"
					: "cannot enter the lab's pid namespace",
			errno);
		_exit(0);
	}
	born.process = fork_with(CLONE_PARENT);
	if (!born.process)
		become(program, report);
	if (born.process > 0)
		write_whole(report, (const char *)&born, sizeof born);
	else
		tell(report, "fork", errno);
	_exit(0);
}

static void reap(pid_t process)
{
	while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Reads reports until the program runs, or has said why it does not: each is written at once. */
static struct error *hear(int reports, pid_t *process, int *number)
{
	struct error *error = NULL;
	struct report report;
	bool failed = false;
	ssize_t size;

	*process = 0;
	while ((size = read(reports, &report, sizeof report)) == (ssize_t)sizeof report ||
		(size < 0 && errno == EINTR)) {
		if (size < 0)
			continue;
		if (report.process) {
			*process = report.process;
			continue;
		}
		failed = true;
		*number = report.number;
		if (report.what)
			error = error_new(STATUS_UNABLE, report.number, "%s", report.what);
	}
	if (failed && *process)
		reap(*process);
	if (!failed && !*process)
		error = error_new(STATUS_UNABLE, 0, "a program could not be started");
	return error;
}

struct error *program_start(const struct program *program, pid_t *process, int *number)
{
	struct error *error = NULL;
	int ends[2];
	pid_t bearer;

	*number = 0;
	if (pipe2(ends, O_CLOEXEC))
		return error_new(STATUS_UNABLE, errno, "cannot start a program");
	bearer = fork();
	if (!bearer)
		bear(program, ends);
	if (bearer < 0)
		error = error_new(STATUS_UNABLE, errno, "fork");
	close(ends[1]);
	if (!error) {
		error = hear(ends[0], process, number);
		reap(bearer);
	}
	close(ends[0]);
	return error;
}
