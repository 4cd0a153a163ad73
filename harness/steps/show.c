/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `ip ... show` would print, asked of rtnetlink, against a list of objects that must be among it. */
#include <stdlib.h>
#include <string.h>

#include "run/attempt.h"
#include "run/show.h"

static const char *count_print(struct arena *arena, const struct query *query, size_t count)
{
	return count == 1 ? arena_printf(arena, "one %s", query->object->name)
			  : arena_printf(arena, "%zu %s%s", count, query->object->name,
				    query->object->kind == QUERY_ADDRESS ? "es" : "s");
}

static struct error *start(struct attempt *attempt)
{
	const struct step *step = attempt->step;
	struct outcome outcome = { .word = "nothing" };
	struct error *error =
		show_query(attempt->arena, site_of(attempt->site, step->in), &step->query, &outcome.values);

	if (error)
		return error;
	if (json_array_size(outcome.values))
		outcome.word = "found";
	outcome.text = count_print(attempt->arena, &step->query, json_array_size(outcome.values));
	attempt_end(attempt, &outcome);
	return NULL;
}

/* How many of the values that EXPECTED has are in SEEN. */
static size_t alike(struct arena *arena, const json_t *expected, const json_t *seen)
{
	const char *ignored = NULL, *key;
	size_t count = 0, i, j;
	json_t *value, *candidate;

	if (json_is_object(expected)) {
		json_object_foreach ((json_t *)expected, key, value)
			count += alike(arena, value, json_object_get(seen, key));
		return count;
	}
	if (!json_is_array(expected))
		return seen && json_matches(arena, expected, seen, &ignored);
	json_array_foreach ((json_t *)expected, i, value) {
		size_t most = 0;

		json_array_foreach ((json_t *)seen, j, candidate) {
			size_t here = alike(arena, value, candidate);

			most = here > most ? here : most;
		}
		count += most;
	}
	return count;
}

/* Of an object those keys that tell it from others, and those that were asked for. */
static const char *brief(struct arena *arena, const struct query *query, const json_t *expected, json_t *seen)
{
	json_t *part = json_new_object(), *value;
	const char *key, *text;

	for (const char *at = query->object->identity; *at; at += strcspn(at, " "), at += *at == ' ') {
		const char *name = arena_copy(arena, at, strcspn(at, " "));

		value = json_object_get(seen, name);
		if (value)
			json_put_new(part, name, json_incref(value));
	}
	json_object_foreach ((json_t *)expected, key, value)
		if (json_object_get(seen, key))
			json_put_new(part, key, json_incref(json_object_get(seen, key)));
	text = json_print(arena, part);
	json_decref(part);
	return text;
}

static bool is_found(struct arena *arena, const json_t *expected, const json_t *list)
{
	const char *ignored = NULL;
	size_t i;
	json_t *seen;

	json_array_foreach ((json_t *)list, i, seen)
		if (json_matches(arena, expected, seen, &ignored))
			return true;
	return false;
}

/* What is most like what was expected, and what it lacks. */
static const char *nearest_print(
	struct arena *arena, const struct query *query, const json_t *expected, const json_t *list)
{
	json_t *nearest = NULL, *seen;
	const char *difference = "";
	size_t most = 0, i;

	json_array_foreach ((json_t *)list, i, seen) {
		size_t count = alike(arena, expected, seen);

		if (!nearest || count > most) {
			nearest = seen;
			most = count;
		}
	}
	if (!nearest)
		return arena_printf(arena, "none is %s", json_print(arena, expected));
	json_matches(arena, expected, nearest, &difference);
	return arena_printf(arena, "none is %s; nearest: %s: %s", json_print(arena, expected),
		brief(arena, query, expected, nearest), difference);
}

/* An empty list finds nothing at all; of any other each element must be found. */
static bool matches(
	const struct attempt *attempt, const struct expectation *expectation, const char **difference)
{
	struct arena *arena = attempt->arena;
	const struct query *query = &attempt->step->query;
	const json_t *list = attempt->outcome.values;
	size_t i;
	json_t *expected;

	if (!json_array_size(expectation->json) && json_array_size(list)) {
		*difference = arena_printf(
			arena, "there is %s", brief(arena, query, NULL, json_array_get(list, 0)));
		return false;
	}
	json_array_foreach ((json_t *)expectation->json, i, expected) {
		if (is_found(arena, expected, list))
			continue;
		*difference = nearest_print(arena, query, expected, list);
		return false;
	}
	return true;
}

static const char *const words[] = { "found", NULL };

const struct verb verb_show = {
	.name = "show",
	.what = "what `ip -j ... show` would print; expects a list of objects that are among it, [] for "
		"nothing",
	.target = &type_query,
	.words = words,
	.expectations = EXPECTS_LIST,
	.quiet = true,
	.start = start,
	.matches = matches,
};
