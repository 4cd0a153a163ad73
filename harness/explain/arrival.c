/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet came into a namespace and was not seen to leave it: what the way in says of it. */
#include <errno.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/cause.h"
#include "explain/rulesets.h"

/* What one judge of this file works on. */
struct arrival {
	const struct evidence *evidence;
	const struct stop *stop;
	uint32_t mark; /* of the packet, where it was dropped */
	bool is_led;   /* a ruleset may have changed where it goes, and nobody knows */
	struct decision way;
	struct cause *out;
};

static struct question question_of(const struct arrival *arrival)
{
	return (struct question) {
		.flow = arrival->stop->flow, .iif = arrival->stop->device, .mark = arrival->mark
	};
}

static const char *dropped(const struct arrival *arrival)
{
	return arena_printf(arrival->evidence->arena, "dropped the %s on %s", role_name(arrival->stop->role),
		arrival->stop->device);
}

static bool is_ipv4(const struct arrival *arrival)
{
	return arrival->stop->flow->family == AF_INET;
}

static const char *by_rule(struct arena *arena, const struct decision *decision)
{
	const char *rule = decision->rule < 0 ? "" : arena_printf(arena, ", by rule %lld", decision->rule);

	if (!decision->table_name)
		return rule;
	return arena_printf(arena, "%s, table %s", rule, decision->table_name);
}

static bool is(struct arrival *arrival, enum mechanism mechanism, const char *text)
{
	arrival->out->mechanism = mechanism;
	arrival->out->in = arrival->stop->in;
	arrival->out->device = arrival->stop->device;
	arrival->out->text = text;
	return true;
}

/* Notes a counter that says so, where the packet moved it. */
static bool counter_moved_of(struct arrival *arrival, const char *name, enum alike alike)
{
	uint64_t by = moved_by(arrival->evidence, arrival->stop->in, name);

	if (!moved_surely(arrival->evidence, arrival->stop, name, alike))
		return false;
	arrival->out->observed = true;
	cause_note(arrival->evidence, arrival->out, "%s: %s moved by %llu", arrival->stop->in->name, name,
		(unsigned long long)by);
	return true;
}

static bool counter_moved(struct arrival *arrival, const char *name)
{
	return counter_moved_of(arrival, name, ALIKE_FAMILY);
}

/* Notes a drop that has one of the reasons, which end with NULL. */
static bool drop_seen(struct arrival *arrival, const char *const *reasons)
{
	const struct dropped *drop = drop_of(arrival->evidence, arrival->stop->in, arrival->stop->role);

	if (!drop || !drop->reason)
		return false;
	for (; *reasons; reasons++) {
		if (strcmp(drop->reason, *reasons) != 0)
			continue;
		arrival->out->observed = true;
		cause_note(arrival->evidence, arrival->out, "%s: the kernel dropped it: %s%s%s",
			drop->in->name, drop->reason, drop->place ? " in " : "",
			drop->place ? drop->place : "");
		return true;
	}
	return false;
}

static void note_lookup(struct arrival *arrival, const char *what)
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
static bool is_hidden(const struct arrival *arrival)
{
	return !arrival->evidence->sees_drops && arrival->stop->in->uses_nft &&
	       rulesets_drop_early(arrival->evidence, arrival->stop->in);
}

/* Whether the check refuses what comes in, as far as settings and tables tell, and nothing before it does. */
static bool is_refused_source(struct arrival *arrival, const struct decision *back, long long check)
{
	const struct evidence *evidence = arrival->evidence;
	const struct question question = question_of(arrival);
	bool leads = back->type && !strcmp(back->type, "unicast");
	struct decision way = { 0 };

	if (evidence->sees_drops || (!back->number && !(leads && check == 1 && !back->by_arrival)))
		return false;
	return evidence->oracle->decide(evidence->oracle->context, evidence->arena, arrival->stop->in,
		       &question, false, &way) &&
	       (way.number == EINVAL || way.number == EXDEV);
}

static bool is_source_check(struct arrival *arrival)
{
	static const char *const reasons[] = { "IP_RPFILTER", NULL };
	static const char *const counter = "TcpExtIPReversePathFilter";
	const struct evidence *evidence = arrival->evidence;
	const struct stop *stop = arrival->stop;
	struct arena *arena = evidence->arena;
	long long all = setting_of(evidence, stop->in, 0, "net.ipv4.conf.all.rp_filter");
	long long own = setting_of(evidence, stop->in, 0, "net/ipv4/conf/%s/rp_filter", stop->device);
	const struct question question = question_of(arrival);
	struct decision back = { 0 };
	const char *setting, *way;
	bool dropped_so;

	if (!is_ipv4(arrival) || (all <= 0 && own <= 0))
		return false;
	if (!evidence->oracle->decide(evidence->oracle->context, arena, stop->in, &question, true, &back))
		return false;
	dropped_so = drop_seen(arrival, reasons);
	if (!counter_moved(arrival, counter) && !dropped_so &&
		(is_hidden(arrival) || !moved_by(evidence, stop->in, counter) ||
			!is_refused_source(arrival, &back, all >= own ? all : own)))
		return false;
	setting = all >= own ? arena_printf(arena, "rp_filter=%lld, from conf.all", all)
			     : arena_printf(arena, "rp_filter=%lld, from conf.%s", own, stop->device);
	if (back.number)
		way = arena_printf(
			arena, "there is no way back to %s", address_print(arena, &stop->flow->from));
	else
		way = arena_printf(arena, "the way back to %s is %s%s",
			address_print(arena, &stop->flow->from), back.device ? back.device : back.type,
			by_rule(arena, &back));
	return is(arrival, CAUSE_SOURCE_CHECK,
		arena_printf(arena, "source check (%s) %s: %s", setting, dropped(arrival), way));
}

/* Whose own an address is: that of a device, or by a local route; NULL: not this host's. */
static const char *owner_of(struct arrival *arrival)
{
	const struct evidence *evidence = arrival->evidence;
	const struct oracle *oracle = evidence->oracle;
	const struct question question = question_of(arrival);
	struct decision back = { 0 };
	const char *device = NULL;

	if (oracle->owns(
		    oracle->context, evidence->arena, arrival->stop->in, &arrival->stop->flow->from, &device))
		return arena_printf(evidence->arena, "on %s", device);
	if (!oracle->decide(oracle->context, evidence->arena, arrival->stop->in, &question, true, &back) ||
		!back.type || strcmp(back.type, "local") != 0 || !back.route)
		return NULL;
	return arena_printf(evidence->arena, "by the route \"%s\"", back.route);
}

static bool is_own_source(struct arrival *arrival)
{
	static const char *const reasons[] = { "IP_LOCAL_SOURCE", NULL };
	const struct evidence *evidence = arrival->evidence;
	const struct stop *stop = arrival->stop;
	const char *owner = is_ipv4(arrival) && !is_hidden(arrival) ? owner_of(arrival) : NULL;

	if (!owner || setting_of(evidence, stop->in, 0, "net.ipv4.conf.all.accept_local") > 0 ||
		setting_of(evidence, stop->in, 0, "net/ipv4/conf/%s/accept_local", stop->device) > 0)
		return false;
	drop_seen(arrival, reasons);
	note_lookup(arrival, "refused");
	return is(arrival, CAUSE_OWN_SOURCE,
		arena_printf(evidence->arena,
			"%s: its source %s is an address of this host (%s), and accept_local is 0",
			dropped(arrival), address_print(evidence->arena, &stop->flow->from), owner));
}

static uint32_t number_of(const struct address *address)
{
	const uint8_t *at = address->bytes;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool is_loopback_of_ipv6(const struct address *address)
{
	return !memcmp(address->bytes, &in6addr_loopback, sizeof in6addr_loopback);
}

/* What may not come in, as ip_route_input_slow() and ip6_rcv_core() have it: loopback, multicast and
 * broadcast as a source, and nothing at all. */
static bool is_strange_source(const struct address *address)
{
	uint32_t number = number_of(address);

	if (address->family == AF_INET6)
		return is_loopback_of_ipv6(address) || address->bytes[0] == 0xff;
	return number >> 24 == 127 || number >> 28 == 14 || !number || number == UINT32_MAX;
}

static bool is_strange_target(const struct address *address)
{
	uint32_t number = number_of(address);

	if (address->family == AF_INET6)
		return is_loopback_of_ipv6(address);
	return number >> 24 == 127 || !number;
}

/* Whether 127.0.0.0/8 is an address as any other: IN_DEV_ROUTE_LOCALNET(). */
static bool routes_loopback(const struct arrival *arrival)
{
	const struct evidence *evidence = arrival->evidence;
	const struct stop *stop = arrival->stop;

	return is_ipv4(arrival) &&
	       (setting_of(evidence, stop->in, 0, "net.ipv4.conf.all.route_localnet") > 0 ||
		       setting_of(evidence, stop->in, 0, "net/ipv4/conf/%s/route_localnet", stop->device) >
			       0);
}

static bool is_martian(struct arrival *arrival)
{
	static const char *const reasons[] = { "IP_LOCALNET", "IP_INVALID_SOURCE", "IP_INVALID_DEST",
		"IP_INHDR", NULL };
	const struct stop *stop = arrival->stop;
	const struct address *strange = &stop->flow->from;

	if (routes_loopback(arrival) || is_hidden(arrival))
		return false;
	if (!is_strange_source(strange))
		strange = &stop->flow->to;
	if (strange == &stop->flow->to && !is_strange_target(strange))
		return false;
	if (!drop_seen(arrival, reasons))
		note_lookup(arrival, "refused");
	return is(arrival, CAUSE_MARTIAN,
		arena_printf(arrival->evidence->arena, "%s: %s may not come in by a device", dropped(arrival),
			address_print(arrival->evidence->arena, strange)));
}

static const char *object(struct arena *arena, const struct decision *way)
{
	if (way->rule_ends && way->rule_text)
		return arena_printf(arena, "rule %lld (%s)", way->rule, way->rule_text);
	if (way->route)
		return arena_printf(arena, "the route \"%s\"%s", way->route, by_rule(arena, way));
	return "a route or rule";
}

/* Whether the namespace sent an ICMP error, as a refusal makes it do. */
static bool told_sender(struct arrival *arrival)
{
	return counter_moved(arrival, is_ipv4(arrival) ? "IcmpOutDestUnreachs" : "Icmp6OutDestUnreachs");
}

static bool is_refused(struct arrival *arrival, enum mechanism mechanism)
{
	struct arena *arena = arrival->evidence->arena;

	if (!arrival->way.rule_ends && !arrival->way.route)
		return false;
	if (is_hidden(arrival) && (mechanism == CAUSE_BLACKHOLE || !told_sender(arrival)))
		return false;
	note_lookup(arrival, arrival->way.number ? error_name(arrival->way.number) : arrival->way.type);
	return is(arrival, mechanism,
		arena_printf(arena, "%s (%s) %s", object(arena, &arrival->way), mechanism_name(mechanism),
			dropped(arrival)));
}

/* Whether the namespace forwards what came in by the device. */
static bool forwards(const struct arrival *arrival)
{
	const struct stop *stop = arrival->stop;

	if (is_ipv4(arrival))
		return setting_of(arrival->evidence, stop->in, 0, "net/ipv4/conf/%s/forwarding",
			       stop->device) > 0;
	return setting_of(arrival->evidence, stop->in, 0, "net.ipv6.conf.all.forwarding") > 0;
}

/* Whether IP was given packets: what is for another link-layer address it never gets. */
static bool was_received(const struct arrival *arrival)
{
	return moved_by(arrival->evidence, arrival->stop->in,
		       is_ipv4(arrival) ? "IpInReceives" : "Ip6InReceives") ||
	       rulesets_say(arrival->evidence, arrival->stop->in, "hook ingress");
}

/* Whether nothing but a ruleset can be behind it that nobody knows what became of it. */
static bool may_be_dropped(const struct arrival *arrival)
{
	const struct evidence *evidence = arrival->evidence;
	const struct netns *in = arrival->stop->in;

	return !evidence->sees_drops && in->uses_nft && rulesets_drop(evidence, in) && !arrival->is_led &&
	       was_received(arrival);
}

/* A ruleset's own counters may have counted what it dropped. */
static void note_ruleset_counters(struct arrival *arrival)
{
	const struct evidence *evidence = arrival->evidence;
	const char *in = arrival->stop->in->name;

	for (size_t i = 0; i < evidence->moved_count; i++)
		for (size_t j = 0;
			!strcmp(evidence->moved[i].where, in) && j < evidence->moved[i].counts.count; j++) {
			const char *name = evidence->moved[i].counts.at[j].name;

			if (counter_is_nft(name) && moved_surely(evidence, arrival->stop, name, ALIKE_FAMILY))
				cause_note(evidence, arrival->out, "%s: %s moved", in, name);
		}
}

static bool is_firewall(struct arrival *arrival)
{
	note_ruleset_counters(arrival);
	return is(arrival, CAUSE_FIREWALL,
		arena_printf(arrival->evidence->arena, "the firewall (nftables) %s", dropped(arrival)));
}

/* A counter that what was decided would have moved did not: a ruleset was there before. */
static bool is_dropped_before(struct arrival *arrival)
{
	if (!is_hidden(arrival) || !may_be_dropped(arrival))
		return false;
	note_lookup(arrival, "refuses it, and yet no counter says that it was made");
	return is_firewall(arrival);
}

/* Whether nothing says that the kernel came to what the lookup says: not a COUNTER for what it refuses, nor a
 * drop of the packet. *BEFORE: the counter did not move at all; else by other packets, maybe. */
static bool is_untold(struct arrival *arrival, const char *counter, bool *before)
{
	static const char *const reasons[] = { "IP_INADDRERRORS", "IP_INNOROUTES", NULL };
	const struct netns *in = arrival->stop->in;

	*before = !moved_by(arrival->evidence, in, counter) &&
		  !moved_by(arrival->evidence, in, "Ip6InNoRoutes");
	return !counter_moved(arrival, counter) && !counter_moved(arrival, "Ip6InNoRoutes") &&
	       !drop_seen(arrival, reasons) && in->uses_nft &&
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
	if (is_untold(arrival, is_ipv4(arrival) ? "IpInAddrErrors" : "Ip6InAddrErrors", &before))
		return before && is_dropped_before(arrival);
	note_lookup(arrival, arrival->way.number ? error_name(arrival->way.number) : arrival->way.type);
	return is(arrival, CAUSE_NOT_FORWARDED,
		arena_printf(arena, "%s: %s is %s, and forwarding is off (net.%s.forwarding=0)",
			dropped(arrival), address_print(arena, &stop->flow->to),
			own ? "this host's address, but no local route that is looked up has it"
			    : "not an address of this host",
			stop->flow->family == AF_INET ? arena_printf(arena, "ipv4.conf.%s", stop->device)
						      : "ipv6.conf.all"));
}

static bool is_without_route(struct arrival *arrival)
{
	struct arena *arena = arrival->evidence->arena;
	bool before;

	if (is_untold(arrival, is_ipv4(arrival) ? "IpExtInNoRoutes" : "Ip6InNoRoutes", &before))
		return before && is_dropped_before(arrival);
	note_lookup(arrival, arrival->way.number ? error_name(arrival->way.number) : arrival->way.type);
	return is(arrival, CAUSE_NO_ROUTE,
		arena_printf(arena, "%s: no rule leads to a route to %s", dropped(arrival),
			address_print(arena, &arrival->stop->flow->to)));
}

static bool is_ipv6_off(struct arrival *arrival)
{
	const struct stop *stop = arrival->stop;

	if (stop->flow->family != AF_INET6 || setting_of(arrival->evidence, stop->in, 0,
						      "net/ipv6/conf/%s/disable_ipv6", stop->device) <= 0)
		return false;
	counter_moved(arrival, "Ip6InDiscards");
	return is(arrival, CAUSE_IPV6_OFF,
		arena_printf(arrival->evidence->arena,
			"%s: IPv6 is switched off there (net.ipv6.conf.%s.disable_ipv6=1)", dropped(arrival),
			stop->device));
}

/* The counter of what is too big to be sent on. */
static const char *too_big(const struct arrival *arrival)
{
	return is_ipv4(arrival) ? "IpFragFails" : "Ip6InTooBigErrors";
}

/* Its way is clear, and yet it was neither given to its protocol nor sent on: then it was the ruleset. */
static bool vanished(const struct arrival *arrival)
{
	const char *type = arrival->way.type;

	if (!type || !may_be_dropped(arrival))
		return false;
	if (!strcmp(type, "local"))
		return !was_taken(arrival->evidence, arrival->stop, false);
	return !strcmp(type, "unicast") && !moved_by(arrival->evidence, arrival->stop->in, too_big(arrival));
}

static bool is_firewalled(struct arrival *arrival)
{
	static const char *const reasons[] = { "NETFILTER_DROP", NULL };

	return arrival->stop->in->uses_nft && drop_seen(arrival, reasons) && is_firewall(arrival);
}

static bool is_silently_firewalled(struct arrival *arrival)
{
	if (!vanished(arrival))
		return false;
	note_lookup(arrival, "finds its way, and yet it was neither delivered nor sent on");
	return is_firewall(arrival);
}

/* A frame for another host's link-layer address. */
static bool is_misaddressed(struct arrival *arrival)
{
	static const char *const reasons[] = { "OTHERHOST", NULL };

	if (!drop_seen(arrival, reasons))
		return false;
	return is(arrival, CAUSE_NEIGHBOUR,
		arena_printf(arrival->evidence->arena,
			"%s: it was sent to a link-layer address that is not this device's",
			dropped(arrival)));
}

static bool is_too_old(struct arrival *arrival)
{
	static const char *const reasons[] = { "IP_INHDR", NULL };
	const struct stop *stop = arrival->stop;

	if (stop->flow->ttl > 1 || !arrival->way.type || strcmp(arrival->way.type, "unicast") != 0)
		return false;
	if (!counter_moved(arrival, stop->flow->family == AF_INET ? "IpInHdrErrors" : "Ip6InHdrErrors") &&
		!drop_seen(arrival, reasons) && is_hidden(arrival))
		return false;
	return is(arrival, CAUSE_TTL,
		arena_printf(arrival->evidence->arena, "%s: its %s ended here", dropped(arrival),
			stop->flow->family == AF_INET ? "TTL" : "hop limit"));
}

static bool is_too_big(struct arrival *arrival)
{
	static const char *const reasons[] = { "PKT_TOO_BIG", NULL };
	const struct stop *stop = arrival->stop;

	if (!stop->flow->do_not_fragment || !arrival->way.device)
		return false;
	if (!counter_moved_of(arrival, too_big(arrival), ALIKE_SIZE) && !drop_seen(arrival, reasons))
		return false;
	return is(arrival, CAUSE_TOO_BIG,
		arena_printf(arrival->evidence->arena,
			"%s: %u bytes, more than the MTU of %s, and it may not be fragmented",
			dropped(arrival), stop->flow->length, arrival->way.device));
}

/* The lookup refuses what the kernel drops without saying more: EINVAL, and EXDEV of older kernels. */
static bool judge_refusal(struct arrival *arrival)
{
	if (arrival->way.rule_ends || (arrival->way.type && !strcmp(arrival->way.type, "blackhole")))
		return is_refused(arrival, CAUSE_BLACKHOLE);
	return is_own_source(arrival);
}

static bool judge_route(struct arrival *arrival)
{
	bool onward = arrival->way.type && !strcmp(arrival->way.type, "unicast");

	if (onward && !is_ipv4(arrival) && is_not_forwarded(arrival))
		return true;
	return is_too_old(arrival) || is_too_big(arrival) || is_misaddressed(arrival) ||
	       (onward && judge_neighbour(arrival->evidence, arrival->stop, &arrival->way, arrival->out)) ||
	       is_silently_firewalled(arrival);
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
		return (!is_ipv4(arrival) && is_not_forwarded(arrival)) || is_without_route(arrival);
	default: return false;
	}
}

/* What tells of itself, before the tables are asked: a ruleset may have changed the packet. */
static bool judge_at_once(struct arrival *arrival)
{
	return is_ipv6_off(arrival) || is_source_check(arrival) || is_martian(arrival) ||
	       is_firewalled(arrival);
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
	const struct question question = question_of(&arrival);

	if (judge_at_once(&arrival))
		return true;
	if (!evidence->oracle->decide(
		    evidence->oracle->context, evidence->arena, stop->in, &question, false, &arrival.way))
		return false;
	if (arrival.way.bridge) /* no route was looked up: the frame is the bridge's */
		return is_misaddressed(&arrival);
	return judge_lookup(&arrival);
}
