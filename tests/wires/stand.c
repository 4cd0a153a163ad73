/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/wires/stand.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/tun.h"

static int spaces[2];
static struct relay *relay;

void stand_need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(2);
}

void stand_good(struct error *error)
{
	if (!error)
		return;
	fprintf(stderr, "%s\n", error->text);
	exit(2);
}

void stand_enter(bool far)
{
	stand_need(setns(spaces[far], CLONE_NEWNET) == 0, "setns");
}

static void set_address(int fd, struct ifreq *request, unsigned long what, uint32_t address)
{
	struct sockaddr_in value = { .sin_family = AF_INET, .sin_addr = { htonl(address) } };

	memcpy(&request->ifr_addr, &value, sizeof(value));
	stand_need(ioctl(fd, what, request) == 0, "an address");
}

static void set_up(int fd, struct ifreq *request)
{
	stand_need(ioctl(fd, SIOCGIFFLAGS, request) == 0, "flags");
	request->ifr_flags |= IFF_UP;
	stand_need(ioctl(fd, SIOCSIFFLAGS, request) == 0, "up");
}

/* A device in the namespace that the process is in. Returns the relay's end. */
static int make_device(unsigned wire, uint32_t address, uint32_t mtu, bool offload)
{
	int fd, inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct tun device = { .flags = IFF_TUN | IFF_NO_PI | (offload ? IFF_VNET_HDR : 0) };
	struct ifreq request = { 0 };

	stand_need(inet >= 0, "socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "wire%u", wire);
	device.name = request.ifr_name;
	stand_good(tun_make(&device, &fd));
	set_address(inet, &request, SIOCSIFADDR, address);
	set_address(inet, &request, SIOCSIFNETMASK, 0xffffff00);
	request.ifr_mtu = (int)mtu;
	stand_need(ioctl(inet, SIOCSIFMTU, &request) == 0, "an MTU");
	set_up(inet, &request);
	close(inet);
	return fd;
}

static void make_space(bool far, unsigned count, uint32_t mtu, bool offload)
{
	const struct relay_queue queue = { .frame = RELAY_IP, .mtu = mtu, .offload = offload };

	stand_need(unshare(CLONE_NEWNET) == 0, "unshare");
	spaces[far] = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	stand_need(spaces[far] >= 0, "a namespace");
	for (unsigned i = 0; i < count; i++) {
		int fd = make_device(i, (far ? STAND_FAR : STAND_NEAR) + i * STAND_NEXT, mtu, offload);

		stand_good(relay_add_port(relay, 2 * i + far, fd, &queue));
		close(fd);
	}
}

struct relay *stand_open(unsigned count, uint32_t mtu, bool offload)
{
	stand_good(relay_start(-1, &relay));
	make_space(false, count, mtu, offload);
	make_space(true, count, mtu, offload);
	for (unsigned i = 0; i < count; i++)
		stand_good(relay_add_wire(relay, 2 * i, 2 * i + 1));
	stand_good(relay_barrier(relay));
	return relay;
}

void stand_close(void)
{
	stand_good(relay_stop(relay));
	close(spaces[0]);
	close(spaces[1]);
}
