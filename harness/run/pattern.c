/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes that probes send. They repeat after a prime number of bytes, so that nothing that is lost,
 * doubled or moved in units of packets or buffers looks right; and they are copied from and compared with a
 * table, as fast as memory goes. The table is small: making it is part of the time of every run.
 */
#include <string.h>

#include "run/probe.h"

enum {
	PERIOD = 4093,
	APART = 1531, /* how far into the table one stream begins behind the stream before it */
};

static unsigned char table[2 * PERIOD]; /* twice, so that PERIOD bytes can be had from every place */

static const unsigned char *pattern(uint64_t offset, uint32_t stream)
{
	static bool made;

	if (!made) {
		uint32_t state = 2463534242;

		for (size_t i = 0; i < PERIOD; i++) { /* Marsaglia's xorshift, 32 bits */
			state ^= state << 13;
			state ^= state >> 17;
			state ^= state << 5;
			table[i] = table[i + PERIOD] = (unsigned char)(state >> 11);
		}
		made = true;
	}
	return table + (offset % PERIOD + (uint64_t)stream * APART % PERIOD) % PERIOD;
}

void pattern_fill(void *bytes, size_t size, uint64_t offset, uint32_t stream)
{
	for (size_t done = 0; done < size;) {
		size_t piece = size - done < PERIOD ? size - done : PERIOD;

		memcpy((unsigned char *)bytes + done, pattern(offset + done, stream), piece);
		done += piece;
	}
}

size_t pattern_check(const void *bytes, size_t size, uint64_t offset, uint32_t stream)
{
	const unsigned char *at = bytes;

	for (size_t done = 0; done < size;) {
		size_t piece = size - done < PERIOD ? size - done : PERIOD;
		const unsigned char *right = pattern(offset + done, stream);

		if (!memcmp(at + done, right, piece)) {
			done += piece;
			continue;
		}
		while (at[done] == *right) {
			done++;
			right++;
		}
		return done;
	}
	return size;
}
