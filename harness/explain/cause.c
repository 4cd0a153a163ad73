/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/cause.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "explain/journey.h"
#include "explain/losses.h"
#include "explain/sightings.h"
#include "forwarder/protocol.h"

const char *role_name(enum role role)
{
	switch (role) {
	case ROLE_REQUEST: return "request";
	case ROLE_ANSWER: return "answer";
	case ROLE_ERROR: return "ICMP error";
	case ROLE_OTHER: break;
	}
	return "packet";
}

void cause_note(const struct evidence *evidence, struct cause *cause, const char *format, ...)
{
	va_list arguments;
	const char *text;

	va_start(arguments, format);
	text = arena_vprintf(evidence->arena, format, arguments);
	va_end(arguments);
	arena_append(evidence->arena, &cause->evidence, &cause->evidence_count, &text, sizeof text);
}

uint64_t moved_by(const struct evidence *evidence, const struct netns *in, const char *counter)
{
	uint64_t number = 0;

	for (size_t i = 0; i < evidence->moved_count; i++)
		if (!strcmp(evidence->moved[i].where, in->name))
			counts_get(&evidence->moved[i].counts, counter, &number);
	return number;
}

long long setting_of(
	const struct evidence *evidence, const struct netns *in, long long otherwise, const char *format, ...)
{
	const struct oracle *oracle = evidence->oracle;
	va_list arguments;
	const char *name, *text;

	va_start(arguments, format);
	name = arena_vprintf(evidence->arena, format, arguments);
	va_end(arguments);
	text = oracle->setting(oracle->context, evidence->arena, in, name);
	return text ? strtoll(text, NULL, 10) : otherwise;
}

const struct dropped *drop_of(const struct evidence *evidence, const struct netns *in, enum role role)
{
	for (size_t i = 0; i < evidence->drop_count; i++)
		if (evidence->drops[i].in == in && evidence->drops[i].role == role)
			return &evidence->drops[i];
	return NULL;
}

/* What the probe would have sent. */
static struct flow wanted_flow(const struct evidence *evidence)
{
	const struct step *step = evidence->step;
	const struct address *source = value_address(&step->values, "source");
	struct flow flow = { .family = step->target.address.family,
		.protocol = protocol_of_probe(step),
		.tos = (uint8_t)value_number(&step->values, "tos", 0),
		.to = step->target.address,
		.dport = step->target.port };

	if (source)
		flow.from = *source;
	if (flow.protocol == IPPROTO_ICMP)
		flow.type = ICMP_ECHO;
	else if (flow.protocol == IPPROTO_ICMPV6)
		flow.type = ICMP6_ECHO_REQUEST;
	return flow;
}

static bool judge_request_unsent(const struct evidence *evidence, struct cause *out)
{
	struct flow flow = wanted_flow(evidence);
	const struct stop stop = { .in = evidence->step->in, .role = ROLE_REQUEST, .flow = &flow };

	return judge_refused_call(evidence, &stop, out) || judge_sending(evidence, &stop, out);
}

static bool judge_end(
	const struct evidence *evidence, const struct sighting *last, bool answered, struct cause *out)
{
	const struct stop stop = {
		.in = last->in, .device = last->device, .role = last->role, .flow = &last->flow
	};

	if (judge_departure(evidence, last, out))
		return true;
	if (last->wire || last->direction != RELAY_IN || !strcmp(last->device, "lo"))
		return false;
	if (judge_arrival(evidence, &stop, out))
		return true;
	return !answered && last->role == ROLE_REQUEST && judge_delivery(evidence, &stop, out);
}

/* Whether the packet was at this place before, when it was younger: then it goes round. */
static bool was_there(const struct evidence *evidence, const struct sighting *now)
{
	for (const struct sighting *then = evidence->sightings; then < now; then++)
		if (then->role == now->role && then->in == now->in && then->wire == now->wire &&
			then->direction == now->direction && !strcmp(then->device, now->device) &&
			then->flow.sequence == now->flow.sequence && then->flow.ttl > now->flow.ttl)
			return true;
	return false;
}

/* The furthest that any came; of what goes round the last place. */
static const struct sighting *end_of(const struct evidence *evidence, const struct journey *journey)
{
	const struct sighting *end = journey_end(journey);

	for (size_t i = evidence->sighting_count; i-- > 0;) {
		const struct sighting *last = &evidence->sightings[i];

		if (last->role == end->role)
			return was_there(evidence, last) ? last : end;
	}
	return end;
}

/* The last packet that was under way tells: the answer if there was one, else the request. */
static bool judge(const struct evidence *evidence, struct cause *out)
{
	const struct journey requests = journey_of(evidence, ROLE_REQUEST),
			     answers = journey_of(evidence, ROLE_ANSWER);

	if (judge_answer(evidence, &requests, &answers, out) || judge_stall(evidence, out))
		return true;
	if (answers.count)
		return judge_end(evidence, end_of(evidence, &answers), true, out);
	if (requests.count)
		return judge_end(evidence, end_of(evidence, &requests), false, out);
	return judge_request_unsent(evidence, out);
}

bool got_through(const struct verdict *verdict)
{
	return !strcmp(verdict->kind, "reply") || !strcmp(verdict->kind, "connected");
}

void cause_find(const struct evidence *evidence, struct cause *out)
{
	struct evidence left;

	*out = (struct cause) { 0 };
	if (!evidence->step->verb->probe) /* it has no packets that are known, nor an address to look up */
		return;
	left = losses_only(evidence);
	if (got_through(evidence->verdict) || !judge(&left, out))
		*out = (struct cause) { 0 };
}

const char *cause_print(struct arena *arena, const struct cause *cause)
{
	if (cause->mechanism == CAUSE_UNKNOWN)
		return NULL;
	return arena_printf(arena, "%s: %s [%s, %s]", cause->in->name, cause->text,
		mechanism_name(cause->mechanism), cause->observed ? "observed" : "inferred");
}

const char *cause_place(struct arena *arena, const struct cause *cause)
{
	if (cause->mechanism == CAUSE_UNKNOWN)
		return NULL;
	return cause->device ? arena_printf(arena, "%s/%s", cause->in->name, cause->device) : cause->in->name;
}
