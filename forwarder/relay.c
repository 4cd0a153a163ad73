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
#include <unistd.h>

#include "forwarder/control.h"
#include "forwarder/counter.h"

enum {
	EVENTS = 64,  /* ports of one look; the kernel takes turns among more */
	BATCH = 64,   /* packets of one port in one look */
	LOOKS = 1000, /* that find nothing, after one that found something, before it sleeps */
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
		if (relay->ports[i])
			close(relay->ports[i]->fd);
		free(relay->ports[i]);
	}
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

/* Where a packet that a port gave goes. */
static void carry(const struct port *from, const struct packet *packet)
{
	if (!from->peer) {
		counter_add(&from->counters->no_wire, 1);
		capture_drop(from->capture, from->interface, RELAY_OUT, packet, "there is no wire");
		return;
	}
	capture_packet(from->capture, from->interface, RELAY_OUT, packet);
	port_write(from->peer, packet);
}

/* "events" is what epoll says of the port. */
static void drain(struct relay *relay, struct port *port, uint32_t events)
{
	for (unsigned i = 0; i < BATCH; i++) {
		ssize_t length = port_read(port, relay->buffer);

		/* An error that reading does not take away would wake the relay for ever. */
		if (length < 0 || (length == 0 && (events & (EPOLLERR | EPOLLHUP))))
			relay_ignore(relay, port);
		if (length <= 0)
			return;
		/* Once for each packet: it has left its device by now, and is not yet at the other. */
		capture_tick(relay->capture);
		carry(port, &(struct packet) { relay->buffer, (size_t)length });
	}
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

/*
 * Where there was something to do there soon is more, and to be woken takes longer than to look again some
 * hundred times (0.3 us each). A relay that has had nothing to do for as long sleeps: idle it costs nothing.
 */
static int wait_for(struct relay *relay, struct epoll_event *events, int timeout)
{
	int count = epoll_wait(relay->epoll, events, EVENTS, 0);

	for (unsigned i = 0; !count && relay->awake && i < LOOKS; i++) {
		sched_yield(); /* whoever answers may have to run on this very processor */
		count = epoll_wait(relay->epoll, events, EVENTS, 0);
	}
	if (!count)
		count = epoll_wait(relay->epoll, events, EVENTS, timeout);
	relay->awake = count > 0;
	return count;
}

int relay_step(struct relay *relay, int timeout)
{
	bool looks = relay->barrier == BARRIER_LOOKS;
	struct epoll_event events[EVENTS];
	int count = looks ? epoll_wait(relay->epoll, events, EVENTS, 0) : wait_for(relay, events, timeout);

	if (count < 0)
		return errno == EINTR ? 1 : relay_fault(relay, "epoll_wait: %s", strerror(errno));

	uint32_t control = control_events(events, count);

	if (control & (EPOLLHUP | EPOLLERR))
		return 0;
	/* A message may replace a port that is among the events: these are got anew, after it. */
	if (control && !looks)
		return relay->barrier == BARRIER_ANSWERS ? control_answer(relay) : control_receive(relay);

	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr)
			drain(relay, events[i].data.ptr, events[i].events);
	}
	capture_flush(relay->capture);

	bool found = count > (control ? 1 : 0);

	if (looks && (!found || ++relay->looks == RELAY_LOOKS))
		return control_answer(relay);
	return 1;
}
