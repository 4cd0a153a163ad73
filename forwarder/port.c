/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/port.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <string.h>
#include <unistd.h>

#include "forwarder/counter.h"
#include "forwarder/watch.h"

enum { TAG = 4 }; /* bytes, of 802.1Q and 802.1ad */

int port_attach(struct port *port, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	if (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -1;
	if (port->fd >= 0)
		close(port->fd);
	port->fd = fd;
	return 0;
}

static void leave(struct port *port)
{
	struct port *before = port;

	while (before->next != port)
		before = before->next;
	before->next = port->next;
	port->next = port;
}

void port_join(struct port *one, struct port *other)
{
	leave(one);
	leave(other);
	one->next = other;
	other->next = one;
}

void port_enter(struct port *port, struct port *wire)
{
	leave(port);
	port->next = wire->next;
	wire->next = port;
}

ssize_t port_read(struct port *port, uint8_t *buffer, struct packet *out)
{
	ssize_t length;

	do
		length = read(port->fd, buffer, SEGMENT_LONGEST);
	while (length < 0 && errno == EINTR);

	if (length < 0)
		return errno == EAGAIN ? 0 : -1;
	if (length == 0)
		return -1; /* no device does this; a socket does whose other end is closed */

	*out = (struct packet) { .bytes = buffer, .length = (size_t)length };
	counter_add(&port->counters->out_packets, 1);
	counter_add(&port->counters->out_bytes, out->length);
	watch_count(port->watches, RELAY_OUT, out);
	return length;
}

static bool is_tagged(const struct packet *packet)
{
	uint32_t type;

	return packet_load(packet, offsetof(struct ethhdr, h_proto), 2, &type) &&
	       (type == ETH_P_8021Q || type == ETH_P_8021AD);
}

/* How long the packet may be, in bytes. As the kernel's is_skb_forwardable(), but that the room for a tag is
 * for a tag only. */
static uint64_t room_for(const struct port *port, const struct packet *packet)
{
	uint64_t room = port->mtu;

	if (port->frame == RELAY_ETHERNET) {
		room += ETH_HLEN;
		if (is_tagged(packet))
			room += TAG;
	}
	return room;
}

void port_write(struct port *port, const struct packet *packet)
{
	struct relay_counters *counters = port->counters;
	uint64_t room = room_for(port, packet);
	ssize_t written;

	if (packet->length > room) {
		counter_add(&counters->too_big, 1);
		capture_drop(port->capture, port->interface, RELAY_IN, packet,
			"%zu bytes, the port takes %" PRIu64, packet->length, room);
		return;
	}
	do
		written = write(port->fd, packet->bytes, packet->length);
	while (written < 0 && errno == EINTR);

	if (written < 0) {
		int number = errno;

		counter_set(&counters->last_refusal, (uint64_t)number);
		counter_add(&counters->refused, 1);
		capture_drop(port->capture, port->interface, RELAY_IN, packet, "the device refused it: %s",
			strerror(number));
		return;
	}
	counter_add(&counters->in_packets, 1);
	counter_add(&counters->in_bytes, packet->length);
	watch_count(port->watches, RELAY_IN, packet);
	capture_packet(port->capture, port->interface, RELAY_IN, packet);
}
