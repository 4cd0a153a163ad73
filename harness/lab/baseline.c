/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/baseline.h"

#include <string.h>

const struct baseline *baseline_of(const char *name)
{
	for (const struct baseline *const *baseline = baselines; *baseline; baseline++)
		if (!strcmp((*baseline)->name, name))
			return *baseline;
	return NULL;
}

static const char *read_baseline(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)reading;
	(void)field;
	out->text = text;
	return baseline_of(text) ? NULL : "no baseline of that name";
}

static void print_baseline(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const char *const *baseline_names(struct arena *arena)
{
	const char **names = NULL, *end = NULL;
	size_t count = 0;

	for (const struct baseline *const *baseline = baselines; *baseline; baseline++)
		arena_append(arena, &names, &count, &(*baseline)->name, sizeof(*baseline)->name);
	arena_append(arena, &names, &count, &end, sizeof end);
	return names;
}

const struct type type_baseline = {
	.allowed = "a baseline's name",
	.read = read_baseline,
	.print = print_baseline,
	.words = baseline_names,
	.only_string = true,
};
