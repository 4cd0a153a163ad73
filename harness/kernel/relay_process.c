/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/relay_process.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forwarder/protocol.h"
#include "kernel/loop.h"

enum { LOOK_NANOSECONDS = 500000 }; /* that we look before we sleep: it ends in about 0.2 ms */

/* The new process has no blocked and no ignored signals. */
static int spawn(const char *path, int control, int errors, pid_t *process)
{
	char name[] = "tunlab-relay";
	char *const arguments[] = { name, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, ignored;
	int number;

	sigemptyset(&none);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGCHLD);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &ignored);
	posix_spawn_file_actions_init(&actions);
	number = posix_spawn_file_actions_adddup2(&actions, control, RELAY_CONTROL_FD);
	if (!number && errors >= 0)
		number = posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
	if (!number)
		number = posix_spawn(process, path, &actions, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return number;
}

struct error *relay_process_start(struct relay_process *process, int control, int errors)
{
	static const char *const places[] = { "tunlab-relay", "../libexec/tunlab/tunlab-relay" };
	char self[PATH_MAX];
	char path[PATH_MAX + 64];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	int number = ENOENT;

	if (length < 0)
		return error_new(STATUS_UNABLE, errno,
			"cannot look for tunlab-relay beside this program: /proc/self/exe");
	self[length] = '\0';
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; number == ENOENT && i < sizeof places / sizeof places[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", self, places[i]);
		number = spawn(path, control, errors, &process->id);
	}
	if (number == ENOENT)
		return error_new(STATUS_UNABLE, 0, "there is no tunlab-relay: looked for %s/%s and %s/%s",
			self, places[0], self, places[1]);
	return number ? error_new(STATUS_UNABLE, number, "cannot start %s", path) : NULL;
}

/* Looks for a while whether the process has ended, which is quicker than being woken. */
static bool reap_soon(struct relay_process *process)
{
	const uint64_t until = loop_now() + LOOK_NANOSECONDS;
	pid_t ended = waitpid(process->id, &process->status, WNOHANG);

	while (!ended && loop_now() < until) {
		sched_yield(); /* it may have to run on this very processor */
		ended = waitpid(process->id, &process->status, WNOHANG);
	}
	process->reaped = ended == process->id;
	return process->reaped;
}

bool relay_process_reap(struct relay_process *process)
{
	if (reap_soon(process))
		return true;

	int fd = (int)syscall(SYS_pidfd_open, process->id, 0);
	bool ended = fd < 0 || loop_await(fd, loop_now() + RELAY_END_MILLISECONDS * 1000000ULL);

	if (fd >= 0)
		close(fd);
	if (!ended)
		kill(process->id, SIGKILL);
	while (waitpid(process->id, &process->status, 0) < 0) {
		if (errno == EINTR)
			continue;
		process->status = -1; /* ECHILD: SIGCHLD is ignored, as some start their children */
		break;
	}
	process->reaped = true;
	return ended;
}

static struct error *death_by_signal(int number, const char *forbidden)
{
	if (number != SIGSYS)
		return error_new(STATUS_UNABLE, 0, "the relay died (signal %d)", number);
	return error_new(STATUS_UNABLE, 0, "the relay died (signal %d, SIGSYS)%s%s", number,
		*forbidden ? ": forbidden call " : "", forbidden);
}

struct error *relay_process_death(const struct relay_process *process, const char *forbidden)
{
	if (process->status == -1)
		return error_new(STATUS_UNABLE, 0, "the relay died");
	if (WIFSIGNALED(process->status))
		return death_by_signal(WTERMSIG(process->status), forbidden);
	return error_new(STATUS_UNABLE, 0, "the relay died (exit status %d)", WEXITSTATUS(process->status));
}
