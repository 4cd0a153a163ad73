/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows over real devices of several queues: each stays in its queue, at both ends, whatever their numbers,
 * and also while a queue is detached and attached again.
 *
 *     clients -- tun0 (a queue or more) == two ports == tun0 (another number of queues) -- an echo
 */
#include <netinet/in.h>
#include <time.h>

#include "forwarder/port.h"
#include "tests/relay/device.h"
#include "tests/unit/tap.h"

enum {
	FLOWS = 120,	    /* half of them IPv4, the other half IPv6 */
	FRAGMENTED = FLOWS, /* the flow of IPv4's fragments, which have no ports; the next one: IPv6's */
	RECORDS = FLOWS + 2,
	SMALL = 4, /* bytes of a datagram */
	LARGE = 4000,
	ROUNDS = 40,
	QUEUES = 4,
	ECHO = 7777,
	PATIENCE = 10000, /* milliseconds */
	MEMORY = 2, /* seconds: the kernel forgets a flow after three without a packet into the device */
};

/* What is known of a flow at one end. */
struct record {
	int queue; /* of its newest packet; -1: there was none */
	unsigned packets, moves;
};

struct stand {
	int spaces[2];
	unsigned queues[2];
	int fds[2][QUEUES]; /* the test's own, as the harness has them */
	struct port *ports[2];
	int echoes[2]; /* IPv4 and IPv6 */
	int clients[FLOWS];
	struct record records[2][RECORDS];
	unsigned strangers; /* packets of no flow of ours */
	unsigned used[2][QUEUES];
	bool slow; /* too slow for the kernel to remember its flows */
};

static struct relay_counters counters[2];
static uint8_t buffer[PACKET_ROOM + SEGMENT_LONGEST];

static int open_socket(int family, const char *address, uint16_t port, bool connects)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to = { .v6 = { .sin6_family = (sa_family_t)family, .sin6_port = htons(port) } };
	socklen_t size = family == AF_INET ? sizeof(to.v4) : sizeof(to.v6);

	inet_pton(family, address, family == AF_INET ? (void *)&to.v4.sin_addr : &to.v6.sin6_addr);
	if (!connects)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int) { 1 }, sizeof(int));
	device_need(
		fd >= 0 && (connects ? connect(fd, &to.any, size) : bind(fd, &to.any, size)) == 0, address);
	return fd;
}

static void open_end(struct stand *stand, unsigned end, int flags)
{
	static const char *const addresses[] = { "10.0.0.1", "10.0.0.2" }, *const addresses6[] = {
		"2001:db8::1", "2001:db8::2"
	};

	stand->spaces[end] = device_space();
	device_need(stand->spaces[end] >= 0, "a namespace");
	device_open("tun0", flags, addresses[end], addresses6[end], stand->queues[end], stand->fds[end]);
	stand->ports[end] = port_open(stand->queues[end], &counters[end]);
	device_need(stand->ports[end], "a port");
	stand->ports[end]->mtu = 1500;
	stand->ports[end]->packet_info = !(flags & IFF_NO_PI);
	stand->ports[end]->offload = flags & IFF_VNET_HDR;
	for (unsigned i = 0; i < stand->queues[end]; i++)
		device_need(queue_attach(&stand->ports[end]->queues[i], dup(stand->fds[end][i])) == 0, "dup");
}

static void open_clients(struct stand *stand)
{
	for (unsigned i = 0; i < FLOWS; i++)
		stand->clients[i] = open_socket(
			i % 2 ? AF_INET6 : AF_INET, i % 2 ? "2001:db8::2" : "10.0.0.2", ECHO, true);
}

static void forget(struct stand *stand)
{
	memset(stand->used, 0, sizeof(stand->used));
	for (unsigned i = 0; i < RECORDS; i++)
		stand->records[0][i] = stand->records[1][i] = (struct record) { .queue = -1 };
}

static void open_stand(struct stand *stand, const unsigned *queues, int flags)
{
	*stand = (struct stand) { .queues = { queues[0], queues[1] } };
	for (unsigned end = 0; end < 2; end++)
		open_end(stand, end, flags);
	for (unsigned i = 0; i < 2; i++)
		stand->echoes[i] = open_socket(i ? AF_INET6 : AF_INET, i ? "::" : "0.0.0.0", ECHO, false);
	device_enter(stand->spaces[0]);
	open_clients(stand);
	forget(stand);
}

static void close_stand(struct stand *stand)
{
	for (unsigned i = 0; i < FLOWS; i++)
		close(stand->clients[i]);
	for (unsigned end = 0; end < 2; end++) {
		close(stand->echoes[end]);
		port_close(stand->ports[end]);
		for (unsigned i = 0; i < stand->queues[end]; i++)
			close(stand->fds[end][i]);
		close(stand->spaces[end]);
	}
}

/* Which of our flows the packet is of: its number is what the payload begins with; -1: none. */
static int flow_number(const struct packet *packet)
{
	uint32_t first = 0, number = 0, fragment = 0, next = 0;
	bool six;

	packet_load(packet, 0, 1, &first);
	packet_load(packet, 6, 2, &fragment);
	packet_load(packet, 6, 1, &next);
	six = first >> 4 == 6;
	if (six ? next == IPPROTO_FRAGMENT : fragment & 0x3fff)
		return FRAGMENTED + six;
	if (!packet_load(packet, (six ? 40 : 20) + 8, 4, &number) || number >= FLOWS)
		return -1;
	return (int)number;
}

static void note(struct stand *stand, unsigned end, const struct packet *packet)
{
	int number = flow_number(packet);
	struct record *record;

	if (number < 0) {
		stand->strangers++;
		return;
	}
	record = &stand->records[end][number];
	record->moves += record->queue >= 0 && record->queue != packet->queue;
	record->queue = packet->queue;
	record->packets++;
	stand->used[end][packet->queue]++;
}

/* Carries what waits at an end; whether anything did. */
static bool carry(struct stand *stand, unsigned end)
{
	bool any = false;

	for (unsigned i = 0; i < stand->queues[end]; i++) {
		struct queue *queue = &stand->ports[end]->queues[i];
		struct packet packet;

		while (queue->fd >= 0 && port_read(queue, buffer + PACKET_ROOM, &packet) > 0) {
			note(stand, end, &packet);
			port_write(stand->ports[!end], &packet);
			any = true;
		}
	}
	return any;
}

static bool answer(int echo)
{
	uint8_t bytes[LARGE];
	struct sockaddr_storage from;
	socklen_t size = sizeof(from);
	bool any = false;
	ssize_t length;

	while ((length = recvfrom(echo, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &size)) >= 0) {
		sendto(echo, bytes, (size_t)length, 0, (struct sockaddr *)&from, size);
		size = sizeof(from);
		any = true;
	}
	return any;
}

/* How many clients have got their answer. */
static unsigned collect(struct stand *stand)
{
	uint32_t number;
	unsigned count = 0;

	for (uint32_t i = 0; i < FLOWS; i++) {
		while (recv(stand->clients[i], &number, sizeof(number), 0) == sizeof(number))
			count += ntohl(number) == i;
	}
	return count;
}

/* Waits until there is something to do; false: nothing comes. */
static bool await(const struct stand *stand)
{
	struct pollfd waiting[2 * QUEUES + 2 + FLOWS];
	nfds_t count = 0;

	for (unsigned end = 0; end < 2; end++) {
		waiting[count++] = (struct pollfd) { .fd = stand->echoes[end], .events = POLLIN };
		for (unsigned i = 0; i < stand->queues[end]; i++)
			waiting[count++] =
				(struct pollfd) { .fd = stand->ports[end]->queues[i].fd, .events = POLLIN };
	}
	for (unsigned i = 0; i < FLOWS; i++)
		waiting[count++] = (struct pollfd) { .fd = stand->clients[i], .events = POLLIN };
	return poll(waiting, count, PATIENCE) > 0;
}

/* So many flows send a datagram and have it answered. Returns how many were. */
static unsigned round_trips(struct stand *stand, unsigned flows, size_t size)
{
	static uint8_t bytes[LARGE];
	unsigned answered = 0;
	bool any = true;

	for (uint32_t i = 0; i < flows; i++) {
		uint32_t number = htonl(i);

		memcpy(bytes, &number, sizeof(number));
		device_need(send(stand->clients[i], bytes, size, 0) == (ssize_t)size, "send");
	}
	while (answered < flows && (any || await(stand))) {
		any = carry(stand, 0);
		any |= carry(stand, 1);
		any |= answer(stand->echoes[0]);
		any |= answer(stand->echoes[1]);
		answered += collect(stand);
	}
	return answered;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Of all flows a datagram, and of some one that is cut. */
static unsigned several(struct stand *stand, unsigned rounds)
{
	unsigned answered = 0;
	time_t before = now();

	for (unsigned i = 0; i < rounds; i++, before = now()) {
		answered += round_trips(stand, FLOWS, SMALL);
		round_trips(stand, 4, LARGE);
		stand->slow = stand->slow || now() > before + MEMORY;
	}
	return answered;
}

static unsigned moves(const struct stand *stand, unsigned end)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < RECORDS; i++)
		sum += stand->records[end][i].moves;
	return sum;
}

/* Whether no flow took another queue, as far as that can be said. */
static bool is_steady(const struct stand *stand)
{
	return stand->slow || (moves(stand, 0) == 0 && moves(stand, 1) == 0);
}

static unsigned queues_used(const struct stand *stand, unsigned end)
{
	unsigned count = 0;

	for (unsigned i = 0; i < QUEUES; i++)
		count += stand->used[end][i] > 0;
	return count;
}

static void test_flows(unsigned left, unsigned right, int flags)
{
	const unsigned queues[] = { left, right };
	struct stand stand;
	unsigned answered, fragments;

	open_stand(&stand, queues, flags);
	answered = several(&stand, ROUNDS);
	fragments = stand.records[0][FRAGMENTED].packets + stand.records[1][FRAGMENTED + 1].packets;
	tap_ok(answered == FLOWS * ROUNDS, "%u to %u queues%s%s: %u of %u packets are answered", left, right,
		flags & IFF_NO_PI ? "" : ", packet information", flags & IFF_VNET_HDR ? ", offloads" : "",
		answered, FLOWS * ROUNDS);
	tap_ok(queues_used(&stand, 0) == left && queues_used(&stand, 1) <= right &&
			(left < right || queues_used(&stand, 1) == right),
		"by %u queues and %u", queues_used(&stand, 0), queues_used(&stand, 1));
	tap_ok(is_steady(&stand),
		"and each of %u flows stays in its own: %u and %u moves; of %u fragments, too", FLOWS,
		moves(&stand, 0), moves(&stand, 1), fragments);
	close_stand(&stand);
}

static void set_queue(struct stand *stand, unsigned end, unsigned queue, int flag)
{
	struct ifreq request = { .ifr_flags = (short)flag };

	device_need(ioctl(stand->fds[end][queue], TUNSETQUEUE, &request) == 0, "TUNSETQUEUE");
}

static void test_detached(void)
{
	const unsigned queues[] = { 3, 2 };
	struct stand stand;
	unsigned answered, reads;

	open_stand(&stand, queues, IFF_NO_PI);
	several(&stand, 3);
	forget(&stand);
	queue_close(&stand.ports[0]->queues[1]);
	set_queue(&stand, 0, 1, IFF_DETACH_QUEUE);
	answered = several(&stand, 10);
	tap_ok(answered == 10 * FLOWS && !stand.used[0][1],
		"without one of three queues %u of %u packets are answered, by the others", answered,
		10 * FLOWS);
	forget(&stand);
	several(&stand, 10);
	tap_ok(is_steady(&stand) && queues_used(&stand, 0) == 2,
		"among which the flows stay where they are: %u and %u moves", moves(&stand, 0),
		moves(&stand, 1));
	set_queue(&stand, 0, 1, IFF_ATTACH_QUEUE);
	device_need(queue_attach(&stand.ports[0]->queues[1], dup(stand.fds[0][1])) == 0, "dup");
	forget(&stand);
	answered = several(&stand, 10);
	tap_ok(answered == 10 * FLOWS && is_steady(&stand), "with it again, too: %u of %u, %u and %u moves",
		answered, 10 * FLOWS, moves(&stand, 0), moves(&stand, 1));
	for (unsigned i = 0; i < FLOWS; i++)
		close(stand.clients[i]);
	open_clients(&stand);
	forget(&stand);
	answered = several(&stand, 10);
	reads = stand.used[0][1];
	tap_ok(answered == 10 * FLOWS && reads > 0 && is_steady(&stand),
		"and new flows take it: %u of %u packets", reads, answered);
	close_stand(&stand);
}

int main(void)
{
	static const unsigned numbers[][2] = { { 1, 3 }, { 3, 1 }, { 3, 2 }, { 2, 3 }, { 4, 4 } };
	int space = device_space();

	if (space < 0) {
		tap_skip("no namespace, or no TUN device: %s", strerror(errno));
		return tap_done();
	}
	close(space);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		test_flows(numbers[i][0], numbers[i][1], IFF_NO_PI);
	test_flows(3, 2, 0);
	test_flows(3, 2, IFF_NO_PI | IFF_VNET_HDR);
	test_flows(3, 2, IFF_VNET_HDR);
	test_detached();
	return tap_done();
}
