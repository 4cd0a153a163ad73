/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/loop.h"
#include "kernel/relay_memory.h"
#include "kernel/relay_process.h"
#include "lab/arena.h"

enum {
	ANSWER_SECONDS = 5, /* that the relay may take to answer, or to make room for messages */
	SEND_BUFFER =
		4 << 20, /* bytes; a message takes about 800 of them: thousands wait without blocking us */
};

struct relay {
	struct relay_process process;
	int control;
	uint32_t serial; /* of the newest barrier */
	const struct relay_memory *memory;
	const struct relay_router *routers[RELAY_ROUTERS];
	bool watches[RELAY_WATCHES]; /* which numbers are taken */
};

static struct error *make_memory(struct relay *relay, int *out)
{
	const void *memory = NULL;
	struct error *error = relay_memory_make(sizeof(struct relay_memory), out, &memory);

	relay->memory = memory;
	return error;
}

/* Makes both ends of the control socket: ours, and the relay's. */
static struct error *make_control(struct relay *relay, int *other)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int size = SEND_BUFFER;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_new(STATUS_UNABLE, errno, "socketpair");
	relay->control = ends[0];
	*other = ends[1];
	if (setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
		return error_new(STATUS_UNABLE, errno, "SO_SNDTIMEO");
	/* Without CAP_NET_ADMIN outside, as much as net.core.wmem_max allows. Less is slower, not wrong. */
	if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
		setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	return NULL;
}

/* Sends a message with a filter (of message->instructions) and a descriptor (-1: none) behind it. */
static ssize_t send_once(
	struct relay *relay, const struct relay_message *message, const struct sock_filter *filter, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} carried = { .header = { .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS,
			      .cmsg_len = CMSG_LEN(sizeof(int)) } };
	struct iovec parts[] = {
		{ (void *)message, sizeof *message },
		{ (void *)filter, message->instructions * sizeof *filter },
	};
	struct msghdr whole = { .msg_iov = parts, .msg_iovlen = filter ? 2 : 1 };
	ssize_t sent;

	if (fd >= 0) {
		memcpy(CMSG_DATA(&carried.header), &fd, sizeof fd);
		whole.msg_control = &carried;
		whole.msg_controllen = sizeof carried;
	}
	do
		sent = sendmsg(relay->control, &whole, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

static struct error *send_message(
	struct relay *relay, const struct relay_message *message, const struct sock_filter *filter, int fd)
{
	ssize_t sent = send_once(relay, message, filter, fd);

	/* unix(7): as many descriptors are under way, of all of the user's processes, as one process may
	 * have. */
	if (sent < 0 && errno == ETOOMANYREFS) {
		struct error *error = relay_barrier(relay);

		if (error)
			return error;
		sent = send_once(relay, message, filter, fd);
	}
	if (sent >= 0)
		return NULL;
	if (errno == EPIPE || errno == ECONNRESET)
		return relay_death(relay);
	if (errno == EAGAIN)
		return error_new(STATUS_UNABLE, 0, "the relay took no message for %d s", ANSWER_SECONDS);
	return error_new(STATUS_UNABLE, errno, "cannot send to the relay");
}

static struct error *start(struct relay *relay, int errors, int *memory, int *control)
{
	struct error *error = make_memory(relay, memory);

	if (!error)
		error = make_control(relay, control);
	if (!error)
		error = relay_process_start(&relay->process, *control, errors);
	if (!error)
		error = send_message(relay, &(struct relay_message) { .type = RELAY_MEMORY }, NULL, *memory);
	return error;
}

struct error *relay_start(int errors, struct relay **out)
{
	struct relay *relay = calloc(1, sizeof *relay);
	int memory = -1, control = -1;
	struct error *error;

	if (!relay)
		memory_exhausted();
	relay->control = -1;
	error = start(relay, errors, &memory, &control);
	if (memory >= 0)
		close(memory);
	if (control >= 0)
		close(control);
	if (!error)
		*out = relay;
	else
		error_free(relay_stop(relay)); /* what it says is less than what is known already */
	return error;
}

struct error *relay_add_port(struct relay *relay, uint32_t port, int fd, const struct relay_queue *queue)
{
	struct relay_message message = {
		.type = RELAY_PORT,
		.index = port,
		.frame = queue->frame,
		.mtu = queue->mtu,
		.packet_info = queue->packet_info,
		.offload = queue->offload,
		.queue = queue->number,
		.queues = queue->queues,
	};

	if (port >= RELAY_PORTS)
		return error_new(STATUS_WRONG, 0, "more than %d ends of wires", RELAY_PORTS);
	return send_message(relay, &message, NULL, fd);
}

struct error *relay_remove_queue(struct relay *relay, uint32_t port, uint32_t queue)
{
	return send_message(relay,
		&(struct relay_message) { .type = RELAY_UNQUEUE, .index = port, .queue = queue }, NULL, -1);
}

struct error *relay_add_wire(struct relay *relay, uint32_t port, uint32_t peer)
{
	return send_message(
		relay, &(struct relay_message) { .type = RELAY_WIRE, .index = port, .peer = peer }, NULL, -1);
}

struct error *relay_add_hub(struct relay *relay, uint32_t port, uint32_t peer)
{
	return send_message(
		relay, &(struct relay_message) { .type = RELAY_HUB, .index = port, .peer = peer }, NULL, -1);
}

struct error *relay_add_router(struct relay *relay, uint32_t router, uint64_t seed)
{
	struct relay_message message = { .type = RELAY_ROUTER, .index = router, .seed = seed };
	const void *memory = NULL;
	struct error *error;
	int fd = -1;

	if (router >= RELAY_ROUTERS)
		return error_new(STATUS_WRONG, 0, "more than %d routers", RELAY_ROUTERS);
	error = relay_memory_make(sizeof(struct relay_router), &fd, &memory);
	relay->routers[router] = memory;
	if (!error)
		error = send_message(relay, &message, NULL, fd);
	if (fd >= 0)
		close(fd);
	return error;
}

struct error *relay_tell_router(struct relay *relay, const struct relay_message *message)
{
	return send_message(relay, message, NULL, -1);
}

const struct relay_router *relay_router(const struct relay *relay, uint32_t router)
{
	return router < RELAY_ROUTERS ? relay->routers[router] : NULL;
}

struct error *relay_impair(struct relay *relay, uint32_t port, const struct relay_message *message,
	const struct sock_filter *filter, uint32_t count)
{
	struct relay_message own = *message;

	if (count > RELAY_INSTRUCTIONS)
		return error_new(STATUS_WRONG, 0, "a filter of %u instructions: %d at most", count,
			RELAY_INSTRUCTIONS);
	own.type = RELAY_IMPAIR;
	own.index = port;
	own.instructions = count;
	return send_message(relay, &own, count ? filter : NULL, -1);
}

struct error *relay_prompt(struct relay *relay, uint32_t port)
{
	return send_message(relay, &(struct relay_message) { .type = RELAY_PROMPT, .index = port }, NULL, -1);
}

struct error *relay_set_mtu(struct relay *relay, uint32_t port, uint32_t mtu)
{
	return send_message(
		relay, &(struct relay_message) { .type = RELAY_MTU, .index = port, .mtu = mtu }, NULL, -1);
}

struct error *relay_add_watch(struct relay *relay, uint32_t port, enum relay_direction direction,
	const struct sock_filter *filter, uint32_t count, uint32_t *watch)
{
	struct relay_message message = {
		.type = RELAY_WATCH, .index = port, .direction = direction, .instructions = count
	};
	struct error *error;

	if (count > RELAY_INSTRUCTIONS)
		return error_new(STATUS_WRONG, 0, "a filter of %u instructions: %d at most", count,
			RELAY_INSTRUCTIONS);
	while (message.watch < RELAY_WATCHES && relay->watches[message.watch])
		message.watch++;
	if (message.watch == RELAY_WATCHES)
		return error_new(
			STATUS_WRONG, 0, "more than %d counts of wires at the same time", RELAY_WATCHES);
	error = send_message(relay, &message, count ? filter : NULL, -1);
	if (error)
		return error;
	relay->watches[message.watch] = true;
	*watch = message.watch;
	return NULL;
}

struct error *relay_remove_watch(struct relay *relay, uint32_t watch)
{
	relay->watches[watch] = false;
	return send_message(
		relay, &(struct relay_message) { .type = RELAY_UNWATCH, .watch = watch }, NULL, -1);
}

struct error *relay_capture(struct relay *relay, int fd)
{
	return send_message(relay, &(struct relay_message) { .type = RELAY_CAPTURE }, NULL, fd);
}

struct error *relay_capture_port(struct relay *relay, uint32_t port, uint32_t interface)
{
	struct relay_message message = { .type = RELAY_INTERFACE, .index = port, .interface = interface };

	return send_message(relay, &message, NULL, -1);
}

struct error *relay_uncapture(struct relay *relay)
{
	return send_message(relay, &(struct relay_message) { .type = RELAY_UNCAPTURE }, NULL, -1);
}

int relay_capture_failure(const struct relay *relay)
{
	return (int)__atomic_load_n(&relay->memory->capture_failure, __ATOMIC_RELAXED);
}

static struct error *await_answer(struct relay *relay, uint64_t at)
{
	struct relay_message message = { .type = RELAY_BARRIER, .serial = ++relay->serial, .at = at };
	uint64_t now = loop_now(), until = (at > now ? at : now) + ANSWER_SECONDS * 1000000000ULL;
	struct error *error = send_message(relay, &message, NULL, -1);

	if (error)
		return error;
	/* A barrier that was given up may be answered late: one's own has the newest serial. */
	while (loop_await(relay->control, until)) {
		struct relay_message answer;
		ssize_t length = recv(relay->control, &answer, sizeof answer, MSG_DONTWAIT);

		if (length == 0 || (length < 0 && errno == ECONNRESET))
			return relay_death(relay);
		if (length < 0 && errno != EAGAIN && errno != EINTR)
			return error_new(STATUS_UNABLE, errno, "cannot hear from the relay");
		if (length == (ssize_t)sizeof answer && answer.serial == message.serial)
			return NULL;
	}
	return error_new(STATUS_UNABLE, 0, "the relay did not answer within %d s", ANSWER_SECONDS);
}

struct error *relay_barrier(struct relay *relay)
{
	return await_answer(relay, 0);
}

struct error *relay_settle(struct relay *relay, uint64_t until)
{
	return await_answer(relay, until);
}

const struct relay_drop relay_drops[] = {
	{ "too_big", offsetof(struct relay_counters, too_big) },
	{ "refused", offsetof(struct relay_counters, refused) },
	{ "lost", offsetof(struct relay_counters, lost) },
	{ "over_mtu", offsetof(struct relay_counters, over_mtu) },
	{ "overflowed", offsetof(struct relay_counters, overflowed) },
	{ 0 },
};

uint64_t relay_dropped(const struct relay_counters *counters, const struct relay_drop *drop)
{
	return __atomic_load_n((const uint64_t *)((const char *)counters + drop->at), __ATOMIC_RELAXED);
}

const struct relay_counters *relay_counters(const struct relay *relay, uint32_t port)
{
	return &relay->memory->ports[port];
}

uint64_t relay_watch_count(const struct relay *relay, uint32_t watch)
{
	return __atomic_load_n(&relay->memory->watches[watch], __ATOMIC_RELAXED);
}

int relay_descriptor(const struct relay *relay)
{
	return relay->control;
}

pid_t relay_process(const struct relay *relay)
{
	return relay->process.id;
}

/* The system call that the relay was refused; "" if it did not say. It may have been anybody's by then, so
 * that what is no name is not believed. */
static void read_forbidden(const struct relay *relay, char *name, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	*name = '\0';
	if (!relay->memory)
		return;
	memcpy(name, relay->memory->forbidden, size);
	name[size - 1] = '\0';
	if (name[strspn(name, letters)])
		*name = '\0';
}

struct error *relay_death(struct relay *relay)
{
	char forbidden[sizeof relay->memory->forbidden];

	if (!relay->process.reaped && !relay_process_reap(&relay->process))
		return error_new(
			STATUS_UNABLE, 0, "the relay closed its control socket and went on; it was killed");
	read_forbidden(relay, forbidden, sizeof forbidden);
	return relay_process_death(&relay->process, forbidden);
}

/* An end after the control socket was closed is no death, unless it went wrong. */
static struct error *await_end(struct relay *relay)
{
	if (!relay_process_reap(&relay->process))
		return error_new(STATUS_UNABLE, 0, "the relay did not end within %d ms; it was killed",
			RELAY_END_MILLISECONDS);
	return relay->process.status == 0 || relay->process.status == -1 ? NULL : relay_death(relay);
}

void relay_end(struct relay *relay)
{
	if (!relay || relay->control < 0)
		return;
	close(relay->control);
	relay->control = -1;
}

struct error *relay_stop(struct relay *relay)
{
	struct error *error = NULL;

	if (!relay)
		return NULL;
	relay_end(relay);
	if (relay->process.id > 0 && !relay->process.reaped)
		error = await_end(relay);
	if (relay->memory)
		munmap((void *)relay->memory, sizeof *relay->memory);
	for (size_t i = 0; i < RELAY_ROUTERS; i++)
		if (relay->routers[i])
			munmap((void *)relay->routers[i], sizeof *relay->routers[i]);
	free(relay);
	return error;
}
