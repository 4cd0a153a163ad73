/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/icmp.h"

/* The first address of PORT, or, where there is one, the first in the same subnet as TARGET; NULL: it has
 * none. */
static const struct ip *first_of(
	const struct router *router, const struct router_port *port, const struct ip *target)
{
	const struct ip *first = NULL;

	for (size_t i = 0; i < router->address_count; i++) {
		const struct router_address *address = &router->addresses[i];

		if (address->port != port || address->ip.family != AF_INET)
			continue;
		if (ip_within(target, &address->ip, address->length))
			return &address->ip;
		if (!first)
			first = &address->ip;
	}
	return first;
}

/* As Linux's inet_select_addr(): of the port, or of the first that has one (RFC 1812 4.3.2.4). */
static bool source4(
	const struct router *router, const struct router_port *port, const struct ip *target, struct ip *out)
{
	static const struct ip any = { .family = AF_INET };
	const struct ip *found = port ? first_of(router, port, target) : NULL;

	for (size_t i = 0; !found && i < router->port_count; i++)
		found = first_of(router, router->ports[i], &any);
	if (found)
		*out = *found;
	return found;
}

/* --- IPv6: RFC 6724 5, by rules 1, 2, 5, 6 and 8; the others never tell a router's addresses apart --- */

/* RFC 4291 2.7, RFC 6724 3.1. */
enum { SCOPE_LINK = 2, SCOPE_GLOBAL = 14, LINK_LOCAL = 64 /* bits of its prefix */ };

static unsigned scope_of(const struct ip *ip)
{
	if (ip_is_multicast(ip))
		return ip->bytes[1] & 15;
	return ip_is_link_local(ip) || ip_is_loopback(ip) ? SCOPE_LINK : SCOPE_GLOBAL;
}

/* Those of RFC 6724 2.1 that a router's addresses and its targets can have. */
static unsigned label_of(const struct ip *ip)
{
	static const struct {
		struct ip prefix;
		unsigned length;
	} labels[] = {
		{ { AF_INET6, { 0xfc } }, 7 },	      /* unique local */
		{ { AF_INET6, { 0x20, 0x02 } }, 16 }, /* 6to4 */
		{ { AF_INET6, { 0x20, 0x01 } }, 32 }, /* Teredo */
	};
	unsigned label = 0;

	while (label < sizeof(labels) / sizeof(labels[0]) &&
		!ip_within(ip, &labels[label].prefix, labels[label].length))
		label++;
	return label;
}

/* The first bits that both have, but not more than MOST. */
static unsigned common_bits(const struct ip *one, const struct ip *other, unsigned most)
{
	unsigned bits = 0;

	while (bits < most && ip_within(one, other, bits + 1))
		bits++;
	return bits;
}

/*
 * How good an address is as source: more is better, and the rules that come first weigh more. A scope that is
 * too small for the target is worse than any that is not, and the smaller the worse; of the others the
 * smallest is best (rule 2).
 */
static unsigned worth_of(const struct ip *ip, unsigned length, bool is_port, const struct ip *target)
{
	unsigned scope = scope_of(ip), wanted = scope_of(target);
	unsigned worth = ip_equal(ip, target);

	worth = worth << 5 | (scope < wanted ? scope : 2 * SCOPE_GLOBAL + 1 - scope);
	worth = worth << 1 | is_port;
	worth = worth << 1 | (label_of(ip) == label_of(target));
	return worth << 8 | common_bits(ip, target, length);
}

/* Whether an address may be source at all of what goes to TARGET by PORT: what is of a link stays on it. */
static bool may_be_source6(
	const struct router_address *address, const struct router_port *port, const struct ip *target)
{
	if (address->ip.family != AF_INET6)
		return false;
	if (address->port == port)
		return true;
	return !ip_is_link_local(&address->ip) && scope_of(target) != SCOPE_LINK;
}

/* The best that is found as far as now. */
struct best {
	unsigned worth; /* 0: there is none */
	struct ip ip;
};

static void consider(struct best *best, const struct ip *ip, unsigned worth)
{
	if (worth > best->worth)
		*best = (struct best) { worth, *ip };
}

/* Of equals that of the first port, and there the one that was added last: so does Linux. */
static bool source6(
	const struct router *router, const struct router_port *port, const struct ip *target, struct ip *out)
{
	struct best best = { 0 };

	for (size_t i = 0; i < router->port_count; i++) {
		for (size_t k = router->address_count; k--;) {
			const struct router_address *address = &router->addresses[k];
			bool is_port = address->port == port;

			if (address->port == router->ports[i] && may_be_source6(address, port, target))
				consider(&best, &address->ip,
					worth_of(&address->ip, address->length, is_port, target));
		}
	}
	/* It was there before all that were added. */
	if (port && !ip_is_unspecified(&port->link_local))
		consider(&best, &port->link_local, worth_of(&port->link_local, LINK_LOCAL, true, target));
	if (best.worth)
		*out = best.ip;
	return best.worth;
}

bool router_source(
	const struct router *router, const struct router_port *port, const struct ip *target, struct ip *out)
{
	return (target->family == AF_INET ? source4 : source6)(router, port, target, out);
}
