/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a step expects: words, ICMP errors by nft's names, errno names, or values that must be seen. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/lab.h"
#include "lab/tables.h"

static bool is_word(const struct verb *verb, const char *text)
{
	for (const char *const *word = verb->words; *word; word++)
		if (!strcmp(*word, text))
			return true;
	return false;
}

static const char *allowed(const struct reading *reading, const struct verb *verb)
{
	const char *list = "";

	if (problems_full(reading->problems))
		return "";
	for (const char *const *word = verb->words; *word; word++)
		list = arena_printf(reading->arena, "%s%s\"%s\"", list, *list ? ", " : "", *word);
	if (verb->expectations & EXPECTS_ICMP)
		list = arena_printf(reading->arena,
			"%s, an ICMP error by nft's name such as \"net-unreachable\", { \"icmp\":, \"from\": "
			"}",
			list);
	if (verb->expectations & EXPECTS_SILENCE)
		list = arena_printf(
			reading->arena, "%s, { \"no-reply\": a cause such as \"rp_filter\" }", list);
	if (verb->expectations & EXPECTS_ERRNO)
		list = arena_printf(reading->arena,
			"%s, an errno's name such as \"ENETUNREACH\", { \"errno\":, \"message\": }", list);
	if (verb->expects || verb->expectations & EXPECTS_OBJECT)
		list = arena_printf(reading->arena, "%s, an object", list);
	if (verb->expectations & EXPECTS_LIST)
		list = arena_printf(reading->arena, "%s, a list", list);
	return list;
}

/* Errno names are in capitals; they and the words are not confused. */
static const char *near_errno(const char *text)
{
	const char *names[ERRNO_MOST + 1] = { NULL };
	size_t count = 0;

	for (int number = 1; number <= ERRNO_MOST; number++)
		if (error_name(number))
			names[count++] = error_name(number);
	return nearest(text, names);
}

static const char *near_icmp(const char *text)
{
	const char *names[64] = { NULL };
	size_t count = 0;

	for (const struct icmp_name *name = icmp_names; name->name && count < 63; name++)
		names[count++] = name->name;
	return nearest(text, names);
}

/* What was most likely meant, as "; did you mean ...?". */
static const char *near(const struct reading *reading, const struct verb *verb, const char *text)
{
	const char *found = NULL;

	if (problems_full(reading->problems))
		return "";
	if (verb->expectations & EXPECTS_ERRNO && *text == 'E')
		found = near_errno(text);
	if (!found)
		found = nearest(text, verb->words);
	if (!found && verb->expectations & EXPECTS_ICMP)
		found = near_icmp(text);
	return found ? arena_printf(reading->arena, "; did you mean \"%s\"?", found) : "";
}

static bool read_text(
	const struct reading *reading, const struct verb *verb, const char *text, struct expectation *out)
{
	out->word = text;
	out->number = error_number(text);
	if (is_word(verb, text))
		out->kind = EXPECT_WORD;
	else if (verb->expectations & EXPECTS_ICMP && icmp_is_name(text))
		out->kind = EXPECT_ICMP;
	else if (verb->expectations & EXPECTS_ERRNO && out->number)
		out->kind = EXPECT_ERRNO;
	else {
		problem_add(reading->problems, out->where,
			"nothing that %s %s step can expect%s; allowed: %s",
			strchr("aeio", *verb->name) ? "an" : "a", verb->name, near(reading, verb, text),
			allowed(reading, verb));
		return false;
	}
	return true;
}

/* clang-format off */
const struct field icmp_fields[] = {
	{ .key = "icmp", .type = &type_string, .flags = FIELD_REQUIRED, .what = "the ICMP error, by nft's name" },
	{ .key = "from", .type = &type_address, .what = "who must have sent it" },
	{ 0 },
};

const struct field errno_fields[] = {
	{ .key = "errno", .type = &type_string, .flags = FIELD_REQUIRED, .what = "the errno's name" },
	{ .key = "message", .type = &type_string, .what = "what the kernel's message must contain" },
	{ 0 },
};
/* clang-format on */

const struct field silence_fields[] = {
	{ .key = "no-reply",
		.type = &type_mechanism,
		.flags = FIELD_REQUIRED,
		.what = "what must be the cause of the silence" },
	{ 0 },
};

/* Silence alone may have any cause. */
static bool read_silence(const struct reading *reading, const json_t *json, struct expectation *out)
{
	const struct field *const tables[] = { silence_fields, NULL };
	struct values values = { 0 };

	values_read(reading, json, out->where, tables, &values);
	out->kind = EXPECT_WORD;
	out->word = "no-reply";
	out->cause = value_text(&values, "no-reply") ? mechanism_of(value_text(&values, "no-reply"))
						     : CAUSE_UNKNOWN;
	return out->cause;
}

static bool read_icmp(
	const struct reading *reading, const struct verb *verb, const json_t *json, struct expectation *out)
{
	const struct field *const tables[] = { icmp_fields, NULL };
	struct values values = { 0 };

	values_read(reading, json, out->where, tables, &values);
	out->kind = EXPECT_ICMP;
	out->word = value_text(&values, "icmp") ? value_text(&values, "icmp") : "";
	if (value_address(&values, "from"))
		out->from = *value_address(&values, "from");
	if (!icmp_is_name(out->word))
		problem_add(reading->problems, place_key(reading->arena, out->where, "icmp"),
			"no ICMP error of that name%s; allowed: nft's names, such as \"net-unreachable\"",
			near(reading, verb, out->word));
	return icmp_is_name(out->word);
}

static bool read_errno(
	const struct reading *reading, const struct verb *verb, const json_t *json, struct expectation *out)
{
	const struct field *const tables[] = { errno_fields, NULL };
	struct values values = { 0 };

	values_read(reading, json, out->where, tables, &values);
	out->kind = EXPECT_ERRNO;
	out->word = value_text(&values, "errno") ? value_text(&values, "errno") : "";
	out->message = value_text(&values, "message");
	out->number = error_number(out->word);
	if (!out->number)
		problem_add(reading->problems, place_key(reading->arena, out->where, "errno"),
			"no errno of that name%s; allowed: names such as \"ENETUNREACH\"",
			near(reading, verb, out->word));
	return out->number;
}

/* A table that the lab names is shown by its name; whoever pastes what ip printed has its number. */
static const char *table_name(const struct reading *reading, const json_t *json)
{
	const char *text = json_is_string(json) ? json_string_value(json) : NULL;
	uint64_t number = 0;

	if (json_is_integer(json) && json_integer_value(json) >= 0)
		number = (uint64_t)json_integer_value(json);
	else if (!text || !number_read(text, &number))
		return NULL;
	for (size_t i = 0; i < reading->lab->table_count; i++)
		if (reading->lab->tables[i].number == number)
			return reading->lab->tables[i].name;
	return NULL;
}

static void name_tables(const struct reading *reading, json_t *json)
{
	const char *key, *name;
	json_t *value;
	size_t i;

	json_object_foreach (json, key, value) {
		name = !strcmp(key, "table") ? table_name(reading, value) : NULL;
		if (name)
			json_put(json, key, "%s", name);
		else
			name_tables(reading, value);
	}
	json_array_foreach (json, i, value)
		name_tables(reading, value);
}

/* The same with tables by their names, where the lab has any. */
static const json_t *with_names(const struct reading *reading, const json_t *json)
{
	json_t *copy;

	if (!reading->lab->table_count)
		return json;
	copy = json_deep_copy(json);
	if (!copy || json_array_append_new(reading->lab->kept, copy))
		memory_exhausted();
	name_tables(reading, copy);
	return copy;
}

static void check_objects(const struct reading *reading, const json_t *json, const struct place *where)
{
	size_t i;
	json_t *element;

	json_array_foreach ((json_t *)json, i, element) {
		const struct place *place = place_index(reading->arena, where, i);

		if (!json_is_object(element))
			wrong_kind(reading, element, place, "an object with keys of `ip -j`");
		else if (!json_object_size(element))
			problem_add(reading->problems, place, "is empty; allowed: what must be seen");
	}
}

static bool read_values(
	const struct reading *reading, const struct verb *verb, const json_t *json, struct expectation *out)
{
	const struct field *const tables[] = { verb->expects, NULL };
	struct values ignored = { 0 };

	out->kind = EXPECT_VALUES;
	out->json = with_names(reading, json);
	if (verb->target == &type_query)
		check_objects(reading, json, out->where);
	if (json_is_object(json) && !json_object_size(json))
		problem_add(reading->problems, out->where, "is empty; allowed: what must be seen");
	if (json_is_object(json) && verb->expects)
		values_read(reading, json, out->where, tables, &ignored);
	return true;
}

static bool read_one(
	const struct reading *reading, const struct verb *verb, const json_t *json, struct expectation *out)
{
	if (json_is_string(json))
		return read_text(reading, verb, json_string_value(json), out);
	if (json_is_object(json) && json_object_get(json, "icmp") && verb->expectations & EXPECTS_ICMP)
		return read_icmp(reading, verb, json, out);
	if (json_is_object(json) && json_object_get(json, "no-reply") && verb->expectations & EXPECTS_SILENCE)
		return read_silence(reading, json, out);
	if (json_is_object(json) && json_object_get(json, "errno") && verb->expectations & EXPECTS_ERRNO)
		return read_errno(reading, verb, json, out);
	if (json_is_object(json) && (verb->expects || verb->expectations & EXPECTS_OBJECT))
		return read_values(reading, verb, json, out);
	if (json_is_array(json) && verb->expectations & EXPECTS_LIST)
		return read_values(reading, verb, json, out);
	wrong_kind(reading, json, out->where, allowed(reading, verb));
	return false;
}

static void append(
	const struct reading *reading, struct step *step, const json_t *json, const struct place *where)
{
	struct expectation expectation = { .where = where };

	if (read_one(reading, step->verb, json, &expectation))
		arena_append(
			reading->arena, &step->expect, &step->expect_count, &expectation, sizeof expectation);
}

void expectations_read(
	const struct reading *reading, struct step *step, const json_t *json, const struct place *where)
{
	struct expectation word = { .kind = EXPECT_WORD, .where = where, .word = step->verb->words[0] };
	size_t i;
	json_t *element;

	if (!json) {
		arena_append(reading->arena, &step->expect, &step->expect_count, &word, sizeof word);
	} else if (json_is_array(json) && !(step->verb->expectations & EXPECTS_LIST)) {
		if (!json_array_size(json))
			problem_add(reading->problems, where, "is empty; allowed: what may come of the step");
		json_array_foreach ((json_t *)json, i, element)
			append(reading, step, element, place_index(reading->arena, where, i));
	} else {
		append(reading, step, json, where);
	}
}

static const char *print_one(struct arena *arena, const struct expectation *expectation)
{
	char *json;
	const char *text;

	switch (expectation->kind) {
	case EXPECT_WORD:
		if (expectation->cause)
			return arena_printf(
				arena, "%s for %s", expectation->word, mechanism_name(expectation->cause));
		return expectation->word;
	case EXPECT_ICMP:
		if (expectation->from.family)
			return arena_printf(arena, "%s from %s", expectation->word,
				address_print(arena, &expectation->from));
		return expectation->word;
	case EXPECT_ERRNO:
		if (expectation->message)
			return arena_printf(arena, "%s, \"%s\"", expectation->word, expectation->message);
		return expectation->word;
	case EXPECT_VALUES: break;
	}
	json = json_dumps(expectation->json, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!json)
		memory_exhausted();
	text = arena_printf(arena, "%s", json);
	free(json);
	return text;
}

const char *expectation_print(struct arena *arena, const struct step *step)
{
	const char *text = "";

	for (size_t i = 0; i < step->expect_count; i++)
		text = arena_printf(
			arena, "%s%s%s", text, i ? " or " : "", print_one(arena, &step->expect[i]));
	return text;
}
