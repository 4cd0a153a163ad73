/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes from a lab's seed and from a name, and is the same on every machine. */
#ifndef TUNLAB_HASH_H
#define TUNLAB_HASH_H

#include <stdint.h>

/* FNV-1a with a final mix: alike names give numbers that differ in all bits. */
static inline uint64_t hash(uint64_t seed, const char *text)
{
	uint64_t h = 0xcbf29ce484222325 ^ seed;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

#endif
