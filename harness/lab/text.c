/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct place *place_root(struct arena *arena, const struct text *text)
{
	struct place *place = arena_take(arena, sizeof *place);

	place->text = text;
	return place;
}

const struct text *place_text(const struct place *place, const struct text *otherwise)
{
	while (place && place->up)
		place = place->up;
	return place && place->text ? place->text : otherwise;
}

static bool is_root(const struct place *place)
{
	return !place || place->text || (!place->up && !place->key && place->column);
}

const struct place *place_key(struct arena *arena, const struct place *up, const char *key)
{
	struct place *place = arena_take(arena, sizeof *place);

	place->up = up;
	place->key = key;
	return place;
}

const struct place *place_index(struct arena *arena, const struct place *up, size_t index)
{
	struct place *place = arena_take(arena, sizeof *place);

	place->up = up;
	place->index = index;
	return place;
}

static struct place *changed(struct arena *arena, const struct place *place)
{
	static const struct place root;

	return arena_copy(arena, place ? place : &root, sizeof *place);
}

const struct place *place_column(struct arena *arena, const struct place *place, size_t column)
{
	struct place *copy = changed(arena, place);

	copy->column = column;
	return copy;
}

const struct place *place_name(struct arena *arena, const struct place *place)
{
	struct place *copy = changed(arena, place);

	copy->at_key = true;
	return copy;
}

static bool is_plain(const char *key)
{
	if (!*key || !(isalpha((unsigned char)*key) || *key == '_' || *key == '$'))
		return false;
	for (; *key; key++)
		if (!isalnum((unsigned char)*key) && !strchr("_-$", *key))
			return false;
	return true;
}

/* KEY as JSON would write it: a path is one line. */
static const char *escaped(struct arena *arena, const char *key)
{
	static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	char *text = arena_take(arena, 6 * strlen(key) + 1), *to = text;

	for (; *key; key++) {
		const char *found = strchr(special, *key);

		if (found)
			to += sprintf(to, "\\%c", letters[found - special]);
		else if ((unsigned char)*key < ' ' || *key == 0x7f)
			to += sprintf(to, "\\u%04x", (unsigned)*key);
		else
			*to++ = *key;
	}
	return text;
}

const char *place_path(struct arena *arena, const struct place *place)
{
	const char *up;

	if (is_root(place))
		return "";
	up = place_path(arena, place->up);
	if (!place->key)
		return arena_printf(arena, "%s[%zu]", up, place->index);
	if (!is_plain(place->key))
		return arena_printf(arena, "%s[\"%s\"]", up, escaped(arena, place->key));
	return arena_printf(arena, "%s%s%s", up, *up ? "." : "", place->key);
}

/* A reader of JSON that has been parsed before, or is valid up to the end that it is given. */
struct scan {
	const char *bytes;
	size_t at, end;
};

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->end && strchr(" \t\r\n", scan->bytes[scan->at]) && scan->bytes[scan->at])
		scan->at++;
}

static bool take(struct scan *scan, char wanted)
{
	skip_space(scan);
	if (scan->at >= scan->end || scan->bytes[scan->at] != wanted)
		return false;
	scan->at++;
	return true;
}

/* Passes a string, of which the opening quote is next. */
static void skip_string(struct scan *scan)
{
	scan->at++;
	while (scan->at < scan->end && scan->bytes[scan->at] != '"')
		scan->at += scan->bytes[scan->at] == '\\' ? 2 : 1;
	scan->at++;
}

/* Passes a value of any kind, iteratively: depth costs no stack. */
static void skip_value(struct scan *scan)
{
	size_t depth = 0;

	do {
		skip_space(scan);
		if (scan->at >= scan->end)
			return;
		switch (scan->bytes[scan->at]) {
		case '"': skip_string(scan); break;
		case '{':
		case '[':
			depth++;
			scan->at++;
			break;
		case '}':
		case ']':
			depth--;
			scan->at++;
			break;
		case ',':
		case ':': scan->at++; break;
		default:
			while (scan->at < scan->end && !strchr(",:]} \t\r\n", scan->bytes[scan->at]))
				scan->at++;
		}
	} while (depth);
}

static unsigned hex(const char *digits)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++) {
		int c = tolower((unsigned char)digits[i]);

		value = value * 16 + (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	return value;
}

/* The code behind \u; of a surrogate pair, that of the character which both halves make. */
static unsigned read_code(struct scan *scan)
{
	unsigned code = hex(scan->bytes + scan->at), low;

	scan->at += 4;
	if (code >> 10 != 0xd800 >> 10 || scan->at + 6 > scan->end || scan->bytes[scan->at] != '\\' ||
		scan->bytes[scan->at + 1] != 'u')
		return code;
	low = hex(scan->bytes + scan->at + 2);
	if (low >> 10 != 0xdc00 >> 10)
		return code;
	scan->at += 6;
	return 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
}

static size_t put_utf8(unsigned code, char *out)
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = length; i > 1; i--, code >>= 6)
		out[i - 1] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(first[length] | code);
	return length;
}

/* Reads a character of a string, escaped or not, as UTF-8 into OUT (at least 4 bytes); returns its length
 * there. */
static size_t unescape(struct scan *scan, char *out)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *letter;
	size_t length = 0;

	if (scan->bytes[scan->at] != '\\' || scan->at + 1 >= scan->end) {
		do
			out[length++] = scan->bytes[scan->at++];
		while (length < 4 && scan->at < scan->end &&
			((unsigned char)scan->bytes[scan->at] & 0xc0) == 0x80);
		return length;
	}
	scan->at += 2;
	out[0] = scan->bytes[scan->at - 1];
	if (out[0] == 'u' && scan->at + 4 <= scan->end)
		return put_utf8(read_code(scan), out);
	letter = strchr(letters, out[0]);
	if (letter)
		out[0] = meant[letter - letters];
	return 1;
}

/* Reads a string, of which the opening quote is next, and says whether it is KEY. */
static bool string_is(struct scan *scan, const char *key)
{
	size_t left = strlen(key);
	bool same = true;

	scan->at++;
	while (scan->at < scan->end && scan->bytes[scan->at] != '"') {
		char piece[4];
		size_t length = unescape(scan, piece);

		if (length > left || memcmp(piece, key, length)) {
			same = false;
			left = 0;
			continue;
		}
		key += length;
		left -= length;
	}
	scan->at++;
	return same && !left;
}

/* Moves into the object that is next, to the value of KEY, or with AT_KEY to the key itself. */
static bool enter_key(struct scan *scan, const char *key, bool at_key)
{
	if (!take(scan, '{'))
		return false;
	while (scan->at < scan->end) {
		size_t start;
		bool found;

		skip_space(scan);
		if (scan->at >= scan->end || scan->bytes[scan->at] != '"')
			return false;
		start = scan->at;
		found = string_is(scan, key);
		if (found && at_key) {
			scan->at = start;
			return true;
		}
		if (!take(scan, ':'))
			return false;
		skip_space(scan);
		if (found)
			return true;
		skip_value(scan);
		if (!take(scan, ','))
			return false;
	}
	return false;
}

static bool enter_index(struct scan *scan, size_t index)
{
	if (!take(scan, '['))
		return false;
	while (index--) {
		skip_value(scan);
		if (!take(scan, ','))
			return false;
	}
	skip_space(scan);
	return true;
}

static bool enter(struct scan *scan, const struct place *place)
{
	size_t before;
	bool found;

	if (is_root(place)) {
		skip_space(scan);
		return true;
	}
	if (!enter(scan, place->up))
		return false;
	before = scan->at;
	found = place->key ? enter_key(scan, place->key, place->at_key) : enter_index(scan, place->index);
	if (!found)
		scan->at = before;
	return found;
}

size_t text_offset(const struct text *text, const struct place *place)
{
	struct scan scan = { .bytes = text->bytes, .end = text->length };

	if (enter(&scan, place) && place && place->column && scan.at < scan.end &&
		scan.bytes[scan.at] == '"') {
		char piece[4];

		scan.at++;
		for (size_t i = 1; i < place->column && scan.at < scan.end && scan.bytes[scan.at] != '"'; i++)
			unescape(&scan, piece);
	}
	return scan.at < scan.end ? scan.at : scan.end;
}

void text_advance(const struct text *text, struct position *position, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < text->length; i++) {
		if (text->bytes[i] == '\n') {
			position->line++;
			position->column = 1;
		} else if (((unsigned char)text->bytes[i] & 0xc0) != 0x80) {
			position->column++;
		}
	}
}

struct position text_position(const struct text *text, size_t offset)
{
	struct position position = { .line = 1, .column = 1 };

	text_advance(text, &position, 0, offset);
	return position;
}

size_t text_token(const struct text *text, size_t end)
{
	struct scan scan = { .bytes = text->bytes, .end = text->length };
	size_t start;

	do {
		skip_space(&scan);
		start = scan.at;
		if (scan.at < scan.end && scan.bytes[scan.at] == '"') {
			skip_string(&scan);
			continue;
		}
		while (scan.at < scan.end && !strchr("[]{},:\" \t\r\n", scan.bytes[scan.at]))
			scan.at++;
		scan.at += scan.at == start;
	} while (scan.at < end && scan.at < scan.end);
	return start < end || !end ? start : end;
}

const struct place *text_place(struct arena *arena, const struct text *text, size_t offset)
{
	struct scan scan = { .bytes = text->bytes, .end = offset < text->length ? offset : text->length };
	const struct place *place = NULL;
	struct place *inner;

	/* An opened object has an empty key until a member is named; what stands there is the object's. */
	for (;;) {
		size_t start;

		skip_space(&scan);
		if (scan.at >= scan.end)
			return place && place->key && !*place->key ? place->up : place;
		start = scan.at;
		inner = (struct place *)place;
		switch (scan.bytes[scan.at]) {
		case '{':
			place = place_key(arena, place, "");
			scan.at++;
			break;
		case '[':
			place = place_index(arena, place, 0);
			scan.at++;
			break;
		case '}':
		case ']':
			place = place ? place->up : NULL;
			scan.at++;
			break;
		case ',':
			if (inner && inner->key)
				inner->key = "";
			else if (inner)
				inner->index++;
			scan.at++;
			break;
		case '"':
			skip_string(&scan);
			if (inner && inner->key && !*inner->key && scan.at <= scan.end)
				inner->key = arena_copy(arena, scan.bytes + start + 1, scan.at - start - 2);
			break;
		default: skip_value(&scan);
		}
		if (scan.at == start)
			scan.at++;
	}
}
