/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drops [--elsewhere] SETUP [PACKET...]: in a network namespace with a device tun0, runs the shell commands
 * SETUP, lets packets come out of the device, and prints what the kernel dropped of them, and why:
 * "COUNT NAME PLACE DEVICE FROM > TO SIZE", and "mark MARK" where it has one. A packet is "FROM TO TTL PORT
 * [COUNT]"; it is UDP, of 8 bytes. With --elsewhere, what is watched is another namespace than that. Exit
 * status 3: drops cannot be watched.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kernel/capability.h"
#include "kernel/drops.h"
#include "kernel/netns.h"
#include "kernel/tun.h"
#include "lab/error.h"

_Noreturn static void end(struct error *error)
{
	fprintf(stderr, "%s\n", error->text);
	exit((int)error->status);
}

static void check(struct error *error)
{
	if (error)
		end(error);
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/* The internet checksum (RFC 1071) of what follows SUM. */
static uint32_t add_up(uint32_t sum, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? byte[i] : (uint32_t)byte[i] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

struct packet_text {
	const char *from, *to;
	unsigned long ttl, port, count;
};

static const char *word(char **rest)
{
	const char *next = strsep(rest, " ");

	return next ? next : "";
}

/* A port of 0 is none. */
static struct packet_text parse(char *text)
{
	struct packet_text packet;

	packet.from = word(&text);
	packet.to = word(&text);
	packet.ttl = strtoul(word(&text), NULL, 10);
	packet.port = strtoul(word(&text), NULL, 10);
	packet.count = text ? strtoul(word(&text), NULL, 10) : 1;
	return packet;
}

enum { PAYLOAD = 8, UDP_SIZE = sizeof(struct udphdr) + PAYLOAD };

static void make_udp(unsigned char *bytes, const struct packet_text *text, uint32_t sum)
{
	struct udphdr *udp = (struct udphdr *)bytes;

	udp->source = htons(40000);
	udp->dest = htons((uint16_t)text->port);
	udp->len = htons(UDP_SIZE);
	udp->check = folded(add_up(sum + IPPROTO_UDP + UDP_SIZE, bytes, UDP_SIZE));
}

/* Returns its size; 0: the addresses are of no family. */
static size_t make_packet(unsigned char *bytes, const struct packet_text *text)
{
	struct ip6_hdr *ip6 = (struct ip6_hdr *)bytes;
	struct iphdr *ip = (struct iphdr *)bytes;

	if (inet_pton(AF_INET, text->from, &ip->saddr) == 1 &&
		inet_pton(AF_INET, text->to, &ip->daddr) == 1) {
		ip->version = 4;
		ip->ihl = sizeof *ip / 4;
		ip->ttl = (uint8_t)text->ttl;
		ip->protocol = IPPROTO_UDP;
		ip->tot_len = htons(sizeof *ip + UDP_SIZE);
		ip->check = folded(add_up(0, ip, sizeof *ip));
		make_udp(bytes + sizeof *ip, text, add_up(0, &ip->saddr, 8));
		return sizeof *ip + UDP_SIZE;
	}
	if (inet_pton(AF_INET6, text->from, &ip6->ip6_src) == 1 &&
		inet_pton(AF_INET6, text->to, &ip6->ip6_dst) == 1) {
		ip6->ip6_flow = htonl(6U << 28);
		ip6->ip6_plen = htons(UDP_SIZE);
		ip6->ip6_nxt = IPPROTO_UDP;
		ip6->ip6_hlim = (uint8_t)text->ttl;
		make_udp(bytes + sizeof *ip6, text, add_up(0, &ip6->ip6_src, 32));
		return sizeof *ip6 + UDP_SIZE;
	}
	return 0;
}

/* What the kernel refuses of it (a device that is down) is what is looked at. */
static void come_out(int device, char *argument)
{
	_Alignas(8) unsigned char bytes[128] = { 0 };
	struct packet_text text = parse(argument);
	size_t size = make_packet(bytes, &text);

	if (size == 0 || text.port == 0)
		end(error_new(STATUS_WRONG, 0, "a packet is \"FROM TO TTL PORT [COUNT]\""));
	for (unsigned long i = 0; i < text.count; i++)
		if (write(device, bytes, size) < 0 && errno != EIO)
			end(error_new(STATUS_FAILED, errno, "cannot write to the device"));
}

struct printing {
	struct drop_watch *watch;
	uint64_t cookie, begin;
	unsigned times;
	char last[512];
};

static void flush(struct printing *printing)
{
	if (printing->times)
		printf("%u %s\n", printing->times, printing->last);
	printing->times = 0;
}

static void device_name(uint32_t index, char *name, size_t size)
{
	struct ifreq request = { .ifr_ifindex = (int)index };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(name, size, "-");
	if (index && !ioctl(fd, SIOCGIFNAME, &request))
		snprintf(name, size, "%s", request.ifr_name);
	close(fd);
}

static void addresses(const struct drop *drop, char *text, size_t size)
{
	char from[INET6_ADDRSTRLEN] = "?", to[INET6_ADDRSTRLEN] = "?";

	if (drop->protocol == ETH_P_IP && drop->size >= sizeof(struct iphdr)) {
		inet_ntop(AF_INET, drop->bytes + 12, from, sizeof from);
		inet_ntop(AF_INET, drop->bytes + 16, to, sizeof to);
	} else if (drop->protocol == ETH_P_IPV6 && drop->size >= sizeof(struct ip6_hdr)) {
		inet_ntop(AF_INET6, drop->bytes + 8, from, sizeof from);
		inet_ntop(AF_INET6, drop->bytes + 24, to, sizeof to);
	}
	snprintf(text, size, "%s > %s", from, to);
}

/* Drops that look alike are one line. Only what came of the packets: a device that comes up sends some
 * itself.
 */
static void print(void *context, const struct drop *drop)
{
	struct printing *printing = context;
	char name[IFNAMSIZ], ends[128], text[512], number[16], mark[24] = "";
	uint64_t late = now(CLOCK_REALTIME);

	if (drop->time < printing->begin)
		return;
	device_name(drop->device, name, sizeof name);
	addresses(drop, ends, sizeof ends);
	snprintf(number, sizeof number, "%" PRIu32, drop->reason);
	if (drop->mark)
		snprintf(mark, sizeof mark, " mark 0x%" PRIx32, drop->mark);
	snprintf(text, sizeof text, "%s %s %s %s %zu/%zu%s%s%s", drop->name ? drop->name : number,
		drop->place ? drop->place : "-", name, ends, drop->size, drop->length, mark,
		drop->time > late ? " in the future" : "",
		drop->cookie != printing->cookie ? " of another namespace" : "");
	if (strcmp(text, printing->last) != 0)
		flush(printing);
	printing->times++;
	memcpy(printing->last, text, sizeof text);
}

/* A namespace with a device, in which the thread is then. */
static int make_device(int *namespace)
{
	int device;

	check(netns_new(namespace));
	check(tun_make(&(struct tun) { .name = "tun0", .flags = IFF_TUN | IFF_NO_PI }, &device));
	return device;
}

int main(int argc, char **argv)
{
	bool elsewhere = argc > 1 && !strcmp(argv[1], "--elsewhere");
	struct printing printing = { 0 };
	int namespace, device, first = elsewhere ? 2 : 1;
	uint64_t start = now(CLOCK_MONOTONIC), opened, read;

	if (argc <= first)
		return STATUS_WRONG;
	check(drops_open(1, &printing.watch));
	opened = now(CLOCK_MONOTONIC);
	if (capability_has(CAP_BPF) || capability_has(CAP_PERFMON))
		end(error_new(STATUS_FAILED, 0, "capabilities are in effect that are needed no more"));
	device = make_device(&namespace);
	check(netns_cookie(namespace, &printing.cookie));
	check(drops_add(printing.watch, printing.cookie));
	if (elsewhere)
		device = make_device(&namespace);
	if (system(argv[first])) /* NOLINT(cert-env33-c): that is what it is for */
		end(error_new(STATUS_FAILED, 0, "the setup failed"));
	printing.begin = now(CLOCK_REALTIME);
	for (int i = first + 1; i < argc; i++)
		come_out(device, argv[i]);
	read = now(CLOCK_MONOTONIC);
	drops_read(printing.watch, print, &printing);
	flush(&printing);
	printf("lost %" PRIu64 "\n", drops_lost(printing.watch));
	read = now(CLOCK_MONOTONIC) - read;
	start = opened - start;
	opened = now(CLOCK_MONOTONIC);
	drops_close(printing.watch);
	printf("# opened in %.1f ms, read in %.1f ms, closed in %.1f ms\n", (double)start / 1e6,
		(double)read / 1e6, (double)(now(CLOCK_MONOTONIC) - opened) / 1e6);
	return 0;
}
