/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain [-o] [-t] LEFT RIGHT: the wire that one writes first. It opens a TUN device, tun0, in each of the two
 * namespaces (as "ip netns" names them) and carries packets between them until it is killed: poll on both,
 * one read and one write for each that is ready.
 *
 *     -o    segments pass whole: a struct virtio_net_hdr before each packet, and all offloads on
 *     -t    a thread for each direction, which sleeps in read: no poll
 */
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "ci/bench/bench.h"

/* Linux 6.2; headers may be older than the kernel. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

enum { PACKET_SIZE = sizeof(struct virtio_net_hdr) + 65535 };

/* The devices' descriptors: what comes in at one goes out at the other. */
struct way {
	int from, to;
};

/* A descriptor belongs to the namespace in which it was opened. */
static int open_tun(const char *namespace, bool whole)
{
	struct ifreq device = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	unsigned int tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	int tun;

	if (whole)
		device.ifr_flags |= IFF_VNET_HDR;
	enter(namespace);
	tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &device))
		fail("/dev/net/tun");
	if (whole && ioctl(tun, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) &&
		ioctl(tun, TUNSETOFFLOAD, tcp))
		fail("TUNSETOFFLOAD");
	return tun;
}

/* A packet that the other side does not take, as while its device is down, is lost: that is what wires do. */
static void carry(const struct way *way)
{
	static _Thread_local char packet[PACKET_SIZE];
	ssize_t length = read(way->from, packet, sizeof packet);

	if (length < 0 && errno != EINTR)
		fail("read");
	if (length > 0 && write(way->to, packet, (size_t)length) < 0 && errno != EIO && errno != EINVAL)
		fail("write");
}

static void *carry_on(void *way)
{
	for (;;)
		carry(way);
	return NULL;
}

static void poll_on(const struct way ways[2])
{
	struct pollfd ready[] = {
		{ .fd = ways[0].from, .events = POLLIN },
		{ .fd = ways[1].from, .events = POLLIN },
	};

	for (;;) {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			fail("poll");
		for (int i = 0; i < 2; i++)
			if (ready[i].revents)
				carry(&ways[i]);
	}
}

int main(int argc, char **argv)
{
	bool whole = false, threads = false;
	struct way ways[2];
	pthread_t back;
	int option;

	while ((option = getopt(argc, argv, "ot")) >= 0) {
		whole |= option == 'o';
		threads |= option == 't';
		if (option == '?')
			return 2;
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: plain [-o] [-t] LEFT RIGHT\n");
		return 2;
	}
	ways[0].from = ways[1].to = open_tun(argv[optind], whole);
	ways[1].from = ways[0].to = open_tun(argv[optind + 1], whole);
	if (!threads)
		poll_on(ways);
	errno = pthread_create(&back, NULL, carry_on, &ways[1]);
	if (errno)
		fail("pthread_create");
	carry_on(&ways[0]);
}
