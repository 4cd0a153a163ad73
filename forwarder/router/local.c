/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/local.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>

#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/icmp.h"
#include "forwarder/router/nd.h"
#include "forwarder/router/options.h"
#include "forwarder/router/own.h"
#include "forwarder/router/reassembly.h"

enum {
	ICMP_SIZE = 8,
	ICMP_CHECKSUM = 2,
	UDP_SIZE = 8,
	UDP_LENGTH = 4,
	UDP_CHECKSUM = 6,
	TCP_SIZE = 20,
	TCP_OFFSET = 12,
};

enum deed { DO_NOTHING, DO_ECHO, DO_RESET, DO_DISCOVERY, DO_ERROR };

/* What is made of a packet, before anything is done. */
struct verdict {
	enum router_counter counter; /* ROUTER_delivered, or why it is dropped */
	const char *what;	     /* of what is not dropped: what is said of it */
	enum deed deed;
	enum icmp_error error; /* of DO_ERROR */
	uint32_t argument;
};

static struct verdict dropped(enum router_counter counter)
{
	return (struct verdict) { .counter = counter };
}

static struct verdict delivered(const char *what)
{
	return (struct verdict) { .counter = ROUTER_delivered, .what = what };
}

static const uint8_t *message_of(const struct datagram *datagram)
{
	return datagram->bytes + datagram->header;
}

static size_t size_of(const struct datagram *datagram)
{
	return datagram->packet.length - datagram->header;
}

/* Whether what is behind the headers has a right checksum, of SIZE bytes and the pseudo header. */
static bool is_right(const struct datagram *datagram, size_t size)
{
	uint64_t sum = checksum_add_pseudo(
		0, &datagram->source, &datagram->target, datagram->protocol, (uint32_t)size);

	return checksum_finish(checksum_add(sum, message_of(datagram), size)) == 0;
}

/* Whether its target is one of the router's addresses, and not one that several have. */
static bool is_own(const struct router *router, const struct datagram *datagram)
{
	return router_has(router, datagram->from, &datagram->target);
}

/* --- echo --- */

/* RFC 1122 3.2.2.6; RFC 4443 4.2: from the address that was asked, but if several have that. */
static void echo(struct router *router, const struct datagram *request)
{
	bool ip4 = request->source.family == AF_INET;
	uint8_t *at = own_bytes(router, request->source.family);
	struct own own = {
		.source = request->target,
		.target = request->source,
		.protocol = request->protocol,
		.tos = own_tos(request),
		.checksum_at = ICMP_CHECKSUM,
		.size = size_of(request),
	};

	if (!is_own(router, request) && !router_source(router, request->from, &own.target, &own.source))
		return;
	if (ip4)
		own.options = options_echo(router, request, &own.source, at);
	if (ip4 && IP4_HEADER + own.options + own.size > ROUTER_LONGEST)
		return;
	at += own.options;
	memcpy(at, message_of(request), own.size);
	at[0] = ip4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	if (own_send(router, request->from, &own, "echo reply"))
		router_count(router, ROUTER_echoed, 1);
}

/* --- what is made of each protocol --- */

static struct verdict judge_icmp4(const struct router *router, const struct datagram *datagram)
{
	const uint8_t *message = message_of(datagram);

	if (size_of(datagram) < ICMP_SIZE ||
		checksum_finish(checksum_add(0, message, size_of(datagram))) != 0)
		return dropped(ROUTER_bad_message);
	if (message[0] != ICMP_ECHO)
		return delivered("an ICMP message for the router");
	/* RFC 1812 4.3.3.6 leaves it open. */
	if (!is_own(router, datagram))
		return delivered("an echo request to several: not answered");
	return (struct verdict) { ROUTER_delivered, "an echo request for the router", .deed = DO_ECHO };
}

static struct verdict judge_icmp6(const struct datagram *datagram)
{
	const uint8_t *message = message_of(datagram);

	if (size_of(datagram) < ICMP_SIZE || !is_right(datagram, size_of(datagram)))
		return dropped(ROUTER_bad_message);
	if (message[0] >= ND_ROUTER_SOLICIT && message[0] <= ND_REDIRECT)
		return (struct verdict) { .deed = DO_DISCOVERY };
	if (ip_is_unspecified(&datagram->source))
		return dropped(ROUTER_martian_source);
	if (message[0] != ICMP6_ECHO_REQUEST)
		return delivered("an ICMP message for the router");
	return (struct verdict) { ROUTER_delivered, "an echo request for the router", .deed = DO_ECHO };
}

/* RFC 768; RFC 8200 8.1: one of IPv6 has a checksum. */
static bool is_right_udp(const struct datagram *datagram)
{
	const uint8_t *udp = message_of(datagram);
	size_t length;

	if (size_of(datagram) < UDP_SIZE)
		return false;
	length = load16(udp + UDP_LENGTH);
	if (!length && datagram->source.family == AF_INET6)
		length = size_of(datagram); /* RFC 2675 4, which Linux takes of shorter ones, too */
	if (length < UDP_SIZE || length > size_of(datagram))
		return false;
	if (!load16(udp + UDP_CHECKSUM))
		return datagram->source.family == AF_INET;
	return is_right(datagram, length);
}

static struct verdict judge_udp(const struct datagram *datagram)
{
	if (!is_right_udp(datagram))
		return dropped(ROUTER_bad_message);
	return (struct verdict) { ROUTER_closed_port, .deed = DO_ERROR, .error = ICMP_NO_PORT };
}

static struct verdict judge_tcp(const struct datagram *datagram)
{
	const uint8_t *tcp = message_of(datagram);
	size_t size = size_of(datagram), header;

	if (size < TCP_SIZE)
		return dropped(ROUTER_bad_message);
	header = 4 * (size_t)(tcp[TCP_OFFSET] >> 4);
	if (header < TCP_SIZE || header > size || !is_right(datagram, size))
		return dropped(ROUTER_bad_message);
	return (struct verdict) { ROUTER_closed_port, .deed = DO_RESET };
}

static struct verdict judge(const struct router *router, const struct datagram *datagram)
{
	switch (datagram->protocol) {
	case IPPROTO_ICMP:
		if (datagram->source.family == AF_INET)
			return judge_icmp4(router, datagram);
		break;
	case IPPROTO_ICMPV6:
		if (datagram->source.family == AF_INET6)
			return judge_icmp6(datagram);
		break;
	case IPPROTO_UDP: return judge_udp(datagram);
	case IPPROTO_TCP: return judge_tcp(datagram);
	case IPPROTO_IGMP:
		if (datagram->source.family == AF_INET)
			return delivered("an IGMP message for the router");
		break;
	case IPPROTO_NONE:
		if (datagram->source.family == AF_INET6)
			return delivered("nothing, for the router");
		break;
	default: break;
	}
	return (struct verdict) { ROUTER_no_transport, NULL, DO_ERROR, ICMP_NO_PROTOCOL,
		(uint32_t)datagram->next_at };
}

/* --- and done --- */

static void say(struct router *router, const struct datagram *datagram, const struct verdict *verdict)
{
	if (verdict->deed == DO_DISCOVERY)
		return;
	if (verdict->counter >= ROUTER_FIRST_DROP) {
		router_drop(router, datagram, verdict->counter);
		return;
	}
	router_count(router, verdict->counter, datagram->form.count);
	router_saw(datagram->from, &datagram->came, verdict->what);
}

static void answer(struct router *router, const struct datagram *datagram, const struct verdict *verdict)
{
	switch (verdict->deed) {
	case DO_NOTHING: break;
	case DO_ECHO: echo(router, datagram); break;
	case DO_RESET: reset_answer(router, datagram); break;
	case DO_DISCOVERY: nd_take(router, datagram); break;
	case DO_ERROR: icmp_error(router, datagram, verdict->error, verdict->argument); break;
	}
}

/* The packets of a segment are for one program: what is made of the first is made of all. */
static void take_whole(struct router *router, struct datagram *datagram)
{
	struct datagram wire;
	struct verdict verdict;

	datagram_wire(router, datagram, 0, &wire);
	verdict = judge(router, &wire);
	say(router, datagram, &verdict);
	answer(router, &wire, &verdict);
	for (unsigned i = 1; i < datagram->form.count; i++) {
		datagram_wire(router, datagram, i, &wire);
		answer(router, &wire, &verdict);
	}
}

/* What came in fragments: its headers behind that of the fragments are looked at only now. */
static void take_reassembled(struct router *router, struct datagram *datagram)
{
	struct options_wrong wrong = options_check(datagram, true);

	if (wrong.why == ROUTER_COUNTERS) {
		take_whole(router, datagram);
		return;
	}
	router_drop(router, datagram, wrong.why);
	icmp_error(router, datagram, wrong.error, wrong.at);
}

static void take_fragment(struct router *router, struct datagram *datagram)
{
	struct datagram whole;
	int error = ICMP_NONE;
	uint32_t argument = 0;
	enum router_counter counter;

	datagram_complete(datagram);
	counter = reassembly_take(router, datagram, &whole, &error, &argument);
	if (counter == ROUTER_COUNTERS) {
		whole.reassembled = true;
		take_reassembled(router, &whole);
	} else if (counter == ROUTER_delivered) {
		router_count(router, ROUTER_delivered, 1);
		router_saw(datagram->from, &datagram->came, "a fragment for the router: others are missing");
	} else {
		router_drop(router, datagram, counter);
		icmp_error(router, datagram, (enum icmp_error)error, argument);
	}
}

void local_take(struct router *router, struct datagram *datagram)
{
	if (datagram->fragment)
		take_fragment(router, datagram);
	else
		take_whole(router, datagram);
}
