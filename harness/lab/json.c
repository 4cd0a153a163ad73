/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/json.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab/value.h"

const char *json_kind(struct arena *arena, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER: return "an integer";
	case JSON_REAL: return arena_printf(arena, "a number with a fraction or exponent");
	case JSON_TRUE: return "true";
	case JSON_FALSE: return "false";
	case JSON_NULL: return "null";
	}
	return "nothing";
}

void json_put_new(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		memory_exhausted();
}

void json_append_new(json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value))
		memory_exhausted();
}

json_t *json_new_object(void)
{
	json_t *object = json_object();

	if (!object)
		memory_exhausted();
	return object;
}

json_t *json_new_array(void)
{
	json_t *array = json_array();

	if (!array)
		memory_exhausted();
	return array;
}

void json_put(json_t *object, const char *key, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		memory_exhausted();
	va_end(arguments);
	json_put_new(object, key, json_string(text));
	free(text);
}

void json_put_number(json_t *object, const char *key, long long number)
{
	json_put_new(object, key, json_integer(number));
}

const char *json_print(struct arena *arena, const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	const char *copy;

	if (!text)
		return "nothing";
	copy = arena_printf(arena, "%s", text);
	free(text);
	return copy;
}

static const char *scalar(struct arena *arena, const json_t *value)
{
	return json_is_string(value) ? json_string_value(value) : json_print(arena, value);
}

/*
 * The same number or address may be written in several ways: 13 and "13", "0x10" and 16, ::1 and 0::1. What
 * ip prints as null is so, and may be said to be true.
 */
static bool scalar_equal(struct arena *arena, const json_t *expected, const json_t *seen)
{
	const char *left = scalar(arena, expected), *right = scalar(arena, seen);
	struct address a, b;
	char *left_end, *right_end;
	unsigned long long m, n;

	if (!strcmp(left, right) || (json_is_true(expected) && json_is_null(seen)))
		return true;
	if (!address_read(arena, left, true, &a) && !address_read(arena, right, true, &b))
		return address_equal(&a, &b) && a.length == b.length;
	m = strtoull(left, &left_end, 0);
	n = strtoull(right, &right_end, 0);
	return *left && *right && !*left_end && !*right_end && m == n;
}

static bool object_matches(
	struct arena *arena, const json_t *expected, const json_t *seen, const char **difference)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)expected, key, value) {
		const json_t *other = json_object_get(seen, key);

		if (json_is_null(value) && !other)
			continue;
		if (other && json_matches(arena, value, other, difference))
			continue;
		if (!other || !*difference || (!json_is_object(value) && !json_is_array(value)))
			*difference = arena_printf(arena, "%s is %s, not %s", key,
				other ? json_print(arena, other) : "absent", json_print(arena, value));
		return false;
	}
	return true;
}

static bool list_matches(
	struct arena *arena, const json_t *expected, const json_t *seen, const char **difference)
{
	size_t i, j;
	json_t *wanted, *candidate;

	if (!json_array_size(expected) && json_array_size(seen)) {
		*difference = arena_printf(arena, "there is %s where nothing was expected",
			json_print(arena, json_array_get(seen, 0)));
		return false;
	}
	json_array_foreach ((json_t *)expected, i, wanted) {
		bool found = false;
		const char *ignored = NULL;

		json_array_foreach ((json_t *)seen, j, candidate)
			found = found || json_matches(arena, wanted, candidate, &ignored);
		if (!found) {
			*difference = arena_printf(arena, "%s is not among %s", json_print(arena, wanted),
				json_print(arena, seen));
			return false;
		}
	}
	return true;
}

bool json_matches(struct arena *arena, const json_t *expected, const json_t *seen, const char **difference)
{
	if (json_is_object(expected) && json_is_object(seen))
		return object_matches(arena, expected, seen, difference);
	if (json_is_array(expected) && json_is_array(seen))
		return list_matches(arena, expected, seen, difference);
	if (!json_is_object(expected) && !json_is_array(expected) && scalar_equal(arena, expected, seen))
		return true;
	*difference = arena_printf(arena, "%s, not %s", json_print(arena, seen), json_print(arena, expected));
	return false;
}
