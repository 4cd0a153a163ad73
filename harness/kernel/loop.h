/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop that drives all of a lab: descriptors by epoll, timers by the monotonic clock. Whoever adds
 * something owns its struct and keeps it until it is removed.
 */
#ifndef TUNLAB_LOOP_H
#define TUNLAB_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/error.h"

struct loop;

/* A descriptor that is waited for. */
struct watch {
	int fd;
	uint32_t events; /* EPOLLIN, ...; EPOLLERR and EPOLLHUP always */
	void (*ready)(struct watch *watch, uint32_t events);
	void *owner;
	bool added; /* kept by the loop */
};

/* A moment that is waited for. */
struct timer {
	uint64_t at; /* nanoseconds of the monotonic clock */
	void (*due)(struct timer *timer);
	void *owner;
	struct timer *next; /* kept by the loop: timers are in the order of their moments */
	bool set;
};

struct error *loop_open(struct loop **out);
void loop_close(struct loop *loop);

/*
 * Begins to wait for the watch; ends it (harmless where it is not waited for). A watch is removed before its
 * descriptor is closed: while a duplicate of it is open elsewhere, as in the relay, the kernel would go on to
 * report it.
 */
struct error *loop_add(struct loop *loop, struct watch *watch);
void loop_remove(struct loop *loop, struct watch *watch);

/* Changes which events are waited for. */
struct error *loop_change(struct loop *loop, struct watch *watch, uint32_t events);

/*
 * Sets the timer to a moment (again); stops it. A due timer is stopped before "due" is called. Timers of the
 * same moment are due in the order in which they were set. Descriptors that were ready before a timer's
 * moment come before it.
 */
void loop_set(struct loop *loop, struct timer *timer, uint64_t at);
void loop_unset(struct loop *loop, struct timer *timer);

/* The monotonic clock, in nanoseconds. */
uint64_t loop_now(void);

/*
 * What is to be added to it for nanoseconds since 1970; never more, and within 5 us unless the machine is
 * busy: what CLOCK_REALTIME stamped seems, by the monotonic clock, not to have been earlier than it was.
 */
uint64_t loop_epoch(void);

/* Waits, without a loop, until a descriptor is readable or the moment of loop_now() has passed; false: it
 * has. */
bool loop_await(int fd, uint64_t until);

/* For how many nanoseconds, since the loop was opened, timers were due and nobody looked: a machine that
 * stood still. What is less than 2 ms at a time, as waking takes, is left out. */
uint64_t loop_lag(const struct loop *loop);

/*
 * Runs until loop_end is called from inside a callback, a signal that ends the program has come, even before
 * (SIGINT, SIGTERM, SIGHUP: see loop_signal; NULL is returned then too), or waiting failed. A loop_end
 * outside of a run is lost: whoever waits for something looks whether it is there before it runs. A watch or
 * timer removed by an earlier callback of the same round is not called; nothing is called after loop_end. Not
 * to be called inside a callback.
 */
struct error *loop_run(struct loop *loop);
void loop_end(struct loop *loop);

/*
 * From now on SIGINT, SIGTERM and SIGHUP are noted instead of ending the process (where they were not ignored
 * before), SIGPIPE is ignored, and all of them are unblocked only inside loop_run; loop_signal says which
 * came, 0: none yet. It may be asked at any time, also between the operations of a long building (0.3 us). A
 * child process starts with the same signals blocked and SIGPIPE ignored: whoever makes one sets both back.
 */
struct error *loop_catch_signals(struct loop *loop);
int loop_signal(const struct loop *loop);

#endif
