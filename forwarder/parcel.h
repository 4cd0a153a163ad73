/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control message as it came from the socket, with the descriptors that came with it.
 */
#ifndef TUNLAB_PARCEL_H
#define TUNLAB_PARCEL_H

#include <stdbool.h>
#include <sys/types.h>

#include "forwarder/protocol.h"

struct parcel {
	ssize_t length; /* bytes */
	bool cut;	/* the message was longer than any may be, and its end is lost */
	bool lost;	/* descriptors are lost: too many came, or the process may not have more */
	int fds[2];	/* -1: none, or taken by someone; no message has a second one */
	union {
		struct relay_message message;
		char bytes[sizeof(struct relay_message) + RELAY_INSTRUCTIONS * sizeof(struct sock_filter)];
	};
};

/*
 * Receives what waits at the socket, without blocking. Returns 1, and the descriptors are the caller's; 0 at
 * the end of the socket; or -1 with errno: EAGAIN if nothing waits.
 */
int parcel_receive(struct parcel *parcel, int socket);

/* Closes the descriptors that nobody took. */
void parcel_discard(struct parcel *parcel);

#endif
