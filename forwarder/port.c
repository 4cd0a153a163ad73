/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/port.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/uio.h>
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

/* One packet, whose offload is zero where the port has none. Returns what readv() does; the header, which
 * every packet of such a port has, does not count. */
static ssize_t receive(const struct port *port, uint8_t *buffer, struct virtio_net_hdr *offload)
{
	struct iovec parts[] = { { offload, sizeof(*offload) }, { buffer, SEGMENT_LONGEST } };
	ssize_t length, header = port->offload ? sizeof(*offload) : 0;

	do
		length = port->offload ? readv(port->fd, parts, 2) : read(port->fd, buffer, SEGMENT_LONGEST);
	while (length < 0 && errno == EINTR);
	return length > header ? length - header : length < 0 ? -1 : 0;
}

ssize_t port_read(struct port *port, uint8_t *buffer, struct packet *out)
{
	struct virtio_net_hdr offload = { 0 };
	ssize_t length = receive(port, buffer, &offload);
	struct segment form;

	if (length < 0)
		return errno == EAGAIN ? 0 : -1;
	if (length == 0)
		return -1; /* no device does this; a socket does whose other end is closed */

	*out = (struct packet) {
		.bytes = buffer, .length = (size_t)length, .offload = offload, .frame = port->frame
	};
	segment_read(out, port->frame, &form);
	counter_add(&port->counters->out_packets, form.count);
	counter_add(&port->counters->out_bytes, segment_lengths(out, &form));
	watch_count(port->watches, RELAY_OUT, out, &form);
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

static void drop_too_big(
	const struct port *port, const struct packet *packet, const struct segment *form, uint64_t room)
{
	counter_add(&port->counters->too_big, form->count);
	capture_drop(port->capture, port->interface, RELAY_IN, packet, "%zu bytes, the port takes %" PRIu64,
		segment_length(packet, form, 0), room);
}

static void drop_refused(
	const struct port *port, const struct packet *packet, const struct segment *form, int number)
{
	counter_set(&port->counters->last_refusal, (uint64_t)number);
	counter_add(&port->counters->refused, form->count);
	capture_drop(port->capture, port->interface, RELAY_IN, packet, "the device refused it: %s",
		strerror(number));
}

/* Writes what fits, as it is. */
static void send_off(const struct port *port, const struct packet *packet, const struct segment *form)
{
	struct virtio_net_hdr offload = packet->offload;
	const struct iovec parts[] = { { &offload, sizeof(offload) },
		{ (void *)packet->bytes, packet->length } };
	ssize_t written;

	do
		written = port->offload ? writev(port->fd, parts, 2)
					: write(port->fd, packet->bytes, packet->length);
	while (written < 0 && errno == EINTR);

	if (written < 0) {
		drop_refused(port, packet, form, errno);
		return;
	}
	counter_add(&port->counters->in_packets, form->count);
	counter_add(&port->counters->in_bytes, segment_lengths(packet, form));
	watch_count(port->watches, RELAY_IN, packet, form);
	capture_packet(port->capture, port->interface, RELAY_IN, packet);
}

/* One after the other, with nothing left to a device that would do nothing of it. */
static void send_each(const struct port *port, const struct packet *packet, const struct segment *form)
{
	uint8_t room[SEGMENT_LONGEST];
	struct packet piece;
	struct segment single;

	for (unsigned i = 0; i < form->count; i++) {
		segment_complete(packet, form, i, room, &piece);
		segment_read(&piece, port->frame, &single);
		send_off(port, &piece, &single);
	}
}

static void send_whole(const struct port *port, const struct packet *packet, const struct segment *form)
{
	if (port->offload)
		send_off(port, packet, form);
	else
		send_each(port, packet, form);
}

/* All but the last of a segment are of one length, which is more than there is room for. */
static void send_last(
	const struct port *port, const struct packet *packet, const struct segment *form, uint64_t room)
{
	uint8_t buffer[SEGMENT_LONGEST];
	unsigned last = form->count - 1;
	struct packet part;
	struct segment of_part;

	segment_cut(packet, form, 0, last, buffer, &part);
	segment_read(&part, port->frame, &of_part);
	drop_too_big(port, &part, &of_part, room);
	segment_cut(packet, form, last, 1, buffer, &part);
	segment_read(&part, port->frame, &of_part);
	send_whole(port, &part, &of_part);
}

void port_write(struct port *port, const struct packet *packet)
{
	uint64_t room = room_for(port, packet);
	struct packet own = *packet;
	struct segment form;

	own.frame = port->frame;
	if (!segment_read(&own, port->frame, &form))
		drop_refused(port, &own, &form, EINVAL);
	else if (segment_length(&own, &form, 0) <= room)
		send_whole(port, &own, &form);
	else if (segment_length(&own, &form, form.count - 1) <= room)
		send_last(port, &own, &form, room);
	else
		drop_too_big(port, &own, &form, room);
}
