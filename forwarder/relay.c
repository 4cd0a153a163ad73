/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/relay.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "forwarder/control.h"
#include "forwarder/counter.h"
#include "forwarder/lane.h"
#include "forwarder/routing.h"

enum {
	EVENTS = 64,  /* ports of one look; the kernel takes turns among more */
	BATCH = 64,   /* packets of one port in one look */
	AWAY = 20000, /* nanoseconds between looks that are worth asking where they went */
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
	sleeper_open(&relay->sleeper, relay->epoll);
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
		lane_close(relay->ports[i]->lane);
		port_close(relay->ports[i]);
	}
	for (size_t i = 0; i < relay->routing_count; i++)
		routing_close(relay->routings[i]);
	transit_close(relay->transit);
	schedule_close(&relay->schedule);
	if (relay->memory)
		munmap(relay->memory, sizeof(*relay->memory));
	sleeper_close(&relay->sleeper);
	if (relay->epoll >= 0)
		close(relay->epoll);
	close(relay->control);
	free(relay);
}

int relay_listen(struct relay *relay, struct queue *queue)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = queue };

	return epoll_ctl(relay->epoll, EPOLL_CTL_ADD, queue->fd, &event);
}

void relay_ignore(struct relay *relay, const struct queue *queue)
{
	/* Fails only where the queue is not listened to any more. */
	epoll_ctl(relay->epoll, EPOLL_CTL_DEL, queue->fd, NULL);
}

uint64_t relay_now(struct relay *relay)
{
	relay->now = sleeper_now();
	return relay->now;
}

struct lane *relay_lane(struct relay *relay, struct port *port)
{
	if (port->lane)
		return port->lane;
	if (!relay->transit) {
		relay->transit = transit_open();
		sleeper_measure(&relay->sleeper);
	}
	if (relay->transit)
		port->lane = lane_open(port, relay->transit, relay->runs);
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

/* Delivers what was due by the time that was read last. Returns whether anything was. What was read before is
 * captured with its own time after it. */
static bool deliver(struct relay *relay)
{
	const uint64_t time = capture_time(relay->capture);
	const struct traveller *first;
	bool any = false;

	while (relay->transit && (first = transit_first(relay->transit)) && first->due <= relay->now) {
		struct traveller traveller = *first;
		struct port *to = traveller.lane->to;
		struct packet packet;

		transit_take(relay->transit, relay->arrived, &packet);
		capture_tick(relay->capture);
		lane_deliver(traveller.lane, relay->now, &traveller, &packet);
		relay_shed(relay, to);
		relay_now(relay);
		any = true;
	}
	capture_return(relay->capture, time);
	return any;
}

/* Does what is due. Nothing reads a clock where there is no lane and no router. Returns whether anything was
 * delivered: soon there may be an answer. */
static bool arrive(struct relay *relay)
{
	bool comes = relay->transit && transit_first(relay->transit);

	if (!comes && !relay->routing_count)
		return false;
	relay_now(relay);
	routings_tick(relay);
	if (!comes || !deliver(relay))
		return false;
	relay->sleeper.awake = true;
	return true;
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

/* Where a packet goes that a port gave, whose bytes are the relay's. */
static void carry(const struct port *from, const struct moment *moment, const struct packet *packet)
{
	if (from->routed) {
		router_take(from->routed, moment->now, packet, packet->roomy);
		return;
	}
	if (from->next == from) {
		struct segment form;

		segment_read(packet, from->frame, &form);
		counter_add(&from->counters->no_wire, form.count);
		capture_drop(from->capture, from->interface, RELAY_OUT, packet, "there is no wire");
		return;
	}
	capture_packet(from->capture, from->interface, RELAY_OUT, packet);
	for (struct port *to = from->next; to != from; to = to->next) {
		if (to->lane)
			lane_take(to->lane, moment, packet);
		else
			port_write(to, packet);
	}
}

/*
 * What a packet that was just read finds: what is due before it is delivered, and the settings of this very
 * moment are in force. So a setting that is to come wakes nobody: what it impairs is packets.
 */
static int catch_up(struct relay *relay, struct moment *moment)
{
	if (!relay->transit && !relay->routing_count)
		return 0;
	*moment = (struct moment) { .now = relay_now(relay), .starved = relay->starved };
	deliver(relay);
	return apply(relay, moment->now);
}

/* One packet of a queue, of which epoll says "events". Returns 1, 0 if there is none, or -1 with
 * relay->fault. */
static int pass(struct relay *relay, struct queue *queue, uint32_t events)
{
	struct moment moment = { 0 };
	struct packet packet;
	ssize_t length = port_read(queue, relay->buffer + ROUTER_ROOM, &packet);

	/* An error that reading does not take away would wake the relay for ever. */
	if (length < 0 || (length == 0 && (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP))))
		relay_ignore(relay, queue);
	if (length <= 0)
		return 0;
	/* Once for each packet, and before the moment from which its delay counts: it has left its device by
	 * now, and is not yet at the other. */
	capture_tick(relay->capture);
	if (catch_up(relay, &moment) < 0)
		return -1;
	carry(queue->port, &moment, &packet);
	return 1;
}

/*
 * A kernel answers a ping, or a segment, while it takes the packet: the answer is there when the write
 * returns. So where the other end did so last time it is read at once, before epoll is asked.
 */
static int pass_answer(struct relay *relay, struct port *peer)
{
	int passed = pass(relay, peer->queues, 0);

	peer->answers = passed > 0;
	return passed;
}

/* "events" is what epoll says of the queue. Returns 0, or -1 with relay->fault. */
static int drain(struct relay *relay, struct queue *queue, uint32_t events)
{
	struct port *peer = queue->port->next;

	queue->port->answers = relay->drained == peer && queue->port->queue_count == 1;
	relay->drained = queue->port;
	for (unsigned i = 0; i < BATCH; i++) {
		int passed = pass(relay, queue, events);

		if (passed > 0 && peer->answers)
			passed = pass_answer(relay, peer) < 0 ? -1 : 1;
		if (passed <= 0)
			return passed;
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

/* Until when to sleep, if no packet comes. */
static uint64_t next_moment(const struct relay *relay)
{
	const struct traveller *first = relay->transit ? transit_first(relay->transit) : NULL;
	uint64_t due = first ? first->due : SLEEPER_NEVER;

	if (relay->barrier == BARRIER_LOOKS && relay->asked.at && relay->asked.at < due)
		due = relay->asked.at;
	return routings_next(relay, due);
}

/* What may have waited for the relay, because others had the processor: what it reads now may be older than
 * it seems. It is asked for where the relay slept, or was away for so long that it matters. */
static void notice_starving(struct relay *relay)
{
	uint64_t before = relay->now;

	relay->starved = 0;
	if (relay->transit && relay_now(relay) >= before + AWAY)
		relay->starved = sleeper_starved(&relay->sleeper);
}

/* Returns how many events there are, or -1 with errno. A barrier that does not wait does not sleep either. */
static int await_events(struct relay *relay, struct epoll_event *events, int timeout)
{
	bool waits = relay->barrier != BARRIER_LOOKS || awaits(relay);
	int count = sleeper_wait(&relay->sleeper, events, EVENTS, next_moment(relay), waits ? timeout : 0);

	notice_starving(relay);
	return count;
}

int relay_step(struct relay *relay, int timeout)
{
	bool looks = relay->barrier == BARRIER_LOOKS;
	struct epoll_event events[EVENTS];
	int count = await_events(relay, events, timeout);

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
	bool found = arrive(relay) || count > (control ? 1 : 0);

	capture_flush(relay->capture);

	if (looks && awaits(relay))
		return 1;
	if (looks && (!found || ++relay->looks == RELAY_LOOKS))
		return control_answer(relay);
	return 1;
}
