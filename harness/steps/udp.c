/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams that a listener sends back. With "count" one is sent after the other, each from a socket of its
 * own, hence a port of its own. The client's socket is not connected, so that an answer from elsewhere is
 * seen, too.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "run/probe.h"
#include "run/tally.h"
#include "run/verdict.h"

enum { MOST = 65536 };

/* Whom the listener saw, and who answered. */
struct answer {
	struct address peer, from;
};

struct udp {
	struct attempt *attempt;
	struct watch listener, client;
	const struct netns *listens; /* where the listener is */
	struct timer timer;
	uint64_t sent; /* when the one that is under way was */
	size_t count;
	size_t size;
	uint32_t stream; /* of the datagram that is under way */
	union endpoint to;
	socklen_t to_length;
	struct address seen; /* whom the listener saw this time; family AF_UNSPEC: nobody yet */
	int unanswered;	     /* errno of its answer, 0: there was none */
	struct tally tally;
	struct answer *answers; /* one for each that was answered */
	size_t answer_count;
	size_t late;	 /* answers that came too late, and of which no more is known */
	uint64_t behind; /* how far the machine fell behind, at most, with answers that came too late; 0: none
			    did */
	bool elsewhere;	 /* some came from elsewhere than where it was sent */
};

static unsigned char room[MOST]; /* used within one callback only */

static json_t *answer_values(struct arena *arena, const struct answer *answer)
{
	json_t *values = json_object();

	if (!values)
		memory_exhausted();
	if (answer->peer.family)
		json_put(values, "peer", "%s", address_print(arena, &answer->peer));
	json_put(values, "answer-from", "%s", address_print(arena, &answer->from));
	return values;
}

static void finish(struct udp *udp)
{
	struct outcome outcome = tally_outcome(udp->attempt->arena, &udp->tally);

	if (udp->answer_count)
		outcome.values = answer_values(udp->attempt->arena, &udp->answers[0]);
	attempt_end(udp->attempt, &outcome);
}

static bool is_overdue(const struct udp *udp)
{
	return loop_now() >= udp->sent + udp->attempt->timeout;
}

/* What was overdue has come: the machine was slow. */
static struct outcome late_outcome(struct udp *udp)
{
	struct arena *arena = udp->attempt->arena;
	uint64_t behind = span_behind(&udp->attempt->span);

	udp->behind = behind > udp->behind ? behind : udp->behind;
	udp->late++;
	return (struct outcome) { .word = "no-reply",
		.text = arena_printf(arena, "no reply within %s, but after %s",
			duration_print(arena, udp->attempt->timeout),
			duration_print(arena, loop_now() - udp->sent)) };
}

/* Ends the try that is under way; the next begins from the loop. */
static void end_try(struct udp *udp, const struct outcome *outcome)
{
	probe_close(udp->attempt, &udp->client);
	tally_add(udp->attempt->arena, &udp->tally, outcome);
	if (udp->tally.total == udp->count)
		finish(udp);
	else
		loop_set(udp->attempt->site->loop, &udp->timer, loop_now());
}

static void end_by_timeout(struct udp *udp)
{
	struct arena *arena = udp->attempt->arena;
	struct outcome outcome = { .word = "no-reply",
		.text = arena_printf(
			arena, "no reply within %s", duration_print(arena, udp->attempt->timeout)) };

	if (udp->seen.family && udp->unanswered)
		outcome.text = arena_printf(arena, "%s: %s", outcome.text,
			errno_print(arena, "the listener's answer", udp->unanswered));
	else if (udp->seen.family)
		outcome.text = arena_printf(arena, "%s; the listener answered %s", outcome.text,
			address_print(arena, &udp->seen));
	end_try(udp, &outcome);
}

static void end_by_errno(struct udp *udp, int number)
{
	struct outcome outcome = { .number = number,
		.text = errno_print(udp->attempt->arena, "send", number) };

	end_try(udp, &outcome);
}

static void end_by_damage(struct udp *udp, const char *where, size_t at, size_t size)
{
	struct arena *arena = udp->attempt->arena;
	struct outcome outcome = { .text = arena_printf(arena, "%s: byte %zu differs", where, at) };

	if (at == size || at == udp->size)
		outcome.text = arena_printf(arena, "%s: %zu bytes came of %zu", where, size, udp->size);
	end_try(udp, &outcome);
}

/* Whether a datagram is the one under way. One that is wholly different is a stranger; what else differs is
 * damaged. */
static bool is_ours(struct udp *udp, const char *where, size_t size)
{
	size_t compared = size < udp->size ? size : udp->size;
	size_t good = pattern_check(room, compared, 0, udp->stream);

	if (good == udp->size && size == udp->size)
		return true;
	if (good && udp->client.fd >= 0)
		end_by_damage(udp, where, good, size);
	return false;
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	struct udp *udp = watch->owner;

	(void)events;
	while (!udp->attempt->ended) {
		struct datagram datagram;
		ssize_t got = listener_receive(watch->fd, room, MOST, &datagram);

		if (got < 0)
			return;
		if (!is_ours(udp, "listener", (size_t)got))
			continue;
		udp->seen = endpoint_address(&datagram.from, NULL);
		probe_fail(udp->attempt, listener_answer(udp->attempt, udp->listens, watch->fd, &datagram,
						 room, (size_t)got, &udp->unanswered));
	}
}

/* To whom any answer comes from elsewhere. */
static bool to_many(const union endpoint *to)
{
	if (to->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_MULTICAST(&to->v6.sin6_addr);
	return IN_MULTICAST(ntohl(to->v4.sin_addr.s_addr)) || to->v4.sin_addr.s_addr == INADDR_BROADCAST;
}

static void end_by_answer(struct udp *udp, const union endpoint *from)
{
	struct arena *arena = udp->attempt->arena;
	uint16_t to_port, from_port;
	struct address to = endpoint_address(&udp->to, &to_port), sender = endpoint_address(from, &from_port);
	const char *who = address_print(arena, &sender);
	struct outcome outcome = { .word = "reply", .text = arena_printf(arena, "reply from %s", who) };
	struct answer answer = { udp->seen, sender };

	if (is_overdue(udp)) {
		outcome = late_outcome(udp);
		end_try(udp, &outcome);
		return;
	}
	if (from_port != to_port) {
		outcome.word = NULL;
		outcome.text =
			arena_printf(arena, "answer from %s port %u instead of %u", who, from_port, to_port);
	}
	if (!address_equal(&to, &sender) && !to_many(&udp->to)) {
		outcome.word = NULL;
		outcome.text =
			arena_printf(arena, "answer from %s instead of %s", who, address_print(arena, &to));
	}
	udp->elsewhere = udp->elsewhere || !outcome.word;
	arena_append(arena, &udp->answers, &udp->answer_count, &answer, sizeof answer);
	end_try(udp, &outcome);
}

/* Ends the try with what the queue of errors says; false: nothing of what was sent to the target. */
static bool end_by_queue(struct udp *udp)
{
	struct queued_error error;
	struct outcome outcome;
	int number;

	while (probe_error(udp->client.fd, &error)) {
		if (!error.icmp)
			continue;
		outcome_from_error(udp->attempt, &outcome, &error);
		if (error.number == ECONNREFUSED)
			outcome.word = "refused";
		end_try(udp, &outcome);
		return true;
	}
	number = probe_pending(udp->client.fd);
	if (number)
		end_by_errno(udp, number);
	return number;
}

static void client_ready(struct watch *watch, uint32_t events)
{
	struct udp *udp = watch->owner;
	bool checked = udp->listener.fd >= 0; /* who else answers may answer anything */

	if (udp->attempt->ended || (events & EPOLLERR && end_by_queue(udp)))
		return;
	while (watch->fd >= 0) {
		union endpoint from = { .storage = { 0 } };
		socklen_t length = sizeof from;
		ssize_t got = recvfrom(watch->fd, room, MOST, 0, &from.any, &length);

		if (got < 0)
			return;
		if (checked && !is_ours(udp, "client", (size_t)got))
			continue;
		end_by_answer(udp, &from);
	}
}

/* Opens a socket and sends one: 0, or the errno of what *WHAT names. */
static int send_one(struct udp *udp, const char **what, struct error **error)
{
	struct attempt *attempt = udp->attempt;
	static uint32_t streams;
	int *fd = &udp->client.fd;
	int number = probe_socket(attempt, udp->to.any.sa_family, SOCK_DGRAM, 0, fd, what, error);

	if (number)
		return number;
	*what = "bind";
	number = probe_bind(attempt, *fd);
	if (number)
		return number;
	*error = loop_add(attempt->site->loop, &udp->client);
	if (*error)
		return -1;
	*what = "send";
	udp->stream = streams++;
	pattern_fill(room, udp->size, 0, udp->stream);
	number = sendto(*fd, room, udp->size, 0, &udp->to.any, udp->to_length) < 0 ? errno : 0;
	if (udp->answer_count ==
		udp->tally.total) /* the port of the first that stays unanswered is the one to know */
		probe_note(attempt, *fd);
	return number;
}

static struct error *begin_try(struct udp *udp)
{
	struct error *error = NULL;
	const char *what;
	int number;

	udp->seen.family = AF_UNSPEC;
	udp->unanswered = 0;
	if (udp->tally.total) {
		span_end(&udp->attempt->span);
		span_begin(&udp->attempt->span, udp->attempt->site);
	}
	udp->sent = loop_now();
	number = send_one(udp, &what, &error);
	if (error)
		return error;
	if (!number)
		loop_set(udp->attempt->site->loop, &udp->timer, udp->sent + udp->attempt->timeout);
	else if (!strcmp(what, "send"))
		end_by_errno(udp, number);
	else
		attempt_end_errno(udp->attempt, number, what);
	return NULL;
}

static void due(struct timer *timer)
{
	struct udp *udp = timer->owner;
	struct attempt *attempt = udp->attempt;
	uint64_t until;

	if (attempt->ended)
		return;
	if (udp->client.fd < 0) {
		probe_fail(attempt, begin_try(udp));
		return;
	}
	until = attempt_patience(attempt, udp->sent, span_behind(&attempt->span));
	if (loop_now() < until)
		loop_set(attempt->site->loop, timer, until);
	else
		end_by_timeout(udp);
}

static struct error *start(struct attempt *attempt)
{
	const struct step *step = attempt->step;
	struct udp *udp = arena_take(attempt->arena, sizeof *udp);
	const char *wrong;
	struct error *error;

	attempt->state = udp;
	udp->attempt = attempt;
	udp->count = value_number(&step->values, "count", 1);
	udp->size = value_number(&step->values, "size", 64);
	udp->timer = (struct timer) { .due = due, .owner = udp };
	udp->listener = (struct watch) { .fd = -1, .events = EPOLLIN, .ready = listener_ready, .owner = udp };
	udp->client = (struct watch) { .fd = -1, .events = EPOLLIN, .ready = client_ready, .owner = udp };
	udp->to_length = probe_endpoint(attempt, &step->target.address, step->target.port, &udp->to);
	error = probe_listen(attempt, SOCK_DGRAM, &udp->listener.fd, &udp->listens, &wrong);
	if (!error && wrong) {
		attempt_end(attempt, &(struct outcome) { .text = wrong });
		return NULL;
	}
	if (!error && udp->listener.fd >= 0)
		error = loop_add(attempt->site->loop, &udp->listener);
	return error ? error : begin_try(udp);
}

static void stop(struct attempt *attempt)
{
	struct udp *udp = attempt->state;

	if (!udp)
		return;
	loop_unset(attempt->site->loop, &udp->timer);
	probe_close(attempt, &udp->client);
	probe_close(attempt, &udp->listener);
}

/* Each answer must be as expected; and from where the datagram was sent, unless "answer-from" says otherwise.
 */
static bool answers_match(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	const struct udp *udp = attempt->state;

	if (udp->elsewhere && !json_object_get(expectation->json, "answer-from"))
		return false; /* the outcome's text says it all */
	for (size_t i = 0; i < udp->answer_count; i++) {
		json_t *values = answer_values(attempt->arena, &udp->answers[i]);
		bool same = json_matches(attempt->arena, expectation->json, values, difference);

		json_decref(values);
		if (!same)
			return false;
	}
	return true;
}

static bool matches(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	const struct udp *udp = attempt->state;

	return udp->answer_count == udp->count && answers_match(attempt, expectation, difference);
}

/* Each try as is expected, but for those whose answers were late. */
static bool excused(const struct attempt *attempt, const struct expectation *expectation, uint64_t *behind)
{
	const struct udp *udp = attempt->state;
	size_t late = 0;
	const char *ignored;

	if (!udp || !udp->late)
		return false;
	*behind = udp->behind;
	if (expectation->kind == EXPECT_VALUES)
		return udp->answer_count + udp->late == udp->count &&
		       answers_match(attempt, expectation, &ignored);
	for (size_t i = 0; i < udp->tally.row_count; i++) {
		const struct tally_row *row = &udp->tally.rows[i];

		if (outcome_is(&row->outcome, expectation))
			continue;
		if (!row->outcome.word || strcmp(row->outcome.word, "no-reply") != 0)
			return false;
		late += row->count;
	}
	return late == udp->late;
}

static const char *const words[] = { "reply", "no-reply", "refused", NULL };

/* clang-format off */
static const struct field fields[] = {
	{ .key = "size", .type = &type_u32, .least = 0, .most = 65507, .fallback = "64",
		.what = "bytes of payload" },
	{ .key = "count", .type = &type_u32, .least = 1, .most = 10000, .fallback = "1",
		.what = "how many are sent, each from a port of its own" },
	{ 0 },
};

static const struct field expects[] = {
	{ .key = "peer", .type = &type_address, .what = "whom the listener saw" },
	{ .key = "answer-from", .type = &type_address, .what = "from where the answer came" },
	{ 0 },
};
/* clang-format on */

const struct verb verb_udp = {
	.name = "udp",
	.what = "UDP datagrams that are sent back, with every byte checked: \"refused\" if the port is "
		"unreachable",
	.target = &type_endpoint,
	.fields = fields,
	.words = words,
	.expects = expects,
	.expectations = EXPECTS_ICMP | EXPECTS_ERRNO | EXPECTS_SILENCE,
	.probe = true,
	.listens = true,
	.datagrams = true,
	.start = start,
	.matches = matches,
	.excused = excused,
	.stop = stop,
};
