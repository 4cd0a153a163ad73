/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/capture.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "forwarder/counter.h"

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

static void take(struct capture *capture, uint32_t interface, enum relay_direction direction,
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

void capture_packet(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet)
{
	if (capture)
		take(capture, interface, direction, packet, NULL);
}

void capture_drop(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet, const char *format, ...)
{
	char comment[160] = "dropped: ";
	enum { BEGINNING = sizeof("dropped: ") - 1 };
	va_list arguments;

	if (!capture)
		return;
	va_start(arguments, format);
	vsnprintf(comment + BEGINNING, sizeof(comment) - BEGINNING, format, arguments);
	va_end(arguments);
	take(capture, interface, direction, packet, comment);
}
