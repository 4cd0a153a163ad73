/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that seeds are made of, without their checksums. */
#ifndef TUNLAB_TESTS_FUZZ_SEEDS_SAMPLE_H
#define TUNLAB_TESTS_FUZZ_SEEDS_SAMPLE_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "tests/relay/made.h"

enum { ICMP = 1, TCP = 6, UDP = 17, ROUTING = 43, FRAGMENT = 44, ICMP6 = 58, NO_NEXT = 59, OPTIONS6 = 60 };
enum { MOST = 2000 };

/* A packet from its IP header on. */
struct sample {
	uint8_t bytes[MOST];
	size_t length;
};

static inline struct sample ip4(const char *source, const char *target, uint8_t protocol, size_t size)
{
	struct sample sample = { .bytes = { 0x45, [5] = 7, [8] = 64, [9] = protocol }, .length = 20 + size };

	made_number(sample.bytes + 2, 2, (uint32_t)sample.length);
	inet_pton(AF_INET, source, sample.bytes + 12);
	inet_pton(AF_INET, target, sample.bytes + 16);
	return sample;
}

static inline struct sample ip6(const char *source, const char *target, uint8_t protocol, size_t size)
{
	struct sample sample = { .bytes = { 0x60, [6] = protocol, [7] = 64 }, .length = 40 + size };

	made_number(sample.bytes + 4, 2, (uint32_t)size);
	inet_pton(AF_INET6, source, sample.bytes + 8);
	inet_pton(AF_INET6, target, sample.bytes + 24);
	return sample;
}

static inline struct sample ip(const char *source, const char *target, uint8_t protocol, size_t size)
{
	return strchr(target, ':') ? ip6(source, target, protocol, size)
				   : ip4(source, target, protocol, size);
}

static inline struct sample echo(const char *source, const char *target, size_t size)
{
	bool six = strchr(target, ':');
	struct sample sample = ip(source, target, six ? ICMP6 : ICMP, 8 + size);

	sample.bytes[six ? 40 : 20] = six ? 128 : 8;
	return sample;
}

static inline struct sample datagram(const char *source, const char *target, size_t size)
{
	struct sample sample = ip(source, target, UDP, 8 + size);
	uint8_t *udp = sample.bytes + sample.length - size - 8;

	made_number(udp, 2, 40000);
	made_number(udp + 2, 2, 33434);
	made_number(udp + 4, 2, (uint32_t)(8 + size));
	return sample;
}

static inline struct sample segment(const char *source, const char *target, uint8_t flags)
{
	struct sample sample = ip(source, target, TCP, 20);
	uint8_t *tcp = sample.bytes + sample.length - 20;

	made_number(tcp, 2, 40000);
	made_number(tcp + 2, 2, 80);
	made_number(tcp + 4, 4, 17);
	tcp[12] = 0x50;
	tcp[13] = flags;
	return sample;
}

static inline struct sample with_hops(struct sample sample, uint8_t hops)
{
	sample.bytes[sample.bytes[0] >> 4 == 4 ? 8 : 7] = hops;
	return sample;
}

static inline struct sample with_flags(struct sample sample, uint16_t flags_and_offset)
{
	made_number(sample.bytes + 6, 2, flags_and_offset);
	return sample;
}

static inline struct sample with_byte(struct sample sample, size_t at, uint8_t value)
{
	sample.bytes[at] = value;
	return sample;
}

/* Between the IP header and what follows it; of IPv4 options, of IPv6 a header, which names what follows. */
static inline struct sample insert(struct sample sample, uint8_t protocol, const uint8_t *bytes, size_t size)
{
	bool six = sample.bytes[0] >> 4 == 6;
	size_t header = six ? 40 : 20;

	memmove(sample.bytes + header + size, sample.bytes + header, sample.length - header);
	memcpy(sample.bytes + header, bytes, size);
	sample.length += size;
	if (six) {
		sample.bytes[header] = sample.bytes[6];
		sample.bytes[6] = protocol;
		made_number(sample.bytes + 4, 2, (uint32_t)sample.length - 40);
		return sample;
	}
	sample.bytes[0] = (uint8_t)(sample.bytes[0] + size / 4);
	made_number(sample.bytes + 2, 2, (uint32_t)sample.length);
	return sample;
}

#endif
