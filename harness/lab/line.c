/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/line.h"

#include <string.h>

void line_split(struct line *line, const char *text, const char *blanks)
{
	struct arena *arena = line->reading->arena;
	size_t column = 1, columns = 0;

	while (*text) {
		size_t length = strcspn(text, blanks);

		if (length) {
			const char *word = arena_copy(arena, text, length);

			arena_append(arena, &line->words, &line->count, &word, sizeof word);
			arena_append(arena, &line->columns, &columns, &column, sizeof column);
		}
		for (size_t i = 0; i < length; i++)
			column += ((unsigned char)text[i] & 0xc0) != 0x80;
		text += length;
		column += *text != 0;
		text += *text != 0;
	}
}

const char *line_word(const struct line *line, size_t word)
{
	return word < line->count ? line->words[word] : "";
}

const struct place *line_place(const struct line *line, size_t word)
{
	if (word >= line->count)
		return line->where;
	return place_column(line->reading->arena, line->where, line->columns[word]);
}
