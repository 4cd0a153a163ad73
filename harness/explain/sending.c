/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that a namespace was to send and that none of its devices was seen to send. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/cause.h"
#include "explain/rulesets.h"
#include "forwarder/protocol.h"

static bool is(const struct stop *stop, struct cause *out, enum mechanism mechanism, const char *text)
{
	return cause_is(out, stop->in, out->device, mechanism, text);
}

static const char *table_of(struct arena *arena, const struct decision *way)
{
	const char *rule =
		way->rule < 0 ? "" : arena_printf(arena, "rule %lld (%s)", way->rule, way->rule_text);

	if (way->route)
		return arena_printf(arena, "the route \"%s\"%s%s", way->route, *rule ? ", by " : "", rule);
	return *rule ? rule : "a rule or route";
}

/* Whether the probe's own call failed with this very errno: then the kernel said so when it happened. */
static bool failed_so(const struct evidence *evidence, const struct stop *stop, int number)
{
	const char *kind = evidence->verdict->kind;

	return stop->role == ROLE_REQUEST && stop->in == evidence->step->in && kind &&
	       !strcmp(kind, error_name(number));
}

static bool judge_lookup(const struct evidence *evidence, const struct stop *stop, const struct decision *way,
	struct cause *out)
{
	struct arena *arena = evidence->arena;
	const char *to = address_print(arena, &stop->flow->to), *role = role_name(stop->role);
	bool answers = stop->role == ROLE_ANSWER;

	cause_note(evidence, out, "%s: the lookup of %s: %s", stop->in->name, to,
		way->message ? way->message : error_name(way->number));
	out->observed = failed_so(evidence, stop, way->number);
	switch (way->number) {
	case ENETUNREACH:
		if (!way->rule_ends)
			return is(stop, out, answers ? CAUSE_NO_WAY_BACK : CAUSE_NO_ROUTE,
				arena_printf(arena, "there is no route to %s for the %s", to, role));
		return is(stop, out, CAUSE_UNREACHABLE,
			arena_printf(arena, "%s (unreachable) refused the %s", table_of(arena, way), role));
	case EHOSTUNREACH:
		return is(stop, out, CAUSE_UNREACHABLE,
			arena_printf(arena, "%s (unreachable) refused the %s", table_of(arena, way), role));
	case EACCES:
		return is(stop, out, CAUSE_PROHIBIT,
			arena_printf(arena, "%s (prohibit) refused the %s", table_of(arena, way), role));
	case EINVAL:
		if (!way->rule_ends && (!way->type || strcmp(way->type, "blackhole") != 0))
			return false;
		return is(stop, out, CAUSE_BLACKHOLE,
			arena_printf(arena, "%s (blackhole) swallowed the %s", table_of(arena, way), role));
	default: return false;
	}
}

static bool judge_source(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct oracle *oracle = evidence->oracle;

	if (oracle->owns(oracle->context, evidence->arena, stop->in, &stop->flow->from, NULL))
		return false;
	return is(stop, out, CAUSE_SOURCE_ADDRESS,
		arena_printf(evidence->arena,
			"the %s cannot be sent from %s, which is no address of this host",
			role_name(stop->role), address_print(evidence->arena, &stop->flow->from)));
}

/* A new route that a chain of the type route asks for, and that there is none of, looks like a drop of the
 * ruleset's; but not if nft_do_chain() itself dropped it. */
static bool is_led(const struct evidence *evidence, const struct stop *stop, const struct dropped *drop)
{
	if (drop && drop->place && strstr(drop->place, "nft_do_chain"))
		return false;
	return !rulesets_drop(evidence, stop->in) || rulesets_say(evidence, stop->in, "type route");
}

/* Where the kernel does not tell of drops, what had a way and was not seen to leave was the ruleset's. */
static bool is_firewalled(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct dropped *drop = drop_of(evidence, stop->in, stop->role);
	const char *counter = stop->flow->family == AF_INET6 ? "Ip6OutDiscards" : "IpOutDiscards";
	bool counted = moved_by(evidence, stop->in, counter) && is_alone(evidence, stop);

	if (!stop->in->uses_nft || is_led(evidence, stop, drop))
		return false;
	if (dropped_for(drop, "NETFILTER_DROP"))
		cause_note_drop(evidence, out, drop);
	else if (!counted && (evidence->sees_drops || rulesets_lead(evidence, stop->in, stop->role)))
		return out->observed = false;
	else
		out->observed = counted;
	if (counted)
		cause_note(evidence, out, "%s: %s moved", stop->in->name, counter);
	return is(stop, out, CAUSE_FIREWALL,
		arena_printf(evidence->arena, "the firewall (nftables) dropped the %s on its way out",
			role_name(stop->role)));
}

/* Whether anything was seen to leave by the device. */
static bool carries(const struct evidence *evidence, const struct netns *in, const char *device)
{
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (sighting->in == in && !sighting->wire && sighting->direction == RELAY_OUT &&
			!strcmp(sighting->device, device))
			return true;
	}
	return false;
}

/* A device without a carrier drops what it is given, before anybody sees it leave. */
static bool is_without_carrier(const struct evidence *evidence, const struct stop *stop,
	const struct decision *way, struct cause *out)
{
	const char *counter =
		way->device ? arena_printf(evidence->arena, "%s.tx_dropped", way->device) : NULL;

	if (!counter || !moved_by(evidence, stop->in, counter) || carries(evidence, stop->in, way->device))
		return false;
	out->observed = true;
	out->device = way->device;
	cause_note(evidence, out, "%s: %s moved", stop->in->name, counter);
	return is(stop, out, CAUSE_DEVICE_DOWN,
		arena_printf(evidence->arena, "%s dropped the %s: it is down, or has no carrier", way->device,
			role_name(stop->role)));
}

/* What is known of the probe beside its packet. */
static struct question question_of(const struct evidence *evidence, const struct stop *stop)
{
	const struct values *values = &evidence->step->values;
	const struct value *mark = value_of(values, "mark");
	struct question question = { .flow = stop->flow,
		.without_source = stop->flow->from.family == AF_UNSPEC };

	if (stop->role != ROLE_REQUEST || stop->in != evidence->step->in)
		return question;
	question.oif = value_text(values, "dev");
	question.mark = mark ? mark->first : 0;
	question.uid = (uint32_t)value_number(values, "uid", 0);
	question.has_uid = value_said(values, "uid");
	return question;
}

static bool ask(const struct evidence *evidence, const struct stop *stop, const struct question *question,
	struct decision *way)
{
	const struct oracle *oracle = evidence->oracle;

	return oracle->decide(oracle->context, evidence->arena, stop->in, question, false, way);
}

/* A socket of IPv4 that is to be connected asks twice: for a source, and with the one that it got
 * (ip_route_connect()). */
static bool ask_with_source(const struct evidence *evidence, const struct stop *stop,
	const struct question *question, struct decision *way)
{
	struct flow flow = *stop->flow;
	struct question again = *question;
	struct decision second = { 0 };

	if (way->number || !question->without_source || !way->source || flow.family != AF_INET ||
		address_read(evidence->arena, way->source, false, &flow.from))
		return true;
	again.flow = &flow;
	again.without_source = false;
	if (!ask(evidence, stop, &again, &second))
		return false;
	if (second.number && !second.source_refused)
		*way = second;
	return true;
}

/* What a chain of the type route marked is looked up again. */
static bool ask_as_marked(const struct evidence *evidence, const struct stop *stop,
	const struct question *question, struct decision *way)
{
	const struct dropped *drop = drop_of(evidence, stop->in, stop->role);
	struct question again = *question;

	if (way->number || !drop || drop->device || !drop->mark || drop->mark == question->mark)
		return true;
	again.flow = &drop->flow;
	again.without_source = false;
	again.mark = drop->mark;
	return ask(evidence, stop, &again, way);
}

/* Whether the probe's own call failed with another errno than the lookup: then it had another reason. IPv6
 * finds no address to send from where it finds no way. */
static bool call_says_otherwise(
	const struct evidence *evidence, const struct stop *stop, const struct decision *way)
{
	const char *kind = evidence->verdict->kind;

	if (stop->role != ROLE_REQUEST || !kind || *kind != 'E' || !strcmp(kind, "EPERM"))
		return false;
	if (!way->number || !strcmp(kind, "EADDRNOTAVAIL"))
		return !way->number;
	return strcmp(kind, error_name(way->number)) != 0;
}

bool judge_sending(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct question question = question_of(evidence, stop);
	struct decision way = { 0 };

	if (!ask(evidence, stop, &question, &way) || !ask_with_source(evidence, stop, &question, &way) ||
		!ask_as_marked(evidence, stop, &question, &way) || call_says_otherwise(evidence, stop, &way))
		return false;
	if (way.number && way.source_refused)
		return judge_source(evidence, stop, out);
	if (way.number)
		return judge_lookup(evidence, stop, &way, out);
	return judge_neighbour(evidence, stop, &way, out) || is_without_carrier(evidence, stop, &way, out) ||
	       is_firewalled(evidence, stop, out);
}

static bool is_too_long(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct question question = question_of(evidence, stop);
	struct decision way = { 0 };

	if (!evidence->oracle->decide(
		    evidence->oracle->context, evidence->arena, stop->in, &question, false, &way) ||
		!way.device)
		return false;
	out->device = way.device;
	return is(stop, out, CAUSE_TOO_BIG,
		arena_printf(evidence->arena,
			"the %s is bigger than the MTU of %s, or of the way, and may not be fragmented",
			role_name(stop->role), way.device));
}

/* Whether the call was one for a connection to an address of many hosts. */
static bool is_broadcast(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct question question = question_of(evidence, stop);
	struct decision way = { 0 };

	if (stop->flow->protocol != IPPROTO_TCP ||
		!evidence->oracle->decide(
			evidence->oracle->context, evidence->arena, stop->in, &question, false, &way) ||
		!way.type || (strcmp(way.type, "broadcast") != 0 && strcmp(way.type, "multicast") != 0))
		return false;
	return is(stop, out, CAUSE_BROADCAST,
		arena_printf(evidence->arena, "%s is a %s address%s, and there are no connections to one",
			address_print(evidence->arena, &stop->flow->to), way.type,
			strcmp(way.type, "broadcast") != 0 || !way.route
				? ""
				: arena_printf(evidence->arena, " by the route \"%s\"", way.route)));
}

static bool is_loopback(const struct address *address)
{
	return address->family == AF_INET && address->bytes[0] == 127;
}

/* The errno that the probe's own call failed with tells most. */
bool judge_refused_call(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const char *kind = evidence->verdict->kind;

	if (!kind || *kind != 'E')
		return false;
	out->observed = true;
	cause_note(evidence, out, "%s: %s", stop->in->name, evidence->verdict->seen);
	if (!strcmp(kind, "EINVAL") && is_loopback(&stop->flow->from))
		return is(stop, out, CAUSE_SOURCE_ADDRESS,
			arena_printf(evidence->arena,
				"the %s cannot be sent from %s, an address that does not leave its host",
				role_name(stop->role), address_print(evidence->arena, &stop->flow->from)));
	if (!strcmp(kind, "ENOBUFS") && rulesets_say(evidence, stop->in, "egress") &&
		rulesets_drop(evidence, stop->in))
		return is(stop, out, CAUSE_FIREWALL,
			arena_printf(evidence->arena,
				"the firewall (nftables, at egress) dropped the %s as it left",
				role_name(stop->role)));
	if (!strcmp(kind, "EADDRNOTAVAIL") && stop->flow->from.family != AF_UNSPEC)
		return judge_source(evidence, stop, out);
	if (!strcmp(kind, "EMSGSIZE"))
		return is_too_long(evidence, stop, out);
	if (!strcmp(kind, "EPERM") && stop->in->uses_nft)
		return is_firewalled(evidence, stop, out) ||
		       is(stop, out, CAUSE_FIREWALL,
			       arena_printf(evidence->arena,
				       "the firewall (nftables) dropped the %s on its way out",
				       role_name(stop->role)));
	if (!strcmp(kind, "ENETUNREACH") && is_broadcast(evidence, stop, out))
		return true;
	out->observed = false;
	return false;
}
