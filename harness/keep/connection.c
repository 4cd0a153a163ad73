/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/arena.h"

static void lose(struct connection *connection)
{
	if (connection->gone)
		return;
	connection->gone = true;
	loop_remove(connection->loop, &connection->watch);
	connection->heard(connection, NULL);
}

static void receive(struct connection *connection)
{
	struct message *message = malloc(sizeof *message);
	int result;

	if (!message)
		memory_exhausted();
	result = message_receive(connection->watch.fd, message, MSG_DONTWAIT);
	if (result > 0) {
		connection->heard(connection, message);
		message_discard(message);
	} else if (result == 0 || errno != EAGAIN) {
		lose(connection);
	}
	free(message);
}

/* Sends what waits, as far as the socket takes it. */
static void send_waiting(struct connection *connection)
{
	while (connection->first && !connection->gone) {
		struct queued *queued = connection->first;
		int number = message_send(connection->watch.fd, &queued->message, NULL, 0, MSG_DONTWAIT);

		if (number == EAGAIN)
			return;
		connection->first = queued->next;
		free(queued);
		if (number)
			lose(connection);
	}
	connection->last = &connection->first;
	if (!connection->gone && connection->watch.events & EPOLLOUT)
		error_free(loop_change(connection->loop, &connection->watch, EPOLLIN | EPOLLRDHUP));
}

static void ready(struct watch *watch, uint32_t events)
{
	struct connection *connection = watch->owner;

	if (events & EPOLLOUT)
		send_waiting(connection);
	if (!connection->gone && events & ~(uint32_t)EPOLLOUT)
		receive(connection);
}

struct error *connection_open(struct connection *out, struct loop *loop, int fd)
{
	*out = (struct connection) { .loop = loop,
		.watch = { .fd = fd, .events = EPOLLIN | EPOLLRDHUP, .ready = ready, .owner = out } };
	out->last = &out->first;
	return loop_add(loop, &out->watch);
}

void connection_close(struct connection *connection)
{
	while (connection->first) {
		struct queued *queued = connection->first;

		connection->first = queued->next;
		free(queued);
	}
	loop_remove(connection->loop, &connection->watch);
	close(connection->watch.fd);
}

static void enqueue(struct connection *connection, const struct message *message)
{
	struct queued *queued = malloc(sizeof *queued);

	if (!queued)
		memory_exhausted();
	queued->next = NULL;
	queued->message.type = message->type;
	queued->message.status = message->status;
	queued->message.size = message->size;
	memcpy(queued->message.text, message->text, message->size);
	*connection->last = queued;
	connection->last = &queued->next;
	error_free(loop_change(connection->loop, &connection->watch, EPOLLIN | EPOLLRDHUP | EPOLLOUT));
}

static void send_or_queue(
	struct connection *connection, const struct message *message, const int *fds, size_t count)
{
	int number = EAGAIN;

	if (connection->gone)
		return;
	if (!connection->first)
		number = message_send(connection->watch.fd, message, fds, count, MSG_DONTWAIT);
	if (number == EAGAIN)
		enqueue(connection, message);
	else if (number)
		lose(connection);
}

void connection_tell(struct connection *connection, enum message_type type, const char *text, size_t size)
{
	struct message message = { .type = type };

	while (size) {
		message.size = size < MESSAGE_TEXT ? size : MESSAGE_TEXT;
		memcpy(message.text, text, message.size);
		send_or_queue(connection, &message, NULL, 0);
		text += message.size;
		size -= message.size;
	}
}

void connection_end(struct connection *connection, int status, const int *fds, size_t count)
{
	const struct message message = { .type = TELL_END, .status = status };

	send_or_queue(connection, &message, fds, count);
}

struct stream {
	struct connection *connection;
	enum message_type type;
};

static ssize_t write_stream(void *cookie, const char *bytes, size_t size)
{
	const struct stream *stream = cookie;

	connection_tell(stream->connection, stream->type, bytes, size);
	return (ssize_t)size;
}

static int close_stream(void *cookie)
{
	free(cookie);
	return 0;
}

FILE *connection_stream(struct connection *connection, enum message_type type)
{
	const cookie_io_functions_t functions = { .write = write_stream, .close = close_stream };
	struct stream *stream = malloc(sizeof *stream);
	FILE *file;

	if (!stream)
		memory_exhausted();
	*stream = (struct stream) { .connection = connection, .type = type };
	file = fopencookie(stream, "w", functions);
	if (!file)
		memory_exhausted();
	setvbuf(file, NULL, _IOLBF, 0);
	return file;
}
