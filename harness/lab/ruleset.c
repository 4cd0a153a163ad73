/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/ruleset.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char allowed[] =
	"a ruleset as nft -f reads it: a string or an array of lines; or nft's JSON, an "
	"object with \"nftables\"";

/*
 * What words begin and go on with. nft's own may also have . / and \ in them, by its version and by what
 * follows: where it matters, a word that ends too early is refused, and one that ends too late is not.
 */
static bool begins_word(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static bool goes_on(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/*
 * Words that a lab may not use. libnftables would read the file that "include" names, whosever it is, and for
 * "osf" a list of fingerprints, which it would hand to the kernel for all namespaces; "monitor" never ends.
 * None can be the name of anything: nft reads them as its own words wherever they stand bare.
 */
static const char *forbidden(const char *word, size_t length)
{
	static const struct {
		const char *word, *why;
	} words[] = {
		{ "include", "\"include\" reads files; allowed: what is to be included, written here" },
		{ "osf", "\"osf\" changes the whole machine; allowed: what touches the namespace only" },
		{ "monitor", "\"monitor\" never ends; allowed: commands that change the ruleset" },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (length == strlen(words[i].word) && !strncmp(word, words[i].word, length))
			return words[i].why;
	return NULL;
}

/* Where what stands at AT ends, as nft's scanner divides a text: a comment, a string (which may have several
 * lines, and knows no escapes), a word, or one character. */
static const char *token_end(const char *at)
{
	const char *end;

	if (*at == '#')
		return at + strcspn(at, "\n");
	if (*at == '"') {
		end = strchr(at + 1, '"');
		return end ? end + 1 : at + 1;
	}
	if (!begins_word(*at))
		return at + 1;
	for (end = at; goes_on(*end); end++)
		;
	return end;
}

static bool scan(const char *text, struct ruleset_wrong *wrong)
{
	const char *line = text, *end;

	wrong->line = 1;
	for (const char *at = text; *at; at = end) {
		end = token_end(at);
		wrong->text = forbidden(at, (size_t)(end - at));
		wrong->column = (size_t)(at - line) + 1;
		if (wrong->text)
			return true;
		for (; at < end; at++) {
			wrong->line += *at == '\n';
			line = *at == '\n' ? at + 1 : line;
		}
	}
	return false;
}

static bool has_osf(const json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	json_array_foreach ((json_t *)json, i, value)
		if (has_osf(value))
			return true;
	json_object_foreach ((json_t *)json, key, value)
		if (!strcmp(key, "osf") || has_osf(value))
			return true;
	return false;
}

/* The character of the string at which byte OFFSET of it stands, from 1. */
static size_t character(const char *text, size_t offset)
{
	size_t count = 1;

	for (size_t i = 0; i < offset && text[i]; i++)
		count += ((unsigned char)text[i + 1] & 0xc0) != 0x80;
	return count;
}

static const struct place *element_place(struct arena *arena, const struct ruleset *ruleset, size_t element)
{
	const struct place *list = ruleset->where;

	if (!element || ruleset->form == RULESET_INSIDE)
		return ruleset->where;
	if (ruleset->form == RULESET_OBJECT)
		list = place_key(arena, list, "nftables");
	return place_index(arena, list, element - 1);
}

const struct place *ruleset_place(
	struct arena *arena, const struct ruleset *ruleset, const struct ruleset_wrong *wrong)
{
	const char *start = ruleset->text, *newline;
	const struct place *where = ruleset->where;
	size_t before = 0;

	if (ruleset->json)
		return element_place(arena, ruleset, wrong->element);
	if (!wrong->line || !wrong->column)
		return where;
	for (size_t i = 1; i < wrong->line; i++) {
		newline = strchr(start, '\n');
		if (!newline || !newline[1]) /* behind the end: its last line will do */
			return ruleset->form == RULESET_LINES ? place_index(arena, where, i - 1) : where;
		start = newline + 1;
	}
	if (ruleset->form == RULESET_LINES)
		where = place_index(arena, where, wrong->line - 1);
	else
		before = (size_t)(start - ruleset->text);
	start -= before;
	return place_column(arena, where, character(start, before + wrong->column - 1));
}

static bool too_large(const struct reading *reading, const struct ruleset *ruleset)
{
	size_t length = strlen(ruleset->text);

	if (length > RULESET_BYTES)
		problem_add(reading->problems, ruleset->where, "has %zu bytes; allowed: at most %d", length,
			RULESET_BYTES);
	return length > RULESET_BYTES;
}

static const struct ruleset *check(const struct reading *reading, const struct ruleset *ruleset)
{
	struct ruleset_wrong wrong = { 0 };

	if (too_large(reading, ruleset))
		return NULL;
	if (!ruleset->json && scan(ruleset->text, &wrong)) {
		problem_add(
			reading->problems, ruleset_place(reading->arena, ruleset, &wrong), "%s", wrong.text);
		return NULL;
	}
	if (reading->ruleset_wrong && !problems_full(reading->problems) &&
		reading->ruleset_wrong(reading->arena, ruleset, &wrong)) {
		problem_add(reading->problems, ruleset_place(reading->arena, ruleset, &wrong),
			"not a ruleset: %s; allowed: nft(8)%s", wrong.text,
			ruleset->json ? ", libnftables-json(5)" : "");
		return NULL;
	}
	return ruleset;
}

static const struct ruleset *new_ruleset(const struct reading *reading, const struct place *where,
	const char *text, bool json, enum ruleset_form form)
{
	struct ruleset *ruleset = arena_take(reading->arena, sizeof *ruleset);
	size_t length = strlen(text);

	ruleset->where = where;
	ruleset->text =
		length && text[length - 1] == '\n' ? text : arena_printf(reading->arena, "%s\n", text);
	ruleset->json = json;
	ruleset->form = form;
	return check(reading, ruleset);
}

/* nft wants an object; the list in it will do here. */
static const struct ruleset *read_json(
	const struct reading *reading, const json_t *json, const struct place *where, enum ruleset_form form)
{
	json_t *wrapped =
		json_is_array(json) ? json_pack("{s:O}", "nftables", json) : json_incref((json_t *)json);
	const json_t *list = json_object_get(wrapped, "nftables");
	const struct ruleset *ruleset = NULL;
	char *text = NULL;

	if (!wrapped)
		memory_exhausted();
	if (!json_is_array(list)) {
		problem_add(reading->problems, where, "has no list \"nftables\"; allowed: %s", allowed);
	} else if (has_osf(list)) {
		problem_add(reading->problems, where, "%s", forbidden("osf", 3));
	} else {
		text = json_dumps(wrapped, JSON_COMPACT);
		if (!text)
			memory_exhausted();
		ruleset = new_ruleset(reading, where, arena_printf(reading->arena, "%s", text), true, form);
		free(text);
	}
	json_decref(wrapped);
	return ruleset;
}

/* A string in which JSON stands, as a shell script might have it. */
static const struct ruleset *read_json_text(
	const struct reading *reading, const char *text, const struct place *where, enum ruleset_form form)
{
	const struct ruleset as_read = { .where = where, .text = text, .form = form };
	struct ruleset_wrong wrong = { 0 };
	const struct ruleset *ruleset;
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!json) {
		wrong.line = (size_t)error.line;
		wrong.column = (size_t)error.column;
		problem_add(reading->problems, ruleset_place(reading->arena, &as_read, &wrong),
			"not a ruleset: %s; allowed: JSON, since it begins with %c", error.text,
			text[strspn(text, " \t\r\n")]);
		return NULL;
	}
	ruleset = read_json(reading, json, where, RULESET_INSIDE);
	json_decref(json);
	return ruleset;
}

static const struct ruleset *read_text(
	const struct reading *reading, const char *text, const struct place *where, enum ruleset_form form)
{
	char first = text[strspn(text, " \t\r\n")];

	if (first == '{' || first == '[')
		return read_json_text(reading, text, where, form);
	return new_ruleset(reading, where, text, false, form);
}

static bool is_line(const struct reading *reading, const json_t *json, const struct place *where)
{
	if (!json_is_string(json))
		wrong_kind(reading, json, where, "a line, as a string");
	else if (strpbrk(json_string_value(json), "\r\n"))
		problem_add(
			reading->problems, where, "not one line; allowed: an array of lines, or one string");
	else
		return true;
	return false;
}

static const struct ruleset *read_lines(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	size_t size = 1, used = 0, i;
	bool right = true;
	json_t *line;
	char *text;

	json_array_foreach ((json_t *)json, i, line) {
		right &= is_line(reading, line, place_index(reading->arena, where, i));
		size += json_string_length(line) + 1;
	}
	if (!right)
		return NULL;
	text = arena_take(reading->arena, size);
	json_array_foreach ((json_t *)json, i, line) {
		memcpy(text + used, json_string_value(line), json_string_length(line));
		used += json_string_length(line);
		text[used++] = '\n';
	}
	return read_text(reading, text, where, RULESET_LINES);
}

const struct ruleset *ruleset_read(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	if (json_is_string(json))
		return read_text(reading, json_string_value(json), where, RULESET_STRING);
	if (json_is_object(json))
		return read_json(reading, json, where, RULESET_OBJECT);
	if (json_is_object(json_array_get(json, 0)))
		return read_json(reading, json, where, RULESET_LIST);
	if (json_is_array(json))
		return read_lines(reading, json, where);
	wrong_kind(reading, json, where, allowed);
	return NULL;
}
