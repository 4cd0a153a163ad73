/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real TUN devices for tests of the relay's parts, in network namespaces of the test's own. What a test
 * cannot do without ends the program.
 */
#ifndef TUNLAB_TESTS_RELAY_DEVICE_H
#define TUNLAB_TESTS_RELAY_DEVICE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static inline void device_need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Makes a namespace and goes into it; its descriptor, or -1 where this machine lets nobody, or has no TUN. */
static inline int device_space(void)
{
	if (access("/dev/net/tun", R_OK | W_OK) < 0 || unshare(CLONE_NEWNET) < 0)
		return -1;
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

static inline void device_enter(int space)
{
	device_need(setns(space, CLONE_NEWNET) == 0, "setns");
}

static inline void device_set_address(
	int inet, struct ifreq *request, unsigned long what, const char *address)
{
	struct sockaddr_in value = { .sin_family = AF_INET };

	inet_pton(AF_INET, address, &value.sin_addr);
	memcpy(&request->ifr_addr, &value, sizeof(value));
	device_need(ioctl(inet, what, request) == 0, address);
}

/* The kernel looks for duplicates in its own time, even where there can be none; false: for ten seconds. */
static inline bool device_is_ready(int inet6, const struct in6_addr *address)
{
	const struct sockaddr_in6 own = { .sin6_family = AF_INET6, .sin6_addr = *address };

	for (unsigned i = 0; i < 10000; i++) {
		if (bind(inet6, (const struct sockaddr *)&own, sizeof(own)) == 0)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

static inline void device_set_address6(const char *name, const char *address)
{
	int inet6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct in6_ifreq value = { .ifr6_prefixlen = 64, .ifr6_ifindex = (int)if_nametoindex(name) };

	inet_pton(AF_INET6, address, &value.ifr6_addr);
	device_need(ioctl(inet6, SIOCSIFADDR, &value) == 0, address);
	device_need(device_is_ready(inet6, &value.ifr6_addr), address);
	close(inet6);
}

/*
 * A TUN device of so many queues, up, with an IPv4 address of 24 bits and an IPv6 address of 64, in the
 * namespace that the process is in. FLAGS: of TUNSETIFF, beside IFF_TUN and IFF_MULTI_QUEUE.
 */
static inline void device_open(
	const char *name, int flags, const char *address, const char *address6, unsigned queues, int *fds)
{
	int inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_flags = (short)(IFF_TUN | flags | (queues > 1 ? IFF_MULTI_QUEUE : 0)) };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	for (unsigned i = 0; i < queues; i++) {
		fds[i] = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
		device_need(fds[i] >= 0 && ioctl(fds[i], TUNSETIFF, &request) == 0, name);
	}
	device_set_address(inet, &request, SIOCSIFADDR, address);
	device_set_address(inet, &request, SIOCSIFNETMASK, "255.255.255.0");
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	device_need(ioctl(inet, SIOCSIFFLAGS, &request) == 0, "up");
	device_set_address6(name, address6);
	close(inet);
}

#endif
