/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance that can be repeated: what a stream gives is a function of its seed, of the number of the packet it
 * is drawn for, and of which of the packet's draws it is, and of nothing else. So a packet's fate does not
 * hang on what befell others, nor on how many came at once.
 */
#ifndef TUNLAB_STREAM_H
#define TUNLAB_STREAM_H

#include <stdbool.h>
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

/* Chances are numbers of these: what has all of them always comes to pass. */
#define STREAM_CERTAIN (1ULL << 32)

/* Whether what has a chance of CHANCE in STREAM_CERTAIN comes to pass: never for 0. */
static inline int stream_chance(const struct stream *stream, uint64_t packet, unsigned draw, uint64_t chance)
{
	return stream_draw(stream, packet, draw) >> 32 < chance;
}

/*
 * Draws that hang together: with the chance of the correlation a packet has the draw of the one before it,
 * else one of its own. So every draw is as likely as without, and those of two neighbours correlate exactly
 * so much, whatever is made of them. What a packet has is a function of the stream, too.
 */
struct chain {
	bool begun;
	uint64_t asked; /* the packet that it was asked of last */
	uint64_t owner; /* whose own draw that one has */
};

/* How far back an owner is looked for: beyond, what was the last one known stays. */
enum { CHAIN_REACH = 4096 };

/*
 * The draw of PACKET, higher than what was asked before. The one before it is the one that was asked before
 * where only some packets have draws (SOME), else the number below. Uses a packet's draws 0 and 1.
 */
static inline uint64_t chain_draw(
	struct chain *chain, const struct stream *stream, uint64_t correlation, uint64_t packet, bool some)
{
	uint64_t least = packet < CHAIN_REACH ? 0 : packet - CHAIN_REACH, at = packet;

	if (some)
		least = chain->begun ? packet - 1 : packet;
	else if (chain->begun && chain->asked > least)
		least = chain->asked;
	while (at > least && stream_chance(stream, at, 1, correlation))
		at--;
	if (at > least || !chain->begun)
		chain->owner = at;
	chain->begun = true;
	chain->asked = packet;
	return stream_draw(stream, chain->owner, 0);
}

#endif
