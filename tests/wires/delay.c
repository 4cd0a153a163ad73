/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delay [COUNT [MICROSECONDS]]: how exact a delay is. COUNT pings (1000) over a wire with a delay each way
 * (10,000 us), each after one over a wire without, one at a time:
 *
 *     near 10.0.0.1 == port 0 ---- delay ---- port 1 == 10.0.0.2 far
 *     near 10.0.1.1 == port 2 --------------- port 3 == 10.0.1.2 far
 *
 * A ping's time is from the stamp that the kernel put on it as the device took it to the one on its reply.
 * Which of them were prompt is what the relay counted. Prints the difference to the median of the undelayed
 * ones, in microseconds beyond the delay both ways, and, with the bounds that the project holds itself to,
 * ends with 1 beyond them.
 */
#include <time.h> /* before linux/errqueue.h, which needs it */

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forwarder/impairments/delay.h"
#include "kernel/relay.h"
#include "tests/wires/stand.h"

enum {
	MEDIAN_BOUND = 100, /* microseconds */
	BOUND = 300,	    /* for 99 of 100 */
	PROMPT_BOUND = 80,  /* of 100 */
};

struct times {
	double *values; /* microseconds */
	size_t count;
};

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static double quantile(const struct times *times, double part)
{
	return times->count ? times->values[(size_t)(part * (double)(times->count - 1))] : 0;
}

/* Receives a packet, or, from the queue of errors, what became of one. Returns its length, and when the
 * kernel saw it, in microseconds; 0: it does not say. */
static ssize_t receive(int fd, int flags, void *bytes, size_t room, double *when)
{
	union {
		struct cmsghdr header;
		char room[512];
	} items;
	struct iovec part = { bytes, room };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &items, .msg_controllen = sizeof(items)
	};
	ssize_t length = recvmsg(fd, &message, flags);

	*when = 0;
	for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); length >= 0 && item;
		item = CMSG_NXTHDR(&message, item)) {
		struct scm_timestamping stamps;

		if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPING)
			continue;
		memcpy(&stamps, CMSG_DATA(item), sizeof(stamps));
		*when = (double)stamps.ts[0].tv_sec * 1e6 + (double)stamps.ts[0].tv_nsec / 1e3;
	}
	return length;
}

/* When the reply came; 0: this is something else. */
static double receive_reply(int fd, uint16_t sequence)
{
	uint8_t bytes[200];
	const struct icmphdr *reply = (struct icmphdr *)(bytes + sizeof(struct iphdr));
	double when;
	ssize_t length = receive(fd, MSG_DONTWAIT, bytes, sizeof(bytes), &when);

	if (length < (ssize_t)(sizeof(struct iphdr) + sizeof(*reply)) || reply->type != ICMP_ECHOREPLY ||
		reply->un.echo.sequence != sequence)
		return 0;
	return when;
}

/* The round trip of one ping, in microseconds; -1: no reply came within a second. */
static double ping(int fd, uint32_t address)
{
	static uint16_t sequence;
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo = { 1, ++sequence } };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr = { htonl(address) } };
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	uint32_t sum = echo.type + 1U + sequence;
	double sent = 0, came = 0;
	char none[1];

	echo.checksum = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
	stand_need(sendto(fd, &echo, sizeof(echo), 0, (void *)&to, sizeof(to)) == sizeof(echo), "sendto");
	while (came == 0 && poll(&wait, 1, 1000) > 0) {
		if (wait.revents & POLLERR)
			receive(fd, MSG_ERRQUEUE | MSG_DONTWAIT, none, sizeof(none), &sent);
		if (wait.revents & POLLIN)
			came = receive_reply(fd, sequence);
	}
	return came > 0 && sent > 0 ? came - sent : -1;
}

static uint64_t late(const struct relay *relay)
{
	return relay_counters(relay, 0)->late + relay_counters(relay, 1)->late;
}

struct result {
	struct times plain, delayed; /* the latter of prompt packets only */
	size_t asked, lost;
};

static double *make_values(size_t count)
{
	double *values = calloc(count, sizeof(double));

	if (values)
		return values;
	stand_need(false, "calloc");
	abort();
}

static void measure(const struct relay *relay, int fd, size_t count, struct result *result)
{
	result->plain.values = make_values(count);
	result->delayed.values = make_values(count);
	for (size_t i = 0; i < count; i++) {
		double plain = ping(fd, STAND_FAR + STAND_NEXT);
		uint64_t before = late(relay);
		double delayed = ping(fd, STAND_FAR);

		result->asked++;
		if (plain < 0 || delayed < 0) {
			result->lost++;
			continue;
		}
		result->plain.values[result->plain.count++] = plain;
		if (late(relay) == before)
			result->delayed.values[result->delayed.count++] = delayed;
	}
}

static bool within(double value, double bound)
{
	return value >= -bound && value <= bound;
}

/* Turns times into what they are beyond the wanted, and says whether all bounds are held. */
static bool report(struct result *result, double wanted)
{
	struct times *delayed = &result->delayed;
	double plain, share = 100.0 * (double)delayed->count / (double)result->asked;
	size_t inside = 0;
	bool good;

	qsort(result->plain.values, result->plain.count, sizeof(double), compare);
	plain = quantile(&result->plain, 0.5);
	for (size_t i = 0; i < delayed->count; i++) {
		delayed->values[i] -= plain + wanted;
		inside += within(delayed->values[i], BOUND);
	}
	qsort(delayed->values, delayed->count, sizeof(double), compare);
	good = within(quantile(delayed, 0.5), MEDIAN_BOUND) && share >= PROMPT_BOUND && result->lost == 0 &&
	       (double)inside >= 0.99 * (double)delayed->count;
	printf("undelayed: median %.1f us, 99 %% below %.1f us; %zu pings, %zu lost\n", plain,
		quantile(&result->plain, 0.99), result->asked, result->lost);
	printf("beyond %.0f us: median %.1f us, 1 %% below %.1f us, 99 %% below %.1f us, most %.1f us\n",
		wanted, quantile(delayed, 0.5), quantile(delayed, 0.01), quantile(delayed, 0.99),
		quantile(delayed, 1));
	printf("prompt: %.1f %%; of these within %d us: %.2f %%\n", share, BOUND,
		delayed->count ? 100.0 * (double)inside / (double)delayed->count : 0);
	return good;
}

static void report_relay(const struct relay *relay, size_t pings)
{
	struct rusage used;
	uint64_t delayed = 0, time = 0;

	for (uint32_t port = 0; port < 2; port++) {
		delayed += relay_counters(relay, port)->delayed;
		time += relay_counters(relay, port)->late_time;
	}
	printf("relay: late by %.1f us on average, ", delayed ? (double)time / 1e3 / (double)delayed : 0);
	stand_close();
	getrusage(RUSAGE_CHILDREN, &used);
	printf("%.0f us of CPU per pair of pings\n",
		((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
			(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec)) /
			(double)pings);
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	double each_way = argc > 2 ? strtod(argv[2], NULL) : 10000;
	struct relay *relay = stand_open(2, 1500, true);
	struct relay_message delay = { .impairment = "delay", .set = 1 };
	struct result result = { 0 };
	int stamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
		     SOF_TIMESTAMPING_OPT_TSONLY;
	int fd;
	bool good;

	delay.numbers[DELAY_TIME] = (uint64_t)(each_way * 1000);
	for (uint32_t port = 0; port < 2; port++)
		stand_good(relay_impair(relay, port, &delay, NULL, 0));
	stand_enter(false);
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	stand_need(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof(stamps)) == 0,
		"a raw socket");
	stand_good(relay_barrier(relay));
	measure(relay, fd, count, &result);
	good = report(&result, 2 * each_way);
	report_relay(relay, result.asked);
	return !good;
}
