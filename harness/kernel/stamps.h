/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The moments that the kernel notes of packets as they come by (SO_TIMESTAMPNS). It does so only while
 * somebody wants it, and begins a while after the first one does (net_enable_timestamp() in net/core/dev.c
 * leaves it to a work queue): until then a packet has the time at which it was read, and seems to have come
 * after those that it came before.
 */
#ifndef TUNLAB_STAMPS_H
#define TUNLAB_STAMPS_H

/*
 * Wants them, and waits until they are there: some 50 us, or 100 ms at most. That is seen on the loopback
 * device of the calling thread's namespace; where that is down, nobody knows, and it does not wait. Returns a
 * descriptor: the kernel goes on at least until it is closed; -1 where there is none to be had.
 */
int stamps_open(void);

/* -1 is allowed. */
void stamps_close(int stamps);

#endif
