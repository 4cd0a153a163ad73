/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "forwarder/protocol.h"
#include "kernel/segment.h"
#include "lab/arena.h"

enum {
	BATCH = 16,
	ROOM = 256 * 1024, /* for a packet; longer ones are cut */
	VLAN_TAG = 4,
	ADDRESSES = 2 * ETH_ALEN, /* a VLAN tag stands behind both */
	QUEUE = 16 << 20,	  /* bytes that may wait in the kernel */
	CONTROL = CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(struct timespec)),
};

/* Where one packet is received. */
struct slot {
	struct virtio_net_hdr header;
	struct sockaddr_ll from;
	_Alignas(struct cmsghdr) char control[CONTROL];
	struct iovec parts[2];
	uint8_t bytes[VLAN_TAG + ROOM]; /* room for a VLAN tag is left in front */
};

struct packet_socket {
	int fd;
	enum packet_use use;
	uint64_t queued; /* by the kernel, ever */
	uint64_t taken;	 /* of these */
	uint64_t lost;
};

/* Of the socket that is being read: there is one thread, and it reads one at a time. Only what packets fill
 * is ever real memory. */
static struct slot slots[BATCH];
static struct mmsghdr messages[BATCH];

struct option {
	int level, name;
	const char *text;
};

/* With PACKET_VNET_HDR the kernel cannot hand over some kinds of segments: a capture does without. */
static const struct option options[][2] = {
	[PACKET_COUNTED] = { { SOL_PACKET, PACKET_AUXDATA, "PACKET_AUXDATA" },
		{ SOL_PACKET, PACKET_VNET_HDR, "PACKET_VNET_HDR" } },
	[PACKET_CAPTURED] = { { SOL_PACKET, PACKET_AUXDATA, "PACKET_AUXDATA" },
		{ SOL_SOCKET, SO_TIMESTAMPNS, "SO_TIMESTAMPNS" } },
};

static struct error *set_options(int fd, enum packet_use use)
{
	int size = QUEUE, on = 1;

	for (size_t i = 0; i < sizeof options[use] / sizeof options[use][0]; i++) {
		const struct option *option = &options[use][i];

		if (setsockopt(fd, option->level, option->name, &on, sizeof on) < 0)
			return error_new(STATUS_UNABLE, errno, "packet socket: %s", option->text);
	}
	/* Without CAP_NET_ADMIN outside, as much as net.core.rmem_max allows; packet_lost tells if it was too
	 * little. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return NULL;
}

/* It is opened for no protocol, and hears nothing until it is bound: by then, it is all set. */
static struct error *open_socket(enum packet_use use, int *out)
{
	struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct error *error;

	if (fd < 0)
		return error_new(STATUS_UNABLE, errno, "cannot open a packet socket%s",
			errno == EPERM		? " (it takes CAP_NET_RAW: run tunlab as root)"
			: errno == EAFNOSUPPORT ? " (a kernel without CONFIG_PACKET)"
						: "");
	error = set_options(fd, use);
	if (!error && bind(fd, (struct sockaddr *)&all, sizeof all) < 0)
		error = error_new(STATUS_UNABLE, errno, "packet socket: bind");
	if (error)
		close(fd);
	else
		*out = fd;
	return error;
}

struct error *packet_socket_open(enum packet_use use, struct packet_socket **out)
{
	struct packet_socket *socket;
	struct error *error;
	int fd = -1;

	error = open_socket(use, &fd);
	if (error)
		return error;
	socket = calloc(1, sizeof *socket);
	if (!socket)
		memory_exhausted();
	socket->fd = fd;
	socket->use = use;
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

/* Only a socket that counts gets a header of its own before each packet. */
static void prepare(const struct packet_socket *socket, size_t i)
{
	struct slot *slot = &slots[i];
	bool counts = socket->use == PACKET_COUNTED;

	slot->parts[0] = (struct iovec) { &slot->header, counts ? sizeof slot->header : 0 };
	slot->parts[1] = (struct iovec) { slot->bytes + VLAN_TAG, ROOM };
	messages[i].msg_hdr = (struct msghdr) {
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

static bool is_ethernet(const struct slot *slot)
{
	return slot->from.sll_hatype == ARPHRD_ETHER || slot->from.sll_hatype == ARPHRD_LOOPBACK;
}

static void restore_vlan_tag(struct packet *packet, struct slot *slot, const struct cmsghdr *at)
{
	struct tpacket_auxdata data;

	memcpy(&data, CMSG_DATA(at), sizeof data);
	if (data.tp_status & TP_STATUS_VLAN_VALID && is_ethernet(slot))
		insert_vlan_tag(packet, slot->bytes, &data);
}

static uint64_t time_of(const struct cmsghdr *at)
{
	struct timespec time;

	memcpy(&time, CMSG_DATA(at), sizeof time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* With MSG_TRUNC, the message's length is the packet's own (and the header's), whatever there was room for.
 */
static struct packet unpack(const struct packet_socket *socket, size_t i)
{
	struct slot *slot = &slots[i];
	struct msghdr *message = &messages[i].msg_hdr;
	size_t length = messages[i].msg_len, header = slot->parts[0].iov_len;
	struct packet packet = {
		.from = &slot->from,
		.direction = direction_of(slot->from.sll_pkttype),
		.bytes = slot->bytes + VLAN_TAG,
		.length = length < header ? 0 : length - header,
		.packets = 1,
	};

	packet.size = packet.length < ROOM ? packet.length : ROOM;
	if (socket->use == PACKET_COUNTED)
		packet.packets = segment_count(&slot->header, packet.bytes, packet.size, packet.length,
			is_ethernet(slot) ? ETH_HLEN : 0);
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level == SOL_PACKET && at->cmsg_type == PACKET_AUXDATA)
			restore_vlan_tag(&packet, slot, at);
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_TIMESTAMPNS)
			packet.time = time_of(at);
	}
	return packet;
}

/* Receives at most LIMIT packets into the slots; returns how many, 0 if none waits, or -1 with errno. */
static int receive(const struct packet_socket *socket, uint64_t limit)
{
	unsigned batch = limit < BATCH ? (unsigned)limit : BATCH;
	int received;

	for (unsigned i = 0; i < batch; i++)
		prepare(socket, i);
	do
		received = recvmmsg(socket->fd, messages, batch, MSG_DONTWAIT | MSG_TRUNC, NULL);
	while (received < 0 && errno == EINTR);
	return received < 0 && errno == EAGAIN ? 0 : received;
}

/*
 * What is queued when this begins is read, and no more: in traffic without end, the caller would get no turn.
 * An error stands for one packet that the kernel took off the queue but could not hand over (EINVAL: a kind
 * of segment that struct virtio_net_hdr has no word for), or for news of a device (ENETDOWN).
 */
struct error *packet_each(
	struct packet_socket *socket, void (*each)(void *context, const struct packet *packet), void *context)
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
			struct packet packet = unpack(socket, (size_t)i);

			each(context, &packet);
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

uint32_t packet_device(const struct packet_socket *socket, const char *name)
{
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
	return ioctl(socket->fd, SIOCGIFINDEX, &request) < 0 ? 0 : (uint32_t)request.ifr_ifindex;
}

bool packet_device_name(
	const struct packet_socket *socket, uint32_t device, char name[static IFNAMSIZ], uint16_t *type)
{
	struct ifreq request = { .ifr_ifindex = (int)device };

	if (ioctl(socket->fd, SIOCGIFNAME, &request) < 0)
		return false;
	memcpy(name, request.ifr_name, IFNAMSIZ);
	if (ioctl(socket->fd, SIOCGIFHWADDR, &request) < 0)
		return false;
	*type = request.ifr_hwaddr.sa_family;
	return true;
}
