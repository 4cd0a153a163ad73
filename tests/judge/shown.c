/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/judge/shown.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lab/arena.h"

static bool is_time(const char *key)
{
	static const char *const times[] = { "valid_life_time", "preferred_life_time", "expires", "idle_time",
		"unbalanced_time" };

	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (!strcmp(times[i], key))
			return true;
	return false;
}

static void blank_times(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach (json, key, value) {
		if (!is_time(key))
			blank_times(value);
		else if (!json_is_integer(value) || json_integer_value(value) != UINT32_MAX)
			json_object_set_new(json, key, json_string("some"));
	}
	json_array_foreach (json, i, value)
		blank_times(value);
}

static int by_local(const void *left, const void *right)
{
	const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;

	return strcmp(json_string_value(json_object_get(a, "local")),
		json_string_value(json_object_get(b, "local")));
}

/* Puts the IPv6 addresses, which stand behind those of IPv4, into one order. */
static void order_addresses(json_t *info)
{
	json_t *six[256] = { NULL }, *address;
	size_t i, count = 0, first = 0;

	json_array_foreach (info, i, address) {
		if (strcmp(json_string_value(json_object_get(address, "family")), "inet6") != 0)
			first = i + 1;
		else if (count < sizeof six / sizeof *six)
			six[count++] = json_incref(address);
	}
	qsort(six, count, sizeof *six, by_local);
	for (i = 0; i < count; i++)
		json_array_set_new(info, first + i, six[i]);
}

/* Of a link-local address, not by anybody's command: what devices send by themselves makes it, when they
 * like. */
static bool is_learnt(const char *to, const json_t *state)
{
	const char *word = json_string_value(json_array_get(state, 0));

	return !strncmp(to, "fe80:", 5) && word && strcmp(word, "PERMANENT") != 0;
}

/* One element as text; NULL: it is left out. */
static char *normal(json_t *element)
{
	const char *to = json_string_value(json_object_get(element, "dst"));
	json_t *info = json_object_get(element, "addr_info"), *state = json_object_get(element, "state"),
	       *name;
	char *text;

	if (state && to && is_learnt(to, state))
		return NULL;
	if (state && to && (!strncmp(to, "ff", 2) || (!strchr(to, ':') && strtol(to, NULL, 10) >= 224)))
		return NULL;
	blank_times(element);
	if (!info)
		return json_dumps(element, JSON_COMPACT);
	order_addresses(info);
	name = json_object_get(element, "ifname");
	element = json_pack("{s:O, s:O}", "ifname", name ? name : json_null(), "addr_info", info);
	text = json_dumps(element, JSON_COMPACT);
	json_decref(element);
	return text;
}

/* Neighbours, which alone begin with "dst" under -d, and routes that each link has. */
static bool has_no_order(const char *line)
{
	return !strncmp(line, "{\"dst\":", 7) || strstr(line, "\"dst\":\"fe80::/64\"") ||
	       strstr(line, "\"dst\":\"ff00::/8\"");
}

/* Puts those that have no order behind each other into one. */
static void order(char **lines, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = i; j && has_no_order(lines[j]) && has_no_order(lines[j - 1]) &&
				   strcmp(lines[j], lines[j - 1]) < 0;
			j--) {
			char *line = lines[j];

			lines[j] = lines[j - 1];
			lines[j - 1] = line;
		}
}

char *shown_normal(const char *text)
{
	json_t *list = json_loads(text, 0, NULL), *element;
	char **lines = calloc(json_array_size(list) + 1, sizeof *lines), *all = NULL;
	size_t i, count = 0, size = 0;
	FILE *to = open_memstream(&all, &size);

	if (!lines || !to)
		memory_exhausted();
	json_array_foreach (list, i, element) {
		lines[count] = normal(element);
		count += lines[count] != NULL;
	}
	order(lines, count);
	for (i = 0; i < count; i++) {
		fprintf(to, "%s\n", lines[i]);
		free(lines[i]);
	}
	free(lines);
	json_decref(list);
	fclose(to);
	return all;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

void shown_missing(FILE *to, const char *one, const char *other, const char *who)
{
	for (const char *line = one; *line; line = next_line(line)) {
		size_t length = strcspn(line, "\n");
		bool found = false;

		for (const char *at = other; *at && !found; at = next_line(at))
			found = strcspn(at, "\n") == length && !strncmp(at, line, length);
		if (!found)
			fprintf(to, "#   only %s: %.*s\n", who, (int)length, line);
	}
}
