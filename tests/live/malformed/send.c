/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * send DEVICE tun|tap plain|vnet COUNT SEED: raw writes into the namespace's device, of any bytes: noise,
 * packets with bytes changed, cut off, of a byte, longer than the MTU; with "vnet" what asks the device for
 * checksums and cutting, rightly and wrongly. The same for the same seed. Prints "sent N, refused N": the
 * latter are those that the kernel did not even take.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/relay/made.h"

enum { HEADER = sizeof(struct virtio_net_hdr), MOST = 100000 };

static uint8_t payload[65536], bytes[HEADER + MOST];
static uint64_t state;
static bool ethernet, vnet;

/* Any number below a bound. */
static uint32_t any(uint32_t bound)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(state >> 33) % bound;
}

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_socket(const char *device, struct sockaddr_ll *to)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = vnet, room = 4 << 20;

	need(fd >= 0, "socket");
	*to = (struct sockaddr_ll) { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(device) };
	need(to->sll_ifindex, device);
	need(!setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), "PACKET_VNET_HDR");
	need(!setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)), "SO_SNDBUFFORCE");
	return fd;
}

static void fill(uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)any(256);
}

static size_t make_noise(uint8_t *at, struct virtio_net_hdr *offload)
{
	size_t length = any(4) ? any(100) : any(1600);

	fill(at, length);
	if (any(2))
		fill((uint8_t *)offload, sizeof(*offload));
	/* What begins like IP gets further. */
	if (length && any(2))
		at[0] = any(2) ? 0x45 : 0x60;
	return length;
}

static size_t make_packet(uint8_t *at, struct virtio_net_hdr *offload)
{
	struct made made = {
		.version = any(2) ? 4 : 6,
		.udp = any(2),
		.ethernet = ethernet,
		.ecn = any(4) == 0,
		.tags = ethernet ? any(3) : 0,
		.tcp_options = 4 * any(4),
		.flags = (uint8_t)any(256),
		.payload = payload,
		.size = any(3) ? any(1400) : any(65000),
		.gso = 1 + any(1500),
	};

	if (!vnet || any(4) == 0) {
		made.gso = 0;
		made.size = any(1500);
	}
	made.ip_options = made.version == 4 ? 4 * any(3) : 24 * any(3);
	if (made.size / (made.gso ? made.gso : 1) > 500)
		made.gso = 200;
	return made_whole(&made, at, offload);
}

/* One that is right, but for something. */
static size_t make_wrong(uint8_t *at, struct virtio_net_hdr *offload)
{
	size_t length = make_packet(at, offload);

	switch (any(5)) {
	case 0: return any((uint32_t)length + 1);
	case 1: at[any(length < 60 ? (uint32_t)length : 60)] = (uint8_t)any(256); break;
	case 2: at[any((uint32_t)length)] ^= (uint8_t)(1 << any(8)); break;
	case 3: ((uint8_t *)offload)[any(sizeof(*offload))] = (uint8_t)any(256); break;
	case 4: length += any(2) ? any(40) : any((uint32_t)(MOST - length)); break;
	}
	return length;
}

static size_t make(uint8_t *at, struct virtio_net_hdr *offload)
{
	*offload = (struct virtio_net_hdr) { 0 };
	switch (any(8)) {
	case 0: return make_noise(at, offload);
	case 1: fill(at, 3); return any(4);
	case 2: return make_packet(at, offload);
	default: return make_wrong(at, offload);
	}
}

static bool try(int fd, struct sockaddr_ll *to)
{
	static const uint16_t protocols[] = { 0x0800, 0x86dd, 0x0806, 0x8100, 0x1234, 0 };
	struct virtio_net_hdr offload;
	size_t length = make(bytes + HEADER, &offload), before = vnet ? HEADER : 0;

	memcpy(bytes, &offload, HEADER);
	to->sll_protocol = htons(any(3) ? protocols[any(2)] : protocols[any(6)]);
	if (sendto(fd, bytes + HEADER - before, before + length, 0, (const struct sockaddr *)to,
		    sizeof(*to)) >= 0)
		return true;
	need(errno == EINVAL || errno == EMSGSIZE || errno == ENOBUFS || errno == E2BIG, "sendto");
	return false;
}

int main(int count, char **words)
{
	unsigned sent = 0, refused = 0;
	struct sockaddr_ll to;
	int fd;

	if (count != 6) {
		fputs("usage: send DEVICE tun|tap plain|vnet COUNT SEED\n", stderr);
		return 2;
	}
	ethernet = !strcmp(words[2], "tap");
	vnet = !strcmp(words[3], "vnet");
	state = strtoull(words[5], NULL, 0);
	fill(payload, sizeof(payload));
	fd = open_socket(words[1], &to);
	for (unsigned long i = strtoul(words[4], NULL, 0); i; i--) {
		if (try(fd, &to))
			sent++;
		else
			refused++;
	}
	close(fd);
	printf("sent %u, refused %u\n", sent, refused);
	return 0;
}
