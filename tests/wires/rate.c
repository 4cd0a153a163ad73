/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rate [MBIT [SECONDS [MICROSECONDS]]]: how exact a rate is. Over a wire of MBIT Mbit/s (50) and, each way, a
 * delay of MICROSECONDS (0), with a queue of 1000 packets, first UDP is sent, at twice the rate, then TCP, as
 * much as goes; once with segments that pass whole and once with packets of wire size:
 *
 *     near 10.0.0.1 == port 0 ---- rate ---- port 1 == 10.0.0.2 far
 *
 * Prints the IP bytes per second that the far device received over SECONDS (10), after one to begin with, and
 * ends with 1 where they are more than 1 % beside the rate. A rate of 0 is none, and TCP alone is measured.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "forwarder/impairments/delay.h"
#include "forwarder/impairments/rate.h"
#include "kernel/relay.h"
#include "tests/wires/stand.h"

enum {
	PORT = 5001,
	PAYLOAD = 1472, /* bytes of a datagram of 1500 */
	BEGINNING = 1,	/* seconds */
};

struct trial {
	const char *name;
	int type; /* of socket */
	bool offload;
	double mbit, seconds, delay;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void sleep_until(double when)
{
	struct timespec time = { .tv_sec = (time_t)when };

	time.tv_nsec = (long)((when - (double)time.tv_sec) * 1e9);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

static const struct sockaddr *far_address(void)
{
	static struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_port = htons(PORT);
	address.sin_addr.s_addr = htonl(STAND_FAR);
	return (const struct sockaddr *)&address;
}

static int open_socket(bool far, int type)
{
	int fd;

	stand_enter(far);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	stand_need(fd >= 0, "socket");
	return fd;
}

/* Sends datagrams, so many per millisecond, for ever. */
static void send_datagrams(const struct trial *trial, int fd)
{
	static const char payload[PAYLOAD];
	unsigned each = (unsigned)(2 * trial->mbit * 1e3 / (PAYLOAD * 8)) + 1;
	double begin = now();

	for (unsigned i = 1;; i++) {
		sleep_until(begin + i * 1e-3);
		for (unsigned j = 0; j < each; j++)
			send(fd, payload, sizeof(payload), 0);
	}
}

static void send_stream(int fd)
{
	static const char bytes[1 << 16];

	while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
}

static pid_t start_sender(const struct trial *trial)
{
	int fd = open_socket(false, trial->type);
	pid_t child;

	stand_need(connect(fd, far_address(), sizeof(struct sockaddr_in)) == 0, "connect");
	child = fork();
	stand_need(child >= 0, "fork");
	if (child) {
		close(fd);
		return child;
	}
	if (trial->type == SOCK_DGRAM)
		send_datagrams(trial, fd);
	send_stream(fd);
	_exit(0);
}

/* Takes what comes, for ever. */
static pid_t start_receiver(int type)
{
	static char bytes[1 << 18];
	int fd = open_socket(true, type), on = 1;
	pid_t child;

	stand_need(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "SO_REUSEADDR");
	stand_need(bind(fd, far_address(), sizeof(struct sockaddr_in)) == 0, "bind");
	stand_need(type == SOCK_DGRAM || listen(fd, 1) == 0, "listen");
	child = fork();
	stand_need(child >= 0, "fork");
	if (child) {
		close(fd);
		return child;
	}
	if (type == SOCK_STREAM)
		fd = accept(fd, NULL, NULL);
	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
	_exit(0);
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void impair(struct relay *relay, const struct trial *trial)
{
	struct relay_message rate = { .impairment = "rate", .set = 1 },
			     delay = { .impairment = "delay", .set = 1 };

	rate.numbers[RATE_BITS] = (uint64_t)(trial->mbit * 1e6);
	rate.numbers[RATE_PACKETS] = 1000;
	delay.numbers[DELAY_TIME] = (uint64_t)(trial->delay * 1000);
	if (trial->mbit > 0)
		stand_good(relay_impair(relay, 1, &rate, NULL, 0));
	for (uint32_t port = 0; port < 2 && trial->delay > 0; port++)
		stand_good(relay_impair(relay, port, &delay, NULL, 0));
	stand_good(relay_barrier(relay));
}

static double cpu_of_children(void)
{
	struct rusage used;

	getrusage(RUSAGE_CHILDREN, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Returns whether the rate is right. */
static bool measure(const struct trial *trial)
{
	struct relay *relay = stand_open(1, 1500, trial->offload);
	const struct relay_counters *counters = relay_counters(relay, 1);
	pid_t receiver, sender;
	double begin, seconds, mbit, before;
	uint64_t bytes;
	bool good;

	impair(relay, trial);
	receiver = start_receiver(trial->type);
	sender = start_sender(trial);
	sleep_until(now() + BEGINNING);
	begin = now();
	bytes = counters->in_bytes;
	sleep_until(begin + trial->seconds);
	seconds = now() - begin;
	mbit = (double)(counters->in_bytes - bytes) * 8 / seconds / 1e6;
	good = trial->mbit == 0 || (mbit >= 0.99 * trial->mbit && mbit <= 1.01 * trial->mbit);
	printf("%s %s: %.3f Mbit/s over %.2f s", trial->name, trial->offload ? "segments" : "packets", mbit,
		seconds);
	printf("; lost %llu, late %.1f %% of %llu, %.1f us on average",
		(unsigned long long)counters->overflowed,
		counters->delayed ? 100.0 * (double)counters->late / (double)counters->delayed : 0,
		(unsigned long long)counters->delayed,
		counters->delayed ? (double)counters->late_time / 1e3 / (double)counters->delayed : 0);
	end(sender);
	end(receiver);
	before = cpu_of_children();
	stand_close();
	printf("; relay %.0f %% of a processor%s\n",
		100 * (cpu_of_children() - before) / (seconds + BEGINNING), good ? "" : ": WRONG");
	fflush(stdout);
	return good;
}

int main(int argc, char **argv)
{
	struct trial trial = {
		.mbit = argc > 1 ? strtod(argv[1], NULL) : 50,
		.seconds = argc > 2 ? strtod(argv[2], NULL) : 10,
		.delay = argc > 3 ? strtod(argv[3], NULL) : 0,
	};
	bool good = true;

	for (unsigned i = 0; i < 4; i++) {
		trial.type = i < 2 ? SOCK_DGRAM : SOCK_STREAM;
		trial.name = i < 2 ? "UDP" : "TCP";
		trial.offload = i % 2 == 0;
		if (trial.mbit > 0 || trial.type == SOCK_STREAM)
			good &= measure(&trial);
	}
	return !good;
}
