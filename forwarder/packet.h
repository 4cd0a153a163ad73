/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet on its way through the relay, and the one reader of its bytes.
 */
#ifndef TUNLAB_PACKET_H
#define TUNLAB_PACKET_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forwarder/protocol.h"

/* What befell a packet on its way to a port, for who captures it there. */
struct trip {
	uint64_t took;	       /* nanoseconds, since it came to the port's lane; 0: it went on at once */
	uint64_t late;	       /* nanoseconds of these, after it was due */
	uint32_t corrupt;      /* 0: it is not; else this bit of it, from 1 */
	unsigned copy, copies; /* the how manieth of how many, from 1; 0 and 0: there is but one */
};

enum {
	PACKET_ROOM = 16, /* bytes that a device puts before its packets, at most */
	/* Bytes before a packet that a router may use: an Ethernet header in front of what a TUN gave, and a
	   port's own header before that. */
	ROUTER_ROOM = 32,
};

struct packet {
	const uint8_t *bytes; /* as the port carries it: from the IP or the Ethernet header on */
	/* The same where the PACKET_ROOM bytes before them are free; else NULL, or something else. A copy of
	   which "bytes" are others has none. */
	uint8_t *roomy;
	size_t length;
	/* What its sender left to the device: a checksum, or to cut it into several packets of wire size
	   (forwarder/segment.h). All 0: nothing. */
	struct virtio_net_hdr offload;
	enum relay_frame frame;	 /* of the port that it passed last */
	uint16_t protocol;	 /* its EtherType; 0: a TUN gave it that says none, and it is not IP */
	uint16_t queue;		 /* of the port that it was read from, the number of the one it came by */
	const char *note;	 /* what a router says of it, for who captures it; NULL: nothing */
	const struct trip *trip; /* NULL: nothing befell it, or nothing yet */
};

/*
 * Reads "size" (1, 2 or 4) bytes at "offset" as a number in network order. Returns false, and leaves *value
 * alone, where any of them lies beyond the packet's end.
 */
static inline bool packet_load(const struct packet *packet, uint64_t offset, unsigned size, uint32_t *value)
{
	if (packet->length < size || offset > packet->length - size)
		return false;

	uint32_t number = 0;

	for (unsigned i = 0; i < size; i++)
		number = number << 8 | packet->bytes[offset + i];
	*value = number;
	return true;
}

#endif
