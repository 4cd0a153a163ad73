/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/cause.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/journey.h"
#include "explain/losses.h"
#include "explain/rulesets.h"
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

bool cause_is(struct cause *cause, const struct netns *in, const char *device, enum mechanism mechanism,
	const char *text)
{
	cause->mechanism = mechanism;
	cause->in = in;
	cause->device = device;
	cause->text = text;
	return true;
}

bool dropped_for(const struct dropped *drop, const char *reason)
{
	return drop && drop->reason && !strcmp(drop->reason, reason);
}

void cause_note_drop(const struct evidence *evidence, struct cause *cause, const struct dropped *drop)
{
	cause->observed = true;
	cause_note(evidence, cause, "%s: the kernel dropped it: %s%s%s", drop->in->name,
		drop->reason ? drop->reason : "", drop->place ? " in " : "", drop->place ? drop->place : "");
}

struct stop stop_of(const struct sighting *last)
{
	return (struct stop) {
		.in = last->in, .device = last->device, .role = last->role, .flow = &last->flow
	};
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

/* Raw sockets get copies, and drop those that their filter or their queue does not take. */
static bool is_copy(const struct dropped *drop)
{
	return drop->reason &&
	       (!strcmp(drop->reason, "SOCKET_FILTER") || !strcmp(drop->reason, "SOCKET_RCVBUFF"));
}

const struct dropped *drop_of(const struct evidence *evidence, const struct netns *in, enum role role)
{
	for (size_t i = 0; i < evidence->drop_count; i++)
		if (evidence->drops[i].in == in && evidence->drops[i].role == role &&
			!is_copy(&evidence->drops[i]))
			return &evidence->drops[i];
	return NULL;
}

static bool judge_request_unsent(const struct evidence *evidence, struct cause *out)
{
	struct flow flow = flow_of_probe(evidence);
	const struct stop stop = { .in = evidence->step->in, .role = ROLE_REQUEST, .flow = &flow };

	return judge_refused_call(evidence, &stop, out) || judge_sending(evidence, &stop, out);
}

/* Whether an IPv4 packet that the namespace sent to itself by "lo" is for an address that is not its own: lo
 * has nothing at its other end, and what comes back is not looked up again. */
static bool is_lost_in_loopback(
	const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct question question = { .flow = &last->flow };
	struct decision way = { 0 };
	const struct oracle *oracle = evidence->oracle;

	if (last->flow.family != AF_INET ||
		oracle->owns(oracle->context, evidence->arena, last->in, &last->flow.to, NULL) ||
		!oracle->decide(oracle->context, evidence->arena, last->in, &question, false, &way) ||
		(way.type && !strcmp(way.type, "local")))
		return false;
	cause_note(evidence, out, "%s: the %s left by lo, and %s is not its own", last->in->name,
		role_name(last->role), address_print(evidence->arena, &last->flow.to));
	out->observed = true;
	return cause_is(out, last->in, last->device, CAUSE_LEADS_NOWHERE,
		arena_printf(evidence->arena,
			"the %s to %s left by lo, which leads nowhere but to this host's own addresses",
			role_name(last->role), address_print(evidence->arena, &last->flow.to)));
}

/* What a namespace sent to itself was not given to its protocol: then it was the ruleset. */
static bool is_firewalled_in_loopback(
	const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct dropped *drop = drop_of(evidence, stop->in, stop->role);
	bool seen = dropped_for(drop, "NETFILTER_DROP");

	if (!stop->in->uses_nft ||
		(evidence->sees_drops
				? !seen
				: was_taken(evidence, stop, false) || !rulesets_drop(evidence, stop->in) ||
					  rulesets_lead(evidence, stop->in, stop->role)))
		return false;
	if (seen)
		cause_note_drop(evidence, out, drop);
	else
		cause_note(evidence, out, "%s: it left by lo, and was not delivered", stop->in->name);
	return cause_is(out, stop->in, stop->device, CAUSE_FIREWALL,
		arena_printf(evidence->arena, "the firewall (nftables) dropped the %s on lo",
			role_name(stop->role)));
}

/* The first ICMP error about the probe, in the namespace that made it. */
static const struct sighting *first_error(const struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->sighting_count; i++)
		if (evidence->sightings[i].role == ROLE_ERROR)
			return &evidence->sightings[i];
	return NULL;
}

/* The namespace itself tells that the packet is too big, whoever takes note of it. */
static bool is_told_too_big(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct sighting *told = first_error(evidence);

	if (!told || told->in != stop->in || told->direction != RELAY_OUT || told->wire || !told->flow.mtu ||
		told->flow.mtu >= stop->flow->length || rulesets_say(evidence, stop->in, "reject"))
		return false;
	cause_note(evidence, out, "%s: it says %s: MTU %u", stop->in->name,
		told->flow.family == AF_INET ? "frag-needed" : "packet-too-big", told->flow.mtu);
	out->observed = true;
	return cause_is(out, stop->in, stop->device, CAUSE_TOO_BIG,
		arena_printf(evidence->arena,
			"dropped the %s on %s: %u bytes, more than the MTU of the way on, which is %u",
			role_name(stop->role), stop->device, stop->flow->length, told->flow.mtu));
}

/* A frame for another link-layer address: who sent it does not know the neighbour's. */
static bool is_misaddressed(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	cause_note(evidence, out, "%s: the frame that came to %s was for another link-layer address",
		last->in->name, last->device);
	out->observed = true;
	return cause_is(out, last->in, last->device, CAUSE_NEIGHBOUR,
		arena_printf(evidence->arena,
			"dropped the %s on %s: it was sent to a link-layer address that is not this device's",
			role_name(last->role), last->device));
}

bool judge_end(const struct evidence *evidence, const struct sighting *last, bool answered, struct cause *out)
{
	const struct stop stop = stop_of(last);

	if (judge_departure(evidence, last, out) || judge_tunnel(evidence, last, out) ||
		judge_bridge_itself(evidence, last, out))
		return true;
	if (!strcmp(last->device, "lo"))
		return is_lost_in_loopback(evidence, last, out) ||
		       is_firewalled_in_loopback(evidence, &stop, out) ||
		       (!answered && last->role == ROLE_REQUEST && judge_delivery(evidence, &stop, out));
	if (last->wire || last->direction != RELAY_IN)
		return false;
	if (is_bridged(evidence, last->in, last->device))
		return judge_bridge(evidence, &stop, out);
	if (last->elsewhere)
		return is_misaddressed(evidence, last, out);
	if (judge_arrival(evidence, &stop, out) || is_told_too_big(evidence, &stop, out))
		return true;
	return !answered && last->role == ROLE_REQUEST && judge_delivery(evidence, &stop, out);
}

/* Whether the packet was at this place before, when it was younger: then it goes round. */
static bool was_there(const struct evidence *evidence, const struct sighting *now)
{
	for (const struct sighting *then = evidence->sightings; then < now; then++)
		if (then->role == now->role && sighting_same_place(then, now) &&
			then->flow.sequence == now->flow.sequence && then->flow.ttl > now->flow.ttl)
			return true;
	return false;
}

/* Whether the namespace took a packet of the role that came in, and did not send it on. */
static bool takes(const struct evidence *evidence, const struct sighting *taken)
{
	if (taken->wire || taken->direction != RELAY_IN || taken->elsewhere)
		return false;
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (sighting->role == taken->role && sighting->in == taken->in && !sighting->wire &&
			sighting->direction == RELAY_OUT && sighting->time >= taken->time)
			return false;
	}
	return true;
}

/* Frames may come to others, too, which leave them: whoever took one counts, or where one was lost on its
 * way. */
static const struct sighting *furthest(const struct evidence *evidence, const struct journey *journey)
{
	const struct sighting *end = journey_end(journey);

	for (size_t i = journey->count; end->elsewhere && i-- > 0;)
		if (takes(evidence, journey->at[i]))
			return journey->at[i];
	for (size_t i = journey->count; end->elsewhere && i-- > 0;)
		if (journey->at[i]->dropped)
			return journey->at[i];
	return end;
}

/* The furthest that any came; of what goes round the last place. */
static const struct sighting *end_of(const struct evidence *evidence, const struct journey *journey)
{
	const struct sighting *end = furthest(evidence, journey);

	for (size_t i = evidence->sighting_count; i-- > 0;) {
		const struct sighting *last = &evidence->sightings[i];

		if (last->role == end->role)
			return was_there(evidence, last) ? last : end;
	}
	return end;
}

static bool judge_way(
	const struct evidence *evidence, const struct sighting *last, bool answered, struct cause *out)
{
	return judge_spoilt(evidence, last, out) || judge_end(evidence, last, answered, out);
}

/* The last packet that was under way tells: the answer if there was one, else the request. */
static bool judge(const struct evidence *evidence, struct cause *out)
{
	const struct journey requests = journey_of(evidence, ROLE_REQUEST),
			     answers = journey_of(evidence, ROLE_ANSWER);

	if (judge_late(evidence, out) || judge_answer(evidence, &requests, &answers, out) ||
		judge_stall(evidence, out))
		return true;
	if (answers.count)
		return judge_way(evidence, end_of(evidence, &answers), true, out);
	if (requests.count)
		return judge_way(evidence, end_of(evidence, &requests), false, out);
	return judge_request_unsent(evidence, out);
}

bool got_through(const struct verdict *verdict)
{
	return !strcmp(verdict->kind, "reply") || !strcmp(verdict->kind, "connected");
}

/* Its packets end on the way, one after the other, as they should. */
static bool is_traced(const struct evidence *evidence)
{
	return evidence->verdict->passed && !strcmp(evidence->step->verb->name, "trace");
}

void cause_find(const struct evidence *evidence, struct cause *out)
{
	struct evidence left;

	*out = (struct cause) { 0 };
	if (!evidence->step->verb->probe) /* it has no packets that are known, nor an address to look up */
		return;
	left = losses_only(evidence);
	if (got_through(evidence->verdict) || is_traced(evidence) || !judge(&left, out))
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
	return cause->device ? arena_printf(arena, "%s%s/%s", cause->router ? "router:" : "", cause->in->name,
				       cause->device)
			     : cause->in->name;
}
