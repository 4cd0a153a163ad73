/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/port.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "forwarder/counter.h"
#include "forwarder/watch.h"

enum { TAG = 4 }; /* bytes, of 802.1Q and 802.1ad */

/* What a device puts before a packet: as much of it as the port has. */
struct header {
	struct tun_pi info;
	struct virtio_net_hdr offload;
};

static_assert(sizeof(struct header) == sizeof(struct tun_pi) + sizeof(struct virtio_net_hdr),
	"nothing is between them");

struct port *port_open(unsigned queues, struct relay_counters *counters)
{
	struct port *port = malloc(sizeof(*port));

	if (!port)
		return NULL;
	*port = (struct port) { .queues = malloc(queues * sizeof(*port->queues)),
		.queue_count = queues,
		.flows = queues > 1 ? flows_open() : NULL,
		.next = port,
		.counters = counters };
	if (!port->queues || (queues > 1 && !port->flows)) {
		port->queue_count = 0;
		port_close(port);
		return NULL;
	}
	for (unsigned i = 0; i < queues; i++)
		port->queues[i] = (struct queue) { .port = port, .fd = -1 };
	return port;
}

void port_close(struct port *port)
{
	if (!port)
		return;
	for (unsigned i = 0; i < port->queue_count; i++)
		queue_close(&port->queues[i]);
	flows_close(port->flows);
	free(port->queues);
	free(port);
}

int queue_attach(struct queue *queue, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	if (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -1;
	queue->fd = fd;
	return 0;
}

void queue_close(struct queue *queue)
{
	if (queue->fd >= 0)
		close(queue->fd);
	queue->fd = -1;
}

void port_leave(struct port *port)
{
	struct port *before = port;

	while (before->next != port)
		before = before->next;
	before->next = port->next;
	port->next = port;
}

void port_join(struct port *one, struct port *other)
{
	port_leave(one);
	port_leave(other);
	one->next = other;
	other->next = one;
}

void port_enter(struct port *port, struct port *wire)
{
	port_leave(port);
	port->next = wire->next;
	wire->next = port;
}

static_assert(sizeof(struct header) <= PACKET_ROOM, "there is room for it");

/* The part of a header that is before the port's packets. */
static struct iovec header_part(const struct port *port, struct header *header)
{
	size_t info = port->packet_info ? sizeof(header->info) : 0;
	size_t offload = port->offload ? sizeof(header->offload) : 0;

	return (struct iovec) { info ? (void *)header : &header->offload, info + offload };
}

/* One packet, whose header is zero as far as the port has none. Returns what read() does; the header, which
 * every packet of such a port has, does not count. */
static ssize_t receive(const struct queue *queue, uint8_t *buffer, struct header *header)
{
	const struct iovec part = header_part(queue->port, header);
	ssize_t before = (ssize_t)part.iov_len, length;

	do
		length = read(queue->fd, buffer - before, SEGMENT_LONGEST + part.iov_len);
	while (length < 0 && errno == EINTR);
	memcpy(part.iov_base, buffer - before, part.iov_len);
	return length > before ? length - before : length < 0 ? -1 : 0;
}

/* What a packet is that no packet information tells of. */
static uint16_t protocol_of(const struct packet *packet)
{
	uint32_t value = 0;

	if (packet->frame == RELAY_ETHERNET) {
		packet_load(packet, offsetof(struct ethhdr, h_proto), 2, &value);
		return (uint16_t)value;
	}
	packet_load(packet, 0, 1, &value);
	return value >> 4 == 4 ? ETH_P_IP : value >> 4 == 6 ? ETH_P_IPV6 : 0;
}

ssize_t port_read(struct queue *queue, uint8_t *buffer, struct packet *out)
{
	struct port *port = queue->port;
	struct header header = { 0 };
	ssize_t length = receive(queue, buffer, &header);
	struct segment form;

	/* A packet that cannot be handed over is gone, and those behind it can be read. */
	if (length < 0 && errno == EINVAL)
		counter_add(&port->counters->unread, 1);
	if (length < 0)
		return errno == EAGAIN || errno == EINVAL ? 0 : -1;
	if (length == 0)
		return 0;

	*out = (struct packet) { .bytes = buffer,
		.roomy = buffer,
		.length = (size_t)length,
		.offload = header.offload,
		.frame = port->frame,
		.queue = (uint16_t)(queue - port->queues) };
	out->protocol = port->packet_info ? ntohs(header.info.proto) : protocol_of(out);
	segment_read(out, port->frame, &form);
	if (port->flows)
		flows_note(port->flows, flow_of(out, form.network), out->queue);
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

/* The queue that the packet's flow goes by, or another one that is open; NULL: none is. */
static const struct queue *queue_for(
	const struct port *port, const struct packet *packet, const struct segment *form)
{
	unsigned first = packet->queue % port->queue_count;

	if (port->flows)
		first = flows_queue(port->flows, flow_of(packet, form->network), (uint16_t)first);
	for (unsigned i = 0; i < port->queue_count; i++) {
		const struct queue *queue = &port->queues[(first + i) % port->queue_count];

		if (queue->fd >= 0)
			return queue;
	}
	return NULL;
}

/* In one piece, which takes the kernel less time, where there is room for the header. */
static ssize_t write_packet(const struct queue *queue, const struct packet *packet, const struct iovec *part)
{
	const struct iovec parts[] = { *part, { (void *)packet->bytes, packet->length } };

	if (part->iov_len && packet->roomy != packet->bytes)
		return writev(queue->fd, parts, 2);
	if (part->iov_len)
		memcpy(packet->roomy - part->iov_len, part->iov_base, part->iov_len);
	return write(queue->fd, packet->bytes - part->iov_len, part->iov_len + packet->length);
}

/* Returns 0, or the errno with which it was refused. */
static int send_by(const struct queue *queue, const struct packet *packet)
{
	struct header header = { { .proto = htons(packet->protocol) }, packet->offload };
	const struct iovec part = header_part(queue->port, &header);
	ssize_t written;

	do
		written = write_packet(queue, packet, &part);
	while (written < 0 && errno == EINTR);
	return written < 0 ? errno : 0;
}

/* A TUN without packet information takes for IP what begins like it. */
static bool is_told(const struct port *port, const struct packet *packet)
{
	return port->packet_info || port->frame == RELAY_ETHERNET || packet->protocol == ETH_P_IP ||
	       packet->protocol == ETH_P_IPV6 || packet->protocol == 0;
}

/* Writes what fits, as it is. */
static void send_off(const struct port *port, const struct packet *packet, const struct segment *form)
{
	const struct queue *queue = queue_for(port, packet, form);
	int refused = ENODEV;

	if (queue)
		refused = is_told(port, packet) ? send_by(queue, packet) : EPROTONOSUPPORT;
	if (refused) {
		drop_refused(port, packet, form, refused);
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
