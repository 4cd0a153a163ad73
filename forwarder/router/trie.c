/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/trie.h"

#include <assert.h>
#include <stdlib.h>

enum {
	SHARE = 2,  /* a node has a slot for 2^2 prefixes or more */
	BITS = 20,  /* and 2^20 slots at most */
	CROWD = 16, /* more than that in a slot have a node */
};

static_assert(CROWD >= 2 << SHARE, "a node has two slots at least, or nodes never end");

/* Some routes that stand side by side, and the longest, from 1, that they all are within. */
struct range {
	uint32_t first, end, around;
};

static bool comes_before(const struct route *one, const struct route *other)
{
	int order = memcmp(one->prefix.bytes, other->prefix.bytes, sizeof(one->prefix.bytes));

	if (!order)
		order = one->length - other->length;
	return order ? order < 0 : one < other;
}

/* Two sorted pieces of FROM, which meet at MIDDLE, become one of TO. */
static void merge(const struct route **from, const struct route **to, size_t first, size_t middle, size_t end)
{
	size_t left = first, right = middle;

	for (size_t i = first; i < end; i++)
		if (left < middle && (right == end || comes_before(from[left], from[right])))
			to[i] = from[left++];
		else
			to[i] = from[right++];
}

/* Sorts COUNT routes of LIST, behind which is room for as many; returns where they are then. (qsort() of
 * glibc asks the kernel how much memory there is, which the relay's cage forbids.) */
static const struct route **sort(const struct route **list, size_t count)
{
	const struct route **from = list, **to = list + count, **other;

	for (size_t width = 1; width < count; width *= 2) {
		for (size_t i = 0; i < count; i += 2 * width)
			merge(from, to, i, i + width < count ? i + width : count,
				i + 2 * width < count ? i + 2 * width : count);
		other = from;
		from = to;
		to = other;
	}
	return from;
}

static bool equal(const struct route *one, const struct route *other)
{
	return one->length == other->length && ip_equal(&one->prefix, &other->prefix);
}

/* Has the trie's routes be those of FAMILY, in order, each prefix once. Returns how many, or -1. */
static ssize_t collect(struct trie *trie, uint8_t family, const struct route *routes, size_t count)
{
	const struct route **list = malloc((2 * count + 1) * sizeof(*list)), **sorted;
	size_t end = 0, kept = 0;

	if (!list)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (routes[i].prefix.family == family)
			list[end++] = &routes[i];
	trie->routes = malloc((end + 1) * sizeof(*trie->routes));
	if (!trie->routes) {
		free(list);
		return -1;
	}
	sorted = sort(list, end);
	for (size_t i = 0; i < end; i++)
		if (!kept || !equal(sorted[i], &trie->routes[kept - 1]))
			trie->routes[kept++] = *sorted[i];
	free(list);
	return (ssize_t)kept;
}

/* Makes room for MORE slots, and sets *FIRST to the first of them. */
static bool add_slots(struct trie *trie, size_t more, uint32_t *first)
{
	size_t count = trie->slot_count + more;
	void *slots = realloc(trie->slots, count * sizeof(*trie->slots));

	if (!slots)
		return false;
	trie->slots = slots;
	*first = (uint32_t)trie->slot_count;
	trie->slot_count = count;
	return true;
}

static bool add_node(struct trie *trie, uint32_t *number)
{
	struct trie_node *nodes = realloc(trie->nodes, (trie->node_count + 1) * sizeof(*nodes));

	if (!nodes)
		return false;
	trie->nodes = nodes;
	*number = (uint32_t)trie->node_count++;
	return true;
}

static unsigned common(struct trie_key one, struct trie_key other)
{
	if (one.high != other.high)
		return (unsigned)__builtin_clzll(one.high ^ other.high);
	return one.low == other.low ? 128 : 64 + (unsigned)__builtin_clzll(one.low ^ other.low);
}

/* Where the prefixes of a node differ, or before the last bit of one; and as many bits from there as pay. */
static struct trie_node shape(const struct trie *trie, const struct range *range)
{
	struct trie_node node = { .around = range->around };
	uint32_t count = range->end - range->first;
	unsigned at;

	if (!count)
		return node;
	node.key = trie_key(&trie->routes[range->first].prefix);
	at = common(node.key, trie_key(&trie->routes[range->end - 1].prefix));
	for (uint32_t i = range->first; i < range->end; i++)
		if (trie->routes[i].length <= at)
			at = trie->routes[i].length - 1U;
	node.at = (uint8_t)at;
	while (node.bits < BITS && count >> (node.bits + SHARE + 1))
		node.bits++;
	return node;
}

/* Keeps of a route what lookups compare. */
static void keep(struct trie *trie, uint32_t which, unsigned at)
{
	const struct route *route = &trie->routes[which];
	unsigned length = route->length - at;

	trie->fragments[which] = (uint32_t)trie_window(trie_key(&route->prefix), at, TRIE_FRAGMENT);
	trie->shifts[which] = (uint8_t)(length > TRIE_FRAGMENT ? TRIE_FRAGMENT : TRIE_FRAGMENT - length);
}

/* Which routes of RANGE are in each slot of a node, those that are longer than what leads there, and which
 * one is around these. */
static void part(
	const struct trie *trie, const struct trie_node *node, struct range range, struct range *slots)
{
	unsigned end = node->at + node->bits;

	for (size_t i = 0; i < (size_t)1 << node->bits; i++)
		slots[i] = (struct range) { 0, 0, range.around };
	for (uint32_t i = range.first; i < range.end; i++) {
		const struct route *route = &trie->routes[i];
		size_t slot = trie_window(trie_key(&route->prefix), node->at, node->bits), count = 1;

		if (route->length > end) {
			slots[slot].first = slots[slot].end ? slots[slot].first : i;
			slots[slot].end = i + 1;
			continue;
		}
		for (count <<= end - route->length; count; count--)
			slots[slot + count - 1].around = i + 1;
	}
}

static bool build_node(struct trie *trie, uint32_t number, struct range range);

/* Those that crowd get a node, unless their prefixes begin with the same address, as at most 128 do. */
static bool is_crowd(const struct trie *trie, const struct range *range)
{
	return range->end - range->first > CROWD &&
	       common(trie_key(&trie->routes[range->first].prefix),
		       trie_key(&trie->routes[range->end - 1].prefix)) < 128;
}

static bool fill(struct trie *trie, const struct trie_node *node, uint32_t which, const struct range *range)
{
	struct trie_slot slot = { .around = range->around };
	uint32_t number = 0;
	bool crowd = is_crowd(trie, range);

	if (crowd && !add_node(trie, &number))
		return false;
	slot.first = (crowd ? number : range->first) & (TRIE_MOST - 1);
	slot.count = (crowd ? TRIE_NODE : range->end - range->first) & TRIE_NODE;
	trie->slots[which] = slot;
	if (crowd)
		return build_node(trie, number, *range);
	for (uint32_t i = range->first; i < range->end; i++)
		keep(trie, i, node->at + node->bits);
	return true;
}

static bool build_node(struct trie *trie, uint32_t number, struct range range)
{
	struct trie_node node = shape(trie, &range);
	uint32_t count = (uint32_t)1 << node.bits;
	struct range *slots = malloc(count * sizeof(*slots));
	bool built = slots && add_slots(trie, count, &node.slots);

	if (built) {
		trie->nodes[number] = node;
		part(trie, &node, range, slots);
	}
	for (uint32_t i = 0; i < count && built; i++)
		built = fill(trie, &node, node.slots + i, &slots[i]);
	free(slots);
	return built;
}

static bool build(struct trie *trie, uint8_t family, const struct route *routes, size_t count)
{
	ssize_t kept = collect(trie, family, routes, count);
	struct range range = { .end = (uint32_t)kept };
	uint32_t root;

	if (kept < 0)
		return false;
	trie->fragments = calloc((size_t)kept + 1, sizeof(*trie->fragments));
	trie->shifts = calloc((size_t)kept + 1, sizeof(*trie->shifts));
	if (!trie->fragments || !trie->shifts || !add_node(trie, &root))
		return false;
	/* A default route is around all; without it the others share more bits. */
	if (kept && !trie->routes[0].length)
		range.first = range.around = 1;
	return build_node(trie, root, range);
}

bool trie_build(struct trie *trie, uint8_t family, const struct route *routes, size_t count)
{
	bool built;

	*trie = (struct trie) { .nodes = NULL };
	built = build(trie, family, routes, count);
	if (!built)
		trie_free(trie);
	return built;
}

void trie_free(struct trie *trie)
{
	free(trie->nodes);
	free(trie->slots);
	free(trie->fragments);
	free(trie->shifts);
	free(trie->routes);
}
