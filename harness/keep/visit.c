/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/visit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keep/client.h"
#include "kernel/foreground.h"
#include "kernel/pidns.h"
#include "kernel/shell.h"
#include "lab/arena.h"

enum { EXIT_UNUSABLE = 126, EXIT_NOT_FOUND = 127 };

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1))
		memory_exhausted();
}

/* Where the program is. */
static void set_names(const struct visit *visit)
{
	set("TUNLAB_LAB", visit->lab);
	set("TUNLAB_NS", visit->netns);
}

static struct error *gone(const struct visit *visit)
{
	return error_new(STATUS_UNABLE, 0, "the lab %s has gone", visit->lab);
}

/* The program is there, but not what its first line names. */
static bool lacks_interpreter(const char *name)
{
	return strchr(name, '/') && !access(name, F_OK);
}

static int not_started(const char *name, int number, struct error **error)
{
	if (number != ENOENT) {
		*error = error_new(STATUS_WRONG, number, "exec: %s", name);
		return EXIT_UNUSABLE;
	}
	*error = error_new(STATUS_WRONG, 0, "exec: %s%s", name,
		lacks_interpreter(name) ? ": its interpreter is not found" : ": not found");
	return EXIT_NOT_FOUND;
}

static int exit_status(const struct visit *visit, const struct program *program, const struct ending *ending,
	struct error **error)
{
	if (ending->number)
		return not_started(program->arguments[0], ending->number, error);
	if (WIFEXITED(ending->status))
		return WEXITSTATUS(ending->status);
	if (WTERMSIG(ending->status) == SIGKILL && pidns_ended(program->in->pidns))
		*error = gone(visit);
	return 128 + WTERMSIG(ending->status);
}

static void interrupt(void)
{
	sigset_t own;

	sigemptyset(&own);
	sigaddset(&own, SIGINT);
	signal(SIGINT, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &own, NULL);
	raise(SIGINT);
}

static int run(const struct visit *visit, struct program *program, bool leads, struct error **error)
{
	struct ending ending;
	int status;

	*error = foreground_run(program, leads, &ending);
	if (*error && pidns_ended(program->in->pidns)) {
		error_free(*error);
		*error = gone(visit);
	}
	status = *error ? (int)(*error)->status : exit_status(visit, program, &ending, error);
	if (ending.interrupted && visit->interrupts)
		interrupt();
	return status;
}

static int enter(const struct visit *visit, char *const *arguments, bool leads, struct error **error)
{
	struct entrance entrance;
	struct program program = { .in = &entrance.in,
		.arguments = arguments,
		.environment = environ,
		.streams = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
		.inherits = true };
	int status;

	*error = client_enter(visit->lab, visit->netns, &entrance);
	status = *error ? (int)(*error)->status : run(visit, &program, leads, error);
	client_leave(&entrance);
	return status;
}

int visit_program(const struct visit *visit, struct error **error)
{
	set_names(visit);
	return enter(visit, visit->arguments, false, error);
}

/* As shells decide it. */
static bool is_interactive(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

int visit_shell(const struct visit *visit, struct error **error)
{
	struct arena *arena = arena_open();
	bool interactive = is_interactive();
	int status;

	set_names(visit);
	status = enter(visit, shell_arguments(arena, visit->arguments, interactive), interactive, error);
	arena_close(arena);
	return status;
}
