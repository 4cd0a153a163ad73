/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/sleeper.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOKS = 1000,	   /* that find nothing, after one that found something, before it sleeps */
	BEGIN = 200000,	   /* nanoseconds of margin, before anything is known */
	LEAST = 20000,	   /* nanoseconds of margin */
	MOST = 400000,	   /* nanoseconds of margin */
	SOON = 5000000,	   /* nanoseconds: who is due so soon gives the processor to nobody */
	SHORT = 10000,	   /* nanoseconds that are not worth a sleep */
	SLICE = 100000,	   /* nanoseconds: the least that the kernel takes */
	AWAY = 10000,	   /* nanoseconds for which the processor was somebody else's */
	PATIENCE = 64,	   /* waits, after that, in which nobody looks without sleeping */
	MILLION = 1000000, /* nanoseconds in a millisecond */
};

uint64_t sleeper_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The kernel's struct sched_attr in its first version: libraries have it not, or in different headers. */
struct scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/*
 * Who asks for short slices is preferred when it is woken (EEVDF, Linux 6.12). An older kernel takes it for
 * what is so anyway.
 */
static void ask_for_short_slices(void)
{
	struct scheduling attributes = { .size = sizeof(attributes) };

	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) < 0 ||
		attributes.policy != SCHED_OTHER)
		return;
	attributes.runtime = SLICE;
	syscall(SYS_sched_setattr, 0, &attributes, 0);
}

void sleeper_open(struct sleeper *sleeper, int epoll)
{
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	ask_for_short_slices();
	*sleeper = (struct sleeper) {
		.epoll = epoll,
		.statistics = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC),
		.margin = BEGIN,
	};
}

void sleeper_measure(struct sleeper *sleeper)
{
	sleeper_starved(sleeper);
}

void sleeper_close(struct sleeper *sleeper)
{
	if (sleeper->statistics >= 0)
		close(sleeper->statistics);
	sleeper->statistics = -1;
}

/* Three numbers: nanoseconds that it ran, nanoseconds that it waited for a processor, and how often it ran.
 */
uint64_t sleeper_starved(struct sleeper *sleeper)
{
	char text[80], *end;
	ssize_t length;
	uint64_t before = sleeper->starved;

	if (sleeper->statistics < 0)
		return 0;
	length = pread(sleeper->statistics, text, sizeof(text) - 1, 0);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	strtoull(text, &end, 10);
	sleeper->starved = strtoull(end, NULL, 10);
	return sleeper->starved - before;
}

/* Whoever answers may have to run on this very processor. Returns whether somebody did. */
static bool give_way(void)
{
	uint64_t before = sleeper_now();

	sched_yield();
	return sleeper_now() > before + AWAY;
}

/*
 * Where there was something to do there soon is more, and to be woken takes longer than to look again some
 * hundred times (0.3 us each). A relay that has had nothing to do for as long sleeps: idle it costs nothing.
 * So it does where others want its processor: who gives way loses the rest of its turn (sched_yield(2)), and
 * would soon be the last to run, while who slept is among the first.
 */
static int look(struct sleeper *sleeper, struct epoll_event *events, int room)
{
	int count = 0;

	if (sleeper->patience) {
		sleeper->patience--;
		return 0;
	}
	for (unsigned i = 0; !count && i < LOOKS && !sleeper->patience; i++) {
		if (i % 8 == 0 && give_way())
			sleeper->patience = PATIENCE;
		count = epoll_wait(sleeper->epoll, events, room, 0);
	}
	return count;
}

/* Nanoseconds by which the kernel lets epoll's timers be late, to join them with others: select(2) does so,
 * too. */
static uint64_t slack(uint64_t time)
{
	return time / 1000;
}

static void learn(struct sleeper *sleeper, uint64_t late)
{
	if (late > sleeper->margin)
		sleeper->margin += sleeper->margin / 4;
	else
		sleeper->margin -= sleeper->margin / 64;
	if (sleeper->margin < LEAST)
		sleeper->margin = LEAST;
	if (sleeper->margin > MOST)
		sleeper->margin = MOST;
}

/* Sleeps until about the margin before a moment that is TIME away. */
static int doze(struct sleeper *sleeper, struct epoll_event *events, int room, uint64_t now, uint64_t time)
{
	uint64_t until = now + time - sleeper->margin - slack(time);
	struct timespec rest = {
		.tv_sec = (time_t)((until - now) / 1000000000),
		.tv_nsec = (long)((until - now) % 1000000000),
	};
	int count = epoll_pwait2(sleeper->epoll, events, room, &rest, NULL);

	if (count == 0) {
		uint64_t late = sleeper_now() - until;

		learn(sleeper, late > slack(time) ? late - slack(time) : 0);
	}
	return count;
}

static int wait_until(struct sleeper *sleeper, struct epoll_event *events, int room, uint64_t due)
{
	uint64_t now;
	int count = 0;

	while (!count && (now = sleeper_now()) < due) {
		uint64_t time = due - now;

		if (time > sleeper->margin + slack(time) + SHORT)
			count = doze(sleeper, events, room, now, time);
		else
			count = epoll_wait(sleeper->epoll, events, room, 0);
	}
	return count;
}

static int wait_on(struct sleeper *sleeper, struct epoll_event *events, int room, uint64_t due, int timeout)
{
	uint64_t now, end;
	int count = 0;

	if (due == SLEEPER_NEVER) {
		if (sleeper->awake)
			count = look(sleeper, events, room);
		return count ? count : epoll_wait(sleeper->epoll, events, room, timeout);
	}
	now = sleeper_now();
	end = timeout < 0 ? SLEEPER_NEVER : now + (uint64_t)timeout * MILLION;
	if (sleeper->awake && due > now + SOON)
		count = look(sleeper, events, room);
	return count ? count : wait_until(sleeper, events, room, due < end ? due : end);
}

int sleeper_wait(struct sleeper *sleeper, struct epoll_event *events, int room, uint64_t due, int timeout)
{
	int count = epoll_wait(sleeper->epoll, events, room, 0);

	if (!count && timeout)
		count = wait_on(sleeper, events, room, due, timeout);
	sleeper->awake = count > 0;
	return count;
}
