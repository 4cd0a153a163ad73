/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file's bytes, and the JSON in them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/lab.h"

enum { WORD_MOST = 40 };

/* Reads at most a byte more than a lab may have; false: errno says why. */
static bool read_all(struct arena *arena, int fd, struct text *text)
{
	size_t room = (size_t)16 * 1024, used = 0;
	char *bytes = arena_take(arena, room + 1);

	for (;;) {
		ssize_t n = read(fd, bytes + used, room - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		used += (size_t)n;
		if (!n || used > LAB_BYTES)
			break;
		if (used == room) {
			char *larger = arena_take(arena, 4 * room + 1);

			memcpy(larger, bytes, used);
			bytes = larger;
			room *= 4;
		}
	}
	bytes[used] = 0;
	text->bytes = bytes;
	text->length = used;
	return true;
}

static int open_lab(const char *file)
{
	return strcmp(file, "-") ? open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
				 : dup(STDIN_FILENO);
}

bool text_load(struct problems *problems, struct text *text)
{
	struct stat status = { 0 };
	int fd = open_lab(text->file);
	bool read = false;

	text->bytes = "";
	if (fd < 0 || fstat(fd, &status))
		problem_at(problems, 0, "cannot be opened: %s", strerror(errno));
	else if (S_ISDIR(status.st_mode))
		problem_at(problems, 0, "is a directory; allowed: a lab's file, or - for standard input");
	else if (status.st_size > LAB_BYTES)
		problem_at(problems, 0, "has %lld bytes; allowed: at most %d", (long long)status.st_size,
			LAB_BYTES);
	else if (!read_all(problems->arena, fd, text))
		problem_at(problems, 0, "cannot be read: %s", strerror(errno));
	else if (text->length > LAB_BYTES)
		problem_at(problems, 0, "has more than %d bytes, which is the most allowed", LAB_BYTES);
	else
		read = true;
	if (fd >= 0)
		close(fd);
	return read;
}

/* The length of the string or the word at WORD, which is quoted in a message. */
static int word_length(const char *word)
{
	size_t length = *word == '"' ? 1 + strcspn(word + 1, "\"\n") : strcspn(word, "[]{},:\" \t\r\n");

	return length > WORD_MOST ? WORD_MOST : (int)length + (*word == '"' || !length);
}

/* What jansson's parser missed, where a bracket tells it better than its own words. */
static const char *meant(const struct text *text, size_t at, const char *found)
{
	size_t before = at;

	while (before && strchr(" \t\r\n", text->bytes[before - 1]))
		before--;
	if (text->bytes[at] == '\'')
		return "a string in single quotes; allowed: double quotes";
	if (text->bytes[at] == '/' || text->bytes[at] == '#')
		return "JSON has no comments; allowed: a member \"note\"";
	if (strchr("]}", text->bytes[at]) && before && text->bytes[before - 1] == ',')
		return "a comma with nothing behind it; allowed: none after the last";
	if (strstr(found, "string or '}' expected"))
		return "something that is no string; allowed: a key in double quotes, or }";
	if (strstr(found, "'}' expected"))
		return "a comma is missing; allowed: , or }";
	if (strstr(found, "']' expected"))
		return "a comma is missing; allowed: , or ]";
	if (strstr(found, "':' expected"))
		return "a colon is missing; allowed: : after a key";
	return NULL;
}

/* Mistakes that jansson finds by the words of its message. */
static void other_syntax_error(
	struct problems *problems, const struct text *text, size_t at, const char *found)
{
	static const struct {
		const char *found, *what;
	} known[] = {
		{ "control character 0x9", "a raw TAB inside a string; allowed: a blank, or \\t" },
		{ "control character", "a control character inside a string; allowed: \\u and four digits" },
		{ "unexpected newline",
			"the string does not end on its line; allowed: a closing quote, or \\n" },
		{ "invalid escape", "no such escape; allowed: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX" },
		{ "invalid Unicode",
			"half of a surrogate pair; allowed: both halves, or the character itself" },
		{ "\\u0000", "a string with a zero byte; allowed: any other character" },
	};
	size_t start = text_token(text, at);
	const char *word = text->bytes + start, *what;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strstr(found, known[i].found)) {
			problem_at(problems, i < 2 ? at : start, "syntax: %s", known[i].what);
			return;
		}
	}
	what = meant(text, start, found);
	if (what)
		problem_at(problems, start, "syntax: %s", what);
	else
		problem_at(problems, start,
			"syntax: %.*s: not a value; allowed: a string in double quotes, a number, true, "
			"false, null, [ or {",
			word_length(word), word);
}

static void syntax_error(struct problems *problems, const struct text *text, const json_error_t *error)
{
	size_t at = error->position < 0 ? 0 : (size_t)error->position, start;

	if (at > text->length)
		at = text->length;
	start = text_token(text, at);
	switch (json_error_code(error)) {
	case json_error_premature_end_of_input:
		problem_at(problems, text->length, "syntax: the text ends before the JSON does");
		return;
	case json_error_duplicate_key:
		problem_at(problems, start, "%.*s: the key stands twice in this object; allowed: once",
			word_length(text->bytes + start), text->bytes + start);
		return;
	case json_error_end_of_input_expected:
		problem_at(problems, start, "syntax: something follows the end of the JSON");
		return;
	case json_error_stack_overflow:
		problem_at(problems, at, "syntax: nested too deeply; allowed: %d levels", LAB_DEPTH);
		return;
	case json_error_invalid_utf8:
		problem_at(problems, at, "syntax: not UTF-8; allowed: JSON text in UTF-8");
		return;
	case json_error_numeric_overflow:
		problem_at(problems, start,
			"syntax: %.*s: too large; allowed: numbers that fit into 64 bits, with a sign",
			word_length(text->bytes + start), text->bytes + start);
		return;
	default: other_syntax_error(problems, text, at, error->text);
	}
}

/* The depth of JSON that jansson took: never more than its own limit of 2048. */
static size_t depth(const json_t *json)
{
	size_t deepest = 0, i;
	const char *key;
	json_t *value;

	json_array_foreach ((json_t *)json, i, value) {
		size_t inner = depth(value);

		deepest = inner > deepest ? inner : deepest;
	}
	json_object_foreach ((json_t *)json, key, value) {
		size_t inner = depth(value);

		deepest = inner > deepest ? inner : deepest;
	}
	return deepest + (json_is_array(json) || json_is_object(json));
}

/* A text has no zero byte, and begins with no other control character than a blank. */
static bool is_binary(const struct text *text)
{
	unsigned char first = (unsigned char)text->bytes[0];

	return (first < ' ' && !strchr(" \t\r\n", first)) || first == 0x7f ||
	       memchr(text->bytes, 0, text->length);
}

json_t *text_parse(struct problems *problems, const struct text *text, const char *allowed)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	json_error_t error;
	json_t *json;
	size_t seed;

	if (strspn(text->bytes, " \t\r\n") == text->length)
		problem_at(problems, 0, "is empty; allowed: %s", allowed);
	else if (!strncmp(text->bytes, byte_order_mark, 3))
		problem_at(problems, 0, "syntax: begins with a byte order mark; allowed: UTF-8 without one");
	else if (is_binary(text))
		problem_at(problems, 0, "syntax: a binary file; allowed: JSON text in UTF-8");
	if (problems->count)
		return NULL;
	/* Else jansson asks /dev/urandom for what keeps its hash tables from being attacked. */
	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed)
		json_object_seed(seed | 1);
	json = json_loadb(text->bytes, text->length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!json) {
		syntax_error(problems, text, &error);
	} else if (depth(json) > LAB_DEPTH) {
		problem_at(problems, 0, "nested %zu levels deep; allowed: %d", depth(json), LAB_DEPTH);
		json_decref(json);
		json = NULL;
	}
	return json;
}

json_t *lab_parse(struct problems *problems, struct text *text)
{
	return text_load(problems, text) ? text_parse(problems, text, "a lab, which is a JSON object") : NULL;
}
