/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a router shows: its counters and its neighbours, in memory that it shares with the harness. The router
 * alone writes it; each number is one aligned word. What is read after a RELAY_BARRIER is whole.
 */
#ifndef TUNLAB_ROUTER_MEMORY_H
#define TUNLAB_ROUTER_MEMORY_H

#include <stdint.h>

#include "forwarder/protocol.h"

/* What it did. The name of a counter, and what it counts; packets are those of wire size. */
#define ROUTER_DEEDS(X)                                                                                      \
	X(forwarded, "packets for others that it let pass")                                                  \
	X(delivered, "packets for the router itself that it took")                                           \
	X(echoed, "echo requests that it answered")                                                          \
	X(errors, "ICMP errors that it sent")                                                                \
	X(limited, "ICMP errors that it did not send: too many")                                             \
	X(resets, "TCP segments that it answered with a reset")                                              \
	X(fragmented, "packets that it sent as fragments")                                                   \
	X(reassembled, "packets that it put together from fragments")                                        \
	X(questions, "ARP requests and neighbour solicitations sent")                                        \
	X(answers, "ARP requests and neighbour solicitations answered")                                      \
	X(advertised, "router advertisements sent")

/* Why it dropped a packet. The name of its counter, and what stands behind "dropped: " in a capture: but for
 * the last two, as each fragment that waited was told of when it came. They count packets, not fragments. */
#define ROUTER_DROPS(X)                                                                                      \
	X(no_protocol, "neither IP nor ARP")                                                                 \
	X(not_mine, "the frame is for another station")                                                      \
	X(bad_header, "no whole IP header")                                                                  \
	X(bad_length, "shorter than its headers say")                                                        \
	X(bad_checksum, "the IP header's checksum is wrong")                                                 \
	X(bad_option, "an option or extension header is wrong")                                              \
	X(source_route, "a source route")                                                                    \
	X(martian_source, "no host can have this source address")                                            \
	X(martian_target, "no packet may go to this address")                                                \
	X(link_local, "a link-local address is not forwarded")                                               \
	X(multicast, "multicast is not forwarded")                                                           \
	X(broadcast, "broadcast is not forwarded")                                                           \
	X(ttl_exceeded, "its time to live is over")                                                          \
	X(no_route, "there is no route")                                                                     \
	X(blackhole, "the route is a blackhole")                                                             \
	X(unreachable, "the route says unreachable")                                                         \
	X(prohibited, "the route says prohibit")                                                             \
	X(too_big, "too big, and it must not be cut")                                                        \
	X(no_answer, "the next hop did not answer")                                                          \
	X(waiting, "too many packets wait for the next hop")                                                 \
	X(bad_message, "a message for the router itself that is wrong")                                      \
	X(no_transport, "the router does not speak this protocol")                                           \
	X(closed_port, "nobody listens at this port")                                                        \
	X(bad_fragment, "a fragment that overlaps, or goes too far")                                         \
	X(late_fragment, "the other fragments did not come")                                                 \
	X(many_fragments, "too many packets wait for their fragments")

enum router_counter {
#define X(name, what) ROUTER_##name,
	ROUTER_DEEDS(X) ROUTER_DROPS(X)
#undef X
		ROUTER_COUNTERS,
	ROUTER_FIRST_DROP = ROUTER_no_protocol,
};

/* As iproute2 names them (include/uapi/linux/neighbour.h). */
enum relay_neighbour_state {
	NEIGHBOUR_NONE, /* the place in the table is free */
	NEIGHBOUR_INCOMPLETE,
	NEIGHBOUR_REACHABLE,
	NEIGHBOUR_STALE,
	NEIGHBOUR_DELAY,
	NEIGHBOUR_PROBE,
	NEIGHBOUR_FAILED,
	NEIGHBOUR_PERMANENT,
};

struct relay_neighbour {
	uint32_t state;
	uint32_t port;	/* the relay's number of it */
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t is_router;
	uint8_t hardware[6]; /* zeros: not known */
	uint8_t address[16];
};

struct relay_router {
	uint64_t counters[ROUTER_COUNTERS];
	struct relay_neighbour neighbours[RELAY_NEIGHBOURS];
};

#endif
