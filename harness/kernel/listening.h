/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who listens in a namespace, from /proc/net/tcp, tcp6, udp and udp6 (proc_pid_net(5)). */
#ifndef TUNLAB_LISTENING_H
#define TUNLAB_LISTENING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lab/error.h"

/* Sockets of one protocol, of IPv4 and of IPv6. */
struct listening {
	FILE *files[2]; /* NULL: the kernel has no such file */
	bool udp;
};

/* Opens the files of the calling thread's namespace; kept open, they stay that namespace's. */
struct error *listening_open(struct listening *out, bool udp);
void listening_close(struct listening *listening);

/* Whether a socket listens on PORT now: one of TCP that takes connections, one of UDP that is bound and has
 * no peer. */
bool listening_on(struct listening *listening, uint16_t port);

#endif
