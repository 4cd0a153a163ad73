/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passes the ends of wires, as packets of a pcapng file that the harness writes to, too: both only ever
 * append whole blocks, each lot by one write(2), and the kernel keeps writes to one file apart. They are
 * gathered here and written once the relay has looked at all of its ports.
 */
#ifndef TUNLAB_CAPTURE_H
#define TUNLAB_CAPTURE_H

#include "forwarder/packet.h"
#include "forwarder/pcapng.h"
#include "forwarder/protocol.h"

struct capture {
	int fd;		   /* -1: writing failed, and nothing is written any more */
	uint64_t now;	   /* of the packet on its way, in nanoseconds since 1970 */
	uint64_t *failure; /* in the shared memory */
	struct pcapng blocks;
	uint8_t room[2 * PCAPNG_BLOCK];
};

/* Makes one that appends to FD, which becomes its own. Should that fail, the errno is stored in FAILURE.
 * Returns NULL without memory; FD is still the caller's then. */
struct capture *capture_open(int fd, uint64_t *failure);

/* Writes what is left, closes the file and frees it all. NULL is allowed. */
void capture_close(struct capture *capture);

/* Reads the clock, for the packets from now on. NULL is allowed, here and below: nothing is captured. */
void capture_tick(struct capture *capture);

/* The time that was read, in nanoseconds since 1970, and setting it again, for a packet that was read before
 * others were delivered. */
uint64_t capture_time(const struct capture *capture);
void capture_return(struct capture *capture, uint64_t time);

/* Takes a packet that passes INTERFACE, a segment as the packets of wire size that it is made of; its comment
 * is what a router says of it, and what befell it on its way: "delayed: 10.012 ms, 12 us late", "duplicated:
 * copy 2 of 2", "corrupted: bit 123", of several each behind "; ", and of none there is none. */
void capture_packet(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet);

/* Takes a packet that would have passed it; its comment is "dropped: " and the printed text, before those. */
void capture_drop(struct capture *capture, uint32_t interface, enum relay_direction direction,
	const struct packet *packet, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Writes what was taken. */
void capture_flush(struct capture *capture);

#endif
