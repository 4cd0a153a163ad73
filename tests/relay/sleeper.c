/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the relay waits: never too short, and ready for what comes meanwhile. */
#include "forwarder/sleeper.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tap.h"

#define MILLISECOND 1000000ULL

static struct sleeper sleeper;
static struct epoll_event events[4];

/* How late a wait for TIME nanoseconds ends, in nanoseconds; negative: before its time. */
static int64_t lateness(uint64_t time)
{
	uint64_t due = sleeper_now() + time;
	int count = sleeper_wait(&sleeper, events, 4, due, -1);

	return count == 0 ? (int64_t)(sleeper_now() - due) : -1;
}

static void moments(void)
{
	static const uint64_t times[] = { 0, 1, 1000, 50000, 300000, MILLISECOND, 10 * MILLISECOND };
	unsigned early = 0, exact = 0, all = 0;

	for (unsigned i = 0; i < 10; i++) {
		for (size_t j = 0; j < sizeof(times) / sizeof(times[0]); j++) {
			int64_t late = lateness(times[j]);

			all++;
			early += late < 0;
			exact += late >= 0 && late < 50000;
		}
	}
	tap_ok(early == 0, "of %u waits for a moment none ends before it", all);
	tap_ok(exact > 0, "and %u within 50 us", exact);
	tap_ok(sleeper.margin >= 20000 && sleeper.margin <= 400000, "awake %llu us before",
		(unsigned long long)sleeper.margin / 1000);
}

static void timeouts(void)
{
	uint64_t begin = sleeper_now();

	tap_ok(sleeper_wait(&sleeper, events, 4, SLEEPER_NEVER, 3) == 0 &&
			sleeper_now() >= begin + 3 * MILLISECOND,
		"a timeout without a moment");
	begin = sleeper_now();
	tap_ok(sleeper_wait(&sleeper, events, 4, begin + 3600ULL * 1000 * MILLISECOND, 3) == 0 &&
			sleeper_now() >= begin + 3 * MILLISECOND,
		"a timeout before a moment");
	begin = sleeper_now();
	tap_ok(sleeper_wait(&sleeper, events, 4, begin + 3600ULL * 1000 * MILLISECOND, 0) == 0,
		"no timeout is no wait");
}

/* An hour ahead, but something is there to be read. */
static void interrupted(int event)
{
	uint64_t due = sleeper_now() + 3600ULL * 1000 * MILLISECOND, value = 1;

	if (write(event, &value, sizeof(value)) != sizeof(value))
		tap_ok(false, "write");
	tap_ok(sleeper_wait(&sleeper, events, 4, due, -1) == 1, "what comes before the moment ends the wait");
	tap_ok(sleeper.awake, "and more is expected soon");
	if (read(event, &value, sizeof(value)) != sizeof(value))
		tap_ok(false, "read");
	tap_ok(lateness(MILLISECOND) >= 0 && !sleeper.awake, "or not");
}

/* Nobody starves of having slept. */
static void starved(void)
{
	uint64_t begin, away, told;

	if (sleeper.statistics < 0) {
		tap_skip("this kernel has no /proc/self/schedstat");
		return;
	}
	sleeper_starved(&sleeper);
	begin = sleeper_now();
	for (volatile unsigned i = 0; i < 1000000; i++)
		;
	sleeper_wait(&sleeper, events, 4, SLEEPER_NEVER, 5);
	told = sleeper_starved(&sleeper);
	away = sleeper_now() - begin;
	tap_ok(told < away, "it was starved for %llu us of %llu", (unsigned long long)told / 1000,
		(unsigned long long)away / 1000);
}

/* A process that never sleeps, on this very processor. */
static pid_t compete(void)
{
	const pid_t parent = getpid();
	pid_t child;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	child = fork();
	while (child == 0 && getppid() == parent)
		;
	if (child == 0)
		_exit(0);
	return child;
}

static void contended(void)
{
	cpu_set_t before;
	pid_t other;
	unsigned waits = 0;

	sched_getaffinity(0, sizeof(before), &before);
	other = compete();
	while (!sleeper.patience && waits++ < 1000) {
		sleeper.awake = true;
		sleeper_wait(&sleeper, events, 4, SLEEPER_NEVER, 1);
	}
	tap_ok(sleeper.patience, "where others want its processor it does not look without sleeping");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	sched_setaffinity(0, sizeof(before), &before);
}

int main(void)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct epoll_event readable = { .events = EPOLLIN };

	if (epoll < 0 || event < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, event, &readable) < 0) {
		printf("Bail out! %s\n", strerror(errno));
		return 1;
	}
	sleeper_open(&sleeper, epoll);
	sleeper_measure(&sleeper);
	tap_ok(prctl(PR_GET_TIMERSLACK) == 1, "timers have no slack");
	moments();
	timeouts();
	interrupted(event);
	starved();
	contended();
	sleeper_close(&sleeper);
	tap_ok(sleeper_starved(&sleeper) == 0, "who cannot look says nothing");
	close(event);
	close(epoll);
	return tap_done();
}
