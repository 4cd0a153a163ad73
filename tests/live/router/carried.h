/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A probe that craft makes, and what it carries. */
#ifndef TUNLAB_TESTS_LIVE_ROUTER_CARRIED_H
#define TUNLAB_TESTS_LIVE_ROUTER_CARRIED_H

#include <netinet/in.h>

#include "tests/live/router/ports.h"

enum { MOST = 66000, FROM_PORT = 4000, ECHO_ID = 0x1234, UNSAID = -1 };

struct probe {
	int ttl, tos, flow, id, off, mf, df, sum, upsum, nosum, ver, ihl, len, trail, shortened;
	int cut, cut_length;
	const char *opt, *hbh, *dst, *route, *body, *to, *from;
	bool ip6;
	size_t address; /* bytes */
	uint8_t addresses[32];
	uint8_t protocol;
	uint8_t upper[MOST];
	size_t size;
	uint8_t out[MOST + 1000];
	size_t length;
};

/* The payload of SIZE bytes behind a header of HEADER, each other than those around it. */
static inline void fill(struct probe *probe, size_t header, long size)
{
	for (long i = 0; i < size; i++)
		probe->upper[header + (size_t)i] = (uint8_t)(i * 7 + (i >> 8));
	probe->size = header + (size_t)size;
	if (probe->body)
		put_hex(probe->upper + header, probe->body);
}

/* Where its checksum is. */
static inline size_t carry_icmp(struct probe *probe, const long *values)
{
	probe->protocol = probe->ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	probe->upper[0] = (uint8_t)values[0];
	probe->upper[1] = (uint8_t)values[1];
	fill(probe, 4, values[2]);
	return 2;
}

static inline size_t carry_echo(struct probe *probe, const long *values)
{
	probe->protocol = probe->ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	probe->upper[0] = probe->ip6 ? 128 : 8;
	put16(probe->upper + 4, ECHO_ID);
	put16(probe->upper + 6, 1);
	fill(probe, 8, values[0]);
	return 2;
}

static inline size_t carry_udp(struct probe *probe, const long *values)
{
	probe->protocol = IPPROTO_UDP;
	put16(probe->upper, FROM_PORT);
	put16(probe->upper + 2, (uint32_t)values[0]);
	fill(probe, 8, values[1]);
	put16(probe->upper + 4, (uint32_t)probe->size);
	return 6;
}

static inline size_t carry_tcp(struct probe *probe, const long *values)
{
	probe->protocol = IPPROTO_TCP;
	put16(probe->upper, FROM_PORT);
	put16(probe->upper + 2, (uint32_t)values[0]);
	put16(probe->upper + 6, 1000);
	put16(probe->upper + 10, 2000);
	probe->upper[12] = 5 << 4;
	probe->upper[13] = (uint8_t)values[1];
	put16(probe->upper + 14, 65535);
	fill(probe, 20, values[2]);
	return 16;
}

static inline size_t carry_protocol(struct probe *probe, const long *values)
{
	probe->protocol = (uint8_t)values[0];
	fill(probe, 0, values[1]);
	return 0;
}

static const struct carried {
	const char *name;
	size_t (*carry)(struct probe *probe, const long *values);
} carried[] = {
	{ "icmp", carry_icmp },
	{ "echo", carry_echo },
	{ "udp", carry_udp },
	{ "tcp", carry_tcp },
	{ "proto", carry_protocol },
};

static inline void sum_up(struct probe *probe, size_t at)
{
	uint32_t begun = pseudo(probe->addresses, probe->address, probe->size, probe->protocol);
	uint16_t sum = checksum(probe->upper, probe->size, probe->protocol == IPPROTO_ICMP ? 0 : begun);

	if (probe->upsum != UNSAID)
		sum ^= 1;
	if (at && probe->nosum == UNSAID)
		put16(probe->upper + at, sum);
}

#endif
