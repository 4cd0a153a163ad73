/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/nd.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "forwarder/router/advertise.h"
#include "forwarder/router/icmp.h"
#include "forwarder/router/nd_message.h"
#include "forwarder/router/neighbour.h"

enum {
	FLAG_ROUTER = 0x80,
	FLAG_SOLICITED = 0x40,
	FLAG_OVERRIDE = 0x20,
	ND_TEXT = 96,
	LINK_LOCAL = 64,       /* bits of the prefix fe80:: (RFC 4291 2.5.6) */
	ANYCAST_LONGEST = 126, /* bits of a prefix that has a subnet-router anycast address of its own */
};

/* A message that came. */
struct message {
	const struct datagram *datagram;
	struct router_port *port;
	const uint8_t *bytes;
	size_t size;
	struct ip target;	 /* of one about a neighbour */
	const uint8_t *hardware; /* of its sender, or of its target; NULL: it says none */
};

static const char *print(const char *what, const struct ip *ip, char text[ND_TEXT])
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, ip->bytes, address, sizeof(address));
	snprintf(text, ND_TEXT, "%s %s", what, address);
	return text;
}

/* Whether the port has it as subnet-router anycast address (RFC 4291 2.6.1). */
static bool is_anycast(const struct router_address *address, const struct ip *ip)
{
	struct ip network = ip_network(&address->ip, address->length);

	return address->ip.family == AF_INET6 && address->length <= ANYCAST_LONGEST && ip_equal(ip, &network);
}

/* The address that a port has of itself; of no family: it has none. */
static struct router_address link_local_of(const struct router_port *port)
{
	if (!ip_is_link_local(&port->link_local))
		return (struct router_address) { 0 };
	return (struct router_address) { .ip = port->link_local, .length = LINK_LOCAL };
}

static bool has_anycast(const struct router_port *port, const struct ip *ip)
{
	const struct router *router = port->router;
	const struct router_address own = link_local_of(port);

	if (is_anycast(&own, ip))
		return true;
	for (size_t i = 0; i < router->address_count; i++) {
		const struct router_address *address = &router->addresses[i];

		if (address->port == port && is_anycast(address, ip))
			return true;
	}
	return false;
}

static bool has_address(const struct router_port *port, const struct ip *ip)
{
	const struct router *router = port->router;

	if (ip_equal(&port->link_local, ip))
		return true;
	for (size_t i = 0; i < router->address_count; i++) {
		if (router->addresses[i].port == port && ip_equal(&router->addresses[i].ip, ip))
			return true;
	}
	return false;
}

static bool is_group_of(const struct ip *ip, const struct ip *group)
{
	struct ip own = nd_solicited_group(ip);

	return ip_equal(&own, group);
}

/* Linux routers are in those of the interface, and of the site, too. */
static bool is_routers_group(const struct ip *group)
{
	static const uint8_t groups[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 2, 2 }, { 5, 2 } };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct ip ip = { AF_INET6, { 0xff, groups[i][0], [15] = groups[i][1] } };

		if (ip_equal(&ip, group))
			return true;
	}
	return false;
}

/* The solicited-node group of a subnet-router anycast address of a prefix of up to 104 bits ends in zeros. */
static bool is_group_of_anycast(const struct router_address *address, const struct ip *group)
{
	struct ip ip = ip_network(&address->ip, address->length);

	return address->length <= ANYCAST_LONGEST && is_group_of(&ip, group);
}

/* Of the address, and of the anycast address that is there with it. */
static bool has_group(const struct router_address *address, const struct ip *group)
{
	return address->ip.family == AF_INET6 &&
	       (is_group_of(&address->ip, group) || is_group_of_anycast(address, group));
}

bool nd_listens(const struct router_port *port, const struct ip *group)
{
	const struct router *router = port->router;
	const struct router_address own = link_local_of(port);

	if (group->family != AF_INET6)
		return false;
	if (is_routers_group(group) || has_group(&own, group))
		return true;
	for (size_t i = 0; i < router->address_count; i++) {
		const struct router_address *address = &router->addresses[i];

		if (address->port == port && has_group(address, group))
			return true;
	}
	return false;
}

static void learn(const struct message *message, struct neighbour_news news)
{
	if (message->port->frame == RELAY_IP)
		return;
	news.port = message->port;
	news.hardware = message->hardware;
	neighbour_learn(message->port->router, &news);
}

/* RFC 4861 7.2.4; Linux says a hardware address only to who asked everybody, and never overrides else. */
static void advertise_self(const struct message *message, bool anycast)
{
	const struct datagram *datagram = message->datagram;
	uint8_t buffer[ND_ROOM + ND_NEIGHBOUR_SIZE + ND_OPTION_UNIT] = { 0 }, *advert = buffer + ND_ROOM;
	bool to_all = ip_is_unspecified(&datagram->source), asked_all = ip_is_multicast(&datagram->target);
	struct ip to = to_all ? nd_group(1) : datagram->source, from = message->target;
	size_t size = ND_NEIGHBOUR_SIZE;
	char text[ND_TEXT];

	if (anycast && !router_source(message->port->router, message->port, &to, &from))
		return;
	advert[0] = ND_NEIGHBOUR_ADVERT_TYPE;
	advert[ND_FLAGS] = (uint8_t)(FLAG_ROUTER | (to_all ? 0 : FLAG_SOLICITED));
	if (!anycast && asked_all)
		advert[ND_FLAGS] |= FLAG_OVERRIDE;
	memcpy(advert + ND_TARGET, message->target.bytes, sizeof(message->target.bytes));
	if (asked_all)
		size += nd_write_address(message->port, ND_OPTION_TARGET, advert + size);
	router_count(message->port->router, ROUTER_answers, 1);
	nd_send(message->port, &from, &to, NULL, buffer, size,
		print("neighbour advertisement of", &message->target, text));
}

/* RFC 4861 4.3: who asks everybody must say his own address. As Linux, the router does not ask for that first
 * where he does not. */
static bool cannot_answer(const struct message *message)
{
	const struct datagram *datagram = message->datagram;

	return message->port->frame == RELAY_ETHERNET && ip_is_multicast(&datagram->target) &&
	       !message->hardware && !ip_is_unspecified(&datagram->source) &&
	       !neighbour_is_known(message->port, &datagram->source);
}

static void take_solicit(const struct message *message)
{
	const struct datagram *datagram = message->datagram;
	bool own = has_address(message->port, &message->target);
	bool anycast = !own && has_anycast(message->port, &message->target);

	if (!own && !anycast)
		return;
	if (cannot_answer(message))
		return;
	if (!ip_is_unspecified(&datagram->source))
		learn(message,
			(struct neighbour_news) { .ip = datagram->source, .override = true, .create = true });
	advertise_self(message, anycast);
}

static void take_advert(const struct message *message)
{
	uint8_t flags = message->bytes[ND_FLAGS];

	if (has_address(message->port, &message->target))
		return;
	learn(message, (struct neighbour_news) { .ip = message->target,
			       .solicited = flags & FLAG_SOLICITED,
			       .override = flags & FLAG_OVERRIDE,
			       .is_router = flags & FLAG_ROUTER,
			       .says_router = true });
}

/* RFC 4861 6.2.6: who solicits a router is none. */
static void take_router_solicit(const struct message *message)
{
	const struct ip *source = &message->datagram->source;

	if (!ip_is_unspecified(source))
		learn(message,
			(struct neighbour_news) {
				.ip = *source, .override = true, .says_router = true, .create = true });
	advertise_answer(message->port, source);
}

/* A router takes nothing from it but who its neighbour is. */
static void take_router_advert(const struct message *message)
{
	learn(message, (struct neighbour_news) { .ip = message->datagram->source,
			       .override = true,
			       .is_router = true,
			       .says_router = true,
			       .create = true });
}

static void take_nothing(const struct message *message)
{
	(void)message;
}

/* RFC 4861 7.1.1. */
static bool solicit_fits(const struct message *message)
{
	const struct datagram *datagram = message->datagram;
	struct ip group = nd_solicited_group(&message->target);

	if (ip_is_multicast(&message->target))
		return false;
	return !ip_is_unspecified(&datagram->source) ||
	       (ip_equal(&datagram->target, &group) && !message->hardware);
}

/* RFC 4861 7.1.2. */
static bool advert_fits(const struct message *message)
{
	return !ip_is_multicast(&message->target) &&
	       (!ip_is_multicast(&message->datagram->target) || !(message->bytes[ND_FLAGS] & FLAG_SOLICITED));
}

/* RFC 4861 6.1.1. */
static bool router_solicit_fits(const struct message *message)
{
	return !ip_is_unspecified(&message->datagram->source) || !message->hardware;
}

/* RFC 4861 6.1.2 and 8.1. */
static bool router_speaks(const struct message *message)
{
	return ip_is_link_local(&message->datagram->source);
}

struct kind {
	size_t size;	/* bytes at least */
	uint8_t option; /* the link-layer address that it may say */
	bool (*fits)(const struct message *message);
	void (*take)(const struct message *message);
	const char *what;
};

/* By type, from that of router solicitations on. */
static const struct kind kinds[] = {
	{ ND_SOLICIT_SIZE, ND_OPTION_SOURCE, router_solicit_fits, take_router_solicit,
		"router solicitation" },
	{ ND_ADVERT_SIZE, ND_OPTION_SOURCE, router_speaks, take_router_advert,
		"router advertisement: not for a router" },
	{ ND_NEIGHBOUR_SIZE, ND_OPTION_SOURCE, solicit_fits, take_solicit,
		"neighbour solicitation: who has" },
	{ ND_NEIGHBOUR_SIZE, ND_OPTION_TARGET, advert_fits, take_advert, "neighbour advertisement of" },
	{ ND_REDIRECT_SIZE, ND_OPTION_TARGET, router_speaks, take_nothing, "redirect: not for a router" },
};

/* NULL: it is wrong. */
static const struct kind *read_message(const struct datagram *datagram, struct message *out)
{
	const struct kind *kind;

	*out = (struct message) { .datagram = datagram, .port = datagram->from };
	out->bytes = datagram->bytes + datagram->header;
	out->size = datagram->packet.length - datagram->header;
	if (out->size < ND_SOLICIT_SIZE || out->bytes[0] < ND_ROUTER_SOLICIT_TYPE ||
		out->bytes[0] > ND_REDIRECT_TYPE)
		return NULL;
	kind = &kinds[out->bytes[0] - ND_ROUTER_SOLICIT_TYPE];
	/* RFC 6980: what came in fragments is none, either. */
	if (datagram->hops != ND_HOPS || datagram->reassembled || out->bytes[ND_CODE] ||
		out->size < kind->size)
		return NULL;
	if (kind->size == ND_NEIGHBOUR_SIZE)
		out->target = ip_load(AF_INET6, out->bytes + ND_TARGET);
	if (!nd_read_options(out->bytes + kind->size, out->size - kind->size, kind->option, &out->hardware))
		return NULL;
	return kind->fits(out) ? kind : NULL;
}

void nd_take(struct router *router, const struct datagram *datagram)
{
	struct message message;
	const struct kind *kind = read_message(datagram, &message);
	char text[ND_TEXT];

	if (!kind) {
		router_drop(router, datagram, ROUTER_bad_message);
		return;
	}
	router_count(router, ROUTER_delivered, 1);
	router_saw(datagram->from, &datagram->came,
		kind->size == ND_NEIGHBOUR_SIZE ? print(kind->what, &message.target, text) : kind->what);
	kind->take(&message);
}

void nd_ask(
	struct router_port *port, const struct ip *target, const uint8_t *hardware, const struct ip *source)
{
	uint8_t buffer[ND_ROOM + ND_NEIGHBOUR_SIZE + ND_OPTION_UNIT] = { 0 }, *solicit = buffer + ND_ROOM;
	struct ip to = hardware ? *target : nd_solicited_group(target);
	size_t size = ND_NEIGHBOUR_SIZE;
	char text[ND_TEXT];

	if (!source || !has_address(port, source))
		source = &port->link_local;
	solicit[0] = ND_NEIGHBOUR_SOLICIT_TYPE;
	memcpy(solicit + ND_TARGET, target->bytes, sizeof(target->bytes));
	size += nd_write_address(port, ND_OPTION_SOURCE, solicit + size);
	router_count(port->router, ROUTER_questions, 1);
	nd_send(port, source, &to, hardware, buffer, size,
		print("neighbour solicitation: who has", target, text));
}
