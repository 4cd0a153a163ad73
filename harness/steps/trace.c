/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The path to an address: echo requests with a rising TTL, one at a time. A hop is whoever says that the TTL
 * was exceeded; the last is whoever answers, or says that there is no way on.
 */
#include <string.h>
#include <sys/epoll.h>

#include "run/echo.h"

struct trace {
	struct attempt *attempt;
	struct echo_socket socket;
	struct watch watch;
	struct timer timer;
	json_t *hops;
	uint64_t sent;	 /* when it was */
	uint64_t behind; /* how far the machine fell behind, at most, of hops that told of themselves too
			    late; 0: none */
	unsigned ttl;	 /* of the request that is under way */
	unsigned silent; /* hops in a row, up to now */
};

static const char *hops_print(const struct trace *trace)
{
	struct arena *arena = trace->attempt->arena;
	const char *text = "";
	size_t i;
	json_t *hop;

	json_array_foreach (trace->hops, i, hop)
		text = arena_printf(arena, "%s%s%s", text, i ? ", " : "",
			json_is_string(hop) ? json_string_value(hop) : "silent");
	return *text ? text : "no hop";
}

static void finish(struct trace *trace, struct outcome outcome)
{
	outcome.text = arena_printf(trace->attempt->arena, "%s%s%s", hops_print(trace),
		outcome.text ? "; " : "", outcome.text ? outcome.text : "");
	outcome.values = json_incref(trace->hops);
	attempt_end(trace->attempt, &outcome);
}

static struct error *send_next(struct trace *trace)
{
	bool six = trace->socket.family == AF_INET6;
	int number;

	trace->ttl++;
	number = probe_option(trace->watch.fd, six ? IPPROTO_IPV6 : IPPROTO_IP,
		six ? IPV6_UNICAST_HOPS : IP_TTL, (int)trace->ttl);
	if (!number)
		number = echo_send(&trace->socket, (uint16_t)trace->ttl);
	trace->attempt->local = trace->socket.id;
	trace->sent = loop_now();
	if (trace->ttl > 1) {
		span_end(&trace->attempt->span);
		span_begin(&trace->attempt->span, trace->attempt->site);
	}
	if (number)
		attempt_end_errno(trace->attempt, number, "send");
	else
		loop_set(trace->attempt->site->loop, &trace->timer, trace->sent + trace->attempt->timeout);
	return NULL;
}

/* Whether what comes now comes too late; and then, how far the machine fell behind. */
static bool is_overdue(struct trace *trace)
{
	uint64_t behind;

	if (loop_now() < trace->sent + trace->attempt->timeout)
		return false;
	behind = span_behind(&trace->attempt->span);
	trace->behind = behind > trace->behind ? behind : trace->behind;
	return true;
}

/* The hop of the request that is under way is known, or known to be silent (NULL): on to the next. */
static void add_hop(struct trace *trace, const struct address *from)
{
	const struct values *values = &trace->attempt->step->values;
	struct arena *arena = trace->attempt->arena;
	json_t *hop;

	if (from && is_overdue(trace))
		from = NULL;
	hop = from ? json_string(address_print(arena, from)) : json_null();
	if (!hop || json_array_append_new(trace->hops, hop))
		memory_exhausted();
	trace->silent = from ? 0 : trace->silent + 1;
	if (trace->silent >= value_number(values, "silent", 3))
		finish(trace, (struct outcome) { .text = "given up" });
	else if (trace->ttl >= value_number(values, "hops", 30))
		finish(trace, (struct outcome) { .text = "not reached" });
}

static void due(struct timer *timer)
{
	struct trace *trace = timer->owner;
	struct attempt *attempt = trace->attempt;
	uint64_t until = attempt_patience(attempt, trace->sent, span_behind(&attempt->span));

	if (loop_now() < until) {
		loop_set(attempt->site->loop, timer, until);
		return;
	}
	add_hop(trace, NULL);
	if (!trace->attempt->ended)
		send_next(trace);
}

static bool is_exceeded(const struct queued_error *error)
{
	const char *name = icmp_error_name(error->family, error->type, error->code);

	return name && !strcmp(name, "time-exceeded");
}

static void take_error(struct trace *trace, const struct queued_error *error)
{
	struct outcome outcome;

	if (!error->icmp || echo_sequence_of(&trace->socket, error) != (int)trace->ttl)
		return;
	add_hop(trace, &error->from);
	if (trace->attempt->ended)
		return;
	if (is_exceeded(error)) {
		send_next(trace);
		return;
	}
	outcome_from_error(trace->attempt, &outcome, error);
	finish(trace, outcome);
}

static void take_answer(struct trace *trace, int sequence, const struct address *from)
{
	if (sequence != (int)trace->ttl)
		return;
	add_hop(trace, from);
	if (!trace->attempt->ended)
		finish(trace, (struct outcome) { .word = "reached" });
}

static void ready(struct watch *watch, uint32_t events)
{
	struct trace *trace = watch->owner;
	struct queued_error error;
	struct echo_answer answer;

	if (events & EPOLLERR)
		probe_pending(watch->fd);
	while (!trace->attempt->ended && probe_error(watch->fd, &error))
		take_error(trace, &error);
	while (!trace->attempt->ended && echo_receive(&trace->socket, &answer))
		take_answer(trace, answer.sequence, &answer.from);
}

static struct error *start(struct attempt *attempt)
{
	struct trace *trace = arena_take(attempt->arena, sizeof *trace);
	struct error *error = NULL;
	const char *what;
	int number;

	attempt->state = trace;
	trace->attempt = attempt;
	trace->hops = json_array();
	trace->timer = (struct timer) { .due = due, .owner = trace };
	trace->watch = (struct watch) { .fd = -1, .events = EPOLLIN, .ready = ready, .owner = trace };
	if (!trace->hops)
		memory_exhausted();
	number = echo_open(attempt, &attempt->step->target.address, 32, &trace->socket, &what, &error);
	if (error)
		return error;
	trace->watch.fd = trace->socket.fd;
	if (number) {
		attempt_end_errno(attempt, number, what);
		return NULL;
	}
	error = loop_add(attempt->site->loop, &trace->watch);
	return error ? error : send_next(trace);
}

static void stop(struct attempt *attempt)
{
	struct trace *trace = attempt->state;

	if (!trace)
		return;
	loop_unset(attempt->site->loop, &trace->timer);
	probe_close(attempt, &trace->watch);
	json_decref(trace->hops);
}

static bool same_hop(struct arena *arena, const json_t *wanted, const json_t *seen)
{
	const char *ignored = NULL;

	return json_is_null(wanted) ? json_is_null(seen) : json_matches(arena, wanted, seen, &ignored);
}

/* Unlike other lists this one is in order, and whole. */
static bool matches(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	const json_t *seen = attempt->outcome.values;
	size_t i;
	json_t *wanted;

	json_array_foreach ((json_t *)expectation->json, i, wanted) {
		if (i < json_array_size(seen) && same_hop(attempt->arena, wanted, json_array_get(seen, i)))
			continue;
		*difference = arena_printf(attempt->arena, "hop %zu differs", i + 1);
		return false;
	}
	if (json_array_size(seen) != json_array_size(expectation->json))
		*difference = arena_printf(attempt->arena, "%zu hops, not %zu", json_array_size(seen),
			json_array_size(expectation->json));
	return json_array_size(seen) == json_array_size(expectation->json);
}

/* The same hops, but for those that are silent since what they said came too late. */
static bool excused(const struct attempt *attempt, const struct expectation *expectation, uint64_t *behind)
{
	const struct trace *trace = attempt->state;
	const json_t *hops = attempt->outcome.values, *seen;
	size_t i;

	if (!trace || expectation->kind != EXPECT_VALUES)
		return false;
	json_array_foreach ((json_t *)hops, i, seen) {
		const json_t *wanted = json_array_get(expectation->json, i);

		if (!wanted || !(json_is_null(seen) || same_hop(attempt->arena, wanted, seen)))
			return false;
	}
	*behind = trace->behind;
	return trace->behind;
}

static const char *const words[] = { "reached", NULL };

/* clang-format off */
static const struct field fields[] = {
	{ .key = "hops", .type = &type_u32, .least = 1, .most = 255, .fallback = "30", .what = "after so many it gives up" },
	{ .key = "silent", .type = &type_u32, .least = 1, .most = 255, .fallback = "3", .what = "after so many silent ones in a row it gives up" },
	{ 0 },
};
/* clang-format on */

const struct verb verb_trace = {
	.name = "trace",
	.what = "the path by rising TTL; a list is that of the hops, whole and in order, null for a silent "
		"one",
	.target = &type_address,
	.fields = fields,
	.words = words,
	.expectations = EXPECTS_ICMP | EXPECTS_ERRNO | EXPECTS_LIST,
	.probe = true,
	.start = start,
	.matches = matches,
	.excused = excused,
	.stop = stop,
};
