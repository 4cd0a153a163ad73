/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/packet.h"

#include "kernel/filter.h"

struct counting {
	struct packet_count *counts;
	size_t count;
};

/* On lo, what goes out comes in again: only that is counted, for any direction, as libpcap shows it. */
static bool is_counted(const struct packet_count *count, const struct packet *packet)
{
	unsigned direction = count->loopback ? (unsigned)RELAY_IN : count->direction;

	return count->device == (uint32_t)packet->from->sll_ifindex && direction & packet->direction &&
	       filter_matches(&count->filter, packet->bytes, packet->size, packet->length);
}

static void count_packet(void *context, const struct packet *packet)
{
	const struct counting *counting = context;

	for (size_t i = 0; i < counting->count; i++) {
		if (is_counted(&counting->counts[i], packet))
			counting->counts[i].packets += packet->packets;
	}
}

struct error *packet_open(struct packet_socket **out)
{
	return packet_socket_open(PACKET_COUNTED, out);
}

struct error *packet_read(struct packet_socket *socket, struct packet_count *counts, size_t count)
{
	struct counting counting = { counts, count };

	return packet_each(socket, count_packet, &counting);
}
