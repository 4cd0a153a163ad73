/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of RELAY_IMPAIR "rate": packets go over a line, one after the other. Those that wait for it are
 * its queue, which a limit bounds; the one on the line does not wait.
 */
#ifndef TUNLAB_RATE_H
#define TUNLAB_RATE_H

enum rate_number {
	RATE_BITS,     /* per second; a packet's bytes are those of its frame, as tc counts them */
	RATE_OVERHEAD, /* bytes on the line beside each packet's own; as int64_t: it may be negative */
	RATE_PACKETS,  /* the queue's limit; 0: 1000, or with RATE_BYTES RATE_QUEUE */
	RATE_BYTES,    /* the queue's limit, without RATE_OVERHEAD; 0: none */
};

enum { RATE_QUEUE = 1 << 17 }; /* packets; more never wait for a line */

#endif
