/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets have the time at which they came, however late they are read, once somebody has waited for that. */
#include "kernel/stamps.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/tap.h"

enum { TIMES = 20, MOST = 64 };

static bool is_later(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec != other->tv_sec ? one->tv_sec > other->tv_sec : one->tv_nsec > other->tv_nsec;
}

/* Whether a datagram that came before its time was asked for has the time at which it came. */
static bool is_stamped(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
	struct msghdr message = { .msg_control = control, .msg_controllen = sizeof control };
	struct timespec then, stamp = { 0 };
	socklen_t size = sizeof here;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	bool there;

	there = !bind(fd, (struct sockaddr *)&here, size) &&
		!getsockname(fd, (struct sockaddr *)&here, &size) &&
		!connect(fd, (struct sockaddr *)&here, size) && send(fd, "", 1, 0) == 1;
	clock_gettime(CLOCK_REALTIME, &then);
	there = there && !setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) &&
		recvmsg(fd, &message, 0) >= 0 && CMSG_FIRSTHDR(&message);
	if (there)
		memcpy(&stamp, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof stamp);
	close(fd);
	return there && !is_later(&stamp, &then);
}

/* Processes that never sleep: on an idle machine the kernel begins at once. Returns how many. */
static int compete(pid_t *others)
{
	const pid_t parent = getpid();
	long wanted = 4 * sysconf(_SC_NPROCESSORS_ONLN);
	int count = 0;

	while (count < wanted && count < MOST) {
		pid_t child = fork();

		while (child == 0 && getppid() == parent)
			;
		if (child == 0)
			_exit(0);
		if (child > 0)
			others[count] = child;
		count++;
	}
	return count;
}

int main(void)
{
	unsigned stamped = 0;
	pid_t others[MOST] = { 0 };
	int count = compete(others);

	for (unsigned i = 0; i < TIMES; i++) {
		int stamps = stamps_open();

		stamped += is_stamped();
		stamps_close(stamps);
	}
	while (count--) {
		if (others[count]) {
			kill(others[count], SIGKILL);
			waitpid(others[count], NULL, 0);
		}
	}
	tap_ok(stamped == TIMES, "%u of %d times", stamped, TIMES);
	stamps_close(-1);
	return tap_done();
}
