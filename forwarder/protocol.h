/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the harness and the relay say to each other: plain structs over one SOCK_SEQPACKET socket, and one
 * piece of shared memory for the counters.
 *
 * The relay starts with two descriptors beyond standard error: RELAY_CONTROL_FD and nothing else that
 * matters; all others arrive as SCM_RIGHTS on that socket. Messages are handled in the order in which they
 * were sent. The relay sends only RELAY_BARRIER back. When the socket is closed at the other end, the relay
 * exits: a harness that dies, however it dies, takes its relay with it. A message that makes no sense is a
 * mistake in the harness, and ends the relay with exit status 1 and a line on standard error.
 */
#ifndef TUNLAB_PROTOCOL_H
#define TUNLAB_PROTOCOL_H

#include <assert.h>
#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

enum { RELAY_CONTROL_FD = 3 };

enum relay_limit {
	RELAY_PORTS = 4096,	   /* ends of wires in one lab */
	RELAY_QUEUES = 256,	   /* of one port: the kernel's MAX_TAP_QUEUES */
	RELAY_WATCHES = 256,	   /* filters that count at the same time */
	RELAY_INSTRUCTIONS = 1024, /* of one filter */
	RELAY_IMPAIRMENT = 16,	   /* bytes of an impairment's name, with its end */
	RELAY_NUMBERS = 12,	   /* settings of one impairment, or of what a router advertises */
	RELAY_ROUTERS = 256,	   /* in one lab */
	RELAY_NEIGHBOURS = 512,	   /* of one router */
};

enum relay_message_type {
	/* Carries the descriptor of the shared memory, a struct relay_memory. The first message. */
	RELAY_MEMORY,
	/* Carries the descriptor of queue "queue" of port "index": adds the port, with "queues" of them (0:
	   one), or gives the queue another descriptor. Its wire, its watches and its counters stay; "queues"
	   does, too. The other messages name only ports that were added. */
	RELAY_PORT,
	/* Closes the descriptor of queue "queue" of port "index". What would be written there takes another
	   queue; where there is none, it is refused. */
	RELAY_UNQUEUE,
	/* Joins ports "index" and "peer". What either was joined to before is then joined to none. */
	RELAY_WIRE,
	/* Port "index" receives what those of the wire of "peer" send, and they what it sends: every packet
	   goes to all others. What "index" was joined to before goes on without it. */
	RELAY_HUB,
	/* What port "index" receives is impaired by "impairment" (forwarder/impairments/), as "numbers",
	   "filter" and the stream of "seed" say, from the time "at" on (nanoseconds of CLOCK_MONOTONIC; 0: at
	   once) and again after each "every" nanoseconds (0: once); without "set" no more. What was said
	   before of times that have not come yet still holds, but "at" 0 forgets it. */
	RELAY_IMPAIR,
	/* Port "index" begins anew to look for the packet that was latest. */
	RELAY_PROMPT,
	/* What port "index" receives may be "mtu" bytes long, beside an Ethernet header and one VLAN tag. */
	RELAY_MTU,
	/* Counts what passes port "index" in "direction" and matches "filter", as watch "watch", anew from 0.
	   Without instructions, every packet matches. */
	RELAY_WATCH,
	/* Stops watch "watch"; its count stays. */
	RELAY_UNWATCH,
	/* Carries the descriptor of a file that blocks of pcapng are appended to (forwarder/pcapng.h). */
	RELAY_CAPTURE,
	/* What passes port "index" goes there from now on, as packets of "interface", which is in the file.
	 */
	RELAY_INTERFACE,
	/* Writes what is left, and closes that file. */
	RELAY_UNCAPTURE,
	/* Carries the descriptor of the shared memory of a router, a struct relay_router
	   (forwarder/router/memory.h): adds router "index", whose random choices come from "seed". The other
	   messages about routers name only those that were added. */
	RELAY_ROUTER,
	/* Sets what router "index" does: "numbers" by enum relay_router_number. */
	RELAY_ROUTER_SET,
	/* Port "index" becomes one of router "peer", and leaves its wire: on its link the router has
	   "place.hardware", and the link-local "place.address". */
	RELAY_ROUTER_PORT,
	/* The router of port "index" has "place.address" of "place.length" there; without "set" no more. */
	RELAY_ADDRESS,
	/* Router "index" has the route to "place.address" of "place.length", of "place.kind"; by port "peer",
	   and by "place.via" where "place.gateway", if it is of kind RELAY_UNICAST. Without "set" it has no
	   route there any more. */
	RELAY_ROUTE,
	/* The neighbour "place.address" at port "index" has "place.hardware", for ever; without "set" this is
	   forgotten. */
	RELAY_NEIGHBOUR,
	/* Port "index" advertises its router: "numbers" by enum relay_advertise_number, and no options as
	   yet; without "set" no more. */
	RELAY_ADVERTISE,
	/* Its advertisements have one more option, of "place.kind" (enum relay_advertised), about
	   "place.address" of "place.length": "numbers" by enum relay_advertised_number. */
	RELAY_ADVERTISE_OPTION,
	/* The relay sends it back, "serial" and all, once everything before it is done and, after that, one
	   look at every port found nothing to carry; or, in traffic without end, after a thousand looks.
	   With "at" (nanoseconds of CLOCK_MONOTONIC) also nothing is under way that is due later, or that
	   time has come. Further messages wait until then. */
	RELAY_BARRIER,
};

enum relay_frame {
	RELAY_IP,	/* a TUN: a packet begins with its IP header */
	RELAY_ETHERNET, /* a TAP */
};

/* As the device sees it: what the relay reads from a port went out of the device, what it writes came in. */
enum relay_direction {
	RELAY_IN = 1,
	RELAY_OUT = 2,
	RELAY_BOTH = 3,
};

enum relay_route_kind {
	RELAY_UNICAST,
	RELAY_BLACKHOLE,
	RELAY_UNREACHABLE,
	RELAY_PROHIBIT,
};

enum relay_router_number {
	/* Milliseconds that one more ICMP error about those it is sent to is earned in, of which six can be
	   saved up; 0: there is no limit. Linux has net.ipv4.icmp_ratelimit and net.ipv6.icmp.ratelimit. */
	RELAY_ICMP_RATELIMIT,
};

/* What a router advertises (RFC 4861 6.2.1), times in milliseconds but where a field has seconds. */
enum relay_advertise_number {
	RELAY_MIN_INTERVAL, /* of advertisements that nobody asked for; both 0: there are none */
	RELAY_MAX_INTERVAL,
	RELAY_MANAGED, /* 0 or 1 */
	RELAY_OTHER_CONFIG,
	RELAY_LINK_MTU, /* 0: it says none */
	RELAY_REACHABLE_TIME,
	RELAY_RETRANS_TIMER,
	RELAY_CUR_HOP_LIMIT,
	RELAY_DEFAULT_LIFETIME,	  /* seconds */
	RELAY_DEFAULT_PREFERENCE, /* the two bits of RFC 4191 */
	RELAY_SOURCE_LL_ADDRESS,  /* 0 or 1: whether its option is there, on a TAP */
	RELAY_OPTION_COUNT,	  /* messages about options that follow: it is silent until they came */
};

enum relay_advertised {
	RELAY_ADVERTISED_PREFIX, /* RFC 4861 4.6.2 */
	RELAY_ADVERTISED_ROUTE,	 /* RFC 4191 2.3 */
	RELAY_ADVERTISED_RDNSS,	 /* RFC 8106 5.1: one server */
};

enum relay_advertised_number {
	RELAY_VALID_LIFETIME,	  /* seconds; of a route and of RDNSS its lifetime */
	RELAY_PREFERRED_LIFETIME, /* of a prefix */
	RELAY_ON_LINK,		  /* of a prefix: 0 or 1 */
	RELAY_AUTONOMOUS,
	RELAY_ROUTER_ADDR,	/* of a prefix: the R flag of RFC 6275 7.2 */
	RELAY_ROUTE_PREFERENCE, /* of a route: the two bits of RFC 4191 */
};

/* What messages about routers say of addresses, in network order; an IPv4 address has the first 4 bytes. */
struct relay_place {
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t length; /* of the prefix, in bits */
	uint8_t kind;
	uint8_t gateway; /* 0 or 1 */
	uint8_t address[16], via[16];
	uint8_t hardware[6];
	uint8_t unused[6];
};

struct relay_message {
	uint32_t type; /* enum relay_message_type */
	uint32_t index;
	uint32_t peer;
	uint32_t frame; /* enum relay_frame, of RELAY_PORT */
	uint32_t mtu;	/* bytes, of RELAY_PORT and RELAY_MTU */
	uint32_t direction;
	uint32_t watch;
	uint32_t interface; /* of RELAY_INTERFACE */
	uint32_t serial;
	uint32_t set;		/* of RELAY_IMPAIR: whether it is set, or taken away */
	uint32_t queue, queues; /* of RELAY_PORT and RELAY_UNQUEUE */
	uint32_t packet_info;	/* of RELAY_PORT: its packets have a struct tun_pi before them */
	uint32_t offload; /* of RELAY_PORT: its packets have a struct virtio_net_hdr before them, behind that
			   */
	uint32_t instructions; /* of the filter */
	char impairment[RELAY_IMPAIRMENT];
	uint64_t seed, at, every;
	uint64_t numbers[RELAY_NUMBERS]; /* of RELAY_IMPAIR, and of routers */
	struct relay_place place;	 /* of routers */
	struct sock_filter filter[];	 /* classic BPF over the packet as the port carries it */
};

static_assert(
	sizeof(struct relay_message) == offsetof(struct relay_message, filter), "no room before the filter");

/* Per port. Written by the relay alone; the harness reads it at any time: each field is one aligned word. */
struct relay_counters {
	uint64_t out_packets, out_bytes; /* read from the port: the device sent them */
	uint64_t in_packets, in_bytes;	 /* written to the port: the device received them */
	uint64_t too_big;		 /* not written: longer than the port's MTU */
	uint64_t no_wire;		 /* read, but the port is joined to none */
	uint64_t unread;  /* the kernel could not hand it over: no header tells of such a segment (EINVAL) */
	uint64_t refused; /* the port's write failed: the device is down (EIO), or ENOBUFS, ... */
	uint64_t last_refusal; /* errno of the newest of them */
	/* Of packets of wire size on their way to the port. */
	uint64_t lost, duplicated, corrupted; /* by impairments */
	uint64_t over_mtu;		      /* lost: longer than the wire's own MTU */
	uint64_t overflowed; /* not carried: the queue for a line was full, or too much was under way */
	/* Of what was due later than it came, segments counted once. Late is what was sent on after it was
	   due, and what may have waited before it was read, because others had the processor; both added up.
	 */
	uint64_t delayed;
	uint64_t delay_time; /* nanoseconds that these were to take, of all together */
	uint64_t late;	     /* of these, what was 50 us late or more */
	uint64_t late_time;  /* nanoseconds, of all together */
	uint64_t latest;     /* nanoseconds, of the latest since RELAY_PROMPT */
};

struct relay_memory {
	struct relay_counters ports[RELAY_PORTS];
	uint64_t watches[RELAY_WATCHES]; /* packets that each watch matched */
	uint64_t capture_failure;	 /* errno of the write that ended the capture; 0: none failed */
	char forbidden[32];		 /* the system call that ended the relay, which may not make it; "" */
};

#endif
