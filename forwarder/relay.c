/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/relay.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "forwarder/control.h"
#include "forwarder/counter.h"
#include "forwarder/lane.h"

enum {
	EVENTS = 64,   /* ports of one look; the kernel takes turns among more */
	BATCH = 64,    /* packets of one port in one look */
	SPIN = 200000, /* nanoseconds before a packet is due, from which on nobody sleeps */
	LOOKS = 1000,  /* that find nothing, after one that found something, before it sleeps */
};

int relay_fault(struct relay *relay, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(relay->fault, sizeof(relay->fault), format, arguments);
	va_end(arguments);
	return -1;
}

struct relay *relay_open(int control)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

	if (!relay) {
		close(control);
		return NULL;
	}
	relay->control = control;
	relay->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (relay->epoll < 0 || epoll_ctl(relay->epoll, EPOLL_CTL_ADD, control, &event) < 0) {
		int error = errno;

		relay_close(relay);
		errno = error;
		return NULL;
	}
	return relay;
}

void relay_close(struct relay *relay)
{
	if (!relay)
		return;
	capture_close(relay->capture);
	for (size_t i = 0; i < RELAY_WATCHES; i++)
		watch_remove(relay->watches[i]);
	for (size_t i = 0; i < RELAY_PORTS; i++) {
		if (!relay->ports[i])
			continue;
		close(relay->ports[i]->fd);
		lane_close(relay->ports[i]->lane);
		free(relay->ports[i]);
	}
	transit_close(relay->transit);
	schedule_close(&relay->schedule);
	if (relay->memory)
		munmap(relay->memory, sizeof(*relay->memory));
	if (relay->epoll >= 0)
		close(relay->epoll);
	close(relay->control);
	free(relay);
}

int relay_listen(struct relay *relay, struct port *port)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = port };

	return epoll_ctl(relay->epoll, EPOLL_CTL_ADD, port->fd, &event);
}

void relay_ignore(struct relay *relay, const struct port *port)
{
	/* Fails only where the port is not listened to any more. */
	epoll_ctl(relay->epoll, EPOLL_CTL_DEL, port->fd, NULL);
}

uint64_t relay_now(struct relay *relay)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	relay->now = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return relay->now;
}

struct lane *relay_lane(struct relay *relay, struct port *port)
{
	if (port->lane)
		return port->lane;
	if (!relay->transit)
		relay->transit = transit_open();
	if (relay->transit)
		port->lane = lane_open(port, relay->transit);
	if (port->lane)
		relay->lanes++;
	return port->lane;
}

void relay_shed(struct relay *relay, struct port *port)
{
	if (!lane_idle(port->lane) || schedule_concerns(&relay->schedule, port->lane))
		return;
	lane_close(port->lane);
	port->lane = NULL;
	if (--relay->lanes)
		return;
	transit_close(relay->transit);
	relay->transit = NULL;
}

/* Delivers what was due by the time that was read last. */
static void deliver(struct relay *relay)
{
	const struct traveller *first;

	while (relay->transit && (first = transit_first(relay->transit)) && first->due <= relay->now) {
		struct traveller traveller = *first;
		struct port *to = traveller.lane->to;
		struct packet packet;

		transit_take(relay->transit, relay->arrived, &packet);
		capture_tick(relay->capture);
		lane_deliver(traveller.lane, relay->now, &traveller, &packet);
		relay_shed(relay, to);
		if (relay->transit)
			relay_now(relay);
	}
}

/* Delivers what is due. Nothing reads a clock where there is no lane. */
static void arrive(struct relay *relay)
{
	if (!relay->transit || !transit_first(relay->transit))
		return;
	relay_now(relay);
	deliver(relay);
}

/* Applies the settings that have come into force. They are checked, so what is wrong now is memory. */
static int apply(struct relay *relay, uint64_t now)
{
	const struct change *change;

	while ((change = schedule_due(&relay->schedule, now))) {
		struct port *to = change->lane->to;
		const char *wrong = lane_set(change->lane, &change->message);

		if (wrong)
			return relay_fault(
				relay, "%.*s: %s", RELAY_IMPAIRMENT, change->message.impairment, wrong);
		schedule_done(&relay->schedule);
		relay_shed(relay, to);
	}
	return 0;
}

/* Where a packet goes that a port gave at NOW. */
static void carry(const struct port *from, uint64_t now, const struct packet *packet)
{
	if (from->next == from) {
		counter_add(&from->counters->no_wire, 1);
		capture_drop(from->capture, from->interface, RELAY_OUT, packet, "there is no wire");
		return;
	}
	capture_packet(from->capture, from->interface, RELAY_OUT, packet);
	for (struct port *to = from->next; to != from; to = to->next) {
		if (to->lane)
			lane_take(to->lane, now, packet);
		else
			port_write(to, packet);
	}
}

/*
 * What a packet that was just read finds: what is due before it is delivered, and the settings of this very
 * moment are in force. So a setting that is to come wakes nobody: what it impairs is packets.
 */
static int catch_up(struct relay *relay, uint64_t *now)
{
	if (!relay->transit)
		return 0;
	*now = relay_now(relay);
	deliver(relay);
	return apply(relay, *now);
}

/* "events" is what epoll says of the port. Returns 0, or -1 with relay->fault. */
static int drain(struct relay *relay, struct port *port, uint32_t events)
{
	uint64_t now = 0;

	for (unsigned i = 0; i < BATCH; i++) {
		struct packet packet;
		ssize_t length = port_read(port, relay->buffer, &packet);

		/* An error that reading does not take away would wake the relay for ever. */
		if (length < 0 || (length == 0 && (events & (EPOLLERR | EPOLLHUP))))
			relay_ignore(relay, port);
		if (length <= 0)
			return 0;
		if (catch_up(relay, &now) < 0)
			return -1;
		/* Once for each packet: it has left its device by now, and is not yet at the other. */
		capture_tick(relay->capture);
		carry(port, now, &packet);
	}
	return 0;
}

/* What epoll says of the control socket: 0 for nothing. */
static uint32_t control_events(const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++) {
		if (!events[i].data.ptr)
			return events[i].events;
	}
	return 0;
}

/* Whether a barrier waits for what is under way. */
static bool awaits(struct relay *relay)
{
	if (relay->barrier != BARRIER_LOOKS || !relay->asked.at || !relay->transit ||
		!transit_first(relay->transit))
		return false;
	return relay_now(relay) < relay->asked.at;
}

/* How long until the next packet is due, in nanoseconds; 0: it is, or SPIN before that; INT64_MAX: none is
 * under way. */
static int64_t until_due(struct relay *relay)
{
	const struct traveller *first = relay->transit ? transit_first(relay->transit) : NULL;
	uint64_t due = first ? first->due : INT64_MAX;

	if (!first)
		return INT64_MAX;
	relay_now(relay);
	if (relay->barrier == BARRIER_LOOKS && relay->asked.at && relay->asked.at < due)
		due = relay->asked.at;
	return due > relay->now + SPIN ? (int64_t)(due - relay->now - SPIN) : 0;
}

static bool is_due(struct relay *relay)
{
	return until_due(relay) == 0;
}

/* A sleeper wakes late by what it takes to be woken: the last of the time is spent awake. */
static int sleep_for(struct relay *relay, struct epoll_event *events, int timeout)
{
	int64_t due = until_due(relay);
	struct timespec time = { .tv_sec = due / 1000000000, .tv_nsec = due % 1000000000 };

	if (due == INT64_MAX || (timeout >= 0 && timeout < due / 1000000))
		return epoll_wait(relay->epoll, events, EVENTS, timeout);
	return epoll_pwait2(relay->epoll, events, EVENTS, &time, NULL);
}

/*
 * Where there was something to do there soon is more, and to be woken takes longer than to look again some
 * hundred times (0.3 us each). A relay that has had nothing to do for as long sleeps: idle it costs nothing.
 */
static int wait_for(struct relay *relay, struct epoll_event *events, int timeout)
{
	int count = epoll_wait(relay->epoll, events, EVENTS, 0);

	for (unsigned i = 0; !count && relay->awake && i < LOOKS && !is_due(relay); i++) {
		sched_yield(); /* whoever answers may have to run on this very processor */
		count = epoll_wait(relay->epoll, events, EVENTS, 0);
	}
	if (!count)
		count = sleep_for(relay, events, timeout);
	relay->awake = count > 0;
	return count;
}

int relay_step(struct relay *relay, int timeout)
{
	bool looks = relay->barrier == BARRIER_LOOKS;
	struct epoll_event events[EVENTS];
	int count = looks && !awaits(relay) ? epoll_wait(relay->epoll, events, EVENTS, 0)
					    : wait_for(relay, events, timeout);

	if (count < 0)
		return errno == EINTR ? 1 : relay_fault(relay, "epoll_wait: %s", strerror(errno));

	uint32_t control = control_events(events, count);

	if (control & (EPOLLHUP | EPOLLERR))
		return 0;
	/* A message may replace a port that is among the events: these are got anew, after it. */
	if (control && !looks)
		return relay->barrier == BARRIER_ANSWERS ? control_answer(relay) : control_receive(relay);

	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr && drain(relay, events[i].data.ptr, events[i].events) < 0)
			return -1;
	}
	arrive(relay);
	capture_flush(relay->capture);

	bool found = count > (control ? 1 : 0);

	if (looks && awaits(relay))
		return 1;
	if (looks && (!found || ++relay->looks == RELAY_LOOKS))
		return control_answer(relay);
	return 1;
}
