/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packet sockets and filters: what is counted on lo, a TUN and a TAP, in which direction, and in how many
 * wire-size packets. */
#include "kernel/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/tcp.h>

#include "kernel/filter.h"
#include "kernel/segment.h"
#include "tests/unit/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct arena *arena;

static void segments(void)
{
	enum { SUM = VIRTIO_NET_HDR_F_NEEDS_CSUM };
	static const uint8_t ipv4[64] = { 0x46,
		[24 + 12] = 0x80 }; /* 4 bytes of options; a TCP header of 32 bytes */
	static const uint8_t ipv6[64] = { 0x60, [40 + 12] = 0x50 };
	static const struct {
		const char *what;
		struct virtio_net_hdr header;
		const uint8_t *bytes;
		size_t length;
		uint64_t expected;
	} rows[] = {
		{ "not to be cut", { 0 }, ipv4, 60000, 1 },
		{ "a size, but not to be cut", { .gso_size = 1000 }, ipv4, 60000, 1 },
		{ "IPv4 and TCP, by the headers", { .gso_type = 1, .gso_size = 1000 }, ipv4, 56 + 3000, 3 },
		{ "one byte more", { .gso_type = 1, .gso_size = 1000 }, ipv4, 56 + 3001, 4 },
		{ "with ECN", { .gso_type = 0x81, .gso_size = 1000 }, ipv4, 56 + 3001, 4 },
		{ "IPv6 and TCP, by the headers", { .gso_type = 4, .gso_size = 1000 }, ipv6, 60 + 3000, 3 },
		{ "TCP, by where its checksum begins", { SUM, 1, 0, 1000, 24, 16 }, ipv4, 56 + 3000, 3 },
		{ "UDP", { SUM, 5, 0, 1000, 24, 6 }, ipv4, 32 + 3001, 4 },
		{ "UDP fragments", { SUM, 3, 0, 1000, 24, 6 }, ipv4, 32 + 3000, 3 },
		{ "a checksum beyond the packet", { SUM, 1, 0, 1000, 60000, 16 }, ipv4, 3000, 1 },
		{ "shorter than its headers", { .gso_type = 1, .gso_size = 1 }, ipv4, 50, 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		tap_ok(segment_count(&rows[i].header, rows[i].bytes, 64, rows[i].length, 0) ==
				rows[i].expected,
			"segments: %s: %d", rows[i].what, (int)rows[i].expected);
}

static bool have_libpcap(void)
{
	struct filter filter;
	const char *wrong = filter_compile(arena, "ip", true, &filter);

	if (wrong && strstr(wrong, "install")) {
		tap_skip("filters: %s", wrong);
		return false;
	}
	return true;
}

static void filters(void)
{
	static const struct {
		const char *text;
		bool ethernet;
		const char *wrong; /* a part of what is said; NULL: it is right */
	} rows[] = {
		{ "icmp and host 10.0.0.1", true, NULL },
		{ "icmp and host 10.0.0.1", false, NULL },
		{ "ip6 and tcp port 80", false, NULL },
		{ "vlan 5", true, NULL },
		{ "vlan 5", false, "no VLAN support" },
		{ "host (", true, "syntax error" },
		{ "host example.invalid", true, "unknown host" },
		{ "tcp and udp", true, "rejects all packets" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct filter filter = { 0 };
		const char *wrong = filter_compile(arena, rows[i].text, rows[i].ethernet, &filter);

		if (rows[i].wrong)
			tap_ok(wrong && strstr(wrong, rows[i].wrong), "\"%s\": %s", rows[i].text, wrong);
		else
			tap_ok(!wrong && filter.count, "\"%s\" for %s", rows[i].text,
				rows[i].ethernet ? "Ethernet" : "IP");
	}
}

/* What libpcap would compile for ever is not begun. */
static void long_filter(void)
{
	struct filter filter;
	char *text = arena_printf(arena, "port 1");
	const char *wrong;

	for (int i = 2; strlen(text) < 990; i++)
		text = arena_printf(arena, "%s or port %d", text, i);
	wrong = filter_compile(arena, text, true, &filter);
	tap_ok(!wrong && filter.count < RELAY_INSTRUCTIONS, "a filter of %zu characters", strlen(text));
	text = arena_printf(arena, "%s or %s", text, text);
	wrong = filter_compile(arena, text, true, &filter);
	tap_ok(wrong && strstr(wrong, "1000 are the limit"), "a filter that is too long: %s", wrong);
}

/* Makes the device (by IFF_TUN or IFF_TAP), gives it 10.N.0.1/24 and sets it up; its descriptor, or -1. */
static int make_device(const char *name, short kind, unsigned char n)
{
	struct ifreq request = { 0 };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
	bool made;

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	request.ifr_flags = (short)(kind | IFF_NO_PI);
	made = ioctl(fd, TUNSETIFF, &request) == 0;
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(0x0a000001U | (uint32_t)n << 16);
	made = made && ioctl(control, SIOCSIFADDR, &request) == 0;
	address->sin_addr.s_addr = htonl(0xffffff00U);
	made = made && ioctl(control, SIOCSIFNETMASK, &request) == 0;
	request.ifr_flags = IFF_UP;
	made = made && ioctl(control, SIOCSIFFLAGS, &request) == 0;
	close(control);
	if (!made && fd >= 0)
		close(fd);
	return made ? fd : -1;
}

static uint32_t index_of(const char *name)
{
	struct ifreq request = { 0 };
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	ioctl(control, SIOCGIFINDEX, &request);
	close(control);
	return (uint32_t)request.ifr_ifindex;
}

/* lo, up, and with an MTU as Ethernet's, so that TCP has something to cut. */
static void set_up_lo(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_mtu = 1500 };
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ioctl(control, SIOCSIFMTU, &request);
	request.ifr_flags = IFF_UP;
	ioctl(control, SIOCSIFFLAGS, &request);
	close(control);
}

static struct sockaddr_in endpoint(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)
	};
}

/* Sends SIZE bytes to the UDP port, to be cut to SEGMENT bytes each (0: not to be cut). */
static bool send_udp(uint32_t address, uint16_t port, size_t size, int segment)
{
	struct sockaddr_in to = endpoint(address, port);
	static const char bytes[65536];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool sent = !segment || setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0;

	sent = sent && sendto(fd, bytes, size, 0, (struct sockaddr *)&to, sizeof to) == (ssize_t)size;
	close(fd);
	return sent;
}

static struct packet_socket *socket_here(void)
{
	struct packet_socket *socket = NULL;
	struct error *error = packet_open(&socket);

	tap_ok(!error, "packet_open: %s", error ? error->text : "no error");
	error_free(error);
	return socket;
}

/* One count that is made, and what it must be. */
struct expected {
	unsigned direction;
	const char *filter;
	uint64_t packets;
};

static void check_counts(struct packet_socket *socket, const char *device, bool ethernet,
	const struct expected *rows, size_t count)
{
	struct packet_count counts[8] = { 0 };
	struct error *error;

	for (size_t i = 0; i < count; i++) {
		const char *wrong;

		counts[i].device = index_of(device);
		counts[i].loopback = !strcmp(device, "lo");
		counts[i].direction = rows[i].direction;
		wrong = filter_compile(arena, rows[i].filter, ethernet, &counts[i].filter);
		if (wrong)
			tap_ok(false, "\"%s\": %s", rows[i].filter, wrong);
	}
	error = packet_read(socket, counts, count);
	if (error)
		tap_ok(false, "packet_read: %s", error->text);
	error_free(error);
	for (size_t i = 0; i < count; i++)
		tap_ok(counts[i].packets == rows[i].packets, "%s, direction %u, \"%s\": %d packets (of %d)",
			device, rows[i].direction, rows[i].filter, (int)counts[i].packets,
			(int)rows[i].packets);
}

static void on_lo(struct packet_socket *socket)
{
	static const struct expected rows[] = {
		{ RELAY_IN, "udp dst port 7", 3 },
		{ RELAY_OUT, "udp dst port 7", 3 },
		{ RELAY_BOTH, "udp dst port 7", 3 },
		{ RELAY_BOTH, "udp dst port 8", 0 },
		{ RELAY_BOTH, "icmp", 3 }, /* port unreachable */
		{ RELAY_BOTH, "ether proto 0x800 and udp", 3 },
	};
	static const struct expected cut[] = { { RELAY_BOTH, "udp", 5 },
		{ RELAY_OUT, "udp and greater 1000", 5 } };

	for (int i = 0; i < 3; i++)
		send_udp(INADDR_LOOPBACK, 7, 10, 0);
	check_counts(socket, "lo", true, rows, COUNT(rows));

	if (send_udp(INADDR_LOOPBACK, 7, 4500, 1000))
		check_counts(socket, "lo", true, cut, COUNT(cut));
	else
		tap_skip("UDP segments: %s", strerror(errno));
}

static void on_tun(struct packet_socket *socket)
{
	static const uint8_t from_outside[28] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, IPPROTO_UDP, 0, 0, 10, 1, 0,
		2, 10, 1, 0, 1, 0, 7, 0, 9, 0, 8, 0, 0 };
	static const struct expected rows[] = {
		{ RELAY_OUT, "udp and dst host 10.1.0.2", 2 },
		{ RELAY_IN, "udp and dst host 10.1.0.2", 0 },
		{ RELAY_IN, "udp and src host 10.1.0.2 and dst port 9", 1 },
		{ RELAY_OUT, "udp and src host 10.1.0.2", 0 },
		{ RELAY_BOTH, "udp", 3 },
	};
	int fd = make_device("tun0", IFF_TUN, 1);

	if (fd < 0) {
		tap_skip("a TUN device: %s", strerror(errno));
		return;
	}
	send_udp(0x0a010002, 7, 10, 0);
	send_udp(0x0a010002, 7, 10, 0);
	tap_ok(write(fd, from_outside, sizeof from_outside) == sizeof from_outside, "a packet into the TUN");
	check_counts(socket, "tun0", false, rows, COUNT(rows));
	close(fd);
}

static void on_tap(struct packet_socket *socket)
{
	static const uint8_t tagged[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x81, 0, 0,
		5, 8, 6 };
	static const struct expected rows[] = {
		{ RELAY_OUT, "arp", 1 },
		{ RELAY_IN, "arp", 0 },
		{ RELAY_IN, "vlan 5", 1 },
		{ RELAY_IN, "vlan 6", 0 },
		{ RELAY_IN, "vlan and arp and ether broadcast", 1 },
		{ RELAY_OUT, "vlan", 0 },
	};
	int fd = make_device("tap0", IFF_TAP, 2);

	if (fd < 0) {
		tap_skip("a TAP device: %s", strerror(errno));
		return;
	}
	send_udp(0x0a020002, 7, 10, 0);
	tap_ok(write(fd, tagged, sizeof tagged) == sizeof tagged, "a frame into the TAP");
	check_counts(socket, "tap0", true, rows, COUNT(rows));
	close(fd);
}

/* Moves SIZE bytes from one end to the other without waiting for either. */
static void transfer(int from, int to, size_t size)
{
	char bytes[32768] = { 0 };
	size_t sent = 0, received = 0;

	while (received < size) {
		size_t left = size - sent < sizeof bytes ? size - sent : sizeof bytes;
		ssize_t n = left ? send(from, bytes, left, MSG_DONTWAIT) : 0;

		sent += n > 0 ? (size_t)n : 0;
		n = recv(to, bytes, sizeof bytes, MSG_DONTWAIT);
		received += n > 0 ? (size_t)n : 0;
		if (n == 0)
			return;
	}
}

/* TCP knows how many segments it sent, however many were handed on in one piece. */
static void tcp_segments(struct packet_socket *socket_on_lo)
{
	struct sockaddr_in at = endpoint(INADDR_LOOPBACK, 4000);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct expected row = { RELAY_BOTH, "tcp dst port 4000", 0 };
	struct tcp_info info = { 0 };
	socklen_t size = sizeof info;
	int server;

	tap_ok(bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 1) == 0 &&
			connect(client, (struct sockaddr *)&at, sizeof at) == 0,
		"a TCP connection over lo");
	server = accept(listener, NULL, NULL);
	transfer(client, server, 300000);
	getsockopt(client, IPPROTO_TCP, TCP_INFO, &info, &size);
	row.packets = info.tcpi_segs_out;
	tap_ok(row.packets > 200, "%d segments were sent", (int)row.packets);
	check_counts(socket_on_lo, "lo", true, &row, 1);
	close(client);
	close(server);
	close(listener);
}

static void nothing_counted(struct packet_socket *socket)
{
	static const struct expected row = { RELAY_BOTH, "udp", 0 };
	struct error *error;

	send_udp(INADDR_LOOPBACK, 7, 10, 0);
	error = packet_read(socket, NULL, 0);
	tap_ok(!error, "reading without counts: %s", error ? error->text : "no error");
	error_free(error);
	check_counts(socket, "lo", true, &row, 1);
	tap_ok(packet_lost(socket) == 0, "nothing was lost");
}

/* What a socket that captures has of a frame: its last is kept. */
struct captured {
	size_t packets;
	struct packet last;
	uint8_t bytes[64];
};

static void keep(void *context, const struct packet *packet)
{
	struct captured *captured = context;

	captured->packets++;
	captured->last = *packet;
	memcpy(captured->bytes, packet->bytes, packet->size < 64 ? packet->size : 64);
}

static uint64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The moment is the kernel's, not that of reading; the VLAN tag is where it was. */
static void captured(void)
{
	static const uint8_t tagged[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x81, 0,
		0x60, 5, 0x12, 0x34, 77 };
	struct packet_socket *socket = NULL;
	struct error *error = packet_socket_open(PACKET_CAPTURED, &socket);
	int fd = make_device("tap1", IFF_TAP, 3);
	struct captured seen = { 0 };
	char name[IFNAMSIZ];
	uint16_t type = 0;
	uint64_t before = 0, after = 0;

	tap_ok(!error, "packet_socket_open: %s", error ? error->text : "no error");
	if (error || fd < 0) {
		tap_skip("a capture on a TAP device: %s", strerror(errno));
		error_free(error);
		packet_close(socket);
		return;
	}
	error_free(packet_each(socket, keep, &seen));
	seen.packets = 0;
	/* The kernel begins to note moments a moment after somebody wants them: some work queue's turn. */
	for (int tries = 0; tries < 1000; tries++) {
		before = time_now();
		if (write(fd, tagged, sizeof tagged) < 0)
			break;
		after = time_now();
		usleep(1000);
		seen.packets = 0;
		error_free(packet_each(socket, keep, &seen));
		if (seen.last.time >= before && seen.last.time <= after)
			break;
	}
	tap_ok(seen.packets == 1 && seen.last.time >= before && seen.last.time <= after,
		"a frame was seen when it came, not when it was read");
	tap_ok(seen.last.size == sizeof tagged && seen.last.length == sizeof tagged &&
			!memcmp(seen.bytes, tagged, sizeof tagged),
		"with its VLAN tag: %zu bytes", seen.last.size);
	tap_ok(seen.last.direction == RELAY_IN && seen.last.packets == 1, "once, and coming in");
	tap_ok(packet_device(socket, "tap1") == index_of("tap1") && !packet_device(socket, "tap9"),
		"a device's index");
	tap_ok(packet_device_name(socket, index_of("tap1"), name, &type) && !strcmp(name, "tap1") &&
			type == ARPHRD_ETHER && !packet_device_name(socket, 999, name, &type),
		"and its name and type");
	close(fd);
	packet_close(socket);
}

/* More than the queue holds. */
static void overrun(struct packet_socket *socket)
{
	struct packet_count count = { .device = index_of("lo"), .loopback = true, .direction = RELAY_BOTH };
	int small = 4096;
	uint64_t lost;
	struct error *error;

	setsockopt(packet_descriptor(socket), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 100; i++)
		send_udp(INADDR_LOOPBACK, 7, 1000, 0);
	error = packet_read(socket, &count, 1);
	error_free(error);
	lost = packet_lost(socket);
	tap_ok(!error && count.packets > 0 && count.packets < 200 && lost > 0,
		"%d packets were counted, %d lost", (int)count.packets, (int)lost);
	tap_ok(packet_lost(socket) == 0, "losses are told once");
}

int main(void)
{
	struct packet_socket *socket;

	arena = arena_open();
	segments();
	if (have_libpcap()) {
		filters();
		long_filter();
		if (unshare(CLONE_NEWNET) < 0) {
			tap_skip("counting packets in a namespace of its own: %s", strerror(errno));
		} else if ((socket = socket_here())) {
			set_up_lo();
			on_lo(socket);
			on_tun(socket);
			on_tap(socket);
			tcp_segments(socket);
			captured();
			nothing_counted(socket);
			overrun(socket);
			packet_close(socket);
		}
	}
	arena_close(arena);
	return tap_done();
}
