/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "forwarder/counter.h"
#include "forwarder/segment.h"

struct capture *capture_open(int fd, uint64_t *failure)
{
	struct capture *capture = malloc(sizeof(*capture));

	if (!capture)
		return NULL;
	capture->fd = fd;
	capture->now = 0;
	capture->failure = failure;
	capture->blocks = (struct pcapng) { .bytes = capture->room, .room = sizeof(capture->room) };
	return capture;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	capture_flush(capture);
	if (capture->fd >= 0)
		close(capture->fd);
	free(capture);
}

void capture_tick(struct capture *capture)
{
	struct timespec now;

	if (!capture)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	capture->now = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t capture_time(const struct capture *capture)
{
	return capture ? capture->now : 0;
}

void capture_return(struct capture *capture, uint64_t time)
{
	if (capture)
		capture->now = time;
}

static void give_up(struct capture *capture, int number)
{
	counter_set(capture->failure, (uint64_t)number);
	close(capture->fd);
	capture->fd = -1;
}

void capture_flush(struct capture *capture)
{
	size_t done = 0;

	if (!capture)
		return;
	/* What is written in part is followed by the reason why the rest is not. */
	while (done < capture->blocks.length && capture->fd >= 0) {
		ssize_t written = write(capture->fd, capture->room + done, capture->blocks.length - done);

		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR)
			give_up(capture, errno);
	}
	capture->blocks.length = 0;
}

static void put(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet, const char *comment)
{
	const struct pcapng_packet block = {
		.interface = interface,
		.time = capture->now,
		.bytes = packet->bytes,
		.size = packet->length,
		.length = packet->length,
		.flags = direction == RELAY_IN ? PCAPNG_IN : PCAPNG_OUT,
		.comment = comment,
	};

	if (capture->blocks.room - capture->blocks.length < PCAPNG_BLOCK)
		capture_flush(capture);
	if (capture->fd >= 0)
		pcapng_add_packet(&capture->blocks, &block);
}

/* As it is on the wire; what no device would send as it is. */
static void take(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet, const char *comment)
{
	uint8_t room[SEGMENT_LONGEST];
	struct packet piece = *packet;
	struct segment form;

	if (!segment_read(packet, packet->frame, &form)) {
		put(capture, interface, direction, packet, comment);
		return;
	}
	for (unsigned i = 0; i < form.count; i++) {
		segment_complete(packet, &form, i, room, &piece);
		put(capture, interface, direction, &piece, comment);
	}
}

/* A comment that is being written; what has no room is cut off. */
struct comment {
	char text[240];
	size_t length;
};

static void say(struct comment *comment, const char *format, va_list arguments)
{
	size_t room = sizeof(comment->text) - comment->length;
	int length = vsnprintf(comment->text + comment->length, room, format, arguments);

	if (length > 0)
		comment->length += (size_t)length < room ? (size_t)length : room - 1;
}

/* One more thing that befell the packet. */
__attribute__((format(printf, 2, 3))) static void add(struct comment *comment, const char *format, ...)
{
	va_list arguments;

	if (comment->length && comment->length + 2 < sizeof(comment->text))
		comment->length = (size_t)(stpcpy(comment->text + comment->length, "; ") - comment->text);
	va_start(arguments, format);
	say(comment, format, arguments);
	va_end(arguments);
}

static void add_trip(struct comment *comment, const struct packet *packet)
{
	const struct trip *trip = packet->trip;

	if (packet->note)
		add(comment, "%s", packet->note);
	if (!trip)
		return;
	if (trip->took)
		add(comment, "delayed: %" PRIu64 ".%03" PRIu64 " ms, %" PRIu64 " us late",
			trip->took / 1000000, trip->took / 1000 % 1000, trip->late / 1000);
	if (trip->copies)
		add(comment, "duplicated: copy %u of %u", trip->copy, trip->copies);
	if (trip->corrupt)
		add(comment, "corrupted: bit %" PRIu32, trip->corrupt - 1);
}

static void take_whole(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet)
{
	struct comment comment = { 0 };

	add_trip(&comment, packet);
	take(capture, interface, direction, packet, comment.text);
}

void capture_packet(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet)
{
	if (capture)
		take_whole(capture, interface, direction, packet);
}

void capture_drop(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet, const char *format, ...)
{
	struct comment comment = { .text = "dropped: ", .length = sizeof("dropped: ") - 1 };
	va_list arguments;

	if (!capture)
		return;
	va_start(arguments, format);
	say(&comment, format, arguments);
	va_end(arguments);
	add_trip(&comment, packet);
	take(capture, interface, direction, packet, comment.text);
}
