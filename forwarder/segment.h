/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments: several packets of wire size that the sender's kernel left to its device to cut
 * (Documentation/networking/segmentation-offloads.rst), with struct virtio_net_hdr before them. They pass
 * whole where nothing befalls one of their packets; else what is left passes as runs of packets, each a
 * shorter segment with headers of its own.
 */
#ifndef TUNLAB_SEGMENT_H
#define TUNLAB_SEGMENT_H

#include "forwarder/packet.h"
#include "forwarder/protocol.h"

/* The longest packet that a port gives: 65,535 bytes and an Ethernet header with two tags. */
enum { SEGMENT_LONGEST = 65535 + 14 + 2 * 4 };

/* What a packet is made of. */
struct segment {
	unsigned count; /* packets of wire size, 1 or more */
	size_t network; /* where its IP header is, which is the one that is sent */
	size_t headers; /* bytes that each of them begins with; 0 where there is one */
	size_t payload; /* bytes that follow in each but the last, which may have fewer; at least 1 */
};

/*
 * Reads the form of a packet of a port that carries FRAMEs. False where what its offload asks for cannot be
 * done with these bytes: no device would send it.
 */
bool segment_read(const struct packet *packet, enum relay_frame frame, struct segment *out);

/* How long the packet numbered so, from 0, is on the wire, in bytes. */
static inline size_t segment_length(const struct packet *packet, const struct segment *form, unsigned number)
{
	size_t begin = form->headers + (size_t)number * form->payload;

	if (form->count == 1)
		return packet->length;
	return number + 1 < form->count ? form->headers + form->payload
					: form->headers + packet->length - begin;
}

/*
 * Makes a packet of COUNT of those that PACKET is made of, from FIRST on, with headers of their own: lengths,
 * identification, sequence number, flags, and what is left of the offload. BUFFER has SEGMENT_LONGEST bytes;
 * where all are asked for it is not needed, and OUT is PACKET.
 */
void segment_cut(const struct packet *packet, const struct segment *form, unsigned first, unsigned count,
	uint8_t *buffer, struct packet *out);

/*
 * Fills in the checksum that the sender of a packet of wire size left to the device. BYTES are the packet's,
 * and can be written to.
 */
void segment_checksum(struct packet *packet, uint8_t *bytes);

/*
 * Makes the packet numbered so, from 0, as it is on the wire, with nothing left to the device. BUFFER has
 * SEGMENT_LONGEST bytes; where there is nothing to be done, OUT has PACKET's.
 */
void segment_complete(const struct packet *packet, const struct segment *form, unsigned number,
	uint8_t *buffer, struct packet *out);

/* How long all that PACKET is made of is on the wire, in bytes. */
static inline size_t segment_lengths(const struct packet *packet, const struct segment *form)
{
	return packet->length + (form->count - 1) * form->headers;
}

#endif
