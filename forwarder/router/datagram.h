/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IP packet in a router, with its headers read. It may be a segment of several packets of wire size. */
#ifndef TUNLAB_ROUTER_DATAGRAM_H
#define TUNLAB_ROUTER_DATAGRAM_H

#include "forwarder/router/router.h"

struct datagram {
	struct packet packet; /* its frame is RELAY_IP: "bytes" are from the IP header on, without padding */
	uint8_t *bytes; /* the same, to be written to, with ROUTER_ROOM bytes before them that are free: or
			   less, by an Ethernet header, where it came with one */
	struct segment form;
	struct packet came;	  /* as the port gave it, for who captures; of what came */
	struct router_port *from; /* by which it came; NULL: the router made it */
	bool to_several;	  /* its frame was a broadcast or multicast */
	uint8_t hardware[6];	  /* whose frame it was in; of what came by a TAP */
	struct ip source, target;
	uint8_t hops;	  /* time to live, or hop limit */
	uint8_t protocol; /* of what is behind the headers: IPPROTO_TCP, ...; of an IPv6 extension header that
			     the router does not know, its number */
	size_t header;	  /* bytes before that; of IPv4: of its header with options */
	size_t next_at;	  /* of IPv6: where the number "protocol" stands, which parameter problems point to */
	bool fixed;	  /* it must not be cut: IPv6, or DF */
	bool fragment;	  /* it is one */
	bool more;	  /* and not the last */
	bool reassembled; /* it came as fragments, and is put together */
	size_t offset;	  /* of its bytes, in the whole, in bytes */
	size_t fragment_at;	 /* of an IPv6 fragment: where its fragment header is; else 0 */
	uint32_t identification; /* of the whole */
};

/*
 * Reads the headers of a packet from a TUN, or of the IP in a frame from a TAP, whose bytes are at BYTES, and
 * leaves out what a frame has behind them. Returns ROUTER_COUNTERS where all is well; else why it is to be
 * dropped without a word, and OUT is as far as it was read ("came" always is).
 */
enum router_counter datagram_read(
	struct router_port *from, const struct packet *packet, uint8_t *bytes, struct datagram *out);

/*
 * Reads one that the router made: LENGTH bytes at BYTES, which are right, with ROUTER_ROOM before them and
 * nothing left to a device.
 */
void datagram_made(uint8_t *bytes, size_t length, struct datagram *out);

/* Fills in what its sender left to a device, so that its bytes are what is on the wire: also for who captures
 * it as it came, where these are its bytes. It is no segment. */
void datagram_complete(struct datagram *datagram);

/* The packet of wire size numbered so, from 0, of those that a datagram is: complete, and no segment. OUT is
 * the datagram itself, completed, where it is one; else it is in router->wire until the next call. */
void datagram_wire(struct router *router, struct datagram *datagram, unsigned number, struct datagram *out);

#endif
