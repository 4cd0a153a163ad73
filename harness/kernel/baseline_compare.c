/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "kernel/baseline_table.h"

void baseline_nothing_seen(struct baseline_seen *seen)
{
	for (size_t family = 0; family < FAMILIES; family++) {
		for (size_t i = 0; i < DEVICE_SETTINGS; i++)
			seen->family[family].all[i] = seen->family[family].initially[i] = ABSENT;
		for (size_t i = 0; i < NEIGHBOUR_SETTINGS; i++)
			seen->family[family].neighbours[i] = ABSENT;
	}
	memset(seen->texts, 0, sizeof seen->texts);
}

static bool differs(int64_t seen, int64_t wanted)
{
	return seen != ABSENT && wanted != ABSENT && seen != wanted;
}

/* Adds net.FAMILY.KIND.WHERE.NAME = VALUE. */
static void add(struct arena *arena, struct setting **settings, size_t *count, const char *family,
	const char *kind, const char *where, const char *name, int64_t value)
{
	struct setting setting = {
		.name = arena_printf(arena, "net.%s.%s.%s.%s", family, kind, where, name),
		.value = arena_printf(arena, "%lld", (long long)value),
	};

	arena_append(arena, settings, count, &setting, sizeof setting);
}

static void add_device_setting(struct arena *arena, struct baseline_plan *out, const char *family,
	const char *where, const char *name, int64_t value)
{
	add(arena, &out->namespace, &out->namespace_count, family, "conf", where, name, value);
}

/*
 * lo was there before "default" could be set, so it is set by itself. Setting "default" does not reach it:
 * what was ever set in the initial namespace counts as set on each device that inherited it
 * (devinet_copy_dflt_conf()).
 */
static void compare_devices(
	struct arena *arena, const struct baseline_seen *seen, size_t number, struct baseline_plan *out)
{
	const struct baseline_family *family = &baseline_families[number];

	for (size_t i = 0; family->devices[i].name; i++) {
		const struct device_setting *row = &family->devices[i];

		if (differs(seen->family[number].all[i], row->all))
			add_device_setting(arena, out, family->name, "all", row->name, row->all);
		if (!differs(seen->family[number].initially[i], row->initially))
			continue;
		add_device_setting(arena, out, family->name, "default", row->name, row->initially);
		if (!row->own_on_lo)
			add_device_setting(arena, out, family->name, "lo", row->name, row->initially);
	}
}

static void compare_neighbours(
	struct arena *arena, const struct baseline_seen *seen, size_t number, struct baseline_plan *out)
{
	for (size_t i = 0; baseline_neighbours[i].name; i++) {
		const struct neighbour_setting *row = &baseline_neighbours[i];

		if (differs(seen->family[number].neighbours[i], row->value[number]))
			add(arena, &out->device, &out->device_count, baseline_families[number].name, "neigh",
				"%s", row->name, row->value[number] / row->unit);
	}
}

void baseline_compare(struct arena *arena, const struct baseline_seen *seen, struct baseline_plan *out)
{
	for (size_t family = 0; family < FAMILIES; family++) {
		compare_devices(arena, seen, family, out);
		compare_neighbours(arena, seen, family, out);
	}
	for (size_t i = 0; i < VALUES; i++) {
		struct setting setting = { baseline_texts[i].name, baseline_texts[i].value };

		if (seen->texts[i][0] && strcmp(seen->texts[i], setting.value) != 0)
			arena_append(arena, &out->namespace, &out->namespace_count, &setting, sizeof setting);
	}
}
