/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places in a lab's text: where a JSON path leads, and which path leads where parsing stopped. */
#include "tests/unit/reading.h"
#include "tests/unit/tap.h"

static struct text of(const char *bytes)
{
	return (struct text) { .file = "lab", .bytes = bytes, .length = strlen(bytes) };
}

/* "line:column" of a place, and the path to it. */
static void stands_at(struct arena *arena, const char *bytes, const struct place *place, const char *wanted)
{
	struct text text = of(bytes);
	struct position position = text_position(&text, text_offset(&text, place));

	tap_is(arena_printf(arena, "%zu:%zu %s", position.line, position.column, place_path(arena, place)),
		wanted, "%s", wanted);
}

static void lines_and_columns(void)
{
	static const char text[] = "{\n  \"\303\274\": 1,\r\n\t\"\342\202\254\360\237\230\200\": 2 }";
	static const struct {
		size_t offset, line, column;
		const char *what;
	} rows[] = {
		{ 0, 1, 1, "the first byte" },
		{ 1, 1, 2, "the newline belongs to its line" },
		{ 2, 2, 1, "behind it a new one begins" },
		{ 4, 2, 3, "blanks" },
		{ 7, 2, 5, "behind a character of two bytes" },
		{ 12, 2, 10, "a carriage return is a character" },
		{ 14, 3, 1, "and does not begin a line" },
		{ 15, 3, 2, "so is a TAB" },
		{ 23, 3, 5, "behind characters of three and four bytes" },
		{ 1000, 3, 11, "no further than the end" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text here = of(text);
		struct position position = text_position(&here, rows[i].offset);

		if (!tap_ok(position.line == rows[i].line && position.column == rows[i].column, "%s",
			    rows[i].what))
			printf("# byte %zu is at %zu:%zu\n", rows[i].offset, position.line, position.column);
	}
}

static void position_is_moved_on(void)
{
	struct text text = of("a\nbb\n\nc");
	struct position position = { .line = 1, .column = 1 };

	for (size_t at = 0; at < text.length; at++) {
		struct position whole = text_position(&text, at + 1);

		text_advance(&text, &position, at, at + 1);
		if (position.line != whole.line || position.column != whole.column) {
			tap_ok(false, "byte %zu", at + 1);
			return;
		}
	}
	tap_ok(true, "byte by byte is the same as from the beginning");
}

static void paths_lead_there(struct arena *arena)
{
	static const char lab[] = "{\n"
				  "  \"namespaces\": {\n"
				  "    \"left\": { \"routes\": [ \"default dev lo\",\n"
				  "      { \"dst\": \"a\", \"dev\": \"lo\" } ] },\n"
				  "    \"a/b\": [[1, [2, 3]], \"\"],\n"
				  "    \"\": { \"\": 7 }\n"
				  "  }\n"
				  "}\n";
	const struct place *namespaces = place_key(arena, NULL, "namespaces"),
			   *left = place_key(arena, namespaces, "left"),
			   *routes = place_key(arena, left, "routes"),
			   *odd = place_key(arena, namespaces, "a/b"),
			   *empty = place_key(arena, namespaces, "");

	stands_at(arena, lab, NULL, "1:1 ");
	stands_at(arena, lab, namespaces, "2:17 namespaces");
	stands_at(arena, lab, place_name(arena, namespaces), "2:3 namespaces");
	stands_at(arena, lab, left, "3:13 namespaces.left");
	stands_at(arena, lab, place_index(arena, routes, 0), "3:27 namespaces.left.routes[0]");
	stands_at(arena, lab, place_key(arena, place_index(arena, routes, 1), "dev"),
		"4:28 namespaces.left.routes[1].dev");
	stands_at(arena, lab, place_name(arena, place_key(arena, place_index(arena, routes, 1), "dev")),
		"4:21 namespaces.left.routes[1].dev");
	stands_at(arena, lab, odd, "5:12 namespaces[\"a/b\"]");
	stands_at(arena, lab, place_index(arena, place_index(arena, place_index(arena, odd, 0), 1), 1),
		"5:21 namespaces[\"a/b\"][0][1][1]");
	stands_at(arena, lab, place_index(arena, odd, 1), "5:26 namespaces[\"a/b\"][1]");
	stands_at(arena, lab, place_key(arena, empty, ""), "6:15 namespaces[\"\"][\"\"]");

	/* Where the path leads nowhere, the innermost that is there. */
	stands_at(arena, lab, place_key(arena, left, "rules"), "3:13 namespaces.left.rules");
	stands_at(arena, lab, place_index(arena, routes, 9), "3:25 namespaces.left.routes[9]");
	stands_at(arena, lab, place_key(arena, place_key(arena, left, "rules"), "x"),
		"3:13 namespaces.left.rules.x");
	stands_at(arena, lab, place_key(arena, routes, "x"), "3:25 namespaces.left.routes.x");
}

static void paths_are_one_line(struct arena *arena)
{
	static const struct {
		const char *key, *path;
	} rows[] = { { "net.ipv4.ip_forward", "a[\"net.ipv4.ip_forward\"]" }, { "$schema", "a.$schema" },
		{ "answer-from", "a.answer-from" }, { "_x9", "a._x9" }, { "9x", "a[\"9x\"]" },
		{ "-x", "a[\"-x\"]" }, { "two words", "a[\"two words\"]" },
		{ "a\nb\tc\001\177", "a[\"a\\nb\\tc\\u0001\\u007f\"]" },
		{ "quote\" and \\", "a[\"quote\\\" and \\\\\"]" }, { "gr\303\274n", "a[\"gr\303\274n\"]" } };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is(place_path(arena, place_key(arena, place_key(arena, NULL, "a"), rows[i].key)),
			rows[i].path, "%s", rows[i].path);
}

static void keys_with_escapes(struct arena *arena)
{
	static const char lab[] = "{ \"\\u0061b\": 1, \"x\\\"y\": 2, \"\\u00fc\\u20AC\": 3, \"\\/\\n\": 4, "
				  "\"ab\\\\\": 5, \"abc\": 6, \"\\ud83d\\ude00\": 7 }";

	stands_at(arena, lab, place_key(arena, NULL, "ab"), "1:14 ab");
	stands_at(arena, lab, place_key(arena, NULL, "x\"y"), "1:25 [\"x\\\"y\"]");
	stands_at(arena, lab, place_key(arena, NULL, "\303\274\342\202\254"),
		"1:44 [\"\303\274\342\202\254\"]");
	stands_at(arena, lab, place_key(arena, NULL, "/\n"), "1:55 [\"/\\n\"]");
	stands_at(arena, lab, place_key(arena, NULL, "ab\\"), "1:66 [\"ab\\\\\"]");
	stands_at(arena, lab, place_key(arena, NULL, "abc"), "1:76 abc");
	stands_at(arena, lab, place_key(arena, NULL, "\360\237\230\200"), "1:95 [\"\360\237\230\200\"]");
}

/* A column is a character of the string that is meant, not of its text in the file. */
static void columns_in_strings(struct arena *arena)
{
	static const char lab[] =
		"{ \"a\": \"one \303\274wo\", \"b\": \"\\u0031\\t\\\"3\\ud83d\\ude00\", \"c\": 12345 }";
	const struct place *a = place_key(arena, NULL, "a"), *b = place_key(arena, NULL, "b");

	stands_at(arena, lab, place_column(arena, a, 1), "1:9 a");
	stands_at(arena, lab, place_column(arena, a, 5), "1:13 a");
	stands_at(arena, lab, place_column(arena, a, 6), "1:14 a");
	stands_at(arena, lab, place_column(arena, a, 7), "1:15 a");
	stands_at(arena, lab, place_column(arena, a, 99), "1:16 a");
	stands_at(arena, lab, place_column(arena, b, 2), "1:31 b");
	stands_at(arena, lab, place_column(arena, b, 3), "1:33 b");
	stands_at(arena, lab, place_column(arena, b, 4), "1:35 b");
	stands_at(arena, lab, place_column(arena, b, 5), "1:36 b");
	stands_at(arena, lab, place_column(arena, b, 6), "1:48 b");
	stands_at(arena, lab, place_column(arena, place_key(arena, NULL, "c"), 3), "1:56 c");
}

static void path_is(struct arena *arena, const char *bytes, const char *wanted)
{
	struct text text = of(bytes);

	tap_is(place_path(arena, text_place(arena, &text, text.length)), wanted, "%s", bytes);
}

static void paths_to_where_parsing_stopped(struct arena *arena)
{
	path_is(arena, "", "");
	path_is(arena, "{", "");
	path_is(arena, "{ \"a\"", "a");
	path_is(arena, "{ \"a\": ", "a");
	path_is(arena, "{ \"a\": \"x", "a");
	path_is(arena, "{ \"a\": \"x\"", "a");
	path_is(arena, "{ \"a\": \"x\", ", "");
	path_is(arena, "{ \"a\": \"x\", \"b\": [", "b[0]");
	path_is(arena, "{ \"a\": \"x\", \"b\": [1, {\"c\": 2}, ", "b[2]");
	path_is(arena, "{ \"a\": \"x\", \"b\": [1, {\"c\": 2}, {", "b[2]");
	path_is(arena, "{ \"a\": \"x\", \"b\": [1, {\"c\": 2}, {\"d\": {}", "b[2].d");
	path_is(arena, "{ \"a\": \"x\", \"b\": [1, {\"c\": 2}, {\"d\": {} }", "b[2]");
	path_is(arena, "{ \"a\": { \"b\": 1 }, \"c\": 1.5e3, \"d\": \"}],{\"", "d");
	path_is(arena, "[[[", "[0][0][0]");
	path_is(arena, "]", "");
	path_is(arena, "{}}", "");
}

static void token_is(const char *bytes, size_t end, size_t wanted)
{
	struct text text = of(bytes);
	size_t found = text_token(&text, end);

	if (!tap_ok(found == wanted, "%s: the token before byte %zu", bytes, end))
		printf("# begins at %zu, not %zu\n", found, wanted);
}

static void tokens(void)
{
	token_is("{ \"ab\": seven }", 13, 8);
	token_is("{ \"ab\": seven }", 9, 8);
	token_is("{ \"ab\": seven }", 6, 2);
	token_is("{ \"ab\": seven }", 7, 6);
	token_is("{ \"ab\": seven }", 1, 0);
	token_is("{ \"a\\\"b\": 1 }", 8, 2);
	token_is("[1,]", 4, 3);
	token_is("[1,]", 3, 2);
	token_is("[007]", 2, 1);
	token_is("\"not closed", 11, 0);
}

int main(void)
{
	struct arena *arena = arena_open();

	lines_and_columns();
	position_is_moved_on();
	paths_lead_there(arena);
	paths_are_one_line(arena);
	keys_with_escapes(arena);
	columns_in_strings(arena);
	paths_to_where_parsing_stopped(arena);
	tokens();
	arena_close(arena);
	return tap_done();
}
