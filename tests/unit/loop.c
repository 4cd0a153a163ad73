/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: timers in order, removal inside callbacks, and signals. */
#include "kernel/loop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tap.h"

static const uint64_t MILLISECOND = 1000000;

static struct loop *loop;
static char trace[64]; /* a letter for each callback */

static void note(char letter)
{
	size_t length = strlen(trace);

	if (length < sizeof trace - 1)
		trace[length] = letter;
}

/* A timer or a descriptor with the letter that it leaves, and what it does then. */
struct actor {
	struct timer timer;
	struct watch watch;
	char letter;
	void (*act)(struct actor *actor);
	struct actor *other;
	int times;
};

static void due(struct timer *timer)
{
	struct actor *actor = timer->owner;

	note(actor->letter);
	if (actor->act)
		actor->act(actor);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct actor *actor = watch->owner;

	(void)events;
	note(actor->letter);
	if (actor->act)
		actor->act(actor);
}

static void setup(struct actor *actor, char letter, void (*act)(struct actor *actor))
{
	*actor = (struct actor) {
		.timer = { .due = due, .owner = actor },
		.watch = { .fd = -1, .events = EPOLLIN, .ready = ready, .owner = actor },
		.letter = letter,
		.act = act,
	};
}

static void open_watch(struct actor *actor, unsigned count)
{
	actor->watch.fd = eventfd(count, EFD_NONBLOCK | EFD_CLOEXEC);
	error_free(loop_add(loop, &actor->watch));
}

static void close_watch(struct actor *actor)
{
	loop_remove(loop, &actor->watch);
	close(actor->watch.fd);
}

/* Runs, and says which callbacks were called. */
static const char *run(void)
{
	struct error *error;

	memset(trace, 0, sizeof trace);
	error = loop_run(loop);
	if (error)
		printf("# %s\n", error->text);
	error_free(error);
	return trace;
}

static void end(struct actor *actor)
{
	(void)actor;
	loop_end(loop);
}

static void timers_in_order(void)
{
	static const struct {
		char letter;
		uint64_t after; /* milliseconds */
	} rows[] = { { 'c', 3 }, { 'a', 1 }, { 'e', 5 }, { 'b', 1 }, { 'd', 3 }, { 'z', 9 } };
	enum { COUNT = sizeof rows / sizeof rows[0] };
	struct actor actors[COUNT];
	uint64_t start = loop_now();

	for (size_t i = 0; i < COUNT; i++) {
		setup(&actors[i], rows[i].letter, rows[i].letter == 'e' ? end : NULL);
		loop_set(loop, &actors[i].timer, start + rows[i].after * MILLISECOND);
	}
	tap_is(run(), "abcde",
		"timers come by their moments, equal ones as they were set, and none after loop_end");
	tap_ok(loop_now() - start >= 5 * MILLISECOND, "none comes early");
	tap_ok(!actors[0].timer.set && actors[COUNT - 1].timer.set, "a due timer is not set any more");

	loop_set(loop, &actors[2].timer, start + 20 * MILLISECOND);
	loop_set(loop, &actors[2].timer, start + 6 * MILLISECOND);
	tap_is(run(), "e", "setting a timer again moves it");
	loop_unset(loop, &actors[COUNT - 1].timer);
	loop_unset(loop, &actors[COUNT - 1].timer);
}

static void unset_other(struct actor *actor)
{
	loop_unset(loop, &actor->other->timer);
}

static void again_at_once(struct actor *actor)
{
	if (++actor->times < 3)
		loop_set(loop, &actor->timer, 0);
	else
		loop_end(loop);
}

static void timers_inside_callbacks(void)
{
	struct actor a, b, c;

	setup(&a, 'a', unset_other);
	setup(&b, 'b', NULL);
	setup(&c, 'c', end);
	a.other = &b;
	loop_set(loop, &a.timer, 1);
	loop_set(loop, &b.timer, 2);
	loop_set(loop, &c.timer, 3);
	tap_is(run(), "ac", "a timer that an earlier one stops is not called");

	setup(&a, 'a', again_at_once);
	setup(&b, 'b', NULL);
	loop_set(loop, &a.timer, 0);
	open_watch(&b, 1);
	tap_is(run(), "bababa", "a timer that sets itself for the past leaves the descriptors their turn");
	close_watch(&b);
}

static void remove_other(struct actor *actor)
{
	close_watch(actor->other);
	close_watch(actor);
	loop_end(loop);
}

static void removal_inside_callbacks(void)
{
	struct actor a, b;

	setup(&a, 'x', remove_other);
	setup(&b, 'x', remove_other);
	a.other = &b;
	b.other = &a;
	open_watch(&a, 1);
	open_watch(&b, 1);
	tap_is(run(), "x", "of two ready descriptors, the one that the other removes is not called");
	tap_ok(!a.watch.added && !b.watch.added, "both are removed");
	loop_remove(loop, &a.watch);
}

static void changes(void)
{
	struct actor a, b;

	setup(&a, 'a', NULL);
	setup(&b, 'b', end);
	open_watch(&a, 1);
	error_free(loop_change(loop, &a.watch, 0));
	loop_set(loop, &b.timer, loop_now() + MILLISECOND);
	tap_is(run(), "b", "a watch for no events is not called");
	a.act = end;
	error_free(loop_change(loop, &a.watch, EPOLLOUT));
	tap_is(run(), "a", "a watch changed to what is ready is");
	close_watch(&a);

	a.watch.fd = -1;
	struct error *error = loop_add(loop, &a.watch);

	tap_ok(error && !a.watch.added, "a descriptor that is none: %s", error ? error->text : "no error");
	error_free(error);
}

/* A reply that is there beats its time-out, even if both are long overdue. */
static void reply_before_timeout(void)
{
	struct actor reply, timeout;

	setup(&reply, 'r', end);
	setup(&timeout, 't', end);
	loop_set(loop, &timeout.timer, loop_now() - 1);
	open_watch(&reply, 1);
	tap_is(run(), "r", "a descriptor that is ready comes before a timer that is due");
	close_watch(&reply);
	loop_unset(loop, &timeout.timer);
}

static void ending_outside(void)
{
	struct actor a;

	setup(&a, 'a', end);
	loop_set(loop, &a.timer, 0);
	loop_end(loop);
	tap_is(run(), "a", "loop_end outside of a run is lost");
}

/* What a signal does cannot be taken back, so each of these is a process of its own. */
static void in_child(int (*act)(void), int expected, const char *what)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		loop_close(loop);
		error_free(loop_open(&loop));
		_exit(act());
	}
	waitpid(child, &status, 0);
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == expected, "%s (wait status %#x)", what,
		(unsigned)status);
}

static void raise_term(struct actor *actor)
{
	(void)actor;
	raise(SIGTERM);
}

static int signal_by(void (*act)(struct actor *actor), bool busy)
{
	struct actor a, b;

	error_free(loop_catch_signals(loop));
	setup(&a, 'a', act);
	setup(&b, 'b', NULL);
	loop_set(loop, &a.timer, loop_now() + MILLISECOND);
	if (busy)
		open_watch(&b, 1);
	error_free(loop_run(loop));
	return loop_signal(loop);
}

static int signal_inside(void)
{
	return signal_by(raise_term, false);
}

static int signal_while_busy(void)
{
	return signal_by(raise_term, true);
}

static int signal_before(void)
{
	error_free(loop_catch_signals(loop));
	raise(SIGHUP);
	if (loop_signal(loop) != SIGHUP)
		return 0;
	error_free(loop_run(loop));
	return loop_signal(loop);
}

static int signal_from_outside(void)
{
	pid_t parent = getpid();
	pid_t child;

	error_free(loop_catch_signals(loop));
	child = fork();
	if (child == 0) {
		kill(parent, SIGINT);
		_exit(0);
	}
	error_free(loop_run(loop));
	waitpid(child, NULL, 0);
	return loop_signal(loop);
}

static int signal_ignored(void)
{
	struct actor a;

	signal(SIGHUP, SIG_IGN);
	error_free(loop_catch_signals(loop));
	raise(SIGHUP);
	raise(SIGPIPE);
	setup(&a, 'a', end);
	loop_set(loop, &a.timer, 0);
	error_free(loop_run(loop));
	return loop_signal(loop);
}

static int signal_was_blocked(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	return signal_from_outside();
}

int main(void)
{
	struct error *error = loop_open(&loop);

	if (!tap_ok(!error, "loop_open"))
		return tap_done();
	timers_in_order();
	timers_inside_callbacks();
	removal_inside_callbacks();
	changes();
	reply_before_timeout();
	ending_outside();
	tap_ok(loop_signal(loop) == 0, "no signal came");
	in_child(signal_inside, SIGTERM, "a signal inside a callback ends the run");
	in_child(signal_while_busy, SIGTERM, "and so it does while a descriptor is always ready");
	in_child(signal_before, SIGHUP, "a signal before the run ends it, and is known before");
	in_child(signal_from_outside, SIGINT, "a signal from another process ends a run that waits");
	in_child(signal_ignored, 0, "signals that were ignored stay ignored, and SIGPIPE is");
	in_child(signal_was_blocked, SIGINT, "signals that were blocked at the start are caught");
	loop_close(loop);
	return tap_done();
}
