/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a kernel has what tells about a dropped packet: it differs from one to the next, and its BTF says it.
 */
#ifndef TUNLAB_DROP_LAYOUT_H
#define TUNLAB_DROP_LAYOUT_H

#include <stdint.h>

#include "kernel/btf.h"
#include "lab/arena.h"

enum drop_member {
	DROP_SKB_DEVICE,
	DROP_SKB_SOCKET,
	DROP_SKB_HEAD,
	DROP_SKB_DATA,
	DROP_SKB_NETWORK,
	DROP_SKB_LENGTH,
	DROP_SKB_DATA_LENGTH,
	DROP_SKB_MARK,
	DROP_SKB_PROTOCOL,
	DROP_DEVICE_NET,
	DROP_DEVICE_INDEX,
	DROP_SOCKET_NET,
	DROP_NET_COOKIE,
	DROP_MEMBERS,
};

struct drop_layout {
	uint32_t offset[DROP_MEMBERS]; /* in its own struct, in bytes */

	/* The arguments of the tracepoint kfree_skb, from 0. */
	uint32_t skb, location, reason;
	int receiver; /* the socket that would have received it; -1: none is told (before Linux 6.11) */

	/* The names of the reasons by their numbers, "IP_RPFILTER"; NULL where a number has none. */
	const char **names;
	uint32_t name_count;
};

/* The size of a member, in bytes: the same in all kernels of 64 bits. */
uint32_t drop_member_size(enum drop_member member);

/*
 * Reads it; names are taken from ARENA. STATUS_UNABLE, and what is not there: a kernel before 5.17 tells no
 * reason.
 */
struct error *drop_layout_read(struct arena *arena, const struct btf *btf, struct drop_layout *out);

#endif
