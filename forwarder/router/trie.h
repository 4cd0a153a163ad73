/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Longest prefix match over the prefixes of one family, built once and then only read.
 *
 * The routes are in order of their prefixes, and for each there is only what is needed to find it: four bytes
 * of the prefix and one for its length, so that those of 100,000 routes are in a processor's own cache. A
 * node has a slot for every value of some bits of the address, about one for six routes:
 *
 *     root ─▶ slot ─┬▶ a few routes, one beside the other, of which the last that fits is the longest
 *                   ├▶ where none does: the longest route around all that is in the slot
 *                   └▶ another node, where routes crowd
 *
 * Bits that all prefixes in a node share are compared once, with its own.
 */
#ifndef TUNLAB_ROUTER_TRIE_H
#define TUNLAB_ROUTER_TRIE_H

#include "forwarder/router/table.h"

enum {
	TRIE_MOST = 1 << 24, /* routes: what struct trie_slot has bits for */
	TRIE_NODE = 255,     /* instead of a count: the slot has a node */
	TRIE_FRAGMENT = 32,  /* bits of a prefix that are kept */
};

/* An address, its first bit the highest of "high"; IPv4 has 32 of these. */
struct trie_key {
	uint64_t high, low;
};

struct trie_slot {
	uint32_t first : 24; /* route; or the node's number */
	uint32_t count : 8;
	uint32_t around; /* the route where none of these fits, from 1; 0: none */
};

struct trie_node {
	struct trie_key key; /* the first "at" bits of all that is in it */
	uint32_t slots;	     /* where they begin, a slot for each value of the next "bits" bits */
	uint32_t around;     /* the route for what has other first bits, as of a slot */
	uint8_t at, bits;
};

struct trie {
	struct trie_node *nodes;
	struct trie_slot *slots;
	uint32_t *fragments; /* of each route: the bits behind those that lead to its slot */
	uint8_t *shifts;     /* how many of these are not of the prefix; TRIE_FRAGMENT: it is longer */
	struct route *routes;
	size_t node_count, slot_count;
};

static inline uint64_t trie_load64(const uint8_t *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return __builtin_bswap64(number);
}

static inline struct trie_key trie_key(const struct ip *ip)
{
	return (struct trie_key) { trie_load64(ip->bytes), trie_load64(ip->bytes + 8) };
}

/* WIDTH bits, 63 at most, of a key from the bit AT on; beyond its end they are 0. */
static inline uint64_t trie_window(struct trie_key key, unsigned at, unsigned width)
{
	uint64_t from = at < 64 ? key.high << at | key.low >> 1 >> (63 - at) : key.low << (at - 64);

	return from >> 1 >> (63 - width);
}

/* Whether the first LENGTH bits are the same. */
static inline bool trie_same(struct trie_key one, struct trie_key other, unsigned length)
{
	if (length < 64)
		return (one.high ^ other.high) >> 1 >> (63 - length) == 0;
	return one.high == other.high && (one.low ^ other.low) >> 1 >> (127 - length) == 0;
}

/* Builds one of those of COUNT routes that are of FAMILY; false without memory. */
bool trie_build(struct trie *trie, uint8_t family, const struct route *routes, size_t count);
void trie_free(struct trie *trie);

#endif
