/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/foreground.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct foreground {
	int terminal; /* the controlling one; -1: none */
	bool holds;   /* the own process group is in its foreground, or has lent that to the program's */
	bool known;   /* the modes are */
	struct termios modes;
	int signals; /* those that are passed on, and SIGCHLD, come from here */
	sigset_t before, waiting;
	bool leads;
	bool interrupted;
	pid_t process;
};

/* Those that tell of the process's own doing, and those that stop it, are not for the program. */
static void passed_signals(sigset_t *out)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGXCPU,
		SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU };

	sigfillset(out);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		sigdelset(out, own[i]);
}

static void stop_signals(sigset_t *out)
{
	sigemptyset(out);
	sigaddset(out, SIGTSTP);
	sigaddset(out, SIGTTIN);
	sigaddset(out, SIGTTOU);
}

/* The modes of the terminal before a program may have changed them. */
static void look(struct foreground *foreground)
{
	foreground->holds = foreground->terminal >= 0 && tcgetpgrp(foreground->terminal) == getpgrp();
	if (foreground->holds && !foreground->known)
		foreground->known = !tcgetattr(foreground->terminal, &foreground->modes);
}

/* From the background this would stop the process. */
static void lend(const struct foreground *foreground, pid_t group)
{
	sigset_t stops, before;

	stop_signals(&stops);
	sigprocmask(SIG_BLOCK, &stops, &before);
	tcsetpgrp(foreground->terminal, group);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void take_back(const struct foreground *foreground)
{
	if (foreground->holds && tcgetpgrp(foreground->terminal) != getpgrp())
		lend(foreground, getpgrp());
}

/* After a stop. An interactive shell that left its caller's process group wants the terminal again. */
static void go_on(struct foreground *foreground)
{
	pid_t group = getpgid(foreground->process);

	look(foreground);
	if (foreground->holds && group > 0 && group != getpgrp())
		lend(foreground, group);
	kill(foreground->leads ? -foreground->process : foreground->process, SIGCONT);
}

static void pass_on_signals(struct foreground *foreground)
{
	struct signalfd_siginfo info;

	while (read(foreground->signals, &info, sizeof info) == sizeof info) {
		int number = (int)info.ssi_signo;
		/* When a terminal goes, only the leader of its session is told. */
		bool terminals = info.ssi_code == SI_KERNEL && !foreground->leads && number != SIGHUP;

		if (number == SIGCONT)
			go_on(foreground);
		else if (terminals)
			foreground->interrupted |= number == SIGINT;
		else if (number != SIGCHLD)
			kill(foreground->process, number);
	}
}

/*
 * The program was stopped by NUMBER. So is the calling process, where a shell waits for that: it has job
 * control, so the process group is not its own, and the program is one that it reads the terminal for. Else
 * whoever stopped it goes on with it, and nobody would with us. SIGTSTP and its like are blocked but while
 * waiting: the terminal's own, which came to both, makes one stop with this one; and when the shell goes on
 * with both, SIGCONT is there before anything is looked at.
 */
static void stop_too(struct foreground *foreground, int number)
{
	sigset_t pending;

	sigpending(&pending);
	if (foreground->terminal < 0 || !isatty(STDIN_FILENO) || getpgrp() == getsid(0) ||
		sigismember(&pending, SIGCONT))
		return;
	take_back(foreground);
	kill(getpid(), number);
}

static int wait_for_end(struct foreground *foreground)
{
	struct pollfd signals = { .fd = foreground->signals, .events = POLLIN };
	int status = 0;

	for (;;) {
		pid_t changed;

		pass_on_signals(foreground);
		changed = waitpid(foreground->process, &status, WNOHANG | WUNTRACED);
		if (changed && !WIFSTOPPED(status))
			return status;
		if (changed)
			stop_too(foreground, WSTOPSIG(status));
		ppoll(&signals, 1, NULL, &foreground->waiting);
	}
}

static struct error *begin(struct foreground *foreground, struct program *program)
{
	sigset_t passed, stops;

	passed_signals(&passed);
	stop_signals(&stops);
	foreground->signals = signalfd(-1, &passed, SFD_NONBLOCK | SFD_CLOEXEC);
	if (foreground->signals < 0)
		return error_new(STATUS_UNABLE, errno, "signalfd");
	sigprocmask(SIG_BLOCK, &passed, &foreground->before);
	/* A group of its own would be stopped alone while it starts, and be waited for. */
	if (foreground->leads)
		sigprocmask(SIG_BLOCK, &stops, NULL);
	foreground->terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	look(foreground);
	program->leads = foreground->leads;
	program->terminal = foreground->holds ? foreground->terminal : 0;
	program->hangup = SIGHUP;
	return NULL;
}

static int run(struct foreground *foreground)
{
	sigset_t stops;
	int status;

	stop_signals(&stops);
	sigprocmask(SIG_BLOCK, &stops, NULL);
	sigprocmask(SIG_BLOCK, NULL, &foreground->waiting);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&stops, number) == 1)
			sigdelset(&foreground->waiting, number);
	status = wait_for_end(foreground);
	take_back(foreground);
	if (WIFSIGNALED(status) && foreground->holds && foreground->known)
		tcsetattr(foreground->terminal, TCSANOW, &foreground->modes);
	return status;
}

struct error *foreground_run(struct program *program, bool leads, struct ending *out)
{
	struct foreground foreground = { .terminal = -1, .leads = leads };
	struct error *error = begin(&foreground, program);

	*out = (struct ending) { 0 };
	if (error)
		return error;
	error = program_start(program, &foreground.process, &out->number);
	if (!error && !out->number)
		out->status = run(&foreground);
	else
		take_back(&foreground);
	out->interrupted =
		foreground.interrupted && WIFSIGNALED(out->status) && WTERMSIG(out->status) == SIGINT;
	close(foreground.signals);
	if (foreground.terminal >= 0)
		close(foreground.terminal);
	sigprocmask(SIG_SETMASK, &foreground.before, NULL);
	return error;
}
