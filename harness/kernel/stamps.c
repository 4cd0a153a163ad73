/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/stamps.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kernel/loop.h"

enum {
	PATIENCE = 100000000, /* nanoseconds */
	SECOND = 1000000000,  /* nanoseconds */
};

/* A socket whose datagrams come to itself. */
static bool speak_to_itself(int fd)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof here;
	int on = 1;

	return !setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) &&
	       !bind(fd, (struct sockaddr *)&here, size) &&
	       !getsockname(fd, (struct sockaddr *)&here, &size) &&
	       !connect(fd, (struct sockaddr *)&here, size);
}

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

/* The time of the datagram that waits, 0 where it has none. */
static uint64_t receive(int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
	struct msghdr message = { .msg_control = control, .msg_controllen = sizeof control };
	struct timespec time = { 0 };

	if (recvmsg(fd, &message, 0) < 0)
		return 0;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at))
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&time, CMSG_DATA(at), sizeof time);
	return nanoseconds(&time);
}

/* Whether a datagram has the time at which it came, which was before now, rather than that of its reading; or
 * nobody knows. */
static bool is_stamped(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	struct timespec now;

	if (send(fd, "", 1, 0) != 1 || poll(&wait, 1, PATIENCE / 1000000) != 1)
		return true;
	clock_gettime(CLOCK_REALTIME, &now);
	return receive(fd) <= nanoseconds(&now);
}

int stamps_open(void)
{
	const uint64_t deadline = loop_now() + PATIENCE;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !speak_to_itself(fd))
		return fd;
	while (!is_stamped(fd) && loop_now() < deadline)
		poll(NULL, 0, 1);
	return fd;
}

void stamps_close(int stamps)
{
	if (stamps >= 0)
		close(stamps);
}
