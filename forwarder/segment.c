/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/segment.h"

bool segment_read(const struct packet *packet, enum relay_frame frame, struct segment *out)
{
	(void)frame;
	*out = (struct segment) { .count = 1, .payload = packet->length };
	return true;
}

void segment_cut(const struct packet *packet, const struct segment *form, unsigned first, unsigned count,
	uint8_t *buffer, struct packet *out)
{
	(void)form;
	(void)first;
	(void)count;
	(void)buffer;
	*out = *packet;
}

void segment_checksum(struct packet *packet, uint8_t *bytes)
{
	(void)bytes;
	packet->offload = (struct virtio_net_hdr) { 0 };
}
