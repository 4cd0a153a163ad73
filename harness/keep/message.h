/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands and a lab's keeper say to each other on its socket (SOCK_SEQPACKET, unix(7)): one question
 * for each connection, then what is to be printed, then the end with the exit status.
 */
#ifndef TUNLAB_MESSAGE_H
#define TUNLAB_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

enum message_type {
	/* Questions. */
	ASK_LIST,  /* what the lab is, as JSON */
	ASK_STEPS, /* TEXT: what the text is called; carries a descriptor of the text; STATUS: enum ask_steps
		    */
	ASK_ENTER, /* TEXT: a namespace. The end carries ENTER_DESCRIPTORS; the connection then lasts as the
		      lab does */
	ASK_DOWN,  /* that the lab be taken down. The connection ends when it is */
	/* Answers. */
	TELL_OUT,   /* TEXT: a piece for standard output */
	TELL_ERROR, /* TEXT: a piece for standard error */
	TELL_END,   /* STATUS: how it went; the last message */
};

/* Of ASK_STEPS, bits. */
enum ask_steps { ASK_ALLOW_EXEC = 1, ASK_SLOW_OK = 2 };

/* What TELL_END carries for ASK_ENTER, in this order. */
enum entrance_descriptor { ENTER_NETNS, ENTER_PIDNS, ENTER_HOSTS, ENTER_NAMES, ENTER_DESCRIPTORS };

enum { MESSAGE_TEXT = 16384, MESSAGE_DESCRIPTORS = ENTER_DESCRIPTORS };

struct message {
	uint32_t type;
	int32_t status;
	size_t size; /* of the text; received, a zero byte follows it */
	char text[MESSAGE_TEXT + 1];
	int fds[MESSAGE_DESCRIPTORS]; /* -1: none; received, the caller's */
};

/* Sends a message with the COUNT descriptors at FDS; 0 or errno. Flags are those of sendmsg(2). */
int message_send(int socket, const struct message *message, const int *fds, size_t count, int flags);

/* Receives one: 1, 0 at the end of the connection, or -1 with errno. */
int message_receive(int socket, struct message *out, int flags);

/* Closes the descriptors that came and were not taken. */
void message_discard(struct message *message);

#endif
