/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/birth.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/site.h"

static void close_others(int kept)
{
	if (kept > STDERR_FILENO + 1)
		syscall(SYS_close_range, STDERR_FILENO + 1, (unsigned)kept - 1, 0);
	syscall(SYS_close_range, (unsigned)kept + 1, ~0U, 0);
}

/* What the caller ignores, as a shell's background job does, must still end the lab. */
static void heed_signals(void)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
		signal(ending[i], SIG_DFL);
}

struct error *birth_give(struct birth *out)
{
	pid_t parent = getpid();
	int ends[2];

	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return error_new(STATUS_UNABLE, errno, "socketpair");
	out->child = fork();
	if (out->child < 0) {
		close(ends[0]);
		close(ends[1]);
		return error_new(STATUS_UNABLE, errno, "fork");
	}
	out->report = ends[out->child ? 0 : 1];
	if (out->child) {
		close(ends[1]);
		return NULL;
	}
	close_others(out->report);
	setsid();
	heed_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		_exit(STATUS_UNABLE);
	return NULL;
}

/* Of who called it: the streams, and the folder, whose file system could not be unmounted. */
static void forget_caller(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	fflush(NULL);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
	if (chdir("/"))
		return; /* then it is where it was */
}

void birth_report(struct birth *birth, const struct birth_report *report)
{
	fflush(NULL);
	if (report->kept) {
		stop_at("kept");
		forget_caller();
		prctl(PR_SET_PDEATHSIG, 0);
	}
	if (send(birth->report, report, sizeof *report, MSG_NOSIGNAL) < 0 && report->kept)
		raise(SIGTERM); /* nobody knows of the lab */
	close(birth->report);
	birth->report = -1;
}

static void heard(struct watch *watch, uint32_t events)
{
	struct loop *loop = watch->owner;

	(void)events;
	loop_end(loop);
}

static struct error *died(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return error_new(STATUS_UNABLE, 0, "the process that builds the lab died (signal %d)",
			WTERMSIG(status));
	return error_new(STATUS_UNABLE, 0,
		"the process that builds the lab ended without a word (exit status %d)", WEXITSTATUS(status));
}

struct error *birth_await(struct birth *birth, struct loop *loop, struct birth_report *out)
{
	struct watch watch = {
		.fd = birth->report, .events = EPOLLIN | EPOLLRDHUP, .ready = heard, .owner = loop
	};
	struct error *error = loop_add(loop, &watch);
	ssize_t size;

	if (!error)
		error = loop_run(loop);
	loop_remove(loop, &watch);
	if (loop_signal(loop) || error)
		kill(birth->child, error ? SIGTERM : loop_signal(loop));
	do
		size = recv(birth->report, out, sizeof *out, 0);
	while (size < 0 && errno == EINTR);
	close(birth->report);
	if (error)
		return error;
	if (size != (ssize_t)sizeof *out)
		return died(birth->child);
	if (out->kept && loop_signal(loop)) { /* it came while the child said so: the child heeds it now */
		out->kept = false;
		out->status = 128 + loop_signal(loop);
	}
	if (!out->kept)
		while (waitpid(birth->child, NULL, 0) < 0 && errno == EINTR)
			;
	return NULL;
}
