/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ICMP and ICMPv6 echo on sockets: what is sent, and what of what comes back is an answer to it (RFC 792, RFC
 * 4443). */
#ifndef TUNLAB_ECHO_H
#define TUNLAB_ECHO_H

#include "run/probe.h"

enum { ECHO_HEADER = 8 };

/* What all requests of one attempt have in common. */
struct echo_socket {
	int fd;
	int family;
	bool stamped;  /* the kernel says when answers came */
	bool datagram; /* a "ping socket": the kernel keeps the id and strips the IP header (icmp(7)) */
	uint16_t id;
	uint32_t stream; /* of the pattern that fills the payload */
	size_t size;	 /* of the payload */
	union endpoint to;
	socklen_t to_length;
	unsigned char *packet; /* ECHO_HEADER and the payload */
};

/*
 * Opens a socket for echoes from the step's namespace to TARGET. Returns as probe_socket does; the id differs
 * from that of any echo socket before.
 */
int echo_open(struct attempt *attempt, const struct address *target, size_t size, struct echo_socket *out,
	const char **what, struct error **error);

/* Sends the request with this sequence number: 0 or errno. */
int echo_send(struct echo_socket *echo, uint16_t sequence);

/* Has the kernel say when answers came: how late this process looks at them is no part of what they took. */
void echo_stamp(struct echo_socket *echo);

/* One packet that came. */
struct echo_answer {
	int sequence;	     /* of the request that it answers; -1: of none */
	struct address from; /* who sent it */
	uint64_t at;	     /* when it came, by loop_now() */
};

/* Reads one; false: there is none. */
bool echo_receive(struct echo_socket *echo, struct echo_answer *out);

/* Which request an error is about; -1: none of ours. */
int echo_sequence_of(const struct echo_socket *echo, const struct queued_error *error);

#endif
