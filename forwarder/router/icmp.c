/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/icmp.h"

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/icmp_kind.h"
#include "forwarder/router/own.h"
#include "forwarder/router/table.h"

enum {
	ICMP_HEADER = 8,
	ICMP_CHECKSUM = 2,
	ICMP_ARGUMENT = 4,
	TOS_PRECEDENCE = 0xc0, /* internetwork control (RFC 1812 4.3.2.5) */
	TOS_KEPT = 0x1e,       /* of the packet's own: all but its precedence and the last bit, as Linux */
	IP4_LONGEST = 576,     /* bytes of an error, with its IP header (RFC 1812 4.3.2.3) */
	IP6_LONGEST = 1280,    /* RFC 4443 2.4 c */
};

/* --- whether one may be sent --- */

bool icmp_is_one_host(const struct router *router, const struct ip *ip)
{
	const struct route *route;

	if (ip_is_unspecified(ip) || ip_is_loopback(ip) || ip_is_multicast(ip))
		return false;
	if (ip->family == AF_INET && (ip->bytes[0] == 0 || ip->bytes[0] >= 240))
		return false; /* RFC 1122 3.2.1.3, RFC 6890 */
	route = table_find(router->table, ip);
	return !route || (route->kind != ROUTE_BROADCAST && route->kind != ROUTE_ANYCAST);
}

static bool is_to_several(const struct router *router, const struct datagram *about)
{
	const struct route *route = table_find(router->table, &about->target);

	return about->to_several || ip_is_multicast(&about->target) || ip_is_broadcast(&about->target) ||
	       (route && route->kind == ROUTE_BROADCAST);
}

/* Whether it is an ICMP message that no error may be about. One whose type is missing may be; but not where
 * the type is to come in another fragment, as Linux has it. */
static bool is_error(const struct datagram *about)
{
	if (about->protocol != (about->source.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return false;
	if (about->packet.length <= about->header)
		return about->source.family == AF_INET || !about->fragment;
	return icmp_kind_silent(about->source.family, about->bytes[about->header]);
}

static bool may_send(const struct router *router, const struct datagram *about, enum icmp_error error)
{
	bool ip4 = about->source.family == AF_INET;

	if (!about->from || !icmp_is_one_host(router, &about->source))
		return false;
	/* RFC 4443 2.4 e.3: path MTU discovery and unknown options are for multicast, too. */
	if (is_to_several(router, about) && (ip4 || (error != ICMP_TOO_BIG && error != ICMP_BAD_OPTION)))
		return false;
	/* RFC 4443 has no such rule, and Linux sends them. */
	if (about->offset)
		return !ip4;
	return !is_error(about);
}

/* --- what is sent --- */

/* The packet as it was on the wire, or was to be: what its sender left to a device is done. */
static void complete(struct router *router, const struct datagram *about, struct packet *out)
{
	*out = about->packet;
	if (about->form.count > 1 || about->packet.offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		segment_complete(&about->packet, &about->form, 0, router->piece, out);
}

/* Where an error goes; false: there is no way. */
struct way {
	struct router_port *port;
	struct ip next_hop;
};

static bool find_way(const struct router *router, const struct datagram *about, struct way *out)
{
	const struct ip *to = &about->source;
	const struct route *route;

	*out = (struct way) { about->from, *to };
	if (to->family == AF_INET6 && ip_is_link_local(to))
		return true;
	route = table_find(router->table, to);
	if (!route || route->kind != ROUTE_UNICAST)
		return false;
	out->port = route->port;
	if (route->gateway)
		out->next_hop = route->via;
	return true;
}

/* RFC 1812 4.3.2.4: the address of the port by which the error leaves. Of IPv6, as Linux has it, the one of
 * the port by which the packet came: that is what traceroute is to show. */
static bool find_source(
	const struct router *router, const struct datagram *about, const struct way *way, struct ip *out)
{
	static const struct ip dummy = { AF_INET, { 192, 0, 0, 8 } }; /* RFC 7600 4.8 */

	*out = about->target;
	if (router_has(router, about->from, &about->target))
		return true;
	if (about->source.family == AF_INET6)
		return router_source(router, about->from, &about->source, out);
	if (!router_source(router, way->port, &way->next_hop, out))
		*out = dummy;
	return true;
}

/* How many bytes of the packet are quoted: as many as there is room for. */
static size_t room_of(const struct way *way)
{
	if (way->next_hop.family == AF_INET6)
		return IP6_LONGEST - IP6_HEADER - ICMP_HEADER;
	return (way->port->mtu < IP4_LONGEST ? way->port->mtu : IP4_LONGEST) - IP4_HEADER - ICMP_HEADER;
}

static uint8_t tos_of(const struct datagram *about)
{
	return about->source.family == AF_INET ? (about->bytes[IP4_TOS] & TOS_KEPT) | TOS_PRECEDENCE : 0;
}

static size_t write_error(struct router *router, const struct datagram *about, const struct icmp_kind *kind,
	uint32_t argument, size_t room)
{
	uint8_t *message = own_bytes(router, about->source.family);
	struct packet quoted;

	complete(router, about, &quoted);
	if (quoted.length < room)
		room = quoted.length;
	message[0] = kind->type;
	message[1] = kind->code;
	store32(message + ICMP_ARGUMENT, icmp_kind_argument(kind, about->source.family, argument));
	memcpy(message + ICMP_HEADER, quoted.bytes, room);
	return ICMP_HEADER + room;
}

void icmp_error(struct router *router, const struct datagram *about, enum icmp_error error, uint32_t argument)
{
	const struct icmp_kind *kind = icmp_kind(about->source.family, error);
	struct own own = { .target = about->source, .checksum_at = ICMP_CHECKSUM };
	struct way way;

	if (error == ICMP_NONE || !may_send(router, about, error) || !find_way(router, about, &way) ||
		!find_source(router, about, &way, &own.source))
		return;
	if (error != ICMP_TOO_BIG && !limits_allow(router, &about->source)) {
		router_count(router, ROUTER_limited, 1);
		return;
	}
	own.protocol = about->source.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	own.tos = tos_of(about);
	own.size = write_error(router, about, kind, argument, room_of(&way));
	router_count(router, ROUTER_errors, 1);
	own_send(router, about->from, &own, kind->name);
}
