/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection on which both ends send "bytes" at once, each its own stream, check every byte, shut down, and
 * see the other shut down. What ends it otherwise is an error, or a timeout's length without anything
 * arriving anywhere. Without a listener of ours the handshake is all.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "run/probe.h"

enum {
	CHUNK = 256 * 1024,
	CHUNKS = 4, /* in a row, before the other end gets its turn */
	FROM_CLIENT = 1,
	FROM_LISTENER = 2,
};

struct end {
	struct tcp *tcp;
	struct watch watch;
	const char *name;
	uint32_t sends, checks; /* streams */
	uint64_t sent, received;
	bool shut;  /* it has sent all, and said so */
	bool heard; /* it has received all, and heard so */
};

struct tcp {
	struct attempt *attempt;
	struct watch listener;
	struct end client, server;
	struct timer timer;
	uint64_t progress; /* when anything last arrived */
	bool overdue;	   /* that is too long ago: what comes now is late */
	uint64_t bytes;
	bool connected, verified;
	union endpoint peer, own; /* as the accepted socket has them */
};

static unsigned char chunk[CHUNK]; /* used within one callback only */

static void end_as(struct tcp *tcp, const char *word, int number, const char *text)
{
	struct outcome outcome = { .word = word, .number = number, .text = text };

	attempt_end(tcp->attempt, &outcome);
}

static void end_well(struct tcp *tcp)
{
	struct arena *arena = tcp->attempt->arena;
	struct outcome outcome = { .word = "connected", .text = "connected" };
	struct address peer = endpoint_address(&tcp->peer, NULL), own;
	uint16_t port;

	if (tcp->server.watch.fd >= 0) {
		own = endpoint_address(&tcp->own, &port);
		outcome.values = json_object();
		if (!outcome.values)
			memory_exhausted();
		json_put(outcome.values, "peer", "%s", address_print(arena, &peer));
		json_put(outcome.values, "address", "%s", address_print(arena, &own));
		json_put_number(outcome.values, "port", port);
		outcome.text = arena_printf(arena, "connected from %s, %llu bytes each way",
			address_print(arena, &peer), (unsigned long long)tcp->bytes);
	}
	tcp->verified = true;
	attempt_end(tcp->attempt, &outcome);
}

static void end_overdue(struct tcp *tcp)
{
	struct arena *arena = tcp->attempt->arena;
	const char *time = duration_print(arena, tcp->attempt->timeout);

	if (!tcp->connected)
		end_as(tcp, "no-reply", 0, arena_printf(arena, "no answer to the SYN within %s", time));
	else
		end_as(tcp, "stalled", 0,
			arena_printf(arena,
				"connected, then nothing for %s: %llu bytes reached the listener, %llu came "
				"back, of %llu",
				time, (unsigned long long)tcp->server.received,
				(unsigned long long)tcp->client.received, (unsigned long long)tcp->bytes));
}

/* Something has arrived; false: too late, and the attempt has ended. */
static bool note_progress(struct tcp *tcp)
{
	struct attempt *attempt = tcp->attempt;
	uint64_t now = loop_now();

	if (tcp->overdue) {
		attempt->behind = span_behind(&attempt->span);
		end_overdue(tcp);
		return false;
	}
	tcp->progress = now;
	return true;
}

static void end_by_error(struct tcp *tcp, const struct end *end, int number)
{
	const char *word = NULL;

	if (!tcp->connected && number == ECONNREFUSED)
		word = "refused";
	else if (number == ETIMEDOUT)
		word = tcp->connected ? "stalled" : "no-reply";
	end_as(tcp, word, number, errno_print(tcp->attempt->arena, end->name, number));
}

/* Ends the attempt with what the socket's queue of errors says, or its pending error; false: there is
 * neither. */
static bool end_by_queue(struct tcp *tcp, const struct end *end)
{
	struct queued_error error;
	int number;

	while (probe_error(end->watch.fd, &error)) {
		struct outcome outcome;

		if (!error.icmp)
			continue;
		outcome_from_error(tcp->attempt, &outcome, &error);
		attempt_end(tcp->attempt, &outcome);
		return true;
	}
	number = probe_pending(end->watch.fd);
	if (number)
		end_by_error(tcp, end, number);
	return number;
}

/* As end_by_queue for an errno that a call gave: the queue knows more, if it knows anything. */
static void end_by_call(struct tcp *tcp, const struct end *end, int number)
{
	if (!end_by_queue(tcp, end))
		end_by_error(tcp, end, number);
}

/* Ends the attempt for what came: SIZE bytes of which GOOD are right, 0 of 0 where the connection ended. */
static void end_by_bytes(struct tcp *tcp, const struct end *end, size_t good, size_t size)
{
	struct arena *arena = tcp->attempt->arena;
	unsigned long long at = end->received + good, all = tcp->bytes;
	const char *text;

	if (!size)
		text = arena_printf(
			arena, "%s: the connection ended after %llu of %llu bytes", end->name, at, all);
	else if (good < size)
		text = arena_printf(arena, "%s: byte %llu differs", end->name, at);
	else
		text = arena_printf(
			arena, "%s: more came than the %llu bytes that were sent", end->name, all);
	end_as(tcp, NULL, 0, text);
}

/* Receives what is there and checks it; false: the attempt has ended. */
static bool receive(struct tcp *tcp, struct end *end)
{
	for (int i = 0; i < CHUNKS && !end->heard; i++) {
		ssize_t got = recv(end->watch.fd, chunk, CHUNK, 0);
		size_t size = (size_t)got, good;

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (got < 0) {
			end_by_call(tcp, end, errno);
			return false;
		}
		if (!note_progress(tcp))
			return false;
		good = pattern_check(chunk, size, end->received, end->checks);
		if (good < size || end->received + size > tcp->bytes) {
			end_by_bytes(tcp, end, good, size);
			return false;
		}
		end->received += size;
		end->heard = !got;
	}
	if (!end->heard || end->received == tcp->bytes)
		return true;
	end_by_bytes(tcp, end, 0, 0);
	return false;
}

/* Sends what there is room for, and shuts down after the last byte; false: the attempt has ended. */
static bool transmit(struct tcp *tcp, struct end *end)
{
	for (int i = 0; i < CHUNKS && end->sent < tcp->bytes; i++) {
		uint64_t left = tcp->bytes - end->sent;
		size_t size = left < CHUNK ? (size_t)left : CHUNK;
		ssize_t put;

		pattern_fill(chunk, size, end->sent, end->sends);
		put = send(end->watch.fd, chunk, size, MSG_NOSIGNAL);
		if (put < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (put < 0) {
			end_by_call(tcp, end, errno);
			return false;
		}
		end->sent += (uint64_t)put;
	}
	if (end->sent < tcp->bytes || end->shut)
		return true;
	if (shutdown(end->watch.fd, SHUT_WR)) {
		end_by_call(tcp, end, errno);
		return false;
	}
	end->shut = true;
	return true;
}

/* Waits for what the end still has to do; for nothing, once both directions are shut, since EPOLLHUP would
 * not cease. */
static void wait_for(struct tcp *tcp, struct end *end)
{
	struct loop *loop = tcp->attempt->site->loop;
	uint32_t events = 0;

	if (!end->heard)
		events |= EPOLLIN;
	if (end->sent < tcp->bytes)
		events |= EPOLLOUT;
	if (end->heard && end->shut)
		loop_remove(loop, &end->watch);
	else if (events != end->watch.events)
		probe_fail(tcp->attempt, loop_change(loop, &end->watch, events));
}

static void end_ready(struct watch *watch, uint32_t events)
{
	struct end *end = watch->owner;
	struct tcp *tcp = end->tcp;

	if (tcp->attempt->ended || (events & EPOLLERR && end_by_queue(tcp, end)))
		return;
	if (!receive(tcp, end) || !transmit(tcp, end))
		return;
	wait_for(tcp, end);
	if (tcp->client.heard && tcp->client.shut && tcp->server.heard && tcp->server.shut)
		end_well(tcp);
}

static void connect_ready(struct watch *watch, uint32_t events)
{
	struct end *end = watch->owner;
	struct tcp *tcp = end->tcp;
	union endpoint peer;
	socklen_t length = sizeof peer;

	if (tcp->attempt->ended || end_by_queue(tcp, end))
		return;
	if (!(events & (EPOLLOUT | EPOLLHUP)) || getpeername(watch->fd, &peer.any, &length))
		return;
	if (!note_progress(tcp))
		return;
	tcp->connected = true;
	if (tcp->listener.fd < 0) {
		end_well(tcp);
		return;
	}
	watch->ready = end_ready;
	end_ready(watch, 0);
}

/*
 * Whether closing drops the connection at once, rather than to let the kernel send what is left of it. A
 * connection that nobody answers any more would hold its namespace for minutes: so one that has not come to
 * its end is dropped, also where this process is killed.
 */
static void drop_at_close(int fd, bool drop)
{
	const struct linger linger = { .l_onoff = drop };

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/*
 * Nagle's algorithm would hold the last bytes back for the sake of an acknowledgement. The congestion control
 * is the same on every machine, if the kernel has it: a namespace inherits it from the host.
 */
static void tune(int fd)
{
	static const char *const controls[] = { "cubic", "reno" };

	drop_at_close(fd, true);
	probe_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
		if (!setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, controls[i], (socklen_t)strlen(controls[i])))
			return;
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	struct tcp *tcp = watch->owner;
	struct end *server = &tcp->server;
	socklen_t length = sizeof tcp->peer;
	int number;

	(void)events;
	if (tcp->attempt->ended)
		return;
	server->watch.fd = accept4(watch->fd, &tcp->peer.any, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (server->watch.fd < 0) {
		number = errno;
		if (number != EAGAIN && number != EINTR && number != ECONNABORTED)
			probe_fail(tcp->attempt, error_new(STATUS_UNABLE, number, "accept"));
		return;
	}
	if (!tcp->overdue)
		tcp->progress = loop_now();
	length = sizeof tcp->own;
	if (getsockname(server->watch.fd, &tcp->own.any, &length))
		tcp->own.storage.ss_family = AF_UNSPEC;
	tune(server->watch.fd);
	loop_remove(tcp->attempt->site->loop, watch); /* one connection is all */
	probe_fail(tcp->attempt, loop_add(tcp->attempt->site->loop, &server->watch));
}

static void due(struct timer *timer)
{
	struct tcp *tcp = timer->owner;
	struct attempt *attempt = tcp->attempt;
	uint64_t until = tcp->progress + attempt->timeout, now = loop_now();

	if (attempt->ended)
		return;
	if (now >= until) {
		tcp->overdue = true;
		until = attempt_patience(attempt, tcp->progress, span_behind(&attempt->span));
	}
	if (now < until)
		loop_set(attempt->site->loop, timer, until);
	else
		end_overdue(tcp);
}

/* Opens the client's socket and begins to connect: 0, EINPROGRESS, or the errno of what *WHAT names. */
static int connect_begin(struct tcp *tcp, const char **what, struct error **error)
{
	struct attempt *attempt = tcp->attempt;
	const struct step *step = attempt->step;
	int mss = (int)value_number(&step->values, "mss", 0), *fd = &tcp->client.watch.fd;
	union endpoint to;
	socklen_t length = probe_endpoint(attempt, &step->target.address, step->target.port, &to);
	int number = probe_socket(attempt, to.any.sa_family, SOCK_STREAM, 0, fd, what, error);

	if (number)
		return number;
	tune(*fd);
	if (mss) {
		*what = "TCP_MAXSEG";
		number = probe_option(*fd, IPPROTO_TCP, TCP_MAXSEG, mss);
	}
	if (!number) {
		*what = "bind";
		number = probe_bind(attempt, *fd);
	}
	if (!number) {
		*what = "connect";
		number = connect(*fd, &to.any, length) ? errno : 0;
		probe_note(attempt, *fd);
	}
	return number;
}

static struct error *begin(struct tcp *tcp)
{
	struct attempt *attempt = tcp->attempt;
	struct error *error = NULL;
	const char *what;
	int number = connect_begin(tcp, &what, &error);

	if (error)
		return error;
	if (number && number != EINPROGRESS && !strcmp(what, "connect")) {
		tcp->client.name = what;
		end_by_call(tcp, &tcp->client, number);
		return NULL;
	}
	if (number && number != EINPROGRESS) {
		attempt_end_errno(attempt, number, what);
		return NULL;
	}
	tcp->progress = loop_now();
	loop_set(attempt->site->loop, &tcp->timer, tcp->progress + attempt->timeout);
	return loop_add(attempt->site->loop, &tcp->client.watch);
}

static struct tcp *prepare(struct attempt *attempt)
{
	struct tcp *tcp = arena_take(attempt->arena, sizeof *tcp);

	tcp->attempt = attempt;
	tcp->bytes = value_number(&attempt->step->values, "bytes", 1000);
	tcp->timer = (struct timer) { .due = due, .owner = tcp };
	tcp->listener = (struct watch) { .fd = -1, .events = EPOLLIN, .ready = listener_ready, .owner = tcp };
	tcp->client =
		(struct end) { .tcp = tcp, .name = "client", .sends = FROM_CLIENT, .checks = FROM_LISTENER };
	tcp->server = (struct end) {
		.tcp = tcp, .name = "listener", .sends = FROM_LISTENER, .checks = FROM_CLIENT
	};
	tcp->client.watch = (struct watch) {
		.fd = -1, .events = EPOLLIN | EPOLLOUT, .ready = connect_ready, .owner = &tcp->client
	};
	tcp->server.watch = (struct watch) {
		.fd = -1, .events = EPOLLIN | EPOLLOUT, .ready = end_ready, .owner = &tcp->server
	};
	return tcp;
}

static struct error *start(struct attempt *attempt)
{
	struct tcp *tcp = prepare(attempt);
	const char *wrong;
	struct error *error;

	attempt->state = tcp;
	error = probe_listen(attempt, SOCK_STREAM, &tcp->listener.fd, NULL, &wrong);
	if (error)
		return error;
	if (wrong) {
		end_as(tcp, NULL, 0, wrong);
		return NULL;
	}
	if (tcp->listener.fd >= 0)
		error = loop_add(attempt->site->loop, &tcp->listener);
	return error ? error : begin(tcp);
}

static void stop(struct attempt *attempt)
{
	struct tcp *tcp = attempt->state;

	if (!tcp)
		return;
	loop_unset(attempt->site->loop, &tcp->timer);
	drop_at_close(tcp->client.watch.fd, !tcp->verified);
	drop_at_close(tcp->server.watch.fd, !tcp->verified);
	probe_close(attempt, &tcp->client.watch);
	probe_close(attempt, &tcp->server.watch);
	probe_close(attempt, &tcp->listener);
}

static const char *const words[] = { "connected", "refused", "no-reply", "stalled", NULL };

/* clang-format off */
static const struct field fields[] = {
	{ .key = "bytes", .type = &type_u64, .least = 0, .most = 16ULL << 30, .fallback = "1000",
		.what = "bytes that each end sends" },
	{ .key = "mss", .type = &type_u16, .least = 88, .most = 32767,
		.what = "the client's maximum segment size" },
	{ 0 },
};

static const struct field expects[] = {
	{ .key = "peer", .type = &type_address, .what = "whom the listener saw" },
	{ .key = "address", .type = &type_address, .what = "where the listener was reached" },
	{ .key = "port", .type = &type_u16, .what = "at which port" },
	{ 0 },
};
/* clang-format on */

const struct verb verb_tcp = {
	.name = "tcp",
	.what = "a TCP connection, over which each end sends and every byte is checked: \"connected\" if all "
		"came, \"stalled\" if data did not come after the handshake",
	.target = &type_endpoint,
	.fields = fields,
	.words = words,
	.expects = expects,
	.expectations = EXPECTS_ICMP | EXPECTS_ERRNO | EXPECTS_SILENCE,
	.probe = true,
	.listens = true,
	.start = start,
	.stop = stop,
};
