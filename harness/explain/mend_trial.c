/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/mend_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explain/watch.h"

/* What all processes see. */
struct board {
	atomic_size_t next; /* the first that nobody has taken */
	uint8_t ends[];	    /* enum trial_end, of each */
};

/* A process that tries. */
struct worker {
	struct gang *gang;
	pid_t process; /* 0: none */
	struct watch end;
};

struct gang {
	const struct trials *trials;
	const struct trial *at;
	size_t count;
	struct board *board;
	struct worker *workers;
	size_t worker_count, alive;
	struct timer deadline;
	bool over; /* the time is up, or nobody could be started */
	struct error *error;
};

/* A copy of the lab in a process of its own. */
struct copy {
	const struct gang *gang;
	struct loop *loop;
	struct site *site;
};

static void built(void *context, const struct site *site)
{
	(void)context;
	(void)site;
}

static bool ended(void *context, const struct verdict *verdict)
{
	*(bool *)context = verdict->passed;
	return true;
}

/* Whether the step passes; what the harness could not do counts as not. WATCH (NULL: nobody does) says
 * whether silence has the cause that is expected. */
static bool passes_as(const struct copy *copy, const struct step *step, const struct run_watch *watch)
{
	const struct run_options options = { .unexplained = !watch, .stays = watch, .allow_exec = true };
	bool passed = false;
	const struct run_listener listener = {
		.built = built, .ended = ended, .watch = watch, .context = &passed
	};
	size_t failed = 0;
	struct error *error = run_steps(copy->site, step, 1, &options, &listener, &failed, NULL);
	bool whole = !error;

	error_free(error);
	return whole && passed;
}

static bool passes(const struct copy *copy, const struct step *step)
{
	return passes_as(copy, step, NULL);
}

/* Whether the step ends as it shall. */
static bool wanted_passes(const struct copy *copy)
{
	struct explanation explanation = { .file = -1 };
	const struct run_watch watch = explain_watch(&explanation);
	const struct trials *trials = copy->gang->trials;

	return passes_as(copy, trials->wanted, trials->caused ? &watch : NULL);
}

static bool build(struct copy *copy)
{
	const struct lab *lab = copy->gang->trials->lab;
	struct error *error = loop_open(&copy->loop);

	if (!error)
		error = site_open(lab, copy->loop, -1, &copy->site);
	if (!error)
		error = site_apply(copy->site, plan_lab(copy->site->arena, lab));
	return !error;
}

static bool earlier_pass(const struct copy *copy)
{
	const struct trials *trials = copy->gang->trials;
	size_t before = trials->wanted->number - 1;

	for (size_t i = 0; i < before; i++)
		if (!(trials->skipped && trials->skipped[i]) && !passes(copy, &trials->earlier[i]) &&
			trials->passed[i])
			return false;
	return true;
}

/* Reads a step; NULL: the lab cannot have it. */
static const struct step *read_step(const struct copy *copy, const char *words)
{
	struct lab *lab = (struct lab *)copy->gang->trials->lab;
	struct text *text = arena_take(lab->arena, sizeof *text);
	FILE *nowhere = fopen("/dev/null", "we");
	struct step *steps = NULL;
	size_t count = 0;
	enum status status;

	*text = (struct text) { .file = "change", .bytes = words, .length = strlen(words) };
	if (!nowhere)
		return NULL;
	status = lab_extend(lab, text, NULL, NULL, nowhere, &steps, &count);
	fclose(nowhere);
	return status == STATUS_PASSED && count ? steps : NULL;
}

static enum trial_end try_from_start(struct copy *copy, const struct trial *trial)
{
	const struct step *change = read_step(copy, trial->change);

	if (!change || !build(copy) || !passes(copy, change))
		return TRIAL_REFUSED;
	if (!earlier_pass(copy))
		return TRIAL_EARLIER;
	return wanted_passes(copy) ? TRIAL_HELPS : TRIAL_USELESS;
}

/* *AGAIN: the copy is as it was. */
static enum trial_end try_late(struct copy *copy, const struct trial *trial, bool *again)
{
	const struct trials *trials = copy->gang->trials;
	const struct step *change = read_step(copy, trial->change),
			  *undo = trial->undo ? read_step(copy, trial->undo) : NULL;
	enum trial_end end;

	*again = false;
	if (!copy->site && !(build(copy) && earlier_pass(copy)))
		return TRIAL_REFUSED;
	if (!change || !passes(copy, change)) {
		*again = !change || undo;
		return TRIAL_REFUSED;
	}
	end = wanted_passes(copy) ? TRIAL_HELPS : TRIAL_USELESS;
	if (end == TRIAL_USELESS || trials->silences)
		*again = undo && !trials->fresh && !trials->caused && passes(copy, undo);
	return end;
}

/* It hears the signals that the parent only notes, says nothing, and does not outlive the parent; so that
 * what it has of the parent's descriptors holds nothing longer. */
static void settle_in(pid_t parent)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;
	int null;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	sigaction(SIGINT, &plain, NULL);
	sigaction(SIGTERM, &plain, NULL);
	sigaction(SIGHUP, &plain, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}

static size_t take(struct board *board)
{
	return atomic_fetch_add(&board->next, 1);
}

static _Noreturn void work(const struct gang *gang, pid_t parent)
{
	struct copy copy = { .gang = gang };
	bool again = true;

	settle_in(parent);
	for (size_t i = take(gang->board); again && i < gang->count; i = again ? take(gang->board) : 0) {
		const struct trial *trial = &gang->at[i];

		again = false;
		gang->board->ends[i] = (uint8_t)(trial->from_start ? try_from_start(&copy, trial)
								   : try_late(&copy, trial, &again));
	}
	_exit(0);
}

static struct error *start(struct worker *worker)
{
	struct gang *gang = worker->gang;
	pid_t parent = getpid();

	worker->process = fork();
	if (worker->process == 0)
		work(gang, parent);
	if (worker->process < 0) {
		worker->process = 0;
		return error_new(STATUS_UNABLE, errno, "fork");
	}
	gang->alive++;
	worker->end.fd = (int)syscall(SYS_pidfd_open, worker->process, 0);
	if (worker->end.fd < 0)
		return error_new(STATUS_UNABLE, errno, "pidfd_open");
	return loop_add(gang->trials->loop, &worker->end);
}

static void reap(struct worker *worker)
{
	if (!worker->process)
		return;
	loop_remove(worker->gang->trials->loop, &worker->end);
	if (worker->end.fd >= 0)
		close(worker->end.fd);
	worker->end.fd = -1;
	while (waitpid(worker->process, NULL, 0) < 0 && errno == EINTR)
		;
	worker->process = 0;
	worker->gang->alive--;
}

/* Another takes its place while something is left to do. */
static void worker_ended(struct watch *watch, uint32_t events)
{
	struct worker *worker = watch->owner;
	struct gang *gang = worker->gang;

	(void)events;
	reap(worker);
	if (!gang->error && !gang->over && gang->board->next < gang->count)
		gang->error = start(worker);
	if (!gang->alive || gang->error)
		loop_end(gang->trials->loop);
}

static void time_is_up(struct timer *timer)
{
	struct gang *gang = timer->owner;

	gang->over = true;
	loop_end(gang->trials->loop);
}

static void end_all(struct gang *gang)
{
	for (size_t i = 0; i < gang->worker_count; i++)
		if (gang->workers[i].process)
			kill(gang->workers[i].process, SIGKILL);
	for (size_t i = 0; i < gang->worker_count; i++)
		reap(&gang->workers[i]);
}

static struct error *run_gang(struct gang *gang)
{
	struct loop *loop = gang->trials->loop;
	struct error *error = NULL;

	fflush(NULL);
	gang->deadline = (struct timer) { .due = time_is_up, .owner = gang };
	loop_set(loop, &gang->deadline, gang->trials->deadline);
	for (size_t i = 0; !gang->error && i < gang->worker_count; i++)
		gang->error = start(&gang->workers[i]);
	while (!error && !gang->error && gang->alive && !gang->over && !loop_signal(loop))
		error = loop_run(loop);
	loop_unset(loop, &gang->deadline);
	end_all(gang);
	if (!error)
		error = gang->error;
	else
		error_free(gang->error);
	if (!error && loop_signal(loop))
		error = error_new(STATUS_UNABLE, EINTR, "trying changes was interrupted");
	return error;
}

struct error *trials_run(const struct trials *trials, struct trial *at, size_t count)
{
	size_t size = sizeof(struct board) + count;
	struct gang gang = { .trials = trials, .at = at, .count = count };
	struct error *error;

	if (!count)
		return NULL;
	gang.board = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (gang.board == MAP_FAILED)
		return error_new(STATUS_UNABLE, errno, "mmap");
	gang.worker_count = trials->jobs < count ? trials->jobs : count;
	gang.workers = calloc(gang.worker_count, sizeof *gang.workers);
	if (!gang.workers)
		memory_exhausted();
	for (size_t i = 0; i < gang.worker_count; i++) {
		struct worker *worker = &gang.workers[i];

		worker->gang = &gang;
		worker->end = (struct watch) {
			.fd = -1, .events = EPOLLIN, .ready = worker_ended, .owner = worker
		};
	}
	error = run_gang(&gang);
	for (size_t i = 0; i < count; i++)
		at[i].end = gang.board->ends[i];
	free(gang.workers);
	munmap(gang.board, size);
	return error;
}
