/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of what is looked at is Linux's: whoever is wrong in two ways is told of the same one. */
#include "forwarder/router/decision.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "forwarder/router/nd.h"
#include "forwarder/router/options.h"
#include "forwarder/router/table.h"

enum { IP6_MTU = 1280 }; /* that each link has at least (RFC 8200 5) */

static struct decision nowhere(enum router_counter why)
{
	return (struct decision) { .going = GOING_NOWHERE, .why = why };
}

/* 0.0.0.0/8, "this network" (RFC 1122 3.2.1.3). */
static bool is_this_network(const struct ip *ip)
{
	return ip->bytes[0] == 0;
}

/* --- addresses that no packet has --- */

/* Two that have no address as yet: one that asks for one, and a broadcast. */
static bool asks_for_address(const struct datagram *datagram)
{
	return is_this_network(&datagram->source) &&
	       (ip_is_broadcast(&datagram->target) || ip_is_multicast(&datagram->target));
}

/* RFC 1812 5.3.7. One of the router's own is no other's, but on a wire that bends back. */
static enum router_counter martian4(const struct router *router, const struct datagram *datagram)
{
	const struct ip *source = &datagram->source, *target = &datagram->target;
	const struct route *route;

	if (ip_is_multicast(source) || ip_is_broadcast(source) || ip_is_loopback(source))
		return ROUTER_martian_source;
	if (is_this_network(source) && !asks_for_address(datagram))
		return ROUTER_martian_source;
	if (is_this_network(target) || ip_is_loopback(target))
		return ROUTER_martian_target;
	route = table_find(router->table, source);
	if (route && (route->kind == ROUTE_LOCAL || route->kind == ROUTE_BROADCAST))
		return ROUTER_martian_source;
	return ROUTER_COUNTERS;
}

/* RFC 4291 2.5.2, 2.5.3, 2.7. */
static enum router_counter martian6(const struct datagram *datagram)
{
	enum { INTERFACE_LOCAL = 1 };
	const struct ip *source = &datagram->source, *target = &datagram->target;

	if (ip_is_multicast(source) || ip_is_loopback(source))
		return ROUTER_martian_source;
	if (ip_is_unspecified(source) && datagram->protocol != IPPROTO_ICMPV6)
		return ROUTER_martian_source;
	if (ip_is_loopback(target) || ip_is_unspecified(target))
		return ROUTER_martian_target;
	if (ip_is_multicast(target) && (target->bytes[1] & 15) <= INTERFACE_LOCAL)
		return ROUTER_martian_target;
	return ROUTER_COUNTERS;
}

/* --- the router's own --- */

static bool listens(const struct router_port *port, const struct ip *group)
{
	static const uint8_t all_systems[4] = { 224, 0, 0, 1 };

	if (group->family == AF_INET6)
		return nd_listens(port, group);
	return !memcmp(group->bytes, all_systems, sizeof(all_systems));
}

/* The subnet-router anycast address of each link (RFC 4291 2.6.1): fe80::. */
static bool is_routers_of_link(const struct ip *ip)
{
	static const uint8_t prefix[16] = { 0xfe, 0x80 };

	return !memcmp(ip->bytes, prefix, sizeof(prefix));
}

static bool is_home(const struct router *router, const struct datagram *datagram, const struct route *route)
{
	if (ip_is_multicast(&datagram->target))
		return listens(datagram->from, &datagram->target);
	if (ip_is_broadcast(&datagram->target))
		return true;
	if (router_has(router, datagram->from, &datagram->target))
		return true;
	if (datagram->target.family == AF_INET6 && ip_is_link_local(&datagram->target))
		return is_routers_of_link(&datagram->target);
	if (!route)
		return false;
	return route->kind == ROUTE_LOCAL || route->kind == ROUTE_ANYCAST || route->kind == ROUTE_BROADCAST;
}

/* --- on --- */

/* RFC 3927 7 has none of IPv4 forwarded; RFC 4007 9 lets packets stay on their link. */
static bool stays_on_link(const struct datagram *datagram)
{
	return ip_is_link_local(&datagram->target) ||
	       (datagram->target.family == AF_INET && ip_is_link_local(&datagram->source));
}

/* The length of the longest of its packets of wire size. */
static size_t longest(const struct datagram *datagram)
{
	return segment_length(&datagram->packet, &datagram->form, 0);
}

static struct decision by_kind(const struct datagram *datagram, const struct route *route)
{
	bool ip4 = datagram->target.family == AF_INET;
	struct decision decision = { .going = GOING_NOWHERE, .route = route };

	if (!route) {
		decision.why = ROUTER_no_route;
		decision.error = ICMP_NO_ROUTE;
		return decision;
	}
	switch (route->kind) {
	case ROUTE_BLACKHOLE: decision.why = ROUTER_blackhole; break;
	case ROUTE_UNREACHABLE:
		decision.why = ROUTER_unreachable;
		decision.error = ip4 ? ICMP_NO_NEIGHBOUR : ICMP_NO_ROUTE;
		break;
	case ROUTE_PROHIBIT:
		decision.why = ROUTER_prohibited;
		decision.error = ICMP_PROHIBITED;
		break;
	case ROUTE_UNICAST:
	case ROUTE_LOCAL:
	case ROUTE_ANYCAST:
	case ROUTE_BROADCAST: decision.going = GOING_ON; break;
	}
	return decision;
}

static struct decision by_size(const struct datagram *datagram, struct decision decision)
{
	uint32_t mtu = decision.route->port->mtu;

	if (datagram->target.family == AF_INET6 && mtu < IP6_MTU)
		mtu = IP6_MTU;
	if (longest(datagram) <= mtu)
		return decision;
	if (!datagram->fixed) {
		decision.cut = true;
		return decision;
	}
	decision.going = GOING_NOWHERE;
	decision.why = ROUTER_too_big;
	decision.error = ICMP_TOO_BIG;
	decision.argument = mtu;
	return decision;
}

static struct decision onward(const struct datagram *datagram, const struct route *route)
{
	struct decision decision = by_kind(datagram, route);

	if (decision.going != GOING_ON)
		return decision;
	if (datagram->to_several) /* RFC 1812 5.3.4 */
		return nowhere(ROUTER_broadcast);
	decision.next_hop = route->gateway ? route->via : datagram->target;
	if (datagram->hops <= 1) {
		decision.going = GOING_NOWHERE;
		decision.why = ROUTER_ttl_exceeded;
		decision.error = ICMP_TTL_EXCEEDED;
		return decision;
	}
	if (ip_is_unspecified(&datagram->source))
		return nowhere(ROUTER_martian_source);
	if (ip_is_link_local(&datagram->source) && route->port != datagram->from) {
		decision.going = GOING_NOWHERE;
		decision.why = ROUTER_link_local;
		decision.error = ICMP_BEYOND_SCOPE;
		return decision;
	}
	return by_size(datagram, decision);
}

struct decision decide(const struct router *router, const struct datagram *datagram)
{
	bool ip4 = datagram->target.family == AF_INET, home;
	const struct route *route = table_find(router->table, &datagram->target);
	enum router_counter martian = ip4 ? martian4(router, datagram) : martian6(datagram);
	struct options_wrong wrong;

	if (martian != ROUTER_COUNTERS)
		return nowhere(martian);
	home = is_home(router, datagram, route);
	if (ip4 && !home && ip_is_multicast(&datagram->target))
		return nowhere(ROUTER_multicast);
	if (ip4 && !home && stays_on_link(datagram))
		return nowhere(ROUTER_link_local);
	wrong = options_check(datagram, home);
	if (wrong.why != ROUTER_COUNTERS)
		return (struct decision) {
			.going = GOING_NOWHERE, .why = wrong.why, .error = wrong.error, .argument = wrong.at
		};
	if (home)
		return (struct decision) { .going = GOING_HOME };
	if (ip_is_multicast(&datagram->target))
		return nowhere(ROUTER_multicast);
	if (stays_on_link(datagram))
		return nowhere(ROUTER_link_local);
	return onward(datagram, route);
}

/* --- what is said of it --- */

static const char *print_ip(const struct ip *ip, char text[INET6_ADDRSTRLEN])
{
	return inet_ntop(ip->family, ip->bytes, text, INET6_ADDRSTRLEN);
}

static void print_on(
	const struct decision *decision, const struct datagram *datagram, char *text, size_t size)
{
	const struct route *route = decision->route;
	char prefix[INET6_ADDRSTRLEN], via[INET6_ADDRSTRLEN];
	unsigned hops = datagram->hops - 1U;

	snprintf(text, size, "forwarded by %s/%u%s%s, %s %u%s", print_ip(&route->prefix, prefix),
		route->length, route->gateway ? " via " : "",
		route->gateway ? print_ip(&route->via, via) : "",
		datagram->target.family == AF_INET ? "ttl" : "hop limit", hops,
		decision->cut ? ", in fragments" : "");
}

static void print_nowhere(
	const struct decision *decision, const struct datagram *datagram, char *text, size_t size)
{
	const char *why = router_why(decision->why);
	char ip[INET6_ADDRSTRLEN];

	switch (decision->why) {
	case ROUTER_no_route: snprintf(text, size, "%s to %s", why, print_ip(&datagram->target, ip)); break;
	case ROUTER_blackhole:
	case ROUTER_unreachable:
	case ROUTER_prohibited:
		snprintf(text, size, "%s: %s/%u", why, print_ip(&decision->route->prefix, ip),
			decision->route->length);
		break;
	case ROUTER_too_big:
		snprintf(text, size, "%s: %zu bytes, and %u fit", why, longest(datagram), decision->argument);
		break;
	case ROUTER_martian_source:
		snprintf(text, size, "%s: %s", why, print_ip(&datagram->source, ip));
		break;
	case ROUTER_martian_target:
		snprintf(text, size, "%s: %s", why, print_ip(&datagram->target, ip));
		break;
	default: snprintf(text, size, "%s", why); break;
	}
}

const char *decision_print(
	const struct decision *decision, const struct datagram *datagram, char *text, size_t size)
{
	switch (decision->going) {
	case GOING_ON: print_on(decision, datagram, text, size); break;
	case GOING_HOME: snprintf(text, size, "for the router"); break;
	case GOING_NOWHERE: print_nowhere(decision, datagram, text, size); break;
	}
	return text;
}
