/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The relay: ports joined by wires, a control socket, and the loop over both.
 *
 * One thread waits in epoll. A control message is handled before the packets that are ready with it. A queue
 * is then read until it is empty, or for a bounded number of packets, so that a busy one does not starve the
 * others; each packet goes to the other ends of the port's wire before the next is read. An end that answers
 * at once is read before epoll is asked. In that path nothing is allocated, no clock is read and nothing
 * sleeps: a queue that is full is the kernel's, and what it refuses is counted. Only a relay that captures
 * what passes, or has a lane, reads the clock, between reading a packet and sending it on; and the former
 * writes to a file when it has looked at every port.
 *
 * A second thread does not pay off where it was tried, on two cores: with one for each direction a loop
 * (`ci/bench/relay 4 whole whole-threads`) made 0.92 to 1.04 of the TCP that it made with one, and its round
 * trip was 0.9 to 1.5 times as long. Sender, receiver and relay want the cores, too.
 *
 * What has gone through a lane and is due later is delivered when it is due, also between two packets that
 * are read: so nothing overtakes it that came to its port after that moment.
 */
#ifndef TUNLAB_RELAY_H
#define TUNLAB_RELAY_H

#include "forwarder/port.h"
#include "forwarder/protocol.h"
#include "forwarder/schedule.h"
#include "forwarder/sleeper.h"
#include "forwarder/watch.h"

struct routing;

/* A barrier is answered after so many looks even if each found packets: some 64,000 of each of 64 ports, far
 * beyond what waits in a device's queue. Traffic without end must not hold the harness up. */
enum { RELAY_LOOKS = 1000 };

enum relay_barrier {
	BARRIER_NONE,	 /* control messages are read as they come */
	BARRIER_LOOKS,	 /* one was read: no further message is, until a look at every port finds nothing */
	BARRIER_ANSWERS, /* it did, but the socket is full: no further message is until the answer is sent */
};

struct relay {
	int control;			 /* the harness's socket */
	int epoll;			 /* an event's pointer is the queue, or NULL for the control socket */
	struct relay_memory *memory;	 /* NULL until RELAY_MEMORY, which is the first message */
	struct port *ports[RELAY_PORTS]; /* NULL: not added */
	struct watch *watches[RELAY_WATCHES]; /* NULL: not set */
	struct routing *routings[RELAY_ROUTERS];
	size_t routing_count;
	struct capture *capture; /* NULL: nothing is captured */
	struct transit *transit; /* NULL: no port has a lane */
	size_t lanes;
	struct schedule schedule;   /* of those lanes */
	uint64_t now;		    /* nanoseconds of CLOCK_MONOTONIC, where lanes need it */
	const struct port *drained; /* last; NULL: none was */
	uint64_t starved;	    /* nanoseconds that others had the processor, before the last look */
	struct sleeper sleeper;
	enum relay_barrier barrier;
	unsigned looks; /* since the barrier was read */
	char fault[160];
	_Alignas(ROUTER_ROOM) uint8_t buffer[ROUTER_ROOM + SEGMENT_LONGEST]; /* for what was read */
	uint8_t arrived[SEGMENT_LONGEST];				     /* for what was under way */
	uint8_t runs[SEGMENT_LONGEST];					     /* for the lanes */
	struct relay_message asked; /* the barrier that is to be answered */
};

/*
 * Makes a relay that is told what to do on the SOCK_SEQPACKET socket "control", which it takes over, even if
 * it fails. Returns NULL with errno: EBADF or EPERM if that is no socket.
 */
struct relay *relay_open(int control);

/*
 * Waits up to "timeout" milliseconds (-1: without end) and does once what there is to do. Returns
 *    1  if the relay goes on,
 *    0  if the control socket was closed at the other end: the relay is to end,
 *   -1  if it cannot go on: relay->fault is a sentence that says why.
 */
int relay_step(struct relay *relay, int timeout);

/* Closes every descriptor that the relay was given and frees it. NULL is allowed. */
void relay_close(struct relay *relay);

/* Begins to wait for the queue's packets. Returns 0 or -1 with errno: EPERM if no such descriptor can be
 * waited for. */
int relay_listen(struct relay *relay, struct queue *queue);

/* Stops waiting for them. The queue can still be written to. */
void relay_ignore(struct relay *relay, const struct queue *queue);

/* The port's lane, made where there is none yet; NULL without memory. */
struct lane *relay_lane(struct relay *relay, struct port *port);

/* Closes the port's lane if it is of no use any more: no impairment, now or to come, and nothing under way.
 */
void relay_shed(struct relay *relay, struct port *port);

/* The time, in nanoseconds of CLOCK_MONOTONIC. */
uint64_t relay_now(struct relay *relay);

/* Sets relay->fault. Returns -1. */
int relay_fault(struct relay *relay, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
