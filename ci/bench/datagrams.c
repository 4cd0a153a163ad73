/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * datagrams FROM TO ADDRESS SECONDS: sends datagrams of 64 bytes out of the namespace FROM, as fast as one
 * process can, and prints how many of them a socket in the namespace TO, which has that IPv4 ADDRESS,
 * received each second, from the first one on.
 *
 * Many are sent and received by one system call, and a receiver that the scheduler leaves waiting finds them
 * in a large buffer: with fewer cores than processes, little of what is measured is the sender's and
 * receiver's own. Nothing but the datagrams goes over the path, so that one that drops most of them cannot
 * break the measurement.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "ci/bench/bench.h"

enum {
	SIZE = 64,
	AT_ONCE = 64,
	PORT = 5202,
	BUFFER = 8 << 20,
	PATIENCE = 5000, /* milliseconds without any datagram */
};

/* Datagrams of one system call; they all share one buffer, as nobody looks into it. */
struct batch {
	struct mmsghdr messages[AT_ONCE];
	struct iovec buffer;
	char bytes[SIZE];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int open_socket(const char *namespace)
{
	int fd;

	enter(namespace);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fail("socket");
	return fd;
}

static void prepare(struct batch *batch)
{
	memset(batch, 0, sizeof *batch);
	batch->buffer = (struct iovec) { batch->bytes, SIZE };
	for (int i = 0; i < AT_ONCE; i++)
		batch->messages[i].msg_hdr = (struct msghdr) { .msg_iov = &batch->buffer, .msg_iovlen = 1 };
}

/* A full queue is no reason to stop. */
static _Noreturn void blast(int out)
{
	static struct batch batch;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prepare(&batch);
	for (;;)
		if (sendmmsg(out, batch.messages, AT_ONCE, 0) < 0 && errno != ENOBUFS &&
			errno != ECONNREFUSED)
			fail("sendmmsg");
}

static int receive(int in, struct batch *batch)
{
	struct pollfd ready = { .fd = in, .events = POLLIN };
	int count = recvmmsg(in, batch->messages, AT_ONCE, MSG_DONTWAIT, NULL);

	if (count < 0 && errno != EAGAIN)
		fail("recvmmsg");
	if (count < 0 && poll(&ready, 1, PATIENCE) == 0) {
		errno = ETIMEDOUT;
		fail("no datagram came");
	}
	return count > 0 ? count : 0;
}

static double count_for(int in, double seconds)
{
	static struct batch batch;
	double start, end;
	long count = 0;

	prepare(&batch);
	while (!receive(in, &batch))
		;
	start = end = now();
	while (end - start < seconds) {
		count += receive(in, &batch);
		end = now();
	}
	return (double)count / (end - start);
}

int main(int argc, char **argv)
{
	int out, in, buffer = BUFFER;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	double seconds = argc == 5 ? strtod(argv[4], NULL) : 0, rate;
	pid_t sender;

	if (seconds <= 0 || inet_pton(AF_INET, argv[3], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: datagrams FROM TO ADDRESS SECONDS\n");
		return 2;
	}
	in = open_socket(argv[2]);
	if (setsockopt(in, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer))
		fail("SO_RCVBUFFORCE");
	if (bind(in, (struct sockaddr *)&to, sizeof to))
		fail("bind");
	out = open_socket(argv[1]);
	if (connect(out, (struct sockaddr *)&to, sizeof to))
		fail("connect");
	sender = fork();
	if (sender < 0)
		fail("fork");
	if (!sender)
		blast(out);
	rate = count_for(in, seconds);
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	printf("%.0f\n", rate);
	return 0;
}
