/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came in is refused for its addresses: the source check, an own source, martians. */
#include "explain/arrival.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Whether the check refuses what comes in, as far as settings and tables tell, and nothing before it does. */
static bool is_refused_source(struct arrival *arrival, const struct decision *back, long long check)
{
	const struct evidence *evidence = arrival->evidence;
	const struct question question = arrival_question(arrival);
	bool leads = back->type && !strcmp(back->type, "unicast");
	struct decision way = { 0 };

	if (evidence->sees_drops || (!back->number && !(leads && check == 1 && !back->by_arrival)))
		return false;
	return evidence->oracle->decide(evidence->oracle->context, evidence->arena, arrival->stop->in,
		       &question, false, &way) &&
	       (way.number == EINVAL || way.number == EXDEV);
}

bool arrival_source_check(struct arrival *arrival)
{
	static const char *const reasons[] = { "IP_RPFILTER", NULL };
	static const char *const counter = "TcpExtIPReversePathFilter";
	const struct evidence *evidence = arrival->evidence;
	const struct stop *stop = arrival->stop;
	struct arena *arena = evidence->arena;
	long long all = setting_of(evidence, stop->in, 0, "net.ipv4.conf.all.rp_filter");
	long long own = setting_of(evidence, stop->in, 0, "net/ipv4/conf/%s/rp_filter", stop->device);
	const struct question question = arrival_question(arrival);
	struct decision back = { 0 };
	const char *setting, *way;
	bool dropped_so;

	if (!arrival_is_ipv4(arrival) || (all <= 0 && own <= 0))
		return false;
	if (!evidence->oracle->decide(evidence->oracle->context, arena, stop->in, &question, true, &back))
		return false;
	dropped_so = arrival_drop_seen(arrival, reasons);
	if (!arrival_moved(arrival, counter) && !dropped_so &&
		(arrival_is_hidden(arrival) || !moved_by(evidence, stop->in, counter) ||
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
			decision_by_rule(arena, &back));
	return arrival_is(arrival, CAUSE_SOURCE_CHECK,
		arena_printf(arena, "source check (%s) %s: %s", setting, arrival_dropped(arrival), way));
}

/* Whose own an address is: that of a device, or by a local route; NULL: not this host's. */
static const char *owner_of(struct arrival *arrival)
{
	const struct evidence *evidence = arrival->evidence;
	const struct oracle *oracle = evidence->oracle;
	const struct question question = arrival_question(arrival);
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

bool arrival_own_source(struct arrival *arrival)
{
	static const char *const reasons[] = { "IP_LOCAL_SOURCE", NULL };
	const struct evidence *evidence = arrival->evidence;
	const struct stop *stop = arrival->stop;
	const char *owner =
		arrival_is_ipv4(arrival) && !arrival_is_hidden(arrival) ? owner_of(arrival) : NULL;

	if (!owner || setting_of(evidence, stop->in, 0, "net.ipv4.conf.all.accept_local") > 0 ||
		setting_of(evidence, stop->in, 0, "net/ipv4/conf/%s/accept_local", stop->device) > 0)
		return false;
	arrival_drop_seen(arrival, reasons);
	arrival_note_lookup(arrival, "refused");
	return arrival_is(arrival, CAUSE_OWN_SOURCE,
		arena_printf(evidence->arena,
			"%s: its source %s is an address of this host (%s), and accept_local is 0",
			arrival_dropped(arrival), address_print(evidence->arena, &stop->flow->from), owner));
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

	return arrival_is_ipv4(arrival) &&
	       (setting_of(evidence, stop->in, 0, "net.ipv4.conf.all.route_localnet") > 0 ||
		       setting_of(evidence, stop->in, 0, "net/ipv4/conf/%s/route_localnet", stop->device) >
			       0);
}

bool arrival_martian(struct arrival *arrival)
{
	static const char *const reasons[] = { "IP_LOCALNET", "IP_INVALID_SOURCE", "IP_INVALID_DEST",
		"IP_INHDR", NULL };
	const struct stop *stop = arrival->stop;
	const struct address *strange = &stop->flow->from;

	if (routes_loopback(arrival) || arrival_is_hidden(arrival))
		return false;
	if (!is_strange_source(strange))
		strange = &stop->flow->to;
	if (strange == &stop->flow->to && !is_strange_target(strange))
		return false;
	if (!arrival_drop_seen(arrival, reasons))
		arrival_note_lookup(arrival, "refused");
	return arrival_is(arrival, CAUSE_MARTIAN,
		arena_printf(arrival->evidence->arena, "%s: %s may not come in by a device",
			arrival_dropped(arrival), address_print(arrival->evidence->arena, strange)));
}
