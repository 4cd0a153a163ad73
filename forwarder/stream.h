/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance that can be repeated: what a stream gives is a function of its seed, of the number of the packet it
 * is drawn for, and of which of the packet's draws it is, and of nothing else. So a packet's fate does not
 * hang on what befell others, nor on how many came at once.
 */
#ifndef TUNLAB_STREAM_H
#define TUNLAB_STREAM_H

#include <stdint.h>

struct stream {
	uint64_t seed;
};

/* The finalizer of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static inline uint64_t stream_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* The stream of NAME among those of a seed: another's draws do not change with it. */
static inline struct stream stream_open(uint64_t seed, const char *name)
{
	seed = stream_mix(seed + 0x9e3779b97f4a7c15);
	for (; *name; name++)
		seed = stream_mix(seed + (unsigned char)*name + 0x9e3779b97f4a7c15);
	return (struct stream) { seed };
}

/* 64 bits, each as likely 0 as 1. */
static inline uint64_t stream_draw(const struct stream *stream, uint64_t packet, unsigned draw)
{
	return stream_mix(stream->seed + stream_mix(packet * 64 + draw + 0x9e3779b97f4a7c15));
}

/*
 * Whether what has a chance of CHANCE in 2^32 comes to pass: never for 0, always for 2^32.
 */
static inline int stream_chance(const struct stream *stream, uint64_t packet, unsigned draw, uint64_t chance)
{
	return stream_draw(stream, packet, draw) >> 32 < chance;
}

#endif
