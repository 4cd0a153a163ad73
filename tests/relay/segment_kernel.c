/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments as the kernel cuts them: one comes in by a TUN device that takes them, is routed, and goes out by
 * one that does not. What the relay makes of the same segment is the same but for the TTL.
 *
 *     this program -- tun0 (IFF_VNET_HDR) ==> a namespace that forwards ==> tun1 -- this program
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/segment.h"
#include "tests/relay/made.h"
#include "tests/unit/tap.h"

enum { HEADER = sizeof(struct virtio_net_hdr), PATIENCE = 5000 /* milliseconds */ };

static uint8_t payload[65536], bytes[HEADER + MADE_MOST], got[MADE_MOST], room[SEGMENT_LONGEST];

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	need(fd >= 0 && write(fd, value, strlen(value)) > 0, path);
	close(fd);
}

static void set_address(int inet, struct ifreq *request, const char *address, const char *mask)
{
	struct sockaddr_in value = { .sin_family = AF_INET };

	inet_pton(AF_INET, address, &value.sin_addr);
	memcpy(&request->ifr_addr, &value, sizeof(value));
	need(ioctl(inet, SIOCSIFADDR, request) == 0, "an address");
	inet_pton(AF_INET, mask, &value.sin_addr);
	memcpy(&request->ifr_netmask, &value, sizeof(value));
	need(ioctl(inet, SIOCSIFNETMASK, request) == 0, "a mask");
	request->ifr_flags = IFF_UP | IFF_RUNNING;
	need(ioctl(inet, SIOCSIFFLAGS, request) == 0, "up");
}

static void set_address6(const struct ifreq *request, const char *address)
{
	int inet6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	    inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq index = *request;
	struct in6_ifreq value = { .ifr6_prefixlen = 64 };

	need(ioctl(inet, SIOCGIFINDEX, &index) == 0, "an index");
	value.ifr6_ifindex = index.ifr_ifindex;
	inet_pton(AF_INET6, address, &value.ifr6_addr);
	need(ioctl(inet6, SIOCSIFADDR, &value) == 0, "an IPv6 address");
	close(inet6);
	close(inet);
}

static int device(const char *name, short flags, const char *address, const char *address6)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC),
	    inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_flags = (short)(IFF_TUN | IFF_NO_PI | flags) };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	need(ioctl(fd, TUNSETIFF, &request) == 0, name);
	set_address(inet, &request, address, "255.255.255.248");
	set_address6(&request, address6);
	close(inet);
	return fd;
}

/* The next packet of TCP or UDP that leaves by tun1; 0: none comes. */
static size_t next(int fd, unsigned version)
{
	struct pollfd polled = { fd, POLLIN, 0 };

	while (poll(&polled, 1, PATIENCE) == 1) {
		ssize_t length = read(fd, got, sizeof(got));
		unsigned protocol = length < 20 ? 0 : version == 4 ? got[9] : got[6];

		if (length > 0 && got[0] >> 4 == version && (protocol == 6 || protocol == 17))
			return (size_t)length;
	}
	return 0;
}

/* What a router changes. */
static void forget_ttl(uint8_t *packet)
{
	if (packet[0] >> 4 == 4)
		packet[8] = packet[10] = packet[11] = 0;
	else
		packet[7] = 0;
}

static void check(const int *devices, const struct made *made, const char *name)
{
	struct packet packet = { .bytes = bytes + HEADER }, piece;
	struct segment form;
	unsigned same = 0;

	packet.length = made_whole(made, bytes + HEADER, &packet.offload);
	memcpy(bytes, &packet.offload, HEADER);
	if (write(devices[0], bytes, HEADER + packet.length) < 0) {
		tap_ok(made->udp && errno == EINVAL, "%s: # SKIP this kernel knows none", name);
		return;
	}
	need(segment_read(&packet, RELAY_IP, &form), "a segment");
	for (unsigned i = 0; i < form.count; i++) {
		size_t length = next(devices[1], made->version);

		segment_complete(&packet, &form, i, room, &piece);
		if (piece.bytes != room)
			memcpy(room, piece.bytes, piece.length);
		forget_ttl(room);
		forget_ttl(got);
		same += length == piece.length && !memcmp(got, room, length);
	}
	tap_ok(same == form.count, "%s: %u of %u packets are the kernel's", name, same, form.count);
}

static void check_all(const int *devices)
{
	static const struct made tcp = { .payload = payload,
		.sequence = 0xffffff00,
		.id = 0xfffe,
		.flags = 0x19 },
				 udp = { .payload = payload, .udp = true, .id = 77 };

	for (unsigned version = 4; version <= 6; version += 2) {
		const char *over = version == 4 ? "IPv4" : "IPv6";
		char name[100];
		struct made made = tcp;

		made.version = version;
		made.size = 60000;
		made.gso = 1400;
		snprintf(name, sizeof(name), "TCP over %s", over);
		check(devices, &made, name);
		made.tcp_options = 12;
		made.size = 2800;
		made.flags = 0x91;
		made.ecn = true;
		snprintf(name, sizeof(name), "two over %s, the congestion window reduced", over);
		check(devices, &made, name);
		made.size = made.gso = 700;
		made.tcp_options =
			0; /* the kernel forgets these where it looks whether there is anything to cut */
		made.ecn = false;
		snprintf(name, sizeof(name), "one over %s", over);
		check(devices, &made, name);
		made.gso = 0;
		snprintf(name, sizeof(name), "only a checksum over %s", over);
		check(devices, &made, name);
		made = udp;
		made.version = version;
		made.size = 60001;
		made.gso = 1000;
		snprintf(name, sizeof(name), "datagrams over %s", over);
		check(devices, &made, name);
	}
}

int main(void)
{
	int devices[2];

	if (unshare(CLONE_NEWNET) < 0 || access("/dev/net/tun", R_OK | W_OK) < 0) {
		tap_skip("no namespace, or no TUN device: %s", strerror(errno));
		return tap_done();
	}
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 13 + i / 253);
	devices[0] = device("tun0", IFF_VNET_HDR, "192.0.2.1", "2001:db8::1");
	devices[1] = device("tun1", 0, "10.0.0.6", "3031:3233:3435:3637::1");
	set("/proc/sys/net/ipv4/ip_forward", "1");
	set("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	set("/proc/sys/net/ipv4/conf/tun0/rp_filter", "0");
	set("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	check_all(devices);
	close(devices[0]);
	close(devices[1]);
	return tap_done();
}
