/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets of probes: opened in a namespace, set up as the step says, and what comes back on their error
 * queues. */
#ifndef TUNLAB_PROBE_H
#define TUNLAB_PROBE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "run/attempt.h"

union endpoint {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

/* The socket address of an address and a port; its length. */
socklen_t endpoint_make(union endpoint *out, const struct address *address, uint16_t port);

/* The address in a socket address, and its port (PORT may be NULL). An IPv4 address mapped into IPv6 is given
 * as IPv4. */
struct address endpoint_address(const union endpoint *endpoint, uint16_t *port);

/*
 * The same as endpoint_make, as seen from the step's namespace: an IPv6 address that needs a scope
 * (link-local) gets the step's "dev" as such.
 */
socklen_t probe_endpoint(
	struct attempt *attempt, const struct address *address, uint16_t port, union endpoint *out);

/*
 * Opens a non-blocking socket in the step's namespace with the step's uid, mark, dev and tos, allowed to
 * broadcast, with errors queued (IP_RECVERR, IPV6_RECVERR). Returns 0 or the errno of the call that failed,
 * named in *WHAT ("SO_MARK", "SO_BINDTODEVICE", ...), so that the verb can end the attempt with it; an error
 * of the harness itself (descriptors exhausted, setns) is in *ERROR instead, with -1. The step's "source" is
 * not bound: see probe_bind.
 */
int probe_socket(struct attempt *attempt, int family, int type, int protocol, int *fd, const char **what,
	struct error **error);

/* Binds to the step's "source" where it has one, with IP_FREEBIND off, as ping -I and nc -s would. 0 or
 * errno. */
int probe_bind(struct attempt *attempt, int fd);

/*
 * Opens the listener of the step's target (see struct listener): in the namespace that owns the address now,
 * or where the step says; bound to that very address with IP_FREEBIND. For SOCK_STREAM it listens. *FD is -1
 * with "listen": false. *IN (IN may be NULL) is its namespace. Where nobody or several own the address, and
 * where bind fails, *WRONG says so (taken from the attempt's arena), and the step fails with it.
 */
struct error *probe_listen(
	struct attempt *attempt, int type, int *fd, const struct netns **in, const char **wrong);

/* A datagram that a listener received. */
struct datagram {
	union endpoint from;
	union endpoint to;  /* whom it was sent to; AF_UNSPEC where the listener was not asked to know */
	union endpoint own; /* the address of this host that it came to; AF_UNSPEC the same */
	uint32_t device;    /* by which it came, 0 the same */
};

/* Receives one (as recvmsg does: its size, or -1 with errno). */
ssize_t listener_receive(int fd, void *bytes, size_t size, struct datagram *out);

/*
 * Answers a datagram with the SIZE bytes at BYTES, from where the step's "listen" says; IN is the listener's
 * namespace. *NUMBER is the errno of a call that failed, 0 if all went well.
 */
struct error *listener_answer(struct attempt *attempt, const struct netns *in, int fd,
	const struct datagram *datagram, const void *bytes, size_t size, int *number);

/* Notes by which port the probe's packets are known, once its socket has one. */
void probe_note(struct attempt *attempt, int fd);

/* Ends to wait for WATCH and closes its descriptor, which is -1 from then on (and may have been before). */
void probe_close(struct attempt *attempt, struct watch *watch);

/* From a callback: an error of the harness itself, which ends the loop. Takes ERROR; NULL changes nothing. */
void probe_fail(struct attempt *attempt, struct error *error);

/* "WHAT: ENETUNREACH (Network is unreachable)". */
const char *errno_print(struct arena *arena, const char *what, int number);

/* A duration as people write it: "1s", "0.21ms". */
const char *duration_print(struct arena *arena, uint64_t nanoseconds);

/* One entry of a socket's error queue. */
struct queued_error {
	bool icmp; /* else the kernel itself said it (SO_EE_ORIGIN_LOCAL) */
	int family;
	uint8_t type, code;
	int number;		  /* errno */
	struct address from;	  /* of ICMP: who sent it */
	uint32_t info;		  /* of frag-needed and packet-too-big: the MTU */
	union endpoint to;	  /* where the packet that it is about was sent */
	unsigned char bytes[256]; /* the beginning of that packet's payload */
	size_t size;
};

/* Takes one entry off the error queue (recvmsg with MSG_ERRQUEUE); false: it is empty. */
bool probe_error(int fd, struct queued_error *out);

/*
 * Takes the socket's pending error (SO_ERROR), 0 if there is none. Where an error is queued too, this says no
 * more; taking the last entry off the queue takes the pending error with it.
 */
int probe_pending(int fd);

/* Sets a socket option of type int: 0 or errno. */
int probe_option(int fd, int level, int option, int value);

/* Fills OUTCOME with what the entry says: "net-unreachable from 10.0.0.254", ... */
void outcome_from_error(struct attempt *attempt, struct outcome *outcome, const struct queued_error *error);

/* SIZE pattern bytes from OFFSET of stream number STREAM, into or against BYTES; a check gives how many
 * agree. */
void pattern_fill(void *bytes, size_t size, uint64_t offset, uint32_t stream);
size_t pattern_check(const void *bytes, size_t size, uint64_t offset, uint32_t stream);

#endif
