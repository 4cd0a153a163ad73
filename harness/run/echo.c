/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/echo.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	FIRST_ID = 0x7401,
	QUEUE = 8 << 20, /* bytes: the answers to ten thousand requests that come at once */
};

/* A byte more than any packet has; used within one call only. */
static unsigned char room[65536];

static uint8_t request_type(int family)
{
	return family == AF_INET6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
}

static uint8_t reply_type(int family)
{
	return family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
}

static int protocol(int family)
{
	return family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
}

static void put16(unsigned char *at, unsigned number)
{
	at[0] = (unsigned char)(number >> 8);
	at[1] = (unsigned char)number;
}

static uint16_t get16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* The internet checksum (RFC 1071). For ICMPv6 the kernel puts it in (RFC 3542, section 3.1). */
static uint16_t checksum(const unsigned char *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += get16(bytes + i);
	if (size & 1)
		sum += (uint32_t)bytes[size - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Lets only echo replies in. */
static int filter(int family, int fd)
{
	struct icmp_filter four = { ~(1U << ICMP_ECHOREPLY) };
	struct icmp6_filter six;

	ICMP6_FILTER_SETBLOCKALL(&six);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &six);
	if (family == AF_INET6 ? setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &six, sizeof six)
			       : setsockopt(fd, SOL_RAW, ICMP_FILTER, &four, sizeof four))
		return errno;
	return 0;
}

/* A raw socket, or without CAP_NET_RAW a ping socket, where net.ipv4.ping_group_range allows one. */
static int open_either(
	struct attempt *attempt, struct echo_socket *out, const char **what, struct error **error)
{
	int family = out->family;
	int number = probe_socket(attempt, family, SOCK_RAW, protocol(family), &out->fd, what, error);

	if (number == EPERM && !strcmp(*what, "socket")) {
		out->datagram = true;
		number = probe_socket(attempt, family, SOCK_DGRAM, protocol(family), &out->fd, what, error);
		if (number == EACCES && !strcmp(*what, "socket")) {
			*error = error_new(STATUS_UNABLE, EPERM,
				"a ping needs CAP_NET_RAW, or its group in net.ipv4.ping_group_range");
			return -1;
		}
	} else if (!number) {
		*what = "ICMP_FILTER";
		number = filter(family, out->fd);
	}
	return number;
}

int echo_open(struct attempt *attempt, const struct address *target, size_t size, struct echo_socket *out,
	const char **what, struct error **error)
{
	static uint16_t opened;
	int number;

	*out = (struct echo_socket) { .fd = -1, .family = target->family, .size = size, .stream = opened };
	out->id = (uint16_t)(FIRST_ID + opened++);
	out->to_length = probe_endpoint(attempt, target, 0, &out->to);
	out->packet = arena_take(attempt->arena, ECHO_HEADER + size);
	pattern_fill(out->packet + ECHO_HEADER, size, 0, out->stream);
	number = open_either(attempt, out, what, error);
	if (!number) {
		probe_option(out->fd, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE);
		*what = "bind";
		number = probe_bind(attempt, out->fd);
	}
	if (number && out->fd >= 0) {
		close(out->fd);
		out->fd = -1;
	}
	return number;
}

/* The id that the kernel gave a ping socket with its first packet: its "port". */
static void learn_id(struct echo_socket *echo)
{
	union endpoint own;
	socklen_t length = sizeof own;

	if (!getsockname(echo->fd, &own.any, &length))
		endpoint_address(&own, &echo->id);
}

int echo_send(struct echo_socket *echo, uint16_t sequence)
{
	unsigned char *packet = echo->packet;
	ssize_t sent;

	packet[0] = request_type(echo->family);
	packet[1] = 0;
	put16(packet + 2, 0);
	put16(packet + 4, echo->id);
	put16(packet + 6, sequence);
	if (echo->family == AF_INET)
		put16(packet + 2, checksum(packet, ECHO_HEADER + echo->size));
	do
		sent = sendto(echo->fd, packet, ECHO_HEADER + echo->size, 0, &echo->to.any, echo->to_length);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno;
	if (echo->datagram)
		learn_id(echo);
	return 0;
}

/* Where the ICMP message begins: a raw IPv4 socket gives the IP header too (raw(7)). NULL: cut short. */
static const unsigned char *message_of(const struct echo_socket *echo, size_t *size)
{
	size_t header = echo->family == AF_INET && !echo->datagram && *size ? (room[0] & 15U) * 4 : 0;

	if (*size < header + ECHO_HEADER)
		return NULL;
	*size -= header;
	return room + header;
}

/* To whom any answer is one: it is sent to many. */
static bool to_many(const union endpoint *to)
{
	if (to->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_MULTICAST(&to->v6.sin6_addr);
	return IN_MULTICAST(ntohl(to->v4.sin_addr.s_addr)) || to->v4.sin_addr.s_addr == INADDR_BROADCAST;
}

static bool is_answer(
	const struct echo_socket *echo, const unsigned char *message, size_t size, const struct address *from)
{
	struct address target = endpoint_address(&echo->to, NULL);

	return message[0] == reply_type(echo->family) && message[1] == 0 && get16(message + 4) == echo->id &&
	       size == ECHO_HEADER + echo->size &&
	       pattern_check(message + ECHO_HEADER, echo->size, 0, echo->stream) == echo->size &&
	       (address_equal(from, &target) || to_many(&echo->to));
}

void echo_stamp(struct echo_socket *echo)
{
	echo->stamped = !probe_option(echo->fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

/* When the kernel received the message, by the clock of loop_now(); not later than now, though the clock that
 * it stamps by may have been set. */
static uint64_t arrival(const struct echo_socket *echo, struct msghdr *message)
{
	struct timespec stamp;
	uint64_t when, now;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); echo->stamped && at;
		at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(at), sizeof stamp);
		when = (uint64_t)stamp.tv_sec * 1000000000 + (uint64_t)stamp.tv_nsec - loop_epoch();
		now = loop_now();
		return when < now ? when : now;
	}
	return loop_now();
}

bool echo_receive(struct echo_socket *echo, struct echo_answer *out)
{
	const unsigned char *message;
	union endpoint sender = { .storage = { 0 } };
	union {
		struct cmsghdr header;
		char room[64];
	} control;
	struct iovec data = { room, sizeof room };
	struct msghdr whole = { &sender, sizeof sender, &data, 1, &control, sizeof control, 0 };
	ssize_t got = recvmsg(echo->fd, &whole, 0);
	size_t size = (size_t)got;

	out->sequence = -1;
	if (got < 0)
		return errno != EAGAIN; /* or a pending error, taken by this call */
	out->at = arrival(echo, &whole);
	out->from = endpoint_address(&sender, NULL);
	message = message_of(echo, &size);
	if (message && is_answer(echo, message, size, &out->from))
		out->sequence = get16(message + 6);
	return true;
}

int echo_sequence_of(const struct echo_socket *echo, const struct queued_error *error)
{
	const unsigned char *quoted = error->bytes;

	if (error->size < ECHO_HEADER || quoted[0] != request_type(echo->family) ||
		get16(quoted + 4) != echo->id)
		return -1;
	return get16(quoted + 6);
}
