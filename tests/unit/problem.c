/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was meant by a name that is unknown, and how mistakes are told. */
#include "tests/unit/reading.h"
#include "tests/unit/tap.h"

static void which_is_nearest(void)
{
	static const char *const names[] = { "in", "name", "expect", "timeout", "count", "ping", "dev",
		"routes", "net-unreachable", NULL };
	static const struct {
		const char *name, *meant, *why;
	} rows[] = {
		{ "ping", "ping", "itself" },
		{ "pig", "ping", "a letter left out" },
		{ "pinng", "ping", "a letter too many" },
		{ "pimg", "ping", "another letter" },
		{ "pign", "ping", "two letters swapped" },
		{ "PING", "ping", "capitals" },
		{ "pong pong", NULL, "far from everything" },
		{ "pnig", "ping", "two letters swapped in the middle" },
		{ "gnip", NULL, "all letters swapped" },
		{ "is", "in", "of a short word one letter" },
		{ "x", NULL, "a word of one letter is near to none of two" },
		{ "", NULL, "nothing is near to nothing" },
		{ "tmeout", "timeout", "a letter left out of a long word" },
		{ "tiemuot", "timeout", "of a long word a third of its letters" },
		{ "device", "dev", "the beginning of it is known" },
		{ "expectation", "expect", "more than a known word" },
		{ "rou", "routes", "the beginning of a known word" },
		{ "ro", NULL, "but not two letters of it" },
		{ "net-unreachabel", "net-unreachable", "a long one" },
		{ "route", "routes", "the nearer one, not a beginning" },
	};
	char longer[200];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is(nearest(rows[i].name, names), rows[i].meant, "\"%s\": %s", rows[i].name, rows[i].why);
	memset(longer, 'n', sizeof longer - 1);
	longer[sizeof longer - 1] = 0;
	tap_is(nearest(longer, names), NULL, "a name of 199 letters");
	tap_is(nearest("ping", (const char *const[]) { longer, NULL }), NULL, "a known name of 199 letters");
	tap_is(nearest("ping", (const char *const[]) { NULL }), NULL, "no names");
}

static const struct place *at(struct desk *desk, const char *key)
{
	return place_key(desk->arena, NULL, key);
}

static void in_the_order_of_the_text(void)
{
	struct desk desk;

	desk_open(&desk, "{\n  \"first\": [1, 2],\n  \"second\": \"two words\",\n  \"third\": {\n    \"x\": "
			 "1\n  }\n}\n");
	problem_add(&desk.problems, at(&desk, "third"), "is %s", "last");
	problem_add(&desk.problems, place_name(desk.arena, at(&desk, "second")), "a key");
	problem_add(&desk.problems, place_column(desk.arena, at(&desk, "second"), 5), "words: plural");
	problem_add(&desk.problems, place_index(desk.arena, at(&desk, "first"), 1), "an element");
	problem_add(&desk.problems, NULL, "the whole");
	tap_is(desk_told(&desk),
		"lab:1:1: the whole\n"
		"lab:2:16: first[1]: 2: an element\n"
		"lab:3:3: second: \"second\": a key\n"
		"lab:3:18: second: \"two words\": words: plural\n"
		"lab:4:12: third: { \"x\": 1 }: is last\n",
		"places, values on one line, in the order of the text");
	desk_close(&desk);
}

/* The only problem at "a" of a lab. */
static void told_is(const char *json, const char *told, const char *what)
{
	struct desk desk;

	desk_open(&desk, json);
	problem_add(&desk.problems, at(&desk, "a"), "wrong");
	tap_is(desk_told(&desk), told, "%s", what);
	desk_close(&desk);
}

static void values_are_quoted(void)
{
	told_is("{\"a\":1}", "lab:1:6: a: 1: wrong\n", "a number, then a brace");
	told_is("{\"a\": true ,\"b\":2}", "lab:1:7: a: true: wrong\n", "a word, then a blank");
	told_is("{\"a\":[\"]\", \"}\"], \"b\": 1}", "lab:1:6: a: [\"]\", \"}\"]: wrong\n",
		"brackets in strings");
	told_is("{\"a\":\"x\\\"y\\\\\", \"b\": 1}", "lab:1:6: a: \"x\\\"y\\\\\": wrong\n", "escapes");
	told_is("{\"a\":{}}", "lab:1:6: a: {}: wrong\n", "an empty object");
	told_is("{\"a\":[\n\t[ ],\n\t{ }\n]}", "lab:1:6: a: [ [ ], { } ]: wrong\n", "lines become one");
	told_is("{\"a\":\"123456789 123456789 123456789 123456789 123456789 12345678\"}",
		"lab:1:6: a: \"123456789 123456789 123456789 123456789 123456789 12345678\": wrong\n",
		"60 bytes are quoted whole");
	told_is("{\"a\":\"123456789 123456789 123456789 123456789 123456789 123456789\"}",
		"lab:1:6: a: \"123456789 123456789 123456789 123456789 123456789 123456...: wrong\n",
		"of 61 the first 57");
	told_is("{\"a\":\"123456789 123456789 123456789 123456789 123456789 12345\303\274789\"}",
		"lab:1:6: a: \"123456789 123456789 123456789 123456789 123456789 12345...: wrong\n",
		"a character is not cut in two");
	told_is("{\"b\":1}", "lab:1:1: a: {\"b\":1}: wrong\n",
		"of what is missing, the object that lacks it");
}

static void what_is_told_is_text(void)
{
	struct desk desk;

	desk_open(&desk, "{}");
	problem_add(&desk.problems, NULL, "a bell \a, an escape \033[2J, a newline \n, \177");
	tap_is(desk_told(&desk), "lab:1:1: a bell ?, an escape ?[2J, a newline ?, ?\n",
		"no control characters");
	desk_close(&desk);
}

static void there_is_an_end(void)
{
	struct desk desk;
	const char *told;
	size_t lines = 0;

	desk_open(&desk, "{}");
	for (int i = 0; i < PROBLEMS_TOLD; i++) {
		if (i == 0 || i == PROBLEMS_TOLD - 1)
			tap_ok(!problems_full(&desk.problems), "after %d there is room", i);
		problem_add(&desk.problems, NULL, "wrong");
	}
	tap_ok(problems_full(&desk.problems), "after %d there is none", PROBLEMS_TOLD);
	problem_add(&desk.problems, NULL, "not told");
	problem_at(&desk.problems, 0, "not told");
	told = desk_told(&desk);
	for (const char *c = told; *c; c++)
		lines += *c == '\n';
	tap_ok(lines == PROBLEMS_TOLD + 1, "one line more is printed");
	tap_ok(!strstr(told, "not told") && strstr(told, "lab: 2 more mistakes were found\n"),
		"which counts those that are not told");
	tap_ok(desk.problems.count == PROBLEMS_TOLD + 2, "and all are counted");
	desk_close(&desk);
}

int main(void)
{
	which_is_nearest();
	in_the_order_of_the_text();
	values_are_quoted();
	what_is_told_is_text();
	there_is_an_end();
	return tap_done();
}
