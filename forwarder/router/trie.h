/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Longest prefix match over the prefixes of one family, built once and then only read.
 *
 *     root: 2^bits nodes ─▶ node ─▶ ... ─▶ leaf ─▶ its parent, where the address is not within it ─▶ ...
 *
 * A node looks at six bits of the address, wherever these are: bits that all prefixes below it share are not
 * looked at on the way down (as in PATRICIA), so that a leaf is only the candidate. It has its prefix with it
 * to be compared with, and its parent is the longest prefix around its own: of all that the address is
 * within, the longest is the leaf or one of its parents. So a leaf also does for those slots beside its own
 * that have nothing but a parent of its: there are hardly more leaves than routes.
 *
 * As in poptrie (Asai and Ohara, SIGCOMM 2015) the nodes below one stand side by side, its leaves too, and
 * bits are counted to find one. The root has the more nodes the more routes there are: so the way is about as
 * long in a large table, and what it costs more is where in the caches the nodes and leaves are.
 */
#ifndef TUNLAB_ROUTER_TRIE_H
#define TUNLAB_ROUTER_TRIE_H

#include "forwarder/router/table.h"

enum {
	TRIE_STRIDE = 6, /* bits of the address that a node looks at */
	TRIE_SLOTS = 1 << TRIE_STRIDE,
	TRIE_MOST = 1 << 22, /* routes and one, so that their leaves' numbers have 25 bits */
};

/* An address, its first bit the highest of "high"; IPv4 has 32 of these. */
struct trie_key {
	uint64_t high, low;
};

struct trie_node {
	uint64_t nodes;	 /* a bit for each slot: it has a node */
	uint64_t leaves; /* a bit for each slot that has another leaf than the one before it; the first has */
	uint32_t first_node;
	uint32_t first_leaf : 25;
	uint32_t at : 7; /* the first of the six bits */
};

struct trie_leaf {
	uint64_t high; /* of the key of its prefix */
	uint32_t parent;
	uint32_t route : 24; /* from 1; 0: this is none, which every address is within */
	uint32_t length : 8;
};

struct trie {
	struct trie_node *nodes;
	struct trie_leaf
		*leaves;   /* none, one of each prefix in order, which parents are, and those of nodes */
	unsigned at, bits; /* of the key, which say where in the root to begin */
};

struct trie_key trie_key(const struct ip *ip);

/* WIDTH bits of a key from the bit AT on; beyond its end they are 0. */
static inline uint64_t trie_window(struct trie_key key, unsigned at, unsigned width)
{
	uint64_t from = at < 64 ? key.high << at | key.low >> 1 >> (63 - at) : key.low << (at - 64);

	return from >> 1 >> (63 - width);
}

/* Whether the first LENGTH bits are the same, of 63 at most. */
static inline bool trie_same(uint64_t one, uint64_t other, unsigned length)
{
	return (one ^ other) >> 1 >> (63 - length) == 0;
}

/* Builds one of those routes that are of FAMILY; false without memory. */
bool trie_build(struct trie *trie, uint8_t family, const struct route *routes, size_t count);
void trie_free(struct trie *trie);

#endif
