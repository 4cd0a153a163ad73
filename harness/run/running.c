/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/running.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/enclosure.h"

enum { PIECE = 64 * 1024 }; /* a pipe holds no more, unless somebody made it larger */

static void close_watch(struct running *running, struct watch *watch)
{
	if (watch->fd < 0)
		return;
	loop_remove(running->site->loop, watch);
	close(watch->fd);
	watch->fd = -1;
}

/* The last bytes are those of the piece behind what is left of those before it. */
static void keep_last(struct stream *stream, const char *piece, size_t size)
{
	size_t before = stream->last_size;

	if (size > STREAM_LAST) {
		piece += size - STREAM_LAST;
		size = STREAM_LAST;
	}
	if (before > STREAM_LAST - size) {
		size_t left = STREAM_LAST - size;

		memmove(stream->last, stream->last + before - left, left);
		before = left;
	}
	memcpy(stream->last + before, piece, size);
	stream->last_size = before + size;
}

static void keep(struct stream *stream, const char *piece, size_t size)
{
	size_t room = STREAM_KEPT - stream->size, first = size < room ? size : room;

	if (!stream->bytes)
		stream->bytes = malloc(STREAM_KEPT + 1);
	if (!stream->bytes)
		memory_exhausted();
	for (size_t i = 0; i < first; i++)
		stream->bytes[stream->size++] = piece[i] ? piece[i] : ' ';
	stream->bytes[stream->size] = '\0';
	stream->all += size;
	keep_last(stream, piece, size);
}

/* Reads what is there, at most a piece; false where nothing is, now or ever. */
static bool read_piece(struct stream *stream)
{
	char piece[PIECE];
	ssize_t size = stream->watch.fd < 0 ? 0 : read(stream->watch.fd, piece, sizeof piece);

	if (size > 0 && stream->of->changed)
		keep(stream, piece, (size_t)size);
	if (!size || (size < 0 && errno != EAGAIN && errno != EINTR))
		close_watch(stream->of, &stream->watch);
	return size > 0;
}

static void release(struct running *running)
{
	for (size_t i = 0; i < 2; i++) {
		close_watch(running, &running->streams[i].watch);
		free(running->streams[i].bytes);
	}
	close_watch(running, &running->end);
	free(running);
}

static void forget(struct running *running)
{
	struct running **place = &running->site->programs;

	while (*place != running)
		place = &(*place)->next;
	*place = running->next;
	release(running);
}

static bool is_over(const struct running *running)
{
	return !running->process && running->streams[0].watch.fd < 0 && running->streams[1].watch.fd < 0;
}

/* Something happened; RUNNING may be gone afterwards. */
static void tell(struct running *running)
{
	if (running->changed)
		running->changed(running);
	else if (is_over(running))
		forget(running);
}

static void printed(struct watch *watch, uint32_t events)
{
	struct stream *stream = watch->owner;

	(void)events;
	read_piece(stream);
	tell(stream->of);
}

/* What it printed before it ended is in the pipes; what it left behind may go on printing. */
static void read_rest(struct running *running)
{
	for (size_t i = 0; i < 2; i++) {
		struct stream *stream = &running->streams[i];
		int size = stream->watch.fd < 0 ? 0 : fcntl(stream->watch.fd, F_GETPIPE_SZ);

		for (int rounds = size / PIECE + 1; rounds && read_piece(stream); rounds--)
			;
	}
}

static void reap(struct running *running)
{
	while (waitpid(running->process, &running->status, 0) < 0 && errno == EINTR)
		;
	running->process = 0;
	close_watch(running, &running->end);
}

static void ended(struct watch *watch, uint32_t events)
{
	struct running *running = watch->owner;

	(void)events;
	reap(running);
	read_rest(running);
	tell(running);
}

/* 0, or an errno. */
static int make_pipes(int ends[2][2])
{
	for (size_t i = 0; i < 2; i++)
		if (pipe2(ends[i], O_CLOEXEC) || fcntl(ends[i][0], F_SETFL, O_NONBLOCK) < 0)
			return errno;
	return 0;
}

static struct error *execute(struct running *running, const struct errand *errand, struct arena *arena,
	const int streams[3], int *number)
{
	struct enclosure enclosure;
	struct program program = {
		.in = &enclosure,
		.arguments = (char *const *)errand->arguments,
		.environment = (char *const *)errand->environment,
		.directory = errand->directory,
		.streams = { streams[0], streams[1], streams[2] },
		.session = true,
	};
	struct error *error = site_enclosure(running->site, errand->in, arena, &enclosure);

	if (!error)
		error = program_start(&program, &running->process, number);
	if (error || *number)
		running->process = 0;
	return error;
}

static struct error *watch_all(struct running *running)
{
	struct loop *loop = running->site->loop;
	struct error *error = NULL;

	running->end.fd = (int)syscall(SYS_pidfd_open, running->process, 0);
	if (running->end.fd < 0)
		return error_new(STATUS_UNABLE, errno, "pidfd_open");
	error = loop_add(loop, &running->end);
	for (size_t i = 0; i < 2 && !error; i++)
		error = loop_add(loop, &running->streams[i].watch);
	return error;
}

static struct running *new_running(struct site *site)
{
	struct running *running = calloc(1, sizeof *running);

	if (!running)
		memory_exhausted();
	running->site = site;
	running->end = (struct watch) { .fd = -1, .events = EPOLLIN, .ready = ended, .owner = running };
	for (size_t i = 0; i < 2; i++) {
		struct stream *stream = &running->streams[i];

		stream->of = running;
		stream->watch =
			(struct watch) { .fd = -1, .events = EPOLLIN, .ready = printed, .owner = stream };
	}
	running->next = site->programs;
	site->programs = running;
	return running;
}

static struct error *start(
	struct running *running, const struct errand *errand, struct arena *arena, int *number)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), ends[2][2] = { { -1, -1 }, { -1, -1 } };
	struct error *error = NULL;
	int wrong = null < 0 ? errno : make_pipes(ends);

	if (wrong)
		error = error_new(STATUS_UNABLE, wrong, "cannot make a program's streams");
	for (size_t i = 0; i < 2; i++)
		running->streams[i].watch.fd = ends[i][0];
	if (!error)
		error = execute(
			running, errand, arena, (const int[]) { null, ends[0][1], ends[1][1] }, number);
	if (!error && !*number)
		error = watch_all(running);
	for (size_t i = 0; i < 2; i++)
		if (ends[i][1] >= 0)
			close(ends[i][1]);
	if (null >= 0)
		close(null);
	return error;
}

struct error *running_start(struct site *site, const struct errand *errand, struct arena *arena,
	struct running **out, int *number)
{
	struct running *running = new_running(site);
	struct error *error = start(running, errand, arena, number);

	*out = NULL;
	if (!error && !*number) {
		*out = running;
		return NULL;
	}
	running_kill(running);
	forget(running);
	return error;
}

bool running_ended(const struct running *running)
{
	return !running->process;
}

static void kill_group(const struct running *running)
{
	if (!running->process)
		return;
	kill(-running->process, SIGKILL);
	kill(running->process, SIGKILL);
}

void running_kill(struct running *running)
{
	kill_group(running);
	if (running->process)
		reap(running);
	read_rest(running);
}

void running_leave(struct running *running)
{
	running->changed = NULL;
	for (size_t i = 0; i < 2; i++) {
		free(running->streams[i].bytes);
		running->streams[i].bytes = NULL;
	}
	if (is_over(running))
		forget(running);
}

/* They die side by side. */
void running_end_all(struct site *site)
{
	struct running *next;

	for (struct running *running = site->programs; running; running = running->next)
		kill_group(running);
	for (struct running *running = site->programs; running; running = next) {
		next = running->next;
		if (running->process)
			reap(running);
		release(running);
	}
	site->programs = NULL;
}
