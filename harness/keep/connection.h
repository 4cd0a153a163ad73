/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command's connection, at the keeper's end. What is told is queued, and sent as the other end takes it:
 * whoever does not read holds up nobody.
 */
#ifndef TUNLAB_CONNECTION_H
#define TUNLAB_CONNECTION_H

#include <stdio.h>

#include "keep/message.h"
#include "kernel/loop.h"

struct queued {
	struct queued *next;
	struct message message;
};

struct connection {
	struct connection *next; /* of the keeper's */
	struct loop *loop;
	struct watch watch;
	/* A message came (MESSAGE's descriptors are discarded after it), or, with NULL, the other end has
	 * gone. */
	void (*heard)(struct connection *connection, struct message *message);
	void *owner;
	struct queued *first, **last; /* what waits to be sent */
	bool awaits_down;	      /* it asked for the lab's end, and is told of it */
	bool gone;		      /* the other end is; nothing is sent any more */
};

/* Takes over the connected socket FD. */
struct error *connection_open(struct connection *out, struct loop *loop, int fd);

/* Closes it at once, whatever waits; the struct is the caller's. */
void connection_close(struct connection *connection);

/* Tells SIZE bytes of TEXT, in as many messages as it takes. */
void connection_tell(struct connection *connection, enum message_type type, const char *text, size_t size);

/* Tells the end. COUNT descriptors at FDS go with it, if nothing waits before it. */
void connection_end(struct connection *connection, int status, const int *fds, size_t count);

/* A stream whose bytes are told as TYPE, a line at a time; fclose(3) it before the connection is closed. */
FILE *connection_stream(struct connection *connection, enum message_type type);

#endif
