/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Echo requests, sent at an interval whether or not the ones before were answered. Each is open until its
 * answer or an error comes, or until its time is up, counted from its sending; what comes later is not
 * counted.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "run/bound.h"
#include "run/ping.h"
#include "run/tally.h"

static const uint64_t AGAIN = 1000000; /* nanoseconds until a send that found no room is tried again */

static void close_request(struct ping *ping, struct echo_request *request, enum request_state state)
{
	request->state = state;
	ping->closed++;
}

static void fail_request(struct ping *ping, struct echo_request *request, const struct outcome *failure)
{
	request->failure = arena_copy(ping->attempt->arena, failure, sizeof *failure);
	close_request(ping, request, REQUEST_FAILED);
}

/* The sequence numbers, from 1, of the requests that were answered. */
static json_t *answered_of(const struct ping *ping)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < ping->count; i++)
		if (ping->requests[i].state == REQUEST_ANSWERED)
			json_append_new(list, json_integer((json_int_t)i + 1));
	return list;
}

static json_t *values_of(const struct ping *ping)
{
	json_t *values = json_new_object();

	json_put_new(values, "answered", answered_of(ping));
	if (ping->refused)
		return values;
	json_put(values, "loss", "%g%%", ping_loss(ping, ping->answered));
	if (ping->answered)
		json_put(values, "rtt", "%s", ping_took_print(ping) + strlen(" after "));
	return values;
}

static void finish(struct ping *ping)
{
	struct arena *arena = ping->attempt->arena;
	struct tally tally = { 0 };
	struct outcome outcome;

	for (size_t i = 0; i < ping->count; i++) {
		outcome = ping_outcome(ping, &ping->requests[i]);
		tally_add(arena, &tally, &outcome);
	}
	outcome = tally_outcome(arena, &tally);
	outcome.values = values_of(ping);
	attempt_end(ping->attempt, &outcome);
}

/* Sends the next; where there is no room for it now, it is tried again until its time is up. */
static void send_next(struct ping *ping, uint64_t now)
{
	struct echo_request *request = &ping->requests[ping->sent];
	struct outcome failure;
	int number;

	if (!request->sent)
		request->sent = now;
	if (ping->measured)
		request->began = lateness_read(ping->attempt->site);
	now = loop_now();
	number = echo_send(&ping->socket, (uint16_t)(ping->sent + 1));
	ping->attempt->local = ping->socket.id;
	if ((number == EAGAIN || number == ENOBUFS) && now < request->sent + ping->attempt->timeout) {
		ping->next = now + AGAIN;
		return;
	}
	ping->sent++;
	ping->next = now + ping->interval;
	request->sent = now;
	request->until = now + ping->attempt->timeout;
	if (!number)
		return;
	failure = (struct outcome) { .number = number,
		.text = errno_print(ping->attempt->arena, "send", number) };
	ping->refused = true;
	fail_request(ping, request, &failure);
}

/*
 * How far the machine has fallen behind since the request was sent. What this process waited counts, too,
 * even where the kernel says when answers came: on a busy machine it is a while until it does.
 */
static uint64_t behind_of(struct ping *ping, const struct echo_request *request)
{
	return ping->measured ? lateness_since(ping->attempt->site, &request->began)
			      : span_behind(&ping->attempt->span);
}

/* Gives up what is overdue; where the machine has fallen behind, later. */
static void expire(struct ping *ping, uint64_t now)
{
	while (ping->oldest < ping->sent) {
		struct echo_request *request = &ping->requests[ping->oldest];

		if (request->state == REQUEST_OPEN) {
			if (now >= request->until)
				request->until = attempt_patience(
					ping->attempt, request->sent, behind_of(ping, request));
			if (now < request->until)
				return;
			close_request(ping, request, REQUEST_LOST);
		}
		ping->oldest++;
	}
}

/* Ends the attempt if everything is decided, else sees to it that what is to be done next gets done. */
static void settle(struct ping *ping)
{
	uint64_t next = UINT64_MAX;

	if (ping->closed == ping->count) {
		finish(ping);
		return;
	}
	if (ping->sent < ping->count)
		next = ping->next;
	if (ping->oldest < ping->sent && ping->requests[ping->oldest].until < next)
		next = ping->requests[ping->oldest].until;
	loop_set(ping->attempt->site->loop, &ping->timer, next);
}

static void due(struct timer *timer)
{
	struct ping *ping = timer->owner;
	uint64_t now = loop_now();

	if (ping->attempt->ended)
		return;
	if (ping->sent < ping->count && now >= ping->next)
		send_next(ping, now);
	expire(ping, now);
	settle(ping);
}

static struct echo_request *open_request(const struct ping *ping, int sequence)
{
	if (sequence < 1 || (size_t)sequence > ping->sent ||
		ping->requests[sequence - 1].state != REQUEST_OPEN)
		return NULL;
	return &ping->requests[sequence - 1];
}

static void answered(struct ping *ping, const struct echo_answer *answer)
{
	struct echo_request *request = open_request(ping, answer->sequence);

	if (!request)
		return;
	request->took = answer->at > request->sent ? answer->at - request->sent : 1;
	if (ping->measured || request->took >= ping->attempt->timeout)
		request->behind = lateness_at_most(
			ping->attempt->site, ping->measured ? &request->began : &ping->attempt->span.began);
	if (request->behind > request->took)
		request->behind = request->took;
	if (request->took >= ping->attempt->timeout) {
		close_request(ping, request, REQUEST_LOST);
		return;
	}
	ping->from = answer->from;
	if (!ping->answered || request->took < ping->least)
		ping->least = request->took;
	if (!ping->answered || request->took > ping->most)
		ping->most = request->took;
	ping->answered++;
	close_request(ping, request, REQUEST_ANSWERED);
}

static void take_errors(struct ping *ping)
{
	struct queued_error error;

	/* It says no more than the queue does, and not of which request. */
	probe_pending(ping->watch.fd);
	while (probe_error(ping->watch.fd, &error)) {
		struct echo_request *request = open_request(ping, echo_sequence_of(&ping->socket, &error));
		struct outcome failure;

		if (!request || !error.icmp)
			continue;
		outcome_from_error(ping->attempt, &failure, &error);
		fail_request(ping, request, &failure);
	}
}

static void ready(struct watch *watch, uint32_t events)
{
	struct ping *ping = watch->owner;
	struct echo_answer answer;

	if (ping->attempt->ended)
		return;
	if (events & EPOLLERR)
		take_errors(ping);
	while (echo_receive(&ping->socket, &answer))
		answered(ping, &answer);
	settle(ping);
}

/* What the step says of its packets: 0, or the errno of what *WHAT names. */
static int set_options(const struct values *values, int family, int fd, const char **what)
{
	bool six = family == AF_INET6;
	int level = six ? IPPROTO_IPV6 : IPPROTO_IP;
	int fragment = value_said(values, "df") ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
	int ttl = (int)value_number(values, "ttl", 0), number;

	*what = six ? "IPV6_MTU_DISCOVER" : "IP_MTU_DISCOVER";
	number = probe_option(fd, level, six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, fragment);
	if (!number && ttl) {
		*what = six ? "IPV6_UNICAST_HOPS" : "IP_TTL";
		number = probe_option(fd, level, six ? IPV6_UNICAST_HOPS : IP_TTL, ttl);
	}
	if (!number && ttl) {
		*what = six ? "IPV6_MULTICAST_HOPS" : "IP_MULTICAST_TTL";
		number = probe_option(fd, level, six ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, ttl);
	}
	return number;
}

static bool asks_for(const struct step *step, const char *key)
{
	for (size_t i = 0; i < step->expect_count; i++)
		if (step->expect[i].kind == EXPECT_VALUES && json_object_get(step->expect[i].json, key))
			return true;
	return false;
}

static struct error *start(struct attempt *attempt)
{
	const struct step *step = attempt->step;
	struct ping *ping = arena_take(attempt->arena, sizeof *ping);
	struct error *error = NULL;
	const char *what;
	int number;

	attempt->state = ping;
	ping->attempt = attempt;
	ping->count = value_number(&step->values, "count", 1);
	ping->interval = value_number(&step->values, "interval", 10000000);
	ping->requests = arena_take(attempt->arena, ping->count * sizeof *ping->requests);
	ping->timer = (struct timer) { .due = due, .owner = ping };
	ping->watch = (struct watch) { .fd = -1, .events = EPOLLIN, .ready = ready, .owner = ping };
	ping->measured = ping->count > 1 || asks_for(step, "rtt");
	number = echo_open(attempt, &step->target.address, value_number(&step->values, "size", 56),
		&ping->socket, &what, &error);
	if (error)
		return error;
	ping->watch.fd = ping->socket.fd;
	if (!number && asks_for(step, "rtt")) {
		echo_stamp(&ping->socket);
		ping->delays = delays_read(attempt->site, attempt->arena);
	}
	if (!number)
		number = set_options(&step->values, ping->socket.family, ping->socket.fd, &what);
	if (number) {
		attempt_end_errno(attempt, number, what);
		return NULL;
	}
	error = loop_add(attempt->site->loop, &ping->watch);
	if (!error)
		due(&ping->timer);
	return error;
}

static void stop(struct attempt *attempt)
{
	struct ping *ping = attempt->state;

	if (!ping)
		return;
	loop_unset(attempt->site->loop, &ping->timer);
	probe_close(attempt, &ping->watch);
}

static bool bound_holds(const struct ping *ping, const char *key, const char *bound)
{
	struct arena *arena = ping->attempt->arena;
	double loss = ping_loss(ping, ping->answered);

	if (!strcmp(key, "loss"))
		return loss_within(arena, bound, loss, loss);
	return ping->answered && duration_within(arena, bound, (double)ping->least, (double)ping->most);
}

/* These were answered, and no others. */
static bool answered_holds(const struct attempt *attempt, const json_t *wanted, const char **difference)
{
	const json_t *seen = json_object_get(attempt->outcome.values, "answered");

	size_t count = json_is_array(wanted) ? json_array_size(wanted) : 1;
	const json_t *only = json_is_array(wanted) ? seen : json_array_get(seen, 0);

	if (count == json_array_size(seen) && json_matches(attempt->arena, wanted, only, difference))
		return true;
	*difference = arena_printf(attempt->arena, "answered is %s, not %s", json_print(attempt->arena, seen),
		json_print(attempt->arena, wanted));
	return false;
}

/* One key: a bound, or an array of them that must all hold. */
static bool key_holds(
	const struct attempt *attempt, const char *key, const json_t *bound, const char **difference)
{
	const json_t *seen = json_object_get(attempt->outcome.values, key), *element;
	size_t i;

	if (json_is_array(bound)) {
		json_array_foreach ((json_t *)bound, i, element)
			if (!key_holds(attempt, key, element, difference))
				return false;
		return true;
	}
	if (seen && bound_holds(attempt->state, key, json_string_value(bound)))
		return true;
	*difference = arena_printf(attempt->arena, "%s is %s, not %s", key,
		seen ? json_string_value(seen) : "unknown", json_string_value(bound));
	return false;
}

static bool matches(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	const char *key;
	json_t *bound;

	json_object_foreach ((json_t *)expectation->json, key, bound) {
		bool list = !strcmp(key, "answered");

		if (!(list ? answered_holds(attempt, bound, difference)
			   : key_holds(attempt, key, bound, difference)))
			return false;
	}
	return true;
}

static const char *const words[] = { "reply", "no-reply", NULL };

/* clang-format off */
static const struct field fields[] = {
	{ .key = "count", .type = &type_u32, .least = 1, .most = 10000, .fallback = "1",
		.what = "how many requests are sent" },
	{ .key = "interval", .type = &type_duration, .fallback = "10ms",
		.what = "from one request to the next" },
	{ .key = "size", .type = &type_u32, .least = 0, .most = 65527, .fallback = "56",
		.what = "bytes of payload; IPv4 takes 65507" },
	{ .key = "ttl", .type = &type_u8, .least = 1, .most = 255, .what = "how many hops it may take" },
	{ .key = "df", .type = &type_flag, .what = "forbid fragments, as ping -M do" },
	{ 0 },
};

static const struct field expects[] = {
	{ .key = "loss", .type = &type_loss_bound, .flags = FIELD_LIST,
		.what = "the share of unanswered requests" },
	{ .key = "rtt", .type = &type_duration_bound, .flags = FIELD_LIST,
		.what = "how long each answer took" },
	{ .key = "answered", .type = &type_u32, .flags = FIELD_LIST, .least = 1, .most = 10000,
		.what = "the list of the requests that are answered, numbered from 1; [] for none" },
	{ 0 },
};
/* clang-format on */

const struct verb verb_ping = {
	.name = "ping",
	.what = "ICMP or ICMPv6 echo: \"reply\" if each of the requests was answered, \"no-reply\" if none "
		"was and no error came",
	.target = &type_address,
	.fields = fields,
	.words = words,
	.expects = expects,
	.expectations = EXPECTS_ICMP | EXPECTS_ERRNO | EXPECTS_SILENCE,
	.probe = true,
	.start = start,
	.matches = matches,
	.excused = ping_excused,
	.stop = stop,
};
