/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the relay waits: for packets without end, and for a moment exactly.
 *
 * Whoever sleeps until a moment is woken after it, by what a timer and a processor that slept take; on a
 * virtual machine some 20 to 100 us, and more where others want the processor. So it sleeps until a while
 * before the moment and spends the rest awake, looking for packets all the time. How long that while is
 * follows from how late it was woken lately: as long as some 94 of 100 times would have needed, 0.4 ms at
 * most.
 */
#ifndef TUNLAB_SLEEPER_H
#define TUNLAB_SLEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define SLEEPER_NEVER UINT64_MAX

struct sleeper {
	int epoll;
	int statistics; /* /proc/self/schedstat; -1: there is none */
	bool awake;	/* there was something to do just now */
	unsigned
		patience; /* waits until it looks again without sleeping, because others want the processor */
	uint64_t margin;  /* nanoseconds that it is awake before a moment */
	uint64_t starved; /* nanoseconds, of all that sleeper_starved() has told of */
};

/* Makes one that waits at EPOLL, which stays the caller's. Asks the kernel for timers without slack, to be
 * given the processor soon when it is woken, and for its statistics. What of that is refused is done without;
 * none of it can be asked for in the cage. */
void sleeper_open(struct sleeper *sleeper, int epoll);
void sleeper_close(struct sleeper *sleeper);

/*
 * Waits for events, until DUE (nanoseconds of CLOCK_MONOTONIC) or for TIMEOUT milliseconds (-1: without end),
 * whichever is over first. Returns how many there are, at most ROOM, 0: none, or -1 with errno.
 */
int sleeper_wait(struct sleeper *sleeper, struct epoll_event *events, int room, uint64_t due, int timeout);

/* How long the process waits for a processor is told from now on. */
void sleeper_measure(struct sleeper *sleeper);

/* Nanoseconds that the process was ready to run, and others ran, since it was last asked for; 0 where the
 * kernel does not say. */
uint64_t sleeper_starved(struct sleeper *sleeper);

/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t sleeper_now(void);

#endif
