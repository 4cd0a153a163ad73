/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router sends, read by means of its own, and judged by itself. */
#ifndef TUNLAB_TESTS_FUZZ_SENT_H
#define TUNLAB_TESTS_FUZZ_SENT_H

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include "forwarder/router/checksum.h"
#include "forwarder/router/router.h"
#include "tests/fuzz/fuzz.h"
#include "tests/relay/made.h"

enum {
	SENT_FRAME = 14, /* bytes of an Ethernet header */
	SENT_ARP = 28,
	SENT_ERROR4 = 576, /* bytes of an ICMP error (RFC 1812 4.3.2.3), and of ICMPv6 (RFC 4443 2.4 c) */
	SENT_ERROR6 = 1280,
};

static inline uint16_t sum(const uint8_t *bytes, size_t size, uint32_t begin)
{
	return (uint16_t)~made_add(begin, bytes, size);
}

/* The pseudo header's part; BYTES are the packet's, and LENGTH those of its transport. */
static inline uint32_t pseudo(const uint8_t *bytes, uint8_t protocol, size_t length)
{
	uint32_t begin = protocol + (uint32_t)(length >> 16) + (uint32_t)(length & 0xffff);

	return bytes[0] >> 4 == 4 ? made_add(begin, bytes + 12, 8) : made_add(begin, bytes + 8, 32);
}

/* An IP packet of wire size, its headers read by this file's own means. */
struct view {
	const uint8_t *bytes;
	size_t length, header;
	struct ip source, target;
	uint8_t hops, protocol;
	bool fragment;
};

static inline void view4(struct view *view)
{
	const uint8_t *bytes = view->bytes;

	view->header = (size_t)(bytes[0] & 15) * 4;
	must(view->header >= 20 && view->header <= view->length, "IPv4's header is whole");
	must(load16(bytes + 2) == view->length, "IPv4's length is the packet's");
	must(sum(bytes, view->header, 0) == 0, "IPv4's checksum is right");
	view->hops = bytes[8];
	view->protocol = bytes[9];
	view->fragment = load16(bytes + 6) & 0x3fff;
	view->source = ip_load(AF_INET, bytes + 12);
	view->target = ip_load(AF_INET, bytes + 16);
}

/* Only a fragment header is passed: the router's own packets have no other. */
static inline void view6(struct view *view)
{
	const uint8_t *bytes = view->bytes;

	must(view->length >= 40, "IPv6's header is whole");
	must(load16(bytes + 4) + 40U == view->length, "IPv6's length is the packet's");
	view->header = 40;
	view->protocol = bytes[6];
	view->hops = bytes[7];
	view->source = ip_load(AF_INET6, bytes + 8);
	view->target = ip_load(AF_INET6, bytes + 24);
	view->fragment = view->protocol == IPPROTO_FRAGMENT;
}

static inline struct view see(const uint8_t *bytes, size_t length)
{
	struct view view = { .bytes = bytes, .length = length };

	must(length > 0 && (bytes[0] >> 4 == 4 || bytes[0] >> 4 == 6), "what is sent is IP");
	if (bytes[0] >> 4 == 4) {
		must(length >= 20, "IPv4's header is there");
		view4(&view);
	} else {
		view6(&view);
	}
	must(view.hops > 0, "a time to live is over zero");
	return view;
}

/* An error: how long it is, and what it is about. */
static inline void check_error(const struct view *view)
{
	bool ip4 = view->source.family == AF_INET;
	const uint8_t *about = view->bytes + view->header + 8;
	size_t left = view->length - view->header - 8, header = ip4 ? 20 : 40;

	must(view->length <= (ip4 ? SENT_ERROR4 : SENT_ERROR6), "an error is no longer than it may be");
	must(left >= header && about[0] >> 4 == (ip4 ? 4 : 6), "it quotes an IP header");
	must(!ip_is_multicast(&view->target) && !ip_is_broadcast(&view->target) &&
			!ip_is_unspecified(&view->target),
		"it goes to one host");
	if (!ip4) {
		must(about[6] != IPPROTO_ICMPV6 || left <= header || about[header] >= 128,
			"no error is about an error");
		return;
	}
	header = (size_t)(about[0] & 15) * 4;
	must(!(load16(about + 6) & 0x1fff), "no error is about a fragment but the first");
	if (about[9] == IPPROTO_ICMP && left > header)
		must(about[header] == ICMP_ECHO || about[header] == ICMP_ECHOREPLY ||
				about[header] >= ICMP_TIMESTAMP,
			"no error is about an error");
}

static inline void check_icmp(const struct view *view)
{
	const uint8_t *at = view->bytes + view->header;
	size_t length = view->length - view->header;
	bool ip4 = view->protocol == IPPROTO_ICMP;

	must(length >= 8, "ICMP has its header");
	must(sum(at, length, ip4 ? 0 : pseudo(view->bytes, IPPROTO_ICMPV6, length)) == 0,
		"ICMP's checksum is right");
	if (ip4 ? at[0] != ICMP_ECHOREPLY : at[0] < ICMP6_INFOMSG_MASK)
		check_error(view);
	if (!ip4 && at[0] >= ND_ROUTER_SOLICIT && at[0] <= ND_REDIRECT)
		must(view->hops == 255, "discovery has the hop limit of 255");
}

static inline void check_arp(const struct router_port *port, const struct packet *packet)
{
	const uint8_t *arp = packet->bytes + SENT_FRAME;

	must(packet->length == SENT_FRAME + SENT_ARP, "ARP has its length");
	must(load16(arp) == 1 && load16(arp + 2) == 0x0800 && arp[4] == 6 && arp[5] == 4, "and its header");
	must(load16(arp + 6) == 1 || load16(arp + 6) == 2, "it asks or answers");
	must(!memcmp(arp + 8, port->hardware, 6), "and says who sends it");
}

static inline void check_frame(const struct router_port *port, const struct packet *packet)
{
	must(packet->length >= SENT_FRAME, "a frame has its header");
	must(!memcmp(packet->bytes + 6, port->hardware, 6), "a frame comes from its port");
	must(load16(packet->bytes + 12) == packet->protocol, "a frame says what it has");
}

#endif
