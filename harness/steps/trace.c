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
	if (number)
		attempt_end_errno(trace->attempt, number, "send");
	else
		loop_set(trace->attempt->site->loop, &trace->timer, loop_now() + trace->attempt->timeout);
	return NULL;
}

/* The hop of the request that is under way is known, or known to be silent (NULL): on to the next. */
static void add_hop(struct trace *trace, const struct address *from)
{
	const struct values *values = &trace->attempt->step->values;
	struct arena *arena = trace->attempt->arena;
	json_t *hop = from ? json_string(address_print(arena, from)) : json_null();

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
	struct address from;
	int sequence;

	if (events & EPOLLERR)
		probe_pending(watch->fd);
	while (!trace->attempt->ended && probe_error(watch->fd, &error))
		take_error(trace, &error);
	while (!trace->attempt->ended && echo_receive(&trace->socket, &sequence, &from))
		take_answer(trace, sequence, &from);
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
	.stop = stop,
};
