/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/trie.h"

#include <endian.h>
#include <stdlib.h>

enum {
	ROOT_SHARE = 4, /* the root has a node for 2^4 prefixes or more */
	ROOT_MOST = 16, /* and 2^16 nodes at most */
};

struct prefix {
	struct trie_key key;
	uint32_t route, parent;
	uint8_t length;
};

/* The prefixes in order, so that those within one stand behind it, from 1 on; the first is none. */
struct builder {
	struct trie *trie;
	struct prefix *prefixes;
	size_t count; /* with the first */
	uint32_t node_count, leaf_count;
};

/* Some that stand side by side, and the longest prefix that they all are within. */
struct range {
	uint32_t first, end, around;
};

static uint64_t load64(const uint8_t *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return be64toh(number);
}

struct trie_key trie_key(const struct ip *ip)
{
	return (struct trie_key) { load64(ip->bytes), load64(ip->bytes + 8) };
}

static int compare(const void *left, const void *right)
{
	const struct prefix *one = left, *other = right;

	if (one->key.high != other->key.high)
		return one->key.high < other->key.high ? -1 : 1;
	if (one->key.low != other->key.low)
		return one->key.low < other->key.low ? -1 : 1;
	if (one->length != other->length)
		return one->length - other->length;
	return one->route < other->route ? -1 : 1;
}

static bool equal(const struct prefix *one, const struct prefix *other)
{
	return one->key.high == other->key.high && one->key.low == other->key.low &&
	       one->length == other->length;
}

/* How many bits from the first on are the same. */
static unsigned common(struct trie_key one, struct trie_key other)
{
	if (one.high != other.high)
		return (unsigned)__builtin_clzll(one.high ^ other.high);
	return one.low == other.low ? 128 : 64 + (unsigned)__builtin_clzll(one.low ^ other.low);
}

static bool covers(const struct prefix *wide, const struct prefix *narrow)
{
	return wide->length <= narrow->length && common(wide->key, narrow->key) >= wide->length;
}

static bool collect(struct builder *builder, uint8_t family, const struct route *routes, size_t count)
{
	struct prefix *prefixes = malloc((count + 1) * sizeof(*prefixes));
	size_t end = 1, kept = 1;

	if (!prefixes)
		return false;
	prefixes[0] = (struct prefix) { .route = 0 };
	for (size_t i = 0; i < count; i++)
		if (routes[i].prefix.family == family)
			prefixes[end++] = (struct prefix) { .key = trie_key(&routes[i].prefix),
				.length = routes[i].length,
				.route = (uint32_t)i + 1 };
	qsort(prefixes + 1, end - 1, sizeof(*prefixes), compare);
	for (size_t i = 1; i < end; i++)
		if (kept == 1 || !equal(&prefixes[i], &prefixes[kept - 1]))
			prefixes[kept++] = prefixes[i];
	builder->prefixes = prefixes;
	builder->count = kept;
	return true;
}

/* The one before a prefix is its parent, or one of that one's parents is. */
static void find_parents(struct builder *builder)
{
	for (uint32_t i = 1; i < builder->count; i++) {
		struct prefix *prefix = &builder->prefixes[i];

		prefix->parent = i - 1;
		while (prefix->parent && !covers(&builder->prefixes[prefix->parent], prefix))
			prefix->parent = builder->prefixes[prefix->parent].parent;
	}
}

/*
 * A node of more than one prefix parts them or is the last that sees one of them, so there are less of these
 * than prefixes; a prefix begins a leaf and ends one, and a node has one more. What of this is not used stays
 * untouched.
 */
static bool allocate(struct builder *builder)
{
	struct trie *trie = builder->trie;
	size_t nodes = ((size_t)1 << trie->bits) + builder->count;

	trie->nodes = malloc(nodes * sizeof(*trie->nodes));
	trie->leaves = malloc((3 * builder->count + nodes) * sizeof(*trie->leaves));
	return trie->nodes && trie->leaves;
}

static void add_leaf(struct builder *builder, uint32_t which)
{
	const struct prefix *prefix = &builder->prefixes[which];

	builder->trie->leaves[builder->leaf_count++] = (struct trie_leaf) { .high = prefix->key.high,
		.parent = prefix->parent,
		.route = prefix->route & ((1 << 24) - 1),
		.length = prefix->length };
}

/* Parts RANGE by WIDTH bits from AT on, a range for each slot, of those that have bits beyond these. */
static void part(
	const struct builder *builder, struct range range, unsigned at, unsigned width, struct range *slots)
{
	for (size_t i = 0; i < (size_t)1 << width; i++)
		slots[i] = (struct range) { 0, 0, range.around };
	for (uint32_t i = range.first; i < range.end; i++) {
		const struct prefix *prefix = &builder->prefixes[i];
		size_t slot = trie_window(prefix->key, at, width), count = 1;

		if (prefix->length > at + width) {
			if (!slots[slot].end)
				slots[slot].first = i;
			slots[slot].end = i + 1;
			continue;
		}
		count <<= prefix->length < at ? width : at + width - prefix->length;
		for (size_t j = slot & ~(count - 1); j <= (slot | (count - 1)); j++)
			slots[j].around = i;
	}
}

/* Of one prefix, or of one within another, a leaf tells as fast as a node. */
static bool is_leaf(const struct builder *builder, const struct range *range)
{
	uint32_t count = range->end - range->first;

	return count < 2 || (count == 2 && builder->prefixes[range->first + 1].parent == range->first);
}

/* Adds the leaves of a node's slots: the next one begins where the one before does not do. */
static void add_leaves(struct builder *builder, struct trie_node *node, const struct range *slots)
{
	uint32_t now = UINT32_MAX;

	node->first_leaf = builder->leaf_count & ((1 << 25) - 1);
	for (unsigned i = 0; i < TRIE_SLOTS; i++) {
		uint32_t which = slots[i].end ? slots[i].end - 1 : slots[i].around;

		if (node->nodes >> i & 1)
			continue;
		if (now != UINT32_MAX && covers(&builder->prefixes[which], &builder->prefixes[now]))
			continue;
		if (now != UINT32_MAX && !covers(&builder->prefixes[now], &builder->prefixes[which])) {
			add_leaf(builder, now);
			node->leaves |= (uint64_t)1 << i;
		}
		now = which;
	}
	if (now != UINT32_MAX)
		add_leaf(builder, now);
}

static void build_node(struct builder *builder, uint32_t which, struct range range)
{
	struct trie_node *node = &builder->trie->nodes[which];
	struct range slots[TRIE_SLOTS];
	uint32_t next = builder->node_count;

	*node = (struct trie_node) { .first_node = next };
	if (range.end - range.first > 1) {
		const struct prefix *first = &builder->prefixes[range.first];
		unsigned at = common(first->key, builder->prefixes[range.end - 1].key);

		node->at = (at < first->length ? at : first->length) & 127;
	}
	part(builder, range, node->at, TRIE_STRIDE, slots);
	for (unsigned i = 0; i < TRIE_SLOTS; i++)
		if (!is_leaf(builder, &slots[i]))
			node->nodes |= (uint64_t)1 << i;
	add_leaves(builder, node, slots);
	builder->node_count += (uint32_t)__builtin_popcountll(node->nodes);
	for (unsigned i = 0; i < TRIE_SLOTS; i++)
		if (node->nodes >> i & 1)
			build_node(builder, next++, slots[i]);
}

/* Where the prefixes but the default route differ, and as many bits from there as their number allows. */
static void shape_root(struct builder *builder)
{
	struct trie *trie = builder->trie;
	size_t first = builder->count > 2 && !builder->prefixes[1].length ? 2 : 1;

	trie->at = trie->bits = 0;
	if (builder->count - first < 2)
		return;
	trie->at = common(builder->prefixes[first].key, builder->prefixes[builder->count - 1].key) & 127;
	while (trie->bits < ROOT_MOST && builder->count >> (trie->bits + ROOT_SHARE + 1))
		trie->bits++;
}

static bool build_root(struct builder *builder)
{
	size_t count = (size_t)1 << builder->trie->bits;
	struct range *slots = malloc(count * sizeof(*slots)), all = { 1, (uint32_t)builder->count, 0 };

	if (!slots)
		return false;
	for (uint32_t i = 0; i < builder->count; i++)
		add_leaf(builder, i);
	part(builder, all, builder->trie->at, builder->trie->bits, slots);
	builder->node_count = (uint32_t)count;
	for (uint32_t i = 0; i < count; i++)
		build_node(builder, i, slots[i]);
	free(slots);
	return true;
}

bool trie_build(struct trie *trie, uint8_t family, const struct route *routes, size_t count)
{
	struct builder builder = { .trie = trie };
	bool built;

	*trie = (struct trie) { .nodes = NULL };
	if (!collect(&builder, family, routes, count))
		return false;
	find_parents(&builder);
	shape_root(&builder);
	built = allocate(&builder) && build_root(&builder);
	free(builder.prefixes);
	if (!built)
		trie_free(trie);
	return built;
}

void trie_free(struct trie *trie)
{
	free(trie->nodes);
	free(trie->leaves);
	*trie = (struct trie) { .nodes = NULL };
}
