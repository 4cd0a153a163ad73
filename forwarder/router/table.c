/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/table.h"

#include <stdlib.h>

#include "forwarder/router/trie.h"

struct table {
	struct trie ip4, ip6;
	struct route *routes; /* as they were given */
	bool counts;	      /* the processor has an instruction that counts bits */
};

static bool counts_bits(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_cpu_supports("popcnt");
#else
	return true;
#endif
}

struct table *table_open(void)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || !table_build(table, NULL, 0)) {
		free(table);
		return NULL;
	}
	table->counts = counts_bits();
	return table;
}

static void empty(struct table *table)
{
	trie_free(&table->ip4);
	trie_free(&table->ip6);
	free(table->routes);
}

void table_close(struct table *table)
{
	if (table)
		empty(table);
	free(table);
}

bool table_build(struct table *table, const struct route *routes, size_t count)
{
	struct table built = { .counts = table->counts };

	if (count >= TRIE_MOST)
		return false;
	built.routes = malloc((count + 1) * sizeof(*routes));
	if (!built.routes || !trie_build(&built.ip4, AF_INET, routes, count) ||
		!trie_build(&built.ip6, AF_INET6, routes, count)) {
		empty(&built);
		return false;
	}
	if (count)
		memcpy(built.routes, routes, count * sizeof(*routes));
	empty(table);
	*table = built;
	return true;
}

static inline __attribute__((always_inline)) const struct trie_leaf *candidate(
	const struct trie *trie, struct trie_key key)
{
	const struct trie_node *node = &trie->nodes[trie_window(key, trie->at, trie->bits)];

	for (;;) {
		unsigned slot = (unsigned)trie_window(key, node->at, TRIE_STRIDE);
		uint64_t before = ((uint64_t)1 << slot) - 1;

		if (!(node->nodes >> slot & 1))
			return &trie->leaves[node->first_leaf +
					     (unsigned)__builtin_popcountll(node->leaves >> 1 & before)];
		node = &trie->nodes[node->first_node + (unsigned)__builtin_popcountll(node->nodes & before)];
	}
}

static inline __attribute__((always_inline)) const struct route *find(
	const struct table *table, const struct ip *target)
{
	const struct trie *trie = target->family == AF_INET ? &table->ip4 : &table->ip6;
	const struct trie_key key = trie_key(target);
	const struct trie_leaf *leaf = candidate(trie, key);

	while (leaf->length > 63 ? !ip_within(target, &table->routes[leaf->route - 1].prefix, leaf->length)
				 : !trie_same(key.high, leaf->high, leaf->length))
		leaf = &trie->leaves[leaf->parent];
	return leaf->route ? &table->routes[leaf->route - 1] : NULL;
}

#if defined(__x86_64__) || defined(__i386__)
__attribute__((target("popcnt")))
#endif
static const struct route *
find_counting(const struct table *table, const struct ip *target)
{
	return find(table, target);
}

const struct route *table_find(const struct table *table, const struct ip *target)
{
	return table->counts ? find_counting(table, target) : find(table, target);
}
