/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/filter.h"
#include "kernel/segment.h"

enum {
	BATCH = 16,
	ROOM = 65536 +
	       ETH_HLEN, /* for the largest packet that IP's length field allows; longer ones are cut */
	VLAN_TAG = 4,
	ADDRESSES = 2 * ETH_ALEN, /* a VLAN tag stands behind both */
	QUEUE = 16 << 20,	  /* bytes that may wait in the kernel */
};

/* Where one packet is received. */
struct slot {
	struct virtio_net_hdr header;
	struct sockaddr_ll from;
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec parts[2];
	uint8_t bytes[VLAN_TAG + ROOM]; /* room for a VLAN tag is left in front */
};

struct packet_socket {
	int fd;
	uint64_t queued; /* by the kernel, ever */
	uint64_t taken;	 /* of these */
	uint64_t lost;
	struct mmsghdr messages[BATCH];
	struct slot slots[BATCH];
};

/* A packet as it was received. */
struct packet {
	uint32_t device;
	unsigned direction; /* enum relay_direction, 0: neither */
	const uint8_t *bytes;
	size_t size;   /* of what is there */
	size_t length; /* of the packet */
	uint64_t packets;
};

struct option {
	int level, name, value;
	const char *text;
};

static struct error *set_options(int fd)
{
	static const struct option options[] = {
		{ SOL_PACKET, PACKET_VNET_HDR, 1, "PACKET_VNET_HDR" },
		{ SOL_PACKET, PACKET_AUXDATA, 1, "PACKET_AUXDATA" },
	};
	int size = QUEUE;

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		const struct option *option = &options[i];

		if (setsockopt(fd, option->level, option->name, &option->value, sizeof option->value) < 0)
			return error_new(STATUS_UNABLE, errno, "packet socket: %s", option->text);
	}
	/* Without CAP_NET_ADMIN outside, as much as net.core.rmem_max allows; packet_lost tells if it was too
	 * little. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return NULL;
}

/* It is opened for no protocol, and hears nothing until it is bound: by then, it is all set. */
static struct error *open_socket(int *out)
{
	struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct error *error;

	if (fd < 0)
		return error_new(STATUS_UNABLE, errno, "cannot open a packet socket%s",
			errno == EPERM		? " (it takes CAP_NET_RAW: run tunlab as root)"
			: errno == EAFNOSUPPORT ? " (a kernel without CONFIG_PACKET)"
						: "");
	error = set_options(fd);
	if (!error && bind(fd, (struct sockaddr *)&all, sizeof all) < 0)
		error = error_new(STATUS_UNABLE, errno, "packet socket: bind");
	if (error)
		close(fd);
	else
		*out = fd;
	return error;
}

struct error *packet_open(struct packet_socket **out)
{
	struct packet_socket *socket;
	struct error *error;
	int fd = -1;

	error = open_socket(&fd);
	if (error)
		return error;
	socket = calloc(1, sizeof *socket);
	if (!socket)
		memory_exhausted();
	socket->fd = fd;
	*out = socket;
	return NULL;
}

void packet_close(struct packet_socket *socket)
{
	if (!socket)
		return;
	close(socket->fd);
	free(socket);
}

int packet_descriptor(const struct packet_socket *socket)
{
	return socket->fd;
}

/* The kernel counts from 0 at each call; what it could not queue is among its packets. */
static void update_statistics(struct packet_socket *socket)
{
	struct tpacket_stats stats;
	socklen_t size = sizeof stats;

	if (getsockopt(socket->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) < 0)
		return;
	socket->queued += stats.tp_packets - stats.tp_drops;
	socket->lost += stats.tp_drops;
}

static void prepare(struct packet_socket *socket, size_t i)
{
	struct slot *slot = &socket->slots[i];
	struct msghdr *message = &socket->messages[i].msg_hdr;

	slot->parts[0] = (struct iovec) { &slot->header, sizeof slot->header };
	slot->parts[1] = (struct iovec) { slot->bytes + VLAN_TAG, ROOM };
	*message = (struct msghdr) {
		.msg_name = &slot->from,
		.msg_namelen = sizeof slot->from,
		.msg_iov = slot->parts,
		.msg_iovlen = 2,
		.msg_control = slot->control,
		.msg_controllen = sizeof slot->control,
	};
}

static unsigned direction_of(unsigned char type)
{
	switch (type) {
	case PACKET_HOST:
	case PACKET_BROADCAST:
	case PACKET_MULTICAST:
	case PACKET_OTHERHOST: return RELAY_IN;
	case PACKET_OUTGOING: return RELAY_OUT;
	default: return 0;
	}
}

/* The kernel takes a VLAN tag out of a packet and hands it over beside it; filters look for it inside. */
static void insert_vlan_tag(struct packet *packet, uint8_t *room, const struct tpacket_auxdata *data)
{
	bool typed = data->tp_status & TP_STATUS_VLAN_TPID_VALID;
	uint16_t tag[2] = { htons(typed ? data->tp_vlan_tpid : ETH_P_8021Q), htons(data->tp_vlan_tci) };

	if (packet->size < ADDRESSES)
		return;
	memmove(room, room + VLAN_TAG, ADDRESSES);
	memcpy(room + ADDRESSES, tag, VLAN_TAG);
	packet->bytes = room;
	packet->size += VLAN_TAG;
	packet->length += VLAN_TAG;
}

static void restore_vlan_tag(struct packet *packet, struct slot *slot, struct msghdr *message)
{
	struct tpacket_auxdata data;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_PACKET || at->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&data, CMSG_DATA(at), sizeof data);
		if (data.tp_status & TP_STATUS_VLAN_VALID)
			insert_vlan_tag(packet, slot->bytes, &data);
	}
}

/* With MSG_TRUNC, LENGTH is the packet's own (and the header's), whatever there was room for. */
static struct packet unpack(struct slot *slot, struct msghdr *message, size_t length)
{
	bool ethernet = slot->from.sll_hatype == ARPHRD_ETHER || slot->from.sll_hatype == ARPHRD_LOOPBACK;
	struct packet packet = {
		.device = (uint32_t)slot->from.sll_ifindex,
		.direction = direction_of(slot->from.sll_pkttype),
		.bytes = slot->bytes + VLAN_TAG,
		.length = length < sizeof slot->header ? 0 : length - sizeof slot->header,
	};

	packet.size = packet.length < ROOM ? packet.length : ROOM;
	packet.packets = segment_count(
		&slot->header, packet.bytes, packet.size, packet.length, ethernet ? ETH_HLEN : 0);
	if (ethernet)
		restore_vlan_tag(&packet, slot, message);
	return packet;
}

/* On lo, what goes out comes in again: only that is counted, for any direction, as libpcap shows it. */
static bool is_counted(const struct packet_count *count, const struct packet *packet)
{
	unsigned direction = count->loopback ? (unsigned)RELAY_IN : count->direction;

	return count->device == packet->device && direction & packet->direction &&
	       filter_matches(&count->filter, packet->bytes, packet->size, packet->length);
}

static void count_packet(const struct packet *packet, struct packet_count *counts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_counted(&counts[i], packet))
			counts[i].packets += packet->packets;
	}
}

/* Receives at most LIMIT packets into the slots; returns how many, 0 if none waits, or -1 with errno. */
static int receive(struct packet_socket *socket, uint64_t limit)
{
	unsigned batch = limit < BATCH ? (unsigned)limit : BATCH;
	int received;

	for (unsigned i = 0; i < batch; i++)
		prepare(socket, i);
	do
		received = recvmmsg(socket->fd, socket->messages, batch, MSG_DONTWAIT | MSG_TRUNC, NULL);
	while (received < 0 && errno == EINTR);
	return received < 0 && errno == EAGAIN ? 0 : received;
}

/*
 * What is queued when this begins is read, and no more: in traffic without end, the caller would get no turn.
 * An error stands for one packet that the kernel took off the queue but could not hand over (EINVAL: a kind
 * of segment that struct virtio_net_hdr has no word for), or for news of a device (ENETDOWN).
 */
struct error *packet_read(struct packet_socket *socket, struct packet_count *counts, size_t count)
{
	update_statistics(socket);
	while (socket->taken < socket->queued) {
		int received = receive(socket, socket->queued - socket->taken);

		if (received < 0 && errno == EINVAL) {
			socket->taken++;
			socket->lost++;
			continue;
		}
		if (received < 0 && errno == ENETDOWN)
			continue;
		if (received < 0)
			return error_new(STATUS_UNABLE, errno, "packet socket: recvmmsg");
		if (!received)
			socket->taken = socket->queued;
		for (int i = 0; i < received; i++) {
			struct packet packet = unpack(
				&socket->slots[i], &socket->messages[i].msg_hdr, socket->messages[i].msg_len);

			count_packet(&packet, counts, count);
		}
		socket->taken += (uint64_t)received;
	}
	return NULL;
}

uint64_t packet_lost(struct packet_socket *socket)
{
	uint64_t lost;

	update_statistics(socket);
	lost = socket->lost;
	socket->lost = 0;
	return lost;
}
