/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/tally.h"

#include <string.h>

static bool same_text(const char *left, const char *right)
{
	return left && right ? !strcmp(left, right) : left == right;
}

static bool alike(const struct outcome *left, const struct outcome *right)
{
	if (!same_text(left->word, right->word) || left->number != right->number || left->icmp != right->icmp)
		return false;
	if (left->icmp)
		return left->family == right->family && left->type == right->type &&
		       left->code == right->code && address_equal(&left->from, &right->from);
	return left->word || left->number || same_text(left->text, right->text);
}

void tally_add(struct arena *arena, struct tally *tally, const struct outcome *outcome)
{
	struct tally_row row = { *outcome, 1 };

	tally->total++;
	for (size_t i = 0; i < tally->row_count; i++) {
		if (alike(&tally->rows[i].outcome, outcome)) {
			tally->rows[i].count++;
			return;
		}
	}
	row.outcome.values = NULL;
	arena_append(arena, &tally->rows, &tally->row_count, &row, sizeof row);
}

struct outcome tally_outcome(struct arena *arena, const struct tally *tally)
{
	struct outcome mixed = { .text = "" };

	if (tally->row_count == 1) {
		struct outcome only = tally->rows[0].outcome;

		if (tally->total > 1)
			only.text = arena_printf(arena, "each of %zu: %s", tally->total, only.text);
		return only;
	}
	for (size_t i = 0; i < tally->row_count; i++)
		mixed.text = arena_printf(arena, "%s%s%zu of %zu: %s", mixed.text, i ? "; " : "",
			tally->rows[i].count, tally->total, tally->rows[i].outcome.text);
	return mixed;
}
