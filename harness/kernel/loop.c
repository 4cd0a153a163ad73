/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "lab/arena.h"

enum { EVENTS = 64 }; /* of one round; what is more waits for the next */

static const uint64_t SECOND = 1000000000;
static const uint64_t WAKING = 2000000; /* nanoseconds that it may take to be woken for a timer */
static const uint64_t LOOK = 200000;	/* nanoseconds of looking before sleeping */

struct loop {
	int epoll;
	bool running, ended;
	bool catching; /* the signals are blocked, but for those in "waiting" */
	sigset_t waiting;
	struct timer *first;
	uint64_t lag;	/* of loop_lag, up to the last round */
	uint64_t round; /* the moment that this round of timers is for; 0: none is on */
	struct epoll_event events[EVENTS];
	int at, count; /* the events of this round, from "at" on, are still to be handled */
};

/* The signals that end the program, and the first of them that came: a process has one handler for each. */
static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
enum { ENDING = sizeof ending / sizeof ending[0] };
static volatile sig_atomic_t caught;

static void note_signal(int number)
{
	if (!caught)
		caught = number;
}

struct error *loop_open(struct loop **out)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		memory_exhausted();
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		int number = errno;

		free(loop);
		return error_new(STATUS_UNABLE, number, "epoll_create1");
	}
	*out = loop;
	return NULL;
}

void loop_close(struct loop *loop)
{
	if (!loop)
		return;
	close(loop->epoll);
	free(loop);
}

static struct error *control(struct loop *loop, int operation, struct watch *watch)
{
	struct epoll_event event = { .events = watch->events, .data.ptr = watch };

	if (epoll_ctl(loop->epoll, operation, watch->fd, &event) < 0)
		return error_new(STATUS_UNABLE, errno, "cannot wait for descriptor %d", watch->fd);
	return NULL;
}

struct error *loop_add(struct loop *loop, struct watch *watch)
{
	struct error *error = control(loop, EPOLL_CTL_ADD, watch);

	watch->added = !error;
	return error;
}

struct error *loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
	watch->events = events;
	return control(loop, EPOLL_CTL_MOD, watch);
}

void loop_remove(struct loop *loop, struct watch *watch)
{
	if (!watch->added)
		return;
	watch->added = false;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = loop->at; i < loop->count; i++) {
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
	}
}

void loop_set(struct loop *loop, struct timer *timer, uint64_t at)
{
	struct timer **place = &loop->first;

	loop_unset(loop, timer);
	/* What a due timer sets for now is due in the next round: descriptors get their turn. */
	timer->at = at > loop->round ? at : loop->round + 1;
	while (*place && (*place)->at <= timer->at)
		place = &(*place)->next;
	timer->next = *place;
	timer->set = true;
	*place = timer;
}

void loop_unset(struct loop *loop, struct timer *timer)
{
	struct timer **place = &loop->first;

	if (!timer->set)
		return;
	while (*place != timer)
		place = &(*place)->next;
	*place = timer->next;
	timer->next = NULL;
	timer->set = false;
}

uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

bool loop_await(int fd, uint64_t until)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	uint64_t now;

	while ((now = loop_now()) < until) {
		if (poll(&wait, 1, (int)((until - now) / 1000000) + 1) > 0)
			return true;
	}
	return false;
}

/* Who loses the processor between two clocks reads them again. */
uint64_t loop_epoch(void)
{
	enum { APART = 5000 /* nanoseconds */, TRIES = 5 };
	struct timespec real = { 0 };
	uint64_t before, after = 0;

	for (int i = 0; i < TRIES; i++) {
		before = loop_now();
		clock_gettime(CLOCK_REALTIME, &real);
		after = loop_now();
		if (after - before < APART)
			break;
	}
	return (uint64_t)real.tv_sec * SECOND + (uint64_t)real.tv_nsec - after;
}

static uint64_t lag_at(const struct loop *loop, uint64_t now)
{
	return loop->first && loop->first->at + WAKING < now ? now - loop->first->at : 0;
}

uint64_t loop_lag(const struct loop *loop)
{
	return loop->lag + lag_at(loop, loop_now());
}

/*
 * Looks for events for a while, at most until the first timer is due: to be woken takes longer than most
 * answers do (50 to 1000 us where the processor has gone idle).
 */
static int look_for_events(struct loop *loop, uint64_t now)
{
	uint64_t until = now + LOOK;
	int count;

	if (loop->first && loop->first->at < until)
		until = loop->first->at;
	for (;;) {
		count = epoll_wait(loop->epoll, loop->events, EVENTS, 0);
		if (count || loop_now() >= until)
			return count;
		sched_yield(); /* the relay may have to run on this very processor */
	}
}

/* Waits for events until the first timer is due; returns as epoll_wait(2) does. */
static int wait_for_events(struct loop *loop, uint64_t now)
{
	const sigset_t *mask = loop->catching ? &loop->waiting : NULL;
	struct timespec span = { 0 };
	int milliseconds = -1;
	int count;

	if (loop->first && loop->first->at > now) {
		uint64_t left = loop->first->at - now;

		span.tv_sec = (time_t)(left / SECOND);
		span.tv_nsec = (long)(left % SECOND);
	}
	count = epoll_pwait2(loop->epoll, loop->events, EVENTS, loop->first ? &span : NULL, mask);
	if (count >= 0 || errno != ENOSYS)
		return count;

	/* Linux before 5.11. A day at most, so that it fits; the next round waits for the rest. */
	if (loop->first) {
		time_t seconds = span.tv_sec < 86400 ? span.tv_sec : 86400;

		milliseconds = (int)(seconds * 1000 + (span.tv_nsec + 999999) / 1000000);
	}
	return epoll_pwait(loop->epoll, loop->events, EVENTS, milliseconds, mask);
}

static void handle_events(struct loop *loop)
{
	while (loop->at < loop->count && !loop->ended) {
		const struct epoll_event *event = &loop->events[loop->at++];
		struct watch *watch = event->data.ptr;

		if (watch)
			watch->ready(watch, event->events);
	}
}

static void handle_timers(struct loop *loop, uint64_t now)
{
	loop->lag += lag_at(loop, now);
	loop->round = now;
	while (loop->first && loop->first->at <= now && !loop->ended) {
		struct timer *timer = loop->first;

		loop_unset(loop, timer);
		timer->due(timer);
	}
	loop->round = 0;
}

/*
 * The clock is read before the descriptors are looked at: a timer is due only after a look that began at its
 * moment or later. So what came in time is handled before its time-out, however late this process is itself.
 */
static struct error *run_round(struct loop *loop)
{
	uint64_t now = loop_now();
	int count = look_for_events(loop, now);

	if (!count)
		count = wait_for_events(loop, now = loop_now());
	if (count < 0 && errno == EINTR)
		return NULL;
	if (count < 0)
		return error_new(STATUS_UNABLE, errno, "epoll_pwait2");
	loop->at = 0;
	loop->count = count;
	handle_events(loop);
	loop->count = 0;
	handle_timers(loop, now);
	return NULL;
}

struct error *loop_run(struct loop *loop)
{
	struct error *error = NULL;

	assert(!loop->running);
	loop->running = true;
	loop->ended = false;
	while (!error && !loop->ended && !loop_signal(loop))
		error = run_round(loop);
	loop->running = false;
	return error;
}

void loop_end(struct loop *loop)
{
	loop->ended = true;
}

struct error *loop_catch_signals(struct loop *loop)
{
	struct sigaction note = { .sa_handler = note_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGPIPE);
	if (sigaction(SIGPIPE, &ignore, NULL) < 0)
		return error_new(STATUS_UNABLE, errno, "sigaction");
	for (size_t i = 0; i < ENDING; i++) {
		if (sigaction(ending[i], NULL, &before) < 0)
			return error_new(STATUS_UNABLE, errno, "sigaction");
		if (before.sa_handler == SIG_IGN) /* as by nohup(1) */
			continue;
		if (sigaction(ending[i], &note, NULL) < 0)
			return error_new(STATUS_UNABLE, errno, "sigaction");
		sigaddset(&block, ending[i]);
	}
	if (sigprocmask(SIG_BLOCK, &block, &loop->waiting) < 0)
		return error_new(STATUS_UNABLE, errno, "sigprocmask");
	/* They may have been blocked by whoever started this program. */
	for (size_t i = 0; i < ENDING; i++)
		sigdelset(&loop->waiting, ending[i]);
	loop->catching = true;
	return NULL;
}

/*
 * A blocked signal has come, too, even if its handler has not run yet: outside loop_run it cannot, and inside
 * it runs only where epoll_pwait2 finds nothing ready, which may be never.
 */
int loop_signal(const struct loop *loop)
{
	sigset_t pending;

	if (caught || !loop->catching || sigpending(&pending) < 0)
		return caught;
	for (size_t i = 0; i < ENDING; i++) {
		if (sigismember(&pending, ending[i]) > 0 && sigismember(&loop->waiting, ending[i]) == 0)
			return ending[i];
	}
	return 0;
}
