/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return written == (ssize_t)strlen(text);
}

/* Root becomes nobody; in a user namespace that has no such user it stays who it is. */
static void become_ordinary(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return;
	/* Else its files in /proc would be root's, uid_map among them (proc(5)). */
	prctl(PR_SET_DUMPABLE, 1);
}

/* Moves into a user namespace whose root is the caller; 0, or how the trial ends. */
static int enter_user_namespace(void)
{
	char user[32], group[32];

	snprintf(user, sizeof user, "0 %u 1", geteuid());
	snprintf(group, sizeof group, "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER))
		return TRIAL_REFUSED;
	if (!write_file("/proc/self/setgroups", "deny") || !write_file("/proc/self/uid_map", user) ||
		!write_file("/proc/self/gid_map", group))
		return TRIAL_POWERLESS;
	return 0;
}

static _Noreturn void run_child(bool ordinary, int (*inside)(void *context), void *context)
{
	int status = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ordinary) {
		become_ordinary();
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user clears it */
		status = enter_user_namespace();
	}
	if (!status)
		status = inside(context);
	fflush(stdout);
	_exit(status);
}

static int fork_trial(bool ordinary, int (*inside)(void *context), void *context)
{
	int status;
	pid_t child;

	fflush(stdout);
	signal(SIGCHLD, SIG_DFL); /* whoever ignores it loses what waitpid says */
	child = fork();
	if (child < 0)
		return TRIAL_BROKEN;
	if (child == 0)
		run_child(ordinary, inside, context);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return TRIAL_BROKEN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : TRIAL_BROKEN;
}

int trial(int (*inside)(void *context), void *context)
{
	return fork_trial(false, inside, context);
}

int trial_as_ordinary_user(int (*inside)(void *context), void *context)
{
	return fork_trial(true, inside, context);
}
