/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The first line of a file, without its newline; "" where there is none. */
static void first_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file && fgets(line, size, file))
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
}

/* A kernel without modules has no such sysctls; one whose modprobe is "" loads none by itself. */
static bool kernel_loads_modules(void)
{
	char modprobe[256], disabled[8];

	first_line("/proc/sys/kernel/modprobe", modprobe, sizeof modprobe);
	first_line("/proc/sys/kernel/modules_disabled", disabled, sizeof disabled);
	return modprobe[0] && strcmp(disabled, "1") != 0;
}

/* In /sys a module's name has _ for each - (modprobe(8)). */
static bool is_loaded(struct arena *arena, const char *name)
{
	char *path = arena_printf(arena, "/sys/module/%s", name);

	for (char *at = path; *at; at++)
		if (*at == '-')
			*at = '_';
	return access(path, F_OK) == 0;
}

/* The module that a line "alias ALIAS MODULE" names; NULL if none does. */
static const char *find(struct arena *arena, FILE *file, const char *alias)
{
	char line[512], seen[256], name[256];

	while (fgets(line, sizeof line, file))
		if (sscanf(line, "alias %255s %255s", seen, name) == 2 && !strcmp(seen, alias))
			return arena_printf(arena, "%s", name);
	return NULL;
}

static FILE *open_aliases(struct arena *arena)
{
	struct utsname kernel;

	if (uname(&kernel))
		return NULL;
	return fopen(arena_printf(arena, "/lib/modules/%s/modules.alias", kernel.release), "re");
}

enum module_state module_look(struct arena *arena, const char *alias, const char **name)
{
	const char *found, *end = strrchr(alias, '-');
	FILE *file;

	if (!kernel_loads_modules())
		return MODULE_SETTLED;
	file = open_aliases(arena);
	if (!file)
		return end && is_loaded(arena, end + 1) ? MODULE_SETTLED : MODULE_UNKNOWN;
	found = find(arena, file, alias);
	fclose(file);
	if (!found || is_loaded(arena, found))
		return MODULE_SETTLED;
	*name = found;
	return MODULE_TO_LOAD;
}
