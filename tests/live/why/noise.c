/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * noise PORT ADDRESS...: in its namespace, packets that are not a probe's, until it is killed: every two
 * milliseconds one of multicast by one of the devices, a ping, a datagram or a connection to one of the
 * addresses, or a piece of a stream. It listens for those of others of its kind; PORT is the probe's, which
 * is asked, too. Prints "noise" once it is there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAM = 5203, ECHO = 5202, DISCARD = 9, MDNS = 5353 };
enum { TICK = 2 /* ms */, PATIENCE = 50 /* ticks without a byte */ };

/* Of all connections the first are streams. */
enum { STREAMS = 4, CONNECTIONS = 16 };

union endpoint {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

/* A connection that was begun, or accepted; -1: none. */
struct connection {
	int fd;
	unsigned age; /* in ticks */
};

static union endpoint *addresses;
static size_t address_count;
static unsigned probed;
static struct connection connections[CONNECTIONS];
static int raw[2], datagrams[2], listening, echoing;

static bool is_six(const union endpoint *endpoint)
{
	return endpoint->any.sa_family == AF_INET6;
}

static socklen_t size_of(const union endpoint *endpoint)
{
	return is_six(endpoint) ? sizeof endpoint->six : sizeof endpoint->four;
}

/* Less than LIMIT; how it goes on is nobody's secret. */
static unsigned chance(unsigned limit)
{
	static unsigned state = 1;

	state = state * 1103515245 + 12345;
	return (state >> 16) % limit;
}

static union endpoint with_port(union endpoint endpoint, unsigned port)
{
	if (is_six(&endpoint))
		endpoint.six.sin6_port = htons((uint16_t)port);
	else
		endpoint.four.sin_port = htons((uint16_t)port);
	return endpoint;
}

static union endpoint some_address(unsigned port)
{
	return with_port(addresses[chance((unsigned)address_count)], port);
}

static union endpoint read_address(const char *text)
{
	union endpoint out = { 0 };

	if (inet_pton(AF_INET6, text, &out.six.sin6_addr) == 1)
		out.any.sa_family = AF_INET6;
	else if (inet_pton(AF_INET, text, &out.four.sin_addr) == 1)
		out.any.sa_family = AF_INET;
	else
		exit(2);
	return out;
}

/* Nothing of what fails is of interest: the lab may have no way there. */
static void send_to(int fd, const void *bytes, size_t size, union endpoint to)
{
	if (sendto(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL, &to.any, size_of(&to)) < 0)
		return;
}

static int open_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (fd < 0 && errno != EAFNOSUPPORT) {
		perror("noise: socket");
		exit(1);
	}
	return fd;
}

/* As ping(8) does, it takes no other's answers: the kernel drops copies of them. */
static int open_raw(int family, int protocol)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	const struct sock_fprog filter = { 1, &none };
	int fd = open_socket(family, SOCK_RAW, protocol);

	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
	return fd;
}

/* For both families where there are both. */
static int open_server(int type, unsigned port)
{
	const int off = 0, on = 1;
	int fd = open_socket(AF_INET6, type, 0);
	union endpoint own = { .any.sa_family = fd < 0 ? AF_INET : AF_INET6 };

	if (fd < 0)
		fd = open_socket(AF_INET, type, 0);
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	own = with_port(own, port);
	if (bind(fd, &own.any, size_of(&own)) < 0) {
		perror("noise: bind");
		exit(1);
	}
	if (type == SOCK_STREAM)
		listen(fd, CONNECTIONS);
	return fd;
}

static void ping(void)
{
	union endpoint to = some_address(0);
	struct icmp6_hdr six = { .icmp6_type = ICMP6_ECHO_REQUEST, .icmp6_dataun.icmp6_un_data16 = { 7, 7 } };
	struct icmphdr four = { .type = ICMP_ECHO, .un.echo = { 7, 7 } };

	if (is_six(&to))
		return send_to(raw[1], &six, sizeof six, to);
	four.checksum = (uint16_t) ~(htons(ICMP_ECHO << 8) + 7 + 7);
	send_to(raw[0], &four, sizeof four, to);
}

static unsigned some_port(unsigned served)
{
	switch (chance(3)) {
	case 0: return DISCARD; /* where nobody is */
	case 1: return probed ? probed : served;
	default: return served;
	}
}

static void send_datagram(void)
{
	union endpoint to = some_address(some_port(ECHO));

	send_to(datagrams[is_six(&to)], "noise", 5, to);
}

static void drop(struct connection *one)
{
	if (one->fd >= 0)
		close(one->fd);
	one->fd = -1;
	one->age = 0;
}

static struct connection *some_connection(void)
{
	struct connection *place = &connections[STREAMS + chance(CONNECTIONS - STREAMS)];

	drop(place);
	return place;
}

static void begin(struct connection *one, union endpoint to)
{
	const int size = 400; /* no bigger packets: MTUs are not what this is about */

	one->fd = open_socket(to.any.sa_family, SOCK_STREAM, 0);
	setsockopt(one->fd, IPPROTO_TCP, TCP_MAXSEG, &size, sizeof size);
	if (connect(one->fd, &to.any, size_of(&to)) < 0 && errno != EINPROGRESS)
		drop(one);
}

static void begin_connection(void)
{
	begin(some_connection(), some_address(some_port(STREAM)));
}

/* Goes on with a stream, or begins one anew that has come to nothing. */
static void stream(void)
{
	static const char piece[1000];
	struct connection *one = &connections[chance(STREAMS)];

	if (one->fd < 0)
		begin(one, some_address(STREAM));
	else if (send(one->fd, piece, sizeof piece, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		one->age = 0;
}

static unsigned some_device(void)
{
	struct if_nameindex *all = if_nameindex();
	size_t count = 0;
	unsigned index = 0;

	while (all && all[count].if_index)
		count++;
	if (count)
		index = all[chance((unsigned)count)].if_index;
	if_freenameindex(all);
	return index;
}

/* To a group of the link's: "ff02::1". */
static void send_to_group(int fd, const void *bytes, size_t size, const char *group, unsigned device)
{
	union endpoint to = read_address(group);

	to.six.sin6_scope_id = device;
	send_to(fd, bytes, size, fd == datagrams[1] ? with_port(to, MDNS) : to);
}

/* What one joins is told to the routers (RFC 3810, RFC 3376). */
static void join_or_leave(unsigned device)
{
	struct ipv6_mreq six = { .ipv6mr_interface = device };
	struct ip_mreqn four = { .imr_multiaddr.s_addr = htonl(0xe00000fb), .imr_ifindex = (int)device };

	inet_pton(AF_INET6, "ff02::fb", &six.ipv6mr_multiaddr);
	if (setsockopt(datagrams[1], IPPROTO_IPV6, IPV6_JOIN_GROUP, &six, sizeof six) < 0)
		setsockopt(datagrams[1], IPPROTO_IPV6, IPV6_LEAVE_GROUP, &six, sizeof six);
	if (setsockopt(datagrams[0], IPPROTO_IP, IP_ADD_MEMBERSHIP, &four, sizeof four) < 0)
		setsockopt(datagrams[0], IPPROTO_IP, IP_DROP_MEMBERSHIP, &four, sizeof four);
}

static void send_multicast(void)
{
	const struct icmp6_hdr echo = { .icmp6_type = ICMP6_ECHO_REQUEST };
	const struct nd_router_solicit solicit = { .nd_rs_hdr.icmp6_type = ND_ROUTER_SOLICIT };
	unsigned device = some_device();
	struct ip_mreqn four = { .imr_ifindex = (int)device };

	switch (chance(5)) {
	case 0: return send_to_group(raw[1], &echo, sizeof echo, "ff02::1", device);
	case 1: return send_to_group(raw[1], &solicit, sizeof solicit, "ff02::2", device);
	case 2: return send_to_group(datagrams[1], "noise", 5, "ff02::fb", device);
	case 3: return join_or_leave(device);
	default:
		setsockopt(datagrams[0], IPPROTO_IP, IP_MULTICAST_IF, &four, sizeof four);
		return send_to(datagrams[0], "noise", 5, with_port(read_address("224.0.0.251"), MDNS));
	}
}

/* What others sent is taken; a datagram goes back. */
static void serve(void)
{
	char bytes[2048];
	union endpoint from;
	socklen_t size = sizeof from;
	ssize_t length;
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		some_connection()->fd = fd;
	length = recvfrom(echoing, bytes, sizeof bytes, 0, &from.any, &size);
	if (length > 0)
		send_to(echoing, bytes, (size_t)length, from);
	for (int i = 0; i < 2; i++)
		while (recv(datagrams[i], bytes, sizeof bytes, 0) > 0)
			;
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *one = &connections[i];

		while (one->fd >= 0 && recv(one->fd, bytes, sizeof bytes, 0) > 0)
			one->age = 0;
		if (++one->age > PATIENCE)
			drop(one);
	}
}

int main(int count, char **texts)
{
	static void (*const kinds[])(
		void) = { send_multicast, ping, send_datagram, begin_connection, stream };

	if (count < 3)
		return 2;
	probed = (unsigned)strtoul(texts[1], NULL, 10);
	address_count = (size_t)count - 2;
	addresses = calloc(address_count, sizeof *addresses);
	for (size_t i = 0; i < address_count; i++)
		addresses[i] = read_address(texts[i + 2]);
	for (size_t i = 0; i < CONNECTIONS; i++)
		connections[i].fd = -1;
	raw[0] = open_raw(AF_INET, IPPROTO_ICMP);
	raw[1] = open_raw(AF_INET6, IPPROTO_ICMPV6);
	datagrams[0] = open_socket(AF_INET, SOCK_DGRAM, 0);
	datagrams[1] = open_socket(AF_INET6, SOCK_DGRAM, 0);
	listening = open_server(SOCK_STREAM, STREAM);
	echoing = open_server(SOCK_DGRAM, ECHO);
	puts("noise");
	fflush(stdout);
	for (;;) {
		kinds[chance(sizeof kinds / sizeof *kinds)]();
		serve();
		poll(NULL, 0, TICK);
	}
}
