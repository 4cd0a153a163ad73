/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far this machine fell behind: by how much a packet, or an answer to it, can have come later than it
 * would have on a machine with time for it. That is the time for which the relay or the harness could have
 * run and did not, as the kernel counts it (/proc/PID/schedstat), and by how much the relay was late with
 * what it had under way, as it counts itself, or for how long everything stood still. None of these is
 * enough: what waits unread in a TUN's queue is not late by the relay's count, and a virtual machine that
 * does not run makes nobody wait, by the kernel's.
 */
#ifndef TUNLAB_LATENESS_H
#define TUNLAB_LATENESS_H

#include "run/site.h"

/* What was counted up to a moment. */
struct lateness {
	uint64_t relay, own; /* nanoseconds that the relay, and this process, were to run and did not */
	uint64_t lag;	     /* nanoseconds that this process's timers waited for it */
	uint64_t late;	     /* nanoseconds that packets were late, of all the relay's ports */
	uint64_t pressed;    /* nanoseconds for which somebody waited for a processor (PSI) */
	bool taken;
};

/*
 * From the beginning of an attempt on. The kernel is asked only once the attempt has taken a millisecond: one
 * that has ended by then failed of something else, and pays nothing.
 */
struct span {
	struct site *site;
	struct timer timer;
	struct lateness began;
	uint64_t at; /* when it began, by loop_now() */
};

/* Reads what is counted now (3 us). Where the kernel does not count, that is 0. */
struct lateness lateness_read(struct site *site);

/* By how many nanoseconds, or less, this machine fell behind since BEGAN, which was taken. */
uint64_t lateness_since(struct site *site, const struct lateness *began);

/*
 * The same for what came, if late: what the kernel does itself waits, too, such as packets for ksoftirqd.
 * That is at most for as long as anybody waited (Documentation/accounting/psi.rst), where the kernel tells.
 */
uint64_t lateness_at_most(struct site *site, const struct lateness *began);

/* What wires' delays were, up to a moment: of each of the relay's ports how many packets, and for how long.
 */
struct delays;

struct delays *delays_read(const struct site *site, struct arena *arena);

/* How long, since BEFORE, a packet was to be under way that passed each of the wires that delay once in each
 * of the directions in which they delayed anything: no machine is faster. */
uint64_t delays_since(const struct site *site, const struct delays *before);

/* Has each port that was late begin anew to look for its latest packet. */
struct error *lateness_begin(struct site *site);

void span_begin(struct span *span, struct site *site);

/* Sees to it that the span's beginning is known, from now on at the latest. */
void span_take(struct span *span);

/* By how many nanoseconds, or less, this machine fell behind within the span; 0 where its beginning was not
 * taken. */
uint64_t span_behind(struct span *span);

void span_end(struct span *span);

#endif
