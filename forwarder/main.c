/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunlab-relay: carries packets between the descriptors that the harness hands to it on RELAY_CONTROL_FD. It
 * takes no arguments. Exit status: 0 when that socket was closed, 1 with a line on standard error when it
 * cannot go on.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forwarder/cage.h"
#include "forwarder/relay.h"

/* Returns the exit status. In one call, which the cage allows: dprintf() may make others. */
static int complain(const char *what, const char *why)
{
	char line[300];
	int length =
		snprintf(line, sizeof(line), "tunlab-relay: %s%s%s\n", what, why ? ": " : "", why ? why : "");

	if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
		return 1;
	return 1;
}

/*
 * What is big, as a line's queue is, comes straight from the kernel, and is the machine's only as far as it
 * is used. Left to itself, malloc would take the next one from what the last one gave back, and fill it with
 * zeros.
 */
static void keep_small(void)
{
	enum { BIG = 128 * 1024 }; /* bytes */

	mallopt(M_MMAP_THRESHOLD, BIG);
}

static int run(void)
{
	const char *failed = cage_enter();
	struct relay *relay;
	int going;

	if (failed)
		return complain(failed, strerror(errno));
	keep_small();
	relay = relay_open(RELAY_CONTROL_FD);
	if (!relay)
		return complain("no control socket (tunlab starts this program)", strerror(errno));
	failed = cage_close(&relay->memory);
	if (failed)
		return complain(failed, strerror(errno));
	do
		going = relay_step(relay, -1);
	while (going > 0);
	return going < 0 ? complain(relay->fault, NULL) : 0;
}

/* Nothing is freed or flushed at the end: the kernel closes and frees all at once. */
int main(void)
{
	_exit(run());
}
