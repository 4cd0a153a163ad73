/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/problem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTED = 60, PATH = 120 };

bool problems_full(const struct problems *problems)
{
	return problems->count >= PROBLEMS_TOLD;
}

static void keep(struct problems *problems, struct problem problem, const char *format, va_list arguments)
{
	bool full = problems_full(problems);
	char *text;

	problems->count++;
	if (full)
		return;
	text = arena_vprintf(problems->arena, format, arguments);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	problem.text = text;
	arena_append(problems->arena, &problems->at, &problems->told, &problem, sizeof problem);
}

void problem_add(struct problems *problems, const struct place *where, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	keep(problems, (struct problem) { .where = where, .offset = SIZE_MAX }, format, arguments);
	va_end(arguments);
}

void problem_at(struct problems *problems, size_t offset, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	keep(problems, (struct problem) { .offset = offset }, format, arguments);
	va_end(arguments);
}

/* Where the string ends that begins at AT. */
static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : end;
}

/* Where the value ends that begins at AT, or some place beyond MOST bytes. */
static const char *value_end(const char *at, const char *end, size_t most)
{
	const char *start = at;
	int depth = 0;

	while (at < end && (size_t)(at - start) <= most && (depth || !strchr(",]} \t\r\n", *at))) {
		if (*at == '"') {
			at = string_end(at, end);
		} else {
			depth += *at == '{' || *at == '[';
			depth -= *at == '}' || *at == ']';
			at++;
		}
		if (!depth && strchr("]}\"", at[-1]))
			break;
	}
	return at;
}

/* What stands at OFFSET, as the lab has it, on one line and cut where it is long. */
static const char *quote(struct arena *arena, const struct text *text, size_t offset)
{
	const char *start = text->bytes + offset, *end = text->bytes + text->length;
	char *copy, *to;
	size_t length;

	length = (size_t)(value_end(start, end, (size_t)4 * QUOTED) - start);
	copy = to = arena_copy(arena, start, length);
	for (const char *from = copy; *from; from++) {
		bool blank = (unsigned char)*from <= ' ' || *from == 0x7f;

		if (!blank || (to > copy && to[-1] != ' '))
			*to++ = *from;
		if (blank && to > copy)
			to[-1] = ' ';
	}
	*to = 0;
	if (to - copy <= QUOTED)
		return copy;
	for (to = copy + QUOTED - 3; to > copy && ((unsigned char)*to & 0xc0) == 0x80; to--)
		;
	return arena_printf(arena, "%.*s...", (int)(to - copy), copy);
}

static const char *short_path(struct arena *arena, const struct place *place)
{
	const char *path = place_path(arena, place);

	return strlen(path) > PATH ? arena_printf(arena, "%.*s...", PATH, path) : path;
}

const char *place_print(struct arena *arena, const struct text *text, const struct place *place)
{
	const struct text *in = place_text(place, text);
	struct position position = text_position(in, text_offset(in, place));
	const char *path = short_path(arena, place);

	return arena_printf(
		arena, "%s:%zu:%zu%s%s", in->file, position.line, position.column, *path ? ": " : "", path);
}

static int by_offset(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void print_one(
	const struct problems *problems, const struct problem *problem, struct position position, FILE *to)
{
	struct arena *arena = problems->arena;
	const struct place *where = problem->where;
	const struct text *text = place_text(where, problems->text);
	const char *path;

	path = short_path(arena, where ? where : text_place(arena, text, problem->offset));
	fprintf(to, "%s:%zu:%zu: ", text->file, position.line, position.column);
	if (*path)
		fprintf(to, "%s: ", path);
	if (where) /* of a word in a string the whole string is quoted */
		fprintf(to, "%s: ", quote(arena, text, text_offset(text, place_column(arena, where, 0))));
	fprintf(to, "%s\n", problem->text);
}

void problems_print(const struct problems *problems, FILE *to)
{
	struct position position = { .line = 1, .column = 1 };
	size_t at = 0;

	for (size_t i = 0; i < problems->told; i++)
		if (problems->at[i].offset == SIZE_MAX)
			problems->at[i].offset = text_offset(
				place_text(problems->at[i].where, problems->text), problems->at[i].where);
	if (problems->told)
		qsort(problems->at, problems->told, sizeof *problems->at, by_offset);
	for (size_t i = 0; i < problems->told; i++) {
		const struct text *text = place_text(problems->at[i].where, problems->text);

		if (text != problems->text) {
			print_one(
				problems, &problems->at[i], text_position(text, problems->at[i].offset), to);
			continue;
		}
		text_advance(text, &position, at, problems->at[i].offset);
		at = problems->at[i].offset;
		print_one(problems, &problems->at[i], position, to);
	}
	if (problems->count > problems->told)
		fprintf(to, "%s: %zu more mistakes were found\n", problems->text->file,
			problems->count - problems->told);
}
