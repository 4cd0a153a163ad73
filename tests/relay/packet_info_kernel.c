/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet information as the kernel gives and takes it: what one device's sender says of a packet, the other
 * device's receiver is told, be it IP or not.
 *
 *     a packet socket -- tun0 == two ports == tun0 -- a packet socket
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "forwarder/port.h"
#include "tests/relay/device.h"
#include "tests/unit/tap.h"

enum { SIZE = 40, PATIENCE = 10000 /* milliseconds */ };

static const struct {
	const char *name;
	uint16_t protocol;
	uint8_t first;
} samples[] = {
	{ "IPv4", ETH_P_IP, 0x45 },
	{ "IPv6", ETH_P_IPV6, 0x60 },
	{ "ARP", ETH_P_ARP, 0 },
	{ "MPLS", ETH_P_MPLS_UC, 0x12 },
	{ "MPLS that begins like IPv6", ETH_P_MPLS_UC, 0x60 },
	{ "an experimental protocol", ETH_P_802_EX1, 0x45 },
};

/* Of TUNSETIFF. */
static const struct {
	const char *name;
	int flags;
} forms[] = {
	{ "nothing", IFF_NO_PI },
	{ "packet information", 0 },
	{ "offloads", IFF_NO_PI | IFF_VNET_HDR },
	{ "both", IFF_VNET_HDR },
};

struct end {
	int space, device, sender, receiver;
	struct port *port;
};

static struct relay_counters counters[2];
static uint8_t buffer[PACKET_ROOM + SEGMENT_LONGEST];

static int packet_socket(uint16_t protocol)
{
	const struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex("tun0") };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	device_need(fd >= 0, "a packet socket");
	if (protocol)
		device_need(bind(fd, (const struct sockaddr *)&to, sizeof(to)) == 0, "bind");
	return fd;
}

static void open_end(struct end *end, unsigned number, int flags)
{
	end->space = device_space();
	device_need(end->space >= 0, "a namespace");
	device_open("tun0", flags, number ? "10.0.0.2" : "10.0.0.1", number ? "2001:db8::2" : "2001:db8::1",
		1, &end->device);
	end->sender = packet_socket(0);
	end->receiver = packet_socket(ETH_P_ALL);
	memset(&counters[number], 0, sizeof(counters[number]));
	end->port = port_open(1, &counters[number]);
	device_need(end->port && queue_attach(end->port->queues, end->device) == 0, "a port");
	end->port->mtu = 1500;
	end->port->packet_info = !(flags & IFF_NO_PI);
	end->port->offload = flags & IFF_VNET_HDR;
}

static void close_end(struct end *end)
{
	close(end->sender);
	close(end->receiver);
	port_close(end->port);
	close(end->space);
}

static void fill(uint8_t *bytes, unsigned number)
{
	for (unsigned i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(0xa0 + 3 * i + number);
	bytes[0] = samples[number].first;
}

static void put(const struct end *end, unsigned number)
{
	uint8_t bytes[SIZE];
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(samples[number].protocol) };

	device_enter(end->space);
	to.sll_ifindex = (int)if_nametoindex("tun0");
	fill(bytes, number);
	device_need(sendto(end->sender, bytes, SIZE, 0, (const struct sockaddr *)&to, sizeof(to)) == SIZE,
		samples[number].name);
}

static bool wait_for(int fd)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };

	return poll(&waiting, 1, PATIENCE) == 1;
}

/* Carries packets until that one was; what its device said it is. */
static int carry(const struct end *from, const struct end *to, unsigned number)
{
	uint8_t bytes[SIZE];

	fill(bytes, number);
	while (wait_for(from->device)) {
		struct packet packet;

		if (port_read(from->port->queues, buffer + PACKET_ROOM, &packet) <= 0)
			continue;
		port_write(to->port, &packet);
		if (packet.length == SIZE && !memcmp(packet.bytes, bytes, SIZE))
			return packet.protocol;
	}
	return -1;
}

/* What the receiver is told of that packet, which has come in by its device. */
static int get(const struct end *end, unsigned number)
{
	uint8_t bytes[SIZE], got[SIZE + 1];
	struct sockaddr_ll from = { 0 };
	socklen_t size = sizeof(from);

	fill(bytes, number);
	while (wait_for(end->receiver)) {
		ssize_t length =
			recvfrom(end->receiver, got, sizeof(got), 0, (struct sockaddr *)&from, &size);

		if (length == SIZE && !memcmp(got, bytes, SIZE) && from.sll_pkttype != PACKET_OUTGOING)
			return ntohs(from.sll_protocol);
		size = sizeof(from);
	}
	return -1;
}

static void test_pair(unsigned left, unsigned right)
{
	struct end ends[2];
	const struct relay_counters *in = &counters[1];
	bool told = !(forms[left].flags & IFF_NO_PI), tells = !(forms[right].flags & IFF_NO_PI);
	unsigned same = 0, refused = 0, all = 0;

	open_end(&ends[0], 0, forms[left].flags);
	open_end(&ends[1], 1, forms[right].flags);
	for (unsigned i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		uint16_t protocol = samples[i].protocol;
		bool is_ip = protocol == ETH_P_IP || protocol == ETH_P_IPV6;
		uint64_t before = in->refused;

		/* Who is told nothing takes what it can for IP. */
		if (!is_ip && !told)
			continue;
		all++;
		put(&ends[0], i);
		same += carry(&ends[0], &ends[1], i) == protocol;
		if (is_ip || tells)
			same += get(&ends[1], i) == protocol;
		else
			refused += in->refused == before + 1 && in->last_refusal == EPROTONOSUPPORT;
	}
	tap_ok(same + refused == 2 * all && (told && !tells ? refused == 4 : refused == 0),
		"from %s to %s: of %u packets %u are refused, the others are what they were",
		forms[left].name, forms[right].name, all, refused);
	close_end(&ends[0]);
	close_end(&ends[1]);
}

int main(void)
{
	int space = device_space();

	if (space < 0) {
		tap_skip("no namespace, or no TUN device: %s", strerror(errno));
		return tap_done();
	}
	close(space);
	for (unsigned i = 0; i < 16; i++)
		test_pair(i / 4, i % 4);
	return tap_done();
}
