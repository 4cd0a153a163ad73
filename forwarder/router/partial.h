/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet of which not all fragments have come. */
#ifndef TUNLAB_ROUTER_PARTIAL_H
#define TUNLAB_ROUTER_PARTIAL_H

#include "forwarder/router/datagram.h"

enum {
	PARTIAL_UNIT = 8, /* bytes that offsets are counted in */
	PARTIAL_UNITS = (ROUTER_LONGEST + 1) / PARTIAL_UNIT,
	PARTIAL_HEADERS = 40 + ROUTER_LONGEST, /* bytes before the data, as a packet may be all headers */
	PARTIAL_DATA = ROUTER_ROOM + PARTIAL_HEADERS, /* where data begin in its bytes */
	PARTIAL_BYTES = PARTIAL_DATA + ROUTER_LONGEST,
};

struct partial {
	bool used;
	struct ip source, target;
	uint32_t identification;
	uint8_t protocol;		/* of IPv4; of IPv6 fragments need not have the same, and it is 0 */
	const struct router_port *port; /* of a target that means something else on another link; else NULL */
	uint64_t number;		/* in the order in which they began */
	uint64_t due;
	bool ended;	/* its last fragment came, so that "length" is its own */
	size_t length;	/* bytes of data, as far as it is known */
	size_t got;	/* bytes of data that came */
	uint8_t marked; /* which marks of RFC 3168 came, a bit for each of the four */
	size_t longest; /* IPv4: of its fragments, in bytes with their headers */
	size_t fixed;	/* and of those with DF */
	/* The fragment that came with offset 0, as it came; its bytes are among those below. */
	bool begins;
	struct datagram first;
	uint8_t *bytes; /* PARTIAL_BYTES: the first fragment's headers end where the data begin */
	uint8_t *units; /* PARTIAL_UNITS: what there is of each unit */
};

/* What a fragment has of its packet. */
struct part_taken {
	size_t header; /* bytes before it */
	size_t begin, end;
};

enum partial_state {
	PARTIAL_MISSING, /* more is to come */
	PARTIAL_COMPLETE,
	PARTIAL_WRONG, /* it can never be complete */
};

/* Forgets what it was, for the packet that a fragment belongs to. */
void partial_begin(struct partial *partial, const struct datagram *fragment);

bool partial_has(const struct partial *partial, const struct datagram *fragment);

/* What is judged wrong of fragments is what Linux 6.18 does: net/ipv4/inet_fragment.c, ip_fragment.c. */
enum partial_state partial_add(
	struct partial *partial, const struct datagram *fragment, const struct part_taken *part);

/* The packet in one piece, where it is complete, as if it had come so with the fragment that came last.
 * False: there can be no such packet. */
bool partial_join(struct partial *partial, const struct datagram *last, struct datagram *out);

#endif
