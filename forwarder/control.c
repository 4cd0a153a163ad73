/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/control.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/counter.h"
#include "forwarder/filter.h"
#include "forwarder/lane.h"
#include "forwarder/parcel.h"
#include "forwarder/routing.h"

/* A row for each type of message: what it carries beside its fields, and what it does. */
struct kind {
	const char *name;
	bool carries_fd;
	bool carries_filter;
	int (*handle)(struct relay *relay, struct parcel *parcel); /* returns 0, or -1 with relay->fault */
};

void *control_memory(struct relay *relay, const struct parcel *parcel, size_t size)
{
	off_t there = lseek(parcel->fds[0], 0, SEEK_END); /* fstat() is a call that can name files */
	void *memory = MAP_FAILED;

	if (there < 0)
		relay_fault(relay, "lseek: %s", strerror(errno));
	else if (there < (off_t)size)
		relay_fault(relay, "%lld bytes of memory, not %zu", (long long)there, size);
	else if ((memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, parcel->fds[0], 0)) ==
		 MAP_FAILED)
		relay_fault(relay, "mmap: %s", strerror(errno));
	return memory == MAP_FAILED ? NULL : memory;
}

static int take_memory(struct relay *relay, struct parcel *parcel)
{
	if (relay->memory)
		return relay_fault(relay, "came twice");
	relay->memory = control_memory(relay, parcel, sizeof(struct relay_memory));
	return relay->memory ? 0 : -1;
}

struct port *control_port(struct relay *relay, uint32_t index)
{
	if (index >= RELAY_PORTS) {
		relay_fault(relay, "port %u is out of range", index);
		return NULL;
	}
	if (!relay->ports[index])
		relay_fault(relay, "there is no port %u", index);
	return relay->ports[index];
}

/* The port that the message is about, made where there is none yet; or NULL with relay->fault. */
static struct port *make_port(struct relay *relay, const struct relay_message *message)
{
	uint32_t index = message->index, queues = message->queues ? message->queues : 1;

	if (queues > RELAY_QUEUES) {
		relay_fault(relay, "%u queues are too many", queues);
		return NULL;
	}
	if (index >= RELAY_PORTS || relay->ports[index])
		return control_port(relay, index);
	relay->ports[index] = port_open(queues, &relay->memory->ports[index]);
	if (!relay->ports[index])
		relay_fault(relay, "no memory");
	return relay->ports[index];
}

/* The port's queue that the message is about, out of the epoll set and closed; or NULL with relay->fault. */
static struct queue *free_queue(struct relay *relay, struct port *port, const struct relay_message *message)
{
	struct queue *queue;

	if (message->queue >= port->queue_count) {
		relay_fault(relay, "there is no queue %u of %u", message->queue, port->queue_count);
		return NULL;
	}
	queue = &port->queues[message->queue];
	if (queue->fd >= 0)
		relay_ignore(relay, queue);
	queue_close(queue);
	return queue;
}

static int take_port(struct relay *relay, struct parcel *parcel)
{
	const struct relay_message *message = &parcel->message;
	struct port *port;
	struct queue *queue;

	if (message->frame != RELAY_IP && message->frame != RELAY_ETHERNET)
		return relay_fault(relay, "unknown frame %u", message->frame);
	port = make_port(relay, message);
	queue = port ? free_queue(relay, port, message) : NULL;
	if (!queue)
		return -1;
	if (queue_attach(queue, parcel->fds[0]) < 0)
		return relay_fault(relay, "fcntl: %s", strerror(errno));
	parcel->fds[0] = -1;
	port->frame = message->frame;
	port->packet_info = message->packet_info;
	port->offload = message->offload;
	port->mtu = message->mtu;
	routing_note(port);
	if (relay_listen(relay, queue) < 0)
		return relay_fault(relay, "epoll_ctl: %s", strerror(errno));
	return 0;
}

static int take_unqueue(struct relay *relay, struct parcel *parcel)
{
	struct port *port = control_port(relay, parcel->message.index);

	return port && free_queue(relay, port, &parcel->message) ? 0 : -1;
}

static int take_ends(struct relay *relay, struct parcel *parcel, void (*join)(struct port *, struct port *))
{
	struct port *one = control_port(relay, parcel->message.index);
	struct port *other = one ? control_port(relay, parcel->message.peer) : NULL;

	if (!one || !other)
		return -1;
	if (one->routed || other->routed)
		return relay_fault(relay, "a router has port %u",
			one->routed ? parcel->message.index : parcel->message.peer);
	if (one == other)
		return relay_fault(relay, "port %u cannot be both ends", parcel->message.index);
	join(one, other);
	return 0;
}

static int take_wire(struct relay *relay, struct parcel *parcel)
{
	return take_ends(relay, parcel, port_join);
}

static int take_hub(struct relay *relay, struct parcel *parcel)
{
	return take_ends(relay, parcel, port_enter);
}

static int take_mtu(struct relay *relay, struct parcel *parcel)
{
	struct port *port = control_port(relay, parcel->message.index);

	if (!port)
		return -1;
	port->mtu = parcel->message.mtu;
	routing_note(port);
	return 0;
}

static int check_filter(struct relay *relay, const struct relay_message *message)
{
	uint32_t where;
	const char *wrong;

	if (message->instructions == 0)
		return 0;
	wrong = filter_check(message->filter, message->instructions, &where);
	if (wrong)
		return relay_fault(relay, "instruction %u of the filter: %s", where, wrong);
	return 0;
}

static int wrong_impairment(struct relay *relay, const struct relay_message *message, const char *wrong)
{
	return wrong ? relay_fault(relay, "%.*s: %s", RELAY_IMPAIRMENT, message->impairment, wrong) : 0;
}

/* A setting at once; what was to come is forgotten. */
static int impair(struct relay *relay, struct port *port, const struct relay_message *message)
{
	const char *wrong = lane_set(port->lane, message);

	relay_shed(relay, port);
	return wrong_impairment(relay, message, wrong);
}

static int take_impair(struct relay *relay, struct parcel *parcel)
{
	struct relay_message *message = &parcel->message;
	struct port *port = control_port(relay, message->index);
	const char *wrong;

	if (!port || check_filter(relay, message) < 0)
		return -1;
	wrong = lane_check(message);
	if (wrong)
		return wrong_impairment(relay, message, wrong);
	if (!relay_lane(relay, port))
		return relay_fault(relay, "no memory");
	if (!message->at)
		schedule_forget(&relay->schedule, port->lane, message->impairment);
	if (!message->at && !message->every)
		return impair(relay, port, message);
	if (!message->at)
		message->at = relay_now(relay);
	return schedule_add(&relay->schedule, port->lane, message) ? 0 : relay_fault(relay, "no memory");
}

static int take_prompt(struct relay *relay, struct parcel *parcel)
{
	struct port *port = control_port(relay, parcel->message.index);

	if (!port)
		return -1;
	counter_set(&port->counters->latest, 0);
	return 0;
}

static int take_watch(struct relay *relay, struct parcel *parcel)
{
	const struct relay_message *message = &parcel->message;
	uint32_t number = message->watch;
	struct port *port = control_port(relay, message->index);

	if (!port)
		return -1;
	if (number >= RELAY_WATCHES)
		return relay_fault(relay, "watch %u is out of range", number);
	if (message->direction == 0 || message->direction & ~(uint32_t)RELAY_BOTH)
		return relay_fault(relay, "unknown direction %u", message->direction);
	if (check_filter(relay, message) < 0)
		return -1;
	watch_remove(relay->watches[number]);
	relay->watches[number] = watch_add(port, &relay->memory->watches[number], message);
	return relay->watches[number] ? 0 : relay_fault(relay, "no memory");
}

static int take_unwatch(struct relay *relay, struct parcel *parcel)
{
	uint32_t number = parcel->message.watch;

	if (number >= RELAY_WATCHES)
		return relay_fault(relay, "watch %u is out of range", number);
	watch_remove(relay->watches[number]);
	relay->watches[number] = NULL;
	return 0;
}

static int take_capture(struct relay *relay, struct parcel *parcel)
{
	if (relay->capture)
		return relay_fault(relay, "came twice");
	relay->capture = capture_open(parcel->fds[0], &relay->memory->capture_failure);
	if (!relay->capture)
		return relay_fault(relay, "no memory");
	parcel->fds[0] = -1;
	return 0;
}

static int take_interface(struct relay *relay, struct parcel *parcel)
{
	struct port *port = control_port(relay, parcel->message.index);

	if (!port)
		return -1;
	if (!relay->capture)
		return relay_fault(relay, "nothing is captured");
	port->capture = relay->capture;
	port->interface = parcel->message.interface;
	return 0;
}

static int take_uncapture(struct relay *relay, struct parcel *parcel)
{
	(void)parcel;
	for (size_t i = 0; i < RELAY_PORTS; i++) {
		if (relay->ports[i])
			relay->ports[i]->capture = NULL;
	}
	capture_close(relay->capture);
	relay->capture = NULL;
	return 0;
}

/* Waits for the control socket to take an answer, or for messages, or (0) only for its end. */
static int await(struct relay *relay, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = NULL };

	if (epoll_ctl(relay->epoll, EPOLL_CTL_MOD, relay->control, &event) < 0)
		return relay_fault(relay, "epoll_ctl: %s", strerror(errno));
	return 1;
}

static int take_barrier(struct relay *relay, struct parcel *parcel)
{
	relay->asked = parcel->message;
	relay->looks = 0;
	relay->barrier = BARRIER_LOOKS;
	/* What waits to be read meanwhile must not keep it awake. */
	return !relay->asked.at || await(relay, 0) > 0 ? 0 : -1;
}

static const struct kind kinds[] = {
	[RELAY_MEMORY] = { "RELAY_MEMORY", true, false, take_memory },
	[RELAY_PORT] = { "RELAY_PORT", true, false, take_port },
	[RELAY_UNQUEUE] = { "RELAY_UNQUEUE", false, false, take_unqueue },
	[RELAY_WIRE] = { "RELAY_WIRE", false, false, take_wire },
	[RELAY_HUB] = { "RELAY_HUB", false, false, take_hub },
	[RELAY_IMPAIR] = { "RELAY_IMPAIR", false, true, take_impair },
	[RELAY_PROMPT] = { "RELAY_PROMPT", false, false, take_prompt },
	[RELAY_MTU] = { "RELAY_MTU", false, false, take_mtu },
	[RELAY_WATCH] = { "RELAY_WATCH", false, true, take_watch },
	[RELAY_UNWATCH] = { "RELAY_UNWATCH", false, false, take_unwatch },
	[RELAY_CAPTURE] = { "RELAY_CAPTURE", true, false, take_capture },
	[RELAY_INTERFACE] = { "RELAY_INTERFACE", false, false, take_interface },
	[RELAY_UNCAPTURE] = { "RELAY_UNCAPTURE", false, false, take_uncapture },
	[RELAY_ROUTER] = { "RELAY_ROUTER", true, false, routing_take_router },
	[RELAY_ROUTER_SET] = { "RELAY_ROUTER_SET", false, false, routing_take_set },
	[RELAY_ROUTER_PORT] = { "RELAY_ROUTER_PORT", false, false, routing_take_port },
	[RELAY_ADDRESS] = { "RELAY_ADDRESS", false, false, routing_take_address },
	[RELAY_ROUTE] = { "RELAY_ROUTE", false, false, routing_take_route },
	[RELAY_NEIGHBOUR] = { "RELAY_NEIGHBOUR", false, false, routing_take_neighbour },
	[RELAY_ADVERTISE] = { "RELAY_ADVERTISE", false, false, routing_take_advertise },
	[RELAY_ADVERTISE_OPTION] = { "RELAY_ADVERTISE_OPTION", false, false, routing_take_option },
	[RELAY_BARRIER] = { "RELAY_BARRIER", false, false, take_barrier },
};
static_assert(
	sizeof(kinds) / sizeof(kinds[0]) == RELAY_BARRIER + 1, "one row for each enum relay_message_type");

static int check_form(struct relay *relay, const struct kind *kind, const struct parcel *parcel)
{
	const struct relay_message *message = &parcel->message;
	uint32_t instructions = message->instructions;

	if (instructions > (kind->carries_filter ? RELAY_INSTRUCTIONS : 0))
		return relay_fault(relay, "%u instructions", instructions);
	if ((size_t)parcel->length != sizeof(*message) + instructions * sizeof(struct sock_filter))
		return relay_fault(relay, "%zd bytes with %u instructions", parcel->length, instructions);
	if (parcel->lost)
		return relay_fault(relay, "descriptors were lost: too many, or RLIMIT_NOFILE is reached");
	if (kind->carries_fd && parcel->fds[0] < 0)
		return relay_fault(relay, "no descriptor");
	if (parcel->fds[kind->carries_fd ? 1 : 0] >= 0)
		return relay_fault(relay, "one descriptor too many");
	if (!relay->memory && message->type != RELAY_MEMORY)
		return relay_fault(relay, "came before RELAY_MEMORY");
	return 0;
}

/* Returns as relay_step() does. */
static int handle(struct relay *relay, struct parcel *parcel)
{
	const struct kind *kind;
	char reason[sizeof(relay->fault)];

	if (parcel->cut)
		return relay_fault(relay, "a message of more than %zd bytes", parcel->length);
	if ((size_t)parcel->length < sizeof(struct relay_message))
		return relay_fault(relay, "a message of %zd bytes", parcel->length);
	if (parcel->message.type > RELAY_BARRIER)
		return relay_fault(relay, "a message of type %u", parcel->message.type);

	kind = &kinds[parcel->message.type];
	if (check_form(relay, kind, parcel) == 0 && kind->handle(relay, parcel) == 0)
		return 1;
	memcpy(reason, relay->fault, sizeof(reason));
	return relay_fault(relay, "%s: %.140s", kind->name, reason);
}

static int receive_all(struct relay *relay)
{
	while (relay->barrier == BARRIER_NONE) {
		struct parcel parcel;
		int result = parcel_receive(&parcel, relay->control);

		if (result < 0 && errno == EAGAIN)
			return 1;
		if (result < 0)
			return relay_fault(relay, "the control socket: %s", strerror(errno));
		if (result > 0)
			result = handle(relay, &parcel);
		parcel_discard(&parcel);
		if (result <= 0)
			return result;
	}
	return 1;
}

/* Tables are made anew once for all that was said of them. */
int control_receive(struct relay *relay)
{
	int result = receive_all(relay);

	return result > 0 && routings_settle(relay) < 0 ? -1 : result;
}

int control_answer(struct relay *relay)
{
	bool waited = relay->barrier == BARRIER_ANSWERS;
	ssize_t sent;

	do
		sent = send(relay->control, &relay->asked, sizeof(relay->asked), MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);

	if (sent < 0 && errno == EAGAIN) {
		relay->barrier = BARRIER_ANSWERS;
		return waited ? 1 : await(relay, EPOLLOUT);
	}
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		return 0;
	if (sent < 0)
		return relay_fault(relay, "the control socket: %s", strerror(errno));
	relay->barrier = BARRIER_NONE;
	return waited || relay->asked.at ? await(relay, EPOLLIN) : 1;
}
