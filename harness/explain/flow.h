/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a packet says of itself: RFC 791, 8200, 792, 4443, 9293, 768. */
#ifndef TUNLAB_FLOW_H
#define TUNLAB_FLOW_H

#include "lab/icmp.h"
#include "lab/value.h"

struct flow {
	uint8_t family; /* AF_INET, AF_INET6; AF_UNSPEC: neither */
	uint16_t arp; /* the operation (RFC 826): no IP packet, only its addresses are known; 0: it is one */
	uint8_t protocol; /* IPPROTO_ICMP, ...; of IPv6 the one behind the extension headers that it knows */
	struct address from, to; /* whole ones */
	uint8_t ttl, tos;
	uint16_t length;		/* of the packet, as its header says */
	bool do_not_fragment, fragment; /* a fragment other than the first has no ports */
	uint16_t sport, dport;		/* of TCP, UDP and their like */
	uint8_t flags;			/* of TCP: TH_SYN, ... */
	uint32_t sequence;		/* of TCP; of an echo its sequence number */
	uint32_t acknowledged;		/* of TCP */
	uint16_t identification;	/* of IPv4 */
	uint8_t type, code;		/* of ICMP */
	uint16_t id;			/* of an echo */
	uint32_t mtu;			/* of frag-needed and packet-too-big */
	const unsigned char
		*quoted; /* of an ICMP error: the packet that it is about, which flow_read reads, too */
	size_t quoted_size;
	const unsigned char
		*payload; /* behind the transport's header, that of an unknown one too; NULL: none */
	size_t payload_size;
};

/* Reads SIZE bytes from an IP header on; false where they are none. What is cut off is not there. */
bool flow_read(const unsigned char *bytes, size_t size, struct flow *out);

/*
 * The packet that is inside another, where that is known by its form: IPv4 and IPv6 in IP (RFC 2003, 2473,
 * 4213), behind a segment routing header too (RFC 8754), GRE (RFC 2784, 2890), VXLAN (RFC 7348), the last
 * two with Ethernet as well. It lives as long as the bytes of the outer one.
 */
bool flow_inside(const struct flow *outer, struct flow *out);

/* Whether it asks for a neighbour's link-layer address (ARP, RFC 826; neighbour discovery, RFC 4861), or
 * answers; *WHOSE (NULL is allowed) is the neighbour's, where the packet was not cut off before. */
bool flow_neighbour(const struct flow *flow, bool answer, struct address *whose);

/* Whether it is an ICMP error (RFC 792, RFC 4443). */
bool flow_is_error(const struct flow *flow);

/* A packet back: addresses and ports change places, and of what type an ICMP message is nobody knows. */
struct flow flow_turned(const struct flow *flow);

/* As people say it: "10.0.0.1 → 10.0.0.2: echo request". */
const char *flow_print(struct arena *arena, const struct flow *flow);

#endif
