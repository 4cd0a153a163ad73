/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams at a listener: to whom they were sent, and answers from there. Without a connection the kernel
 * chooses an answer's source by its own routes, unless it is told (ip(7), ipv6(7)): IP_PKTINFO with
 * ipi_spec_dst says the source, with ipi_ifindex the device, too. A transparent listener's port is not that
 * which was asked, so that it answers by a socket bound to that.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "run/probe.h"

/* Of linux/in6.h, which netinet/in.h does not go with. */
#ifndef IPV6_ORIGDSTADDR
#define IPV6_ORIGDSTADDR 74
#endif

/* Room for what can come beside a datagram. */
union ancillary {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct sockaddr_in6))];
};

static bool is_of(const struct cmsghdr *header, int level, int type, size_t size)
{
	return header->cmsg_level == level && header->cmsg_type == type && header->cmsg_len >= CMSG_LEN(size);
}

static void take(const struct cmsghdr *header, struct datagram *out)
{
	const void *data = CMSG_DATA(header);
	struct in_pktinfo four;
	struct in6_pktinfo six;

	if (is_of(header, IPPROTO_IP, IP_ORIGDSTADDR, sizeof out->to.v4)) {
		memcpy(&out->to.v4, data, sizeof out->to.v4);
	} else if (is_of(header, IPPROTO_IPV6, IPV6_ORIGDSTADDR, sizeof out->to.v6)) {
		memcpy(&out->to.v6, data, sizeof out->to.v6);
	} else if (is_of(header, IPPROTO_IP, IP_PKTINFO, sizeof four)) {
		memcpy(&four, data, sizeof four);
		out->own.v4 = (struct sockaddr_in) { .sin_family = AF_INET, .sin_addr = four.ipi_spec_dst };
		out->device = (uint32_t)four.ipi_ifindex;
	} else if (is_of(header, IPPROTO_IPV6, IPV6_PKTINFO, sizeof six)) {
		memcpy(&six, data, sizeof six);
		out->own.v6 = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_addr = six.ipi6_addr };
		out->device = six.ipi6_ifindex;
	}
}

ssize_t listener_receive(int fd, void *bytes, size_t size, struct datagram *out)
{
	struct iovec piece = { .iov_base = bytes, .iov_len = size };
	union ancillary room;
	struct msghdr message = {
		.msg_name = &out->from,
		.msg_namelen = sizeof out->from,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof room,
	};
	ssize_t got;

	memset(out, 0, sizeof *out);
	got = recvmsg(fd, &message, 0);
	for (struct cmsghdr *at = got < 0 ? NULL : CMSG_FIRSTHDR(&message); at;
		at = CMSG_NXTHDR(&message, at))
		take(at, out);
	return got;
}

static socklen_t length_of(const union endpoint *endpoint)
{
	return endpoint->any.sa_family == AF_INET6 ? sizeof endpoint->v6 : sizeof endpoint->v4;
}

/* Puts what was asked into ROOM; its size. */
static size_t say_source(const struct datagram *datagram, bool by_device, union ancillary *room)
{
	bool six = datagram->own.any.sa_family == AF_INET6;
	struct in_pktinfo four = { .ipi_ifindex = by_device ? (int)datagram->device : 0 };
	struct in6_pktinfo info = { .ipi6_ifindex = by_device ? datagram->device : 0 };
	size_t size = six ? sizeof info : sizeof four;

	four.ipi_spec_dst = datagram->own.v4.sin_addr;
	info.ipi6_addr = datagram->own.v6.sin6_addr;
	memset(room, 0, sizeof *room);
	room->header.cmsg_len = CMSG_LEN(size);
	room->header.cmsg_level = six ? IPPROTO_IPV6 : IPPROTO_IP;
	room->header.cmsg_type = six ? IPV6_PKTINFO : IP_PKTINFO;
	memcpy(CMSG_DATA(&room->header), six ? (const void *)&info : &four, size);
	return CMSG_SPACE(size);
}

static int send_answer(
	int fd, const struct datagram *datagram, enum answering answering, const void *bytes, size_t size)
{
	struct iovec piece = { .iov_base = (void *)bytes, .iov_len = size };
	union ancillary room;
	struct msghdr message = {
		.msg_name = (void *)&datagram->from,
		.msg_namelen = length_of(&datagram->from),
		.msg_iov = &piece,
		.msg_iovlen = 1,
	};

	if (answering != ANSWER_PLAINLY && datagram->own.any.sa_family != AF_UNSPEC) {
		message.msg_controllen = say_source(datagram, answering == ANSWER_BY_DEVICE, &room);
		message.msg_control = &room;
	}
	return sendmsg(fd, &message, 0) < 0 ? errno : 0;
}

static bool is_bound_to(int fd, const union endpoint *to)
{
	union endpoint own = { .storage = { 0 } };
	socklen_t length = sizeof own;
	struct address left, right = endpoint_address(to, NULL);
	uint16_t own_port, port;

	if (getsockname(fd, &own.any, &length))
		return false;
	left = endpoint_address(&own, &own_port);
	endpoint_address(to, &port);
	return address_equal(&left, &right) && own_port == port;
}

/* A socket bound to whom the datagram was sent to, which others may be bound to as well: 0 or errno. */
static int open_as(const struct listener *listener, const union endpoint *to, int *fd)
{
	bool six = to->any.sa_family == AF_INET6;
	int number;

	*fd = socket(to->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return errno;
	number = probe_option(
		*fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_TRANSPARENT : IP_TRANSPARENT, 1);
	if (!number)
		number = probe_option(*fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!number && listener->mark)
		number = probe_option(*fd, SOL_SOCKET, SO_MARK, (int)listener->mark);
	if (!number && bind(*fd, &to->any, length_of(to)))
		number = errno;
	return number;
}

struct error *listener_answer(struct attempt *attempt, const struct netns *in, int fd,
	const struct datagram *datagram, const void *bytes, size_t size, int *number)
{
	const struct listener *listener = &attempt->step->listener;
	int other = -1;
	struct error *error;

	if (datagram->to.any.sa_family == AF_UNSPEC || is_bound_to(fd, &datagram->to)) {
		*number = send_answer(fd, datagram, listener->answering, bytes, size);
		return NULL;
	}
	error = site_enter(attempt->site, in);
	if (error)
		return error;
	*number = open_as(listener, &datagram->to, &other);
	error = site_leave(attempt->site);
	if (!error && !*number)
		*number = send_answer(other, datagram, listener->answering, bytes, size);
	if (other >= 0)
		close(other);
	return error;
}
