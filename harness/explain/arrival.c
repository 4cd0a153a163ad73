/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet came into a namespace and was not seen to leave it: what the way in says of it. */
#include "explain/arrival.h"

#include <errno.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/rulesets.h"

struct question arrival_question(const struct arrival *arrival)
{
	return (struct question) {
		.flow = arrival->stop->flow, .iif = arrival->stop->device, .mark = arrival->mark
	};
}

const char *arrival_dropped(const struct arrival *arrival)
{
	return arena_printf(arrival->evidence->arena, "dropped the %s on %s", role_name(arrival->stop->role),
		arrival->stop->device);
}

bool arrival_is_ipv4(const struct arrival *arrival)
{
	return arrival->stop->flow->family == AF_INET;
}

const char *decision_by_rule(struct arena *arena, const struct decision *decision)
{
	const char *rule = decision->rule < 0 ? "" : arena_printf(arena, ", by rule %lld", decision->rule);

	if (!decision->table_name)
		return rule;
	return arena_printf(arena, "%s, table %s", rule, decision->table_name);
}

bool arrival_is(struct arrival *arrival, enum mechanism mechanism, const char *text)
{
	return cause_is(arrival->out, arrival->stop->in, arrival->stop->device, mechanism, text);
}

/* Notes a counter that says so, where the packet moved it. */
bool arrival_moved_of(struct arrival *arrival, const char *name, enum alike alike)
{
	uint64_t by = moved_by(arrival->evidence, arrival->stop->in, name);

	if (!moved_surely(arrival->evidence, arrival->stop, name, alike))
		return false;
	arrival->out->observed = true;
	cause_note(arrival->evidence, arrival->out, "%s: %s moved by %llu", arrival->stop->in->name, name,
		(unsigned long long)by);
	return true;
}

bool arrival_moved(struct arrival *arrival, const char *name)
{
	return arrival_moved_of(arrival, name, ALIKE_FAMILY);
}

/* Notes a drop that has one of the reasons, which end with NULL. */
bool arrival_drop_seen(struct arrival *arrival, const char *const *reasons)
{
	const struct dropped *drop = drop_of(arrival->evidence, arrival->stop->in, arrival->stop->role);

	for (; *reasons; reasons++) {
		if (!dropped_for(drop, *reasons))
			continue;
		cause_note_drop(arrival->evidence, arrival->out, drop);
		return true;
	}
	return false;
}

void arrival_note_lookup(struct arrival *arrival, const char *what)
{
	struct arena *arena = arrival->evidence->arena;
	const struct flow *flow = arrival->stop->flow;

	cause_note(arrival->evidence, arrival->out, "%s: the lookup of %s from %s that came in by %s: %s",
		arrival->stop->in->name, address_print(arena, &flow->to), address_print(arena, &flow->from),
		arrival->stop->device, what);
}

/*
 * Whether a ruleset may have dropped it before anything else was decided, and nobody tells: what settings,
 * rules and routes say of the packet is then no cause, unless a counter says so, too.
 */
bool arrival_is_hidden(const struct arrival *arrival)
{
	return !arrival->evidence->sees_drops && arrival->stop->in->uses_nft &&
	       rulesets_drop_early(arrival->evidence, arrival->stop->in);
}

static void note_way(struct arrival *arrival)
{
	arrival_note_lookup(
		arrival, arrival->way.number ? error_name(arrival->way.number) : arrival->way.type);
}

static const char *object(struct arena *arena, const struct decision *way)
{
	if (way->rule_ends && way->rule_text)
		return arena_printf(arena, "rule %lld (%s)", way->rule, way->rule_text);
	if (way->route)
		return arena_printf(arena, "the route \"%s\"%s", way->route, decision_by_rule(arena, way));
	return "a route or rule";
}

/* Whether the namespace sent an ICMP error, as a refusal makes it do. */
static bool told_sender(struct arrival *arrival)
{
	return arrival_moved(
		arrival, arrival_is_ipv4(arrival) ? "IcmpOutDestUnreachs" : "Icmp6OutDestUnreachs");
}

static bool is_refused(struct arrival *arrival, enum mechanism mechanism)
{
	struct arena *arena = arrival->evidence->arena;

	if (!arrival->way.rule_ends && !arrival->way.route)
		return false;
	if (arrival_is_hidden(arrival) && (mechanism == CAUSE_BLACKHOLE || !told_sender(arrival)))
		return false;
	note_way(arrival);
	return arrival_is(arrival, mechanism,
		arena_printf(arena, "%s (%s) %s", object(arena, &arrival->way), mechanism_name(mechanism),
			arrival_dropped(arrival)));
}

/* Whether the namespace forwards what came in by the device. */
static bool forwards(const struct arrival *arrival)
{
	const struct stop *stop = arrival->stop;

	if (arrival_is_ipv4(arrival))
		return setting_of(arrival->evidence, stop->in, 0, "net/ipv4/conf/%s/forwarding",
			       stop->device) > 0;
	return setting_of(arrival->evidence, stop->in, 0, "net.ipv6.conf.all.forwarding") > 0;
}

/* Whether nothing says that the kernel came to what the lookup says: not a COUNTER for what it refuses, nor a
 * drop of the packet. *BEFORE: the counter did not move at all; else by other packets, maybe. */
static bool is_untold(struct arrival *arrival, const char *counter, bool *before)
{
	static const char *const reasons[] = { "IP_INADDRERRORS", "IP_INNOROUTES", NULL };
	const struct netns *in = arrival->stop->in;

	*before = !moved_by(arrival->evidence, in, counter) &&
		  !moved_by(arrival->evidence, in, "Ip6InNoRoutes");
	return !arrival_moved(arrival, counter) && !arrival_moved(arrival, "Ip6InNoRoutes") &&
	       !arrival_drop_seen(arrival, reasons) && in->uses_nft &&
	       (*before || rulesets_drop_early(arrival->evidence, in) ||
		       rulesets_lead(arrival->evidence, in, arrival->stop->role));
}

/* A lookup for what comes in is one for the host's own addresses only where nothing is forwarded. */
static bool is_not_forwarded(struct arrival *arrival)
{
	const struct stop *stop = arrival->stop;
	struct arena *arena = arrival->evidence->arena;
	const char *device;
	bool before, own = arrival->evidence->oracle->owns(
			     arrival->evidence->oracle->context, arena, stop->in, &stop->flow->to, &device);

	if (forwards(arrival))
		return false;
	if (is_untold(arrival, arrival_is_ipv4(arrival) ? "IpInAddrErrors" : "Ip6InAddrErrors", &before))
		return before && arrival_dropped_before(arrival);
	note_way(arrival);
	return arrival_is(arrival, CAUSE_NOT_FORWARDED,
		arena_printf(arena, "%s: %s is %s, and forwarding is off (net.%s.forwarding=0)",
			arrival_dropped(arrival), address_print(arena, &stop->flow->to),
			own ? "this host's address, but no local route that is looked up has it"
			    : "not an address of this host",
			stop->flow->family == AF_INET ? arena_printf(arena, "ipv4.conf.%s", stop->device)
						      : "ipv6.conf.all"));
}

static bool is_without_route(struct arrival *arrival)
{
	struct arena *arena = arrival->evidence->arena;
	bool before;

	if (is_untold(arrival, arrival_is_ipv4(arrival) ? "IpExtInNoRoutes" : "Ip6InNoRoutes", &before))
		return before && arrival_dropped_before(arrival);
	note_way(arrival);
	return arrival_is(arrival, CAUSE_NO_ROUTE,
		arena_printf(arena, "%s: no rule leads to a route to %s", arrival_dropped(arrival),
			address_print(arena, &arrival->stop->flow->to)));
}

static bool is_ipv6_off(struct arrival *arrival)
{
	const struct stop *stop = arrival->stop;

	if (stop->flow->family != AF_INET6 || setting_of(arrival->evidence, stop->in, 0,
						      "net/ipv6/conf/%s/disable_ipv6", stop->device) <= 0)
		return false;
	arrival_moved(arrival, "Ip6InDiscards");
	return arrival_is(arrival, CAUSE_IPV6_OFF,
		arena_printf(arrival->evidence->arena,
			"%s: IPv6 is switched off there (net.ipv6.conf.%s.disable_ipv6=1)",
			arrival_dropped(arrival), stop->device));
}

/* A frame for another host's link-layer address. */
static bool is_misaddressed(struct arrival *arrival)
{
	static const char *const reasons[] = { "OTHERHOST", NULL };

	if (!arrival_drop_seen(arrival, reasons))
		return false;
	return arrival_is(arrival, CAUSE_NEIGHBOUR,
		arena_printf(arrival->evidence->arena,
			"%s: it was sent to a link-layer address that is not this device's",
			arrival_dropped(arrival)));
}

static bool is_too_old(struct arrival *arrival)
{
	static const char *const reasons[] = { "IP_INHDR", NULL };
	const struct stop *stop = arrival->stop;

	if (stop->flow->ttl > 1 || !arrival->way.type || strcmp(arrival->way.type, "unicast") != 0)
		return false;
	if (!arrival_moved(arrival, stop->flow->family == AF_INET ? "IpInHdrErrors" : "Ip6InHdrErrors") &&
		!arrival_drop_seen(arrival, reasons) && arrival_is_hidden(arrival))
		return false;
	return arrival_is(arrival, CAUSE_TTL,
		arena_printf(arrival->evidence->arena, "%s: its %s ended here", arrival_dropped(arrival),
			stop->flow->family == AF_INET ? "TTL" : "hop limit"));
}

static bool is_too_big(struct arrival *arrival)
{
	static const char *const reasons[] = { "PKT_TOO_BIG", NULL };
	const struct stop *stop = arrival->stop;

	if (!stop->flow->do_not_fragment || !arrival->way.device)
		return false;
	if (!arrival_moved_of(arrival, arrival_too_big(arrival), ALIKE_SIZE) &&
		!arrival_drop_seen(arrival, reasons))
		return false;
	return arrival_is(arrival, CAUSE_TOO_BIG,
		arena_printf(arrival->evidence->arena,
			"%s: %u bytes, more than the MTU of %s, and it may not be fragmented",
			arrival_dropped(arrival), stop->flow->length, arrival->way.device));
}

/* The lookup refuses what the kernel drops without saying more: EINVAL, and EXDEV of older kernels. */
static bool judge_refusal(struct arrival *arrival)
{
	if (arrival->way.rule_ends || (arrival->way.type && !strcmp(arrival->way.type, "blackhole")))
		return is_refused(arrival, CAUSE_BLACKHOLE);
	return arrival_own_source(arrival);
}

static bool judge_route(struct arrival *arrival)
{
	bool onward = arrival->way.type && !strcmp(arrival->way.type, "unicast");

	if (onward && !arrival_is_ipv4(arrival) && is_not_forwarded(arrival))
		return true;
	return is_too_old(arrival) || is_too_big(arrival) || is_misaddressed(arrival) ||
	       (onward && judge_neighbour(arrival->evidence, arrival->stop, &arrival->way, arrival->out)) ||
	       arrival_silently_firewalled(arrival);
}

static bool is_own_target(const struct arrival *arrival)
{
	const struct oracle *oracle = arrival->evidence->oracle;

	return oracle->owns(
		oracle->context, arrival->evidence->arena, arrival->stop->in, &arrival->stop->flow->to, NULL);
}

/* What does not forward says so of all that is not its own: of its own address it is what was looked up. */
static int what_refuses(const struct arrival *arrival)
{
	const struct decision *way = &arrival->way;

	return way->number == EHOSTUNREACH && way->behind && is_own_target(arrival) ? way->behind
										    : way->number;
}

static bool judge_lookup(struct arrival *arrival)
{
	switch (what_refuses(arrival)) {
	case 0: return judge_route(arrival);
	case EINVAL:
	case EXDEV: return judge_refusal(arrival);
	case EACCES: return is_refused(arrival, CAUSE_PROHIBIT);
	case EHOSTUNREACH:
		if (arrival->way.type && !strcmp(arrival->way.type, "unreachable"))
			return is_refused(arrival, CAUSE_UNREACHABLE);
		return is_not_forwarded(arrival);
	case ENETUNREACH:
		if (arrival->way.rule_ends)
			return is_refused(arrival, CAUSE_UNREACHABLE);
		return (!arrival_is_ipv4(arrival) && is_not_forwarded(arrival)) || is_without_route(arrival);
	default: return false;
	}
}

/* What tells of itself, before the tables are asked: a ruleset may have changed the packet. */
static bool judge_at_once(struct arrival *arrival)
{
	return is_ipv6_off(arrival) || arrival_source_check(arrival) || arrival_martian(arrival) ||
	       arrival_firewalled(arrival);
}

/* The drop of the packet behind the device that it came in by. */
static const struct dropped *drop_behind(const struct evidence *evidence, const struct stop *stop)
{
	const struct dropped *drop = drop_of(evidence, stop->in, stop->role);

	return drop && drop->device && !strcmp(drop->device, stop->device) ? drop : NULL;
}

/* The first request that came into the namespace, or the last that left it; NULL: none. */
static const struct flow *request_at(
	const struct evidence *evidence, const struct netns *in, unsigned direction)
{
	const struct flow *found = NULL;

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (sighting->role == ROLE_REQUEST && sighting->in == in && !sighting->wire &&
			sighting->direction == direction && (!found || direction == RELAY_OUT))
			found = &sighting->flow;
	}
	return found;
}

/*
 * The packet as the namespace looks it up. Where it was dropped, that is known; an answer is translated back
 * before, if the request was translated as it went through. False: nobody knows.
 */
static bool as_looked_up(const struct evidence *evidence, const struct stop *stop, const struct dropped *drop,
	struct flow *out)
{
	const struct flow *came = request_at(evidence, stop->in, RELAY_IN),
			  *left = request_at(evidence, stop->in, RELAY_OUT);

	*out = drop ? drop->flow : *stop->flow;
	if (drop || stop->role != ROLE_ANSWER || !came || !left)
		return drop;
	if (address_equal(&out->to, &left->from))
		out->to = came->from;
	return true;
}

bool judge_arrival(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct dropped *drop = drop_behind(evidence, stop);
	struct flow flow;
	bool is_known = as_looked_up(evidence, stop, drop, &flow);
	const struct stop changed = {
		.in = stop->in, .device = stop->device, .role = stop->role, .flow = &flow
	};
	struct arrival arrival = { .evidence = evidence,
		.stop = &changed,
		.mark = drop ? drop->mark : 0,
		.is_led = rulesets_mark(evidence, stop->in) ||
			  (!is_known && rulesets_translate(evidence, stop->in, stop->role)),
		.out = out };
	const struct question question = arrival_question(&arrival);

	if (judge_at_once(&arrival))
		return true;
	if (!evidence->oracle->decide(
		    evidence->oracle->context, evidence->arena, stop->in, &question, false, &arrival.way))
		return false;
	if (arrival.way.bridge) /* no route was looked up: the frame is the bridge's */
		return is_misaddressed(&arrival);
	return judge_lookup(&arrival);
}
