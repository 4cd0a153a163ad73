/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forwarder/router/table.h"

#include <stdlib.h>

#include "forwarder/router/trie.h"

struct table {
	struct trie ip4, ip6;
};

struct table *table_open(void)
{
	struct table *table = calloc(1, sizeof(*table));

	if (table && table_build(table, NULL, 0))
		return table;
	free(table);
	return NULL;
}

void table_close(struct table *table)
{
	if (!table)
		return;
	trie_free(&table->ip4);
	trie_free(&table->ip6);
	free(table);
}

bool table_build(struct table *table, const struct route *routes, size_t count)
{
	struct table built;

	if (count >= TRIE_MOST || !trie_build(&built.ip4, AF_INET, routes, count))
		return false;
	if (!trie_build(&built.ip6, AF_INET6, routes, count)) {
		trie_free(&built.ip4);
		return false;
	}
	trie_free(&table->ip4);
	trie_free(&table->ip6);
	*table = built;
	return true;
}

/* Whether TARGET is within the prefix of a route in its slot, whose kept bits are as FRAGMENT up to SHIFT. */
static bool fits(const struct trie *trie, uint32_t which, uint32_t fragment, const struct ip *target)
{
	uint32_t other = trie->fragments[which] ^ fragment;
	unsigned shift = trie->shifts[which];

	if (shift < TRIE_FRAGMENT)
		return other >> shift == 0;
	return other == 0 && ip_within(target, &trie->routes[which].prefix, trie->routes[which].length);
}

static const struct route *at(const struct trie *trie, uint32_t number)
{
	return number ? &trie->routes[number - 1] : NULL;
}

const struct route *table_find(const struct table *table, const struct ip *target)
{
	const struct trie *trie = target->family == AF_INET ? &table->ip4 : &table->ip6;
	const struct trie_key key = trie_key(target);
	const struct trie_node *node = trie->nodes;
	const struct trie_slot *slot;
	uint32_t fragment;

	for (;;) {
		if (!trie_same(key, node->key, node->at))
			return at(trie, node->around);
		slot = &trie->slots[node->slots + trie_window(key, node->at, node->bits)];
		if (slot->count != TRIE_NODE)
			break;
		node = &trie->nodes[slot->first];
	}
	fragment = (uint32_t)trie_window(key, node->at + node->bits, TRIE_FRAGMENT);
	for (uint32_t i = slot->first + slot->count; i > slot->first; i--)
		if (fits(trie, i - 1, fragment, target))
			return at(trie, i);
	return at(trie, slot->around);
}
