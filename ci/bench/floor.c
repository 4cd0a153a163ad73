/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor under "tunlab run labs/two-ns.json": the same two namespaces, a TUN in each, a relay between them
 * and one ping across, with bare system calls in one process and nothing else. No program that does this job
 * can be much faster; how much slower tunlab may be is a bound of ci/bench/run.
 *
 * The devices are persistent from the start: a TUN that goes with its descriptor costs milliseconds to close,
 * one that goes with its namespace costs this process nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LOOPBACK = 1,	    /* the index of lo in a new namespace */
	PATIENCE = 1000,    /* milliseconds without any packet */
	PACKET_SIZE = 2048, /* over the MTU of a new TUN */
};

/* One end of the wire. */
struct end {
	const char *address;
	int namespace;
	int device;
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Sends a request of rtnetlink and waits for the kernel's word on it. */
static void ask(int netlink, struct nlmsghdr *request, const char *what)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		struct nlmsghdr rest[16];
	} answer;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(netlink, request, request->nlmsg_len, 0) < 0 || recv(netlink, &answer, sizeof answer, 0) < 0)
		fail(what);
	errno = -answer.error.error;
	if (answer.header.nlmsg_type != NLMSG_ERROR || errno)
		fail(what);
}

static void set_up(int netlink, int index)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = { .nlmsg_len = sizeof request, .nlmsg_type = RTM_NEWLINK },
		.link = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP },
	};

	ask(netlink, &request.header, "link set up");
}

static void add_address(int netlink, int index, const char *address)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg entry;
		struct rtattr attribute;
		struct in_addr address;
	} request = {
		.header = { .nlmsg_len = sizeof request,
			.nlmsg_type = RTM_NEWADDR,
			.nlmsg_flags = NLM_F_CREATE },
		.entry = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = (unsigned int)index },
		.attribute = { .rta_len = RTA_LENGTH(sizeof(struct in_addr)), .rta_type = IFA_LOCAL },
	};

	inet_pton(AF_INET, address, &request.address);
	ask(netlink, &request.header, "address add");
}

/* A TUN in the namespace that this process is in now. */
static int open_tun(struct ifreq *device)
{
	int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	device->ifr_flags = IFF_TUN | IFF_NO_PI;
	if (tun < 0 || ioctl(tun, TUNSETIFF, device) || ioctl(tun, TUNSETPERSIST, 1))
		fail("/dev/net/tun");
	return tun;
}

/* Moves this process to a new namespace and furnishes it; it stays there. */
static void make(struct end *end)
{
	struct ifreq device = { .ifr_name = "tun0" };
	int netlink;

	if (unshare(CLONE_NEWNET))
		fail("unshare");
	end->namespace = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (end->namespace < 0 || netlink < 0)
		fail("namespace");
	end->device = open_tun(&device);
	if (ioctl(netlink, SIOCGIFINDEX, &device))
		fail("SIOCGIFINDEX");
	set_up(netlink, LOOPBACK);
	add_address(netlink, device.ifr_ifindex, end->address);
	set_up(netlink, device.ifr_ifindex);
	close(netlink);
}

static void send_echo(int pinger, const char *address)
{
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.sequence = htons(1) };
	struct sockaddr_in to = { .sin_family = AF_INET };

	/* RFC 1071: over two words that are not zero, and fit into 16 bits together. */
	echo.checksum = (uint16_t) ~(htons(ICMP_ECHO << 8) + htons(1));
	inet_pton(AF_INET, address, &to.sin_addr);
	if (sendto(pinger, &echo, sizeof echo, 0, (struct sockaddr *)&to, sizeof to) < 0)
		fail("sendto");
}

static bool is_reply(int pinger)
{
	struct {
		struct iphdr ip;
		struct icmphdr icmp;
	} packet;

	return recv(pinger, &packet, sizeof packet, 0) == sizeof packet && packet.icmp.type == ICMP_ECHOREPLY;
}

static void carry(int from, int to)
{
	char packet[PACKET_SIZE];
	ssize_t length = read(from, packet, sizeof packet);

	if (length < 0 || write(to, packet, (size_t)length) < 0)
		fail("relay");
}

/* Relays until the pinger has its reply. */
static void relay(int pinger, int left, int right)
{
	struct pollfd ready[] = {
		{ .fd = left, .events = POLLIN },
		{ .fd = right, .events = POLLIN },
		{ .fd = pinger, .events = POLLIN },
	};

	for (;;) {
		int count = poll(ready, 3, PATIENCE);

		if (count == 0)
			errno = ETIMEDOUT;
		if (count <= 0)
			fail("ping");
		if (ready[0].revents)
			carry(left, right);
		if (ready[1].revents)
			carry(right, left);
		if (ready[2].revents && is_reply(pinger))
			return;
	}
}

int main(void)
{
	struct end left = { .address = "10.0.0.1", .namespace = -1, .device = -1 };
	struct end right = { .address = "10.0.0.2", .namespace = -1, .device = -1 };
	int pinger;

	make(&left);
	pinger = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (pinger < 0)
		fail("raw socket");
	make(&right);
	send_echo(pinger, right.address);
	relay(pinger, left.device, right.device);
	return 0;
}
