/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many packets of wire size are in one that the kernel has not cut yet
 * (Documentation/networking/segmentation-offloads.rst). */
#ifndef TUNLAB_SEGMENT_H
#define TUNLAB_SEGMENT_H

#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdint.h>

/*
 * SIZE bytes of the packet are at BYTES, from its IP header or, with LINK_HEADER bytes before that, from its
 * Ethernet header; it was LENGTH bytes long. HEADER is what came with it. 1 where it is not to be cut.
 */
uint64_t segment_count(const struct virtio_net_hdr *header, const uint8_t *bytes, size_t size, size_t length,
	size_t link_header);

#endif
