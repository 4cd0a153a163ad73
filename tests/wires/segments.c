/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What whole segments are worth, and that they change nothing else: wires with offloads at both ends and
 * wires without, of one relay, in pairs that lose the same packets.
 *
 *     segments cpu [PAIRS [MEGABYTES]]    CPU seconds for each GB of TCP, at a loss of 0.1 % and no delay
 *     segments speed [PAIRS [SECONDS]]    TCP's speed at a round trip of 20 ms and a loss of 0.1 %
 *
 * It needs root, /dev/net/tun, and for "cpu" a machine that does little else: the time is that of the
 * processes that take part, with what the kernel does in their names. TCP is cubic. Prints TAP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "forwarder/impairments/delay.h"
#include "forwarder/impairments/loss.h"
#include "kernel/netns.h"
#include "kernel/relay.h"
#include "kernel/tun.h"
#include "tests/unit/tap.h"

enum { WIRES = 40, MTU = 1500, TCP_PORT = 5001 };

#define LOSS ((1ULL << 32) / 1000)

static struct relay *relay;
static int spaces[2];

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void good(struct error *error)
{
	if (!error)
		return;
	printf("Bail out! %s\n", error->text);
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint32_t address_of(unsigned wire, bool far)
{
	return 0x0a000001 + (wire << 8) + far;
}

static void set_address(int fd, struct ifreq *request, unsigned long what, uint32_t address)
{
	struct sockaddr_in value = { .sin_family = AF_INET, .sin_addr = { htonl(address) } };

	memcpy(&request->ifr_addr, &value, sizeof(value));
	need(ioctl(fd, what, request) == 0, "an address");
}

/* A device with its address, in the namespace that the process is in; the relay gets it. */
static void make_end(unsigned wire, bool far, bool whole)
{
	int inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), fd = -1;
	const struct relay_queue queue = { .frame = RELAY_IP, .mtu = MTU, .offload = whole };
	struct tun device = { .flags = (uint16_t)(IFF_TUN | IFF_NO_PI | (whole ? IFF_VNET_HDR : 0)) };
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "wire%u", wire);
	device.name = request.ifr_name;
	good(tun_make(&device, &fd));
	need(inet >= 0, "socket");
	set_address(inet, &request, SIOCSIFADDR, address_of(wire, far));
	set_address(inet, &request, SIOCSIFNETMASK, 0xffffff00);
	need(ioctl(inet, SIOCGIFFLAGS, &request) == 0, "flags");
	request.ifr_flags |= IFF_UP;
	need(ioctl(inet, SIOCSIFFLAGS, &request) == 0, "up");
	close(inet);
	good(relay_add_port(relay, 2 * wire + far, fd, &queue));
	close(fd);
}

/* Wires of even numbers take segments whole. */
static void stand(unsigned wires)
{
	good(relay_start(-1, &relay));
	for (unsigned far = 0; far < 2; far++) {
		good(netns_new(&spaces[far]));
		for (unsigned i = 0; i < wires; i++)
			make_end(i, far, i % 2 == 0);
	}
	for (unsigned i = 0; i < wires; i++)
		good(relay_add_wire(relay, 2 * i, 2 * i + 1));
}

static void impair(unsigned wire, uint64_t seed, uint64_t delay)
{
	struct relay_message loss = {
		.set = 1, .seed = seed, .impairment = "loss", .numbers = { [LOSS_CHANCE] = LOSS }
	};
	struct relay_message later = {
		.set = 1, .seed = seed, .impairment = "delay", .numbers = { [DELAY_TIME] = delay }
	};

	for (uint32_t port = 2 * wire; port < 2 * wire + 2; port++) {
		loss.seed = 2 * seed + port % 2;
		good(relay_impair(relay, port, &loss, NULL, 0));
		if (delay)
			good(relay_impair(relay, port, &later, NULL, 0));
	}
	good(relay_barrier(relay));
}

/* A connection over a wire: the near end in ENDS[0]. */
static void connect_over(unsigned wire, int ends[2])
{
	struct sockaddr_in far = { .sin_family = AF_INET,
		.sin_port = htons(TCP_PORT),
		.sin_addr = { htonl(address_of(wire, true)) } };
	int listener, on = 1;

	good(netns_enter(spaces[1]));
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	need(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "SO_REUSEADDR");
	need(bind(listener, (struct sockaddr *)&far, sizeof(far)) == 0 && listen(listener, 1) == 0, "listen");
	good(netns_enter(spaces[0]));
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	need(setsockopt(ends[0], IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) == 0, "cubic");
	need(connect(ends[0], (struct sockaddr *)&far, sizeof(far)) == 0, "connect");
	ends[1] = accept(listener, NULL, NULL);
	need(ends[1] >= 0, "accept");
	close(listener);
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* CPU seconds of this process, its children that have ended, and the relay. */
static double spent(void)
{
	const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	unsigned long long relays = 0;
	double sum = 0;
	char path[64], line[64];
	FILE *file;

	for (size_t i = 0; i < 2; i++) {
		struct rusage usage;

		getrusage(whose[i], &usage);
		sum += seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
	}
	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)relay_process(relay));
	file = fopen(path, "re");
	need(file && fgets(line, sizeof(line), file), path);
	relays = strtoull(line, NULL, 10);
	fclose(file);
	return sum + (double)relays / 1e9;
}

static char bytes[1 << 20];

static void send_all(int fd, size_t size)
{
	while (size) {
		ssize_t sent = write(fd, bytes, size < sizeof(bytes) ? size : sizeof(bytes));

		need(sent > 0, "write");
		size -= (size_t)sent;
	}
}

/* CPU seconds for a GB; SPEED: bits each second. */
static double cost_over(unsigned wire, size_t size, double *speed)
{
	int ends[2], status = 0;
	size_t received = 0;
	ssize_t got;
	double before, begin;
	pid_t sender;

	connect_over(wire, ends);
	before = spent();
	begin = now();
	sender = fork();
	need(sender >= 0, "fork");
	if (sender == 0) {
		send_all(ends[0], size);
		_exit(0);
	}
	close(ends[0]);
	while ((got = read(ends[1], bytes, sizeof(bytes))) > 0)
		received += (size_t)got;
	need(waitpid(sender, &status, 0) == sender && status == 0, "the sender");
	close(ends[1]);
	need(received == size, "all that was sent");
	*speed = 8 * (double)size / (now() - begin);
	return (spent() - before) / ((double)size / 1e9);
}

static int by_value(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void cpu(unsigned pairs, size_t megabytes)
{
	double costs[2][WIRES] = { 0 }, ratios[WIRES] = { 0 };

	stand(2);
	for (unsigned i = 0; i < 2; i++)
		impair(i, 1, 0);
	for (unsigned i = 0; i < pairs; i++) {
		double speeds[2];

		for (unsigned j = 0; j < 2; j++) {
			unsigned wire = (i + j) % 2; /* each is first as often as the other */

			costs[wire][i] = cost_over(wire, megabytes * 1000000, &speeds[wire]);
		}
		ratios[i] = costs[0][i] / costs[1][i];
		printf("# whole %.2f s/GB at %.2f Gbit/s, by packet %.2f s/GB at %.2f Gbit/s: %.2f\n",
			costs[0][i], speeds[0] / 1e9, costs[1][i], speeds[1] / 1e9, ratios[i]);
		fflush(stdout);
	}
	for (uint32_t i = 0; i < 2; i++) {
		const struct relay_counters *port = relay_counters(relay, 2 * i + 1);
		double share = (double)port->lost / (double)(port->lost + port->in_packets);

		tap_ok(port->lost && share > 0.0008 && share < 0.0012, "%s: %.3f %% of %lu packets are lost",
			i ? "by packet" : "whole", 100 * share,
			(unsigned long)(port->lost + port->in_packets));
	}
	double ratio = median(ratios, pairs), whole = median(costs[0], pairs),
	       plain = median(costs[1], pairs);

	tap_ok(ratio <= 0.6,
		"whole segments take %.2f CPU seconds for each GB, packets %.2f: %.2f, at most 0.6", whole,
		plain, ratio);
}

struct stream {
	int ends[2];
	double bits;
};

/* What all streams get in so many seconds, once they have had two to begin with. */
static void run_streams(struct stream *streams, unsigned count, double seconds)
{
	struct pollfd polled[2 * WIRES];
	double begin = now() + 2, end = begin + seconds;

	for (unsigned i = 0; i < 2 * count; i++) {
		polled[i] = (struct pollfd) { streams[i / 2].ends[i % 2], i % 2 ? POLLIN : POLLOUT, 0 };
		need(fcntl(polled[i].fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
	}
	while (now() < end) {
		need(poll(polled, (nfds_t)2 * count, 100) >= 0, "poll");
		for (unsigned i = 0; i < 2 * count; i++) {
			ssize_t moved = 0;

			if (polled[i].revents)
				moved = i % 2 ? read(polled[i].fd, bytes, sizeof(bytes))
					      : write(polled[i].fd, bytes, sizeof(bytes) / 16);
			need(moved >= 0 || errno == EAGAIN, "a stream");
			if (i % 2 && moved > 0 && now() >= begin)
				streams[i / 2].bits += 8 * (double)moved;
		}
	}
}

static void speed(unsigned pairs, double seconds)
{
	struct stream streams[WIRES] = { 0 };
	double speeds[2][WIRES] = { 0 }, sums[2] = { 0 };

	need(2 * pairs <= WIRES, "as many pairs");
	stand(2 * pairs);
	for (unsigned i = 0; i < 2 * pairs; i++) {
		impair(i, 1 + i / 2, 10000000);
		connect_over(i, streams[i].ends);
	}
	run_streams(streams, 2 * pairs, seconds);
	for (unsigned i = 0; i < pairs; i++) {
		for (unsigned j = 0; j < 2; j++) {
			speeds[j][i] = streams[2 * i + j].bits / seconds / 1e6;
			sums[j] += speeds[j][i];
		}
		printf("# whole %.1f Mbit/s, by packet %.1f Mbit/s: %.2f\n", speeds[0][i], speeds[1][i],
			speeds[0][i] / speeds[1][i]);
	}
	printf("# medians %.1f and %.1f Mbit/s\n", median(speeds[0], pairs), median(speeds[1], pairs));
	tap_ok(sums[0] / sums[1] > 0.75 && sums[0] / sums[1] < 1.25,
		"TCP over whole segments is as fast as over packets: %.1f to %.1f Mbit/s, %.2f, within 25 %%",
		sums[0] / pairs, sums[1] / pairs, sums[0] / sums[1]);
}

int main(int count, char **words)
{
	unsigned pairs = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 10;
	unsigned size = count > 3 ? (unsigned)strtoul(words[3], NULL, 10) : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (count > 1 && pairs && pairs <= WIRES && !strcmp(words[1], "cpu"))
		cpu(pairs, size ? size : 500);
	else if (count > 1 && pairs && !strcmp(words[1], "speed"))
		speed(pairs, size ? size : 20);
	else
		need(false, "segments cpu|speed [PAIRS [MEGABYTES|SECONDS]]");
	good(relay_stop(relay));
	return tap_done();
}
