/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of the tables as mdoc(7). */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "manual.h"

enum { WIDTH = 78 };

void manual_say(FILE *to, const char *text)
{
	const char *all = text;
	int column = 0;

	while (*text) {
		int length = (int)strcspn(text, " ");
		const char *from = text;
		bool sentence = text > all + 1 && text[-2] == '.' && isupper((unsigned char)*text);

		if (length && column) {
			bool breaks = sentence || column + length > WIDTH;

			putc(breaks ? '\n' : ' ', to);
			column = breaks ? 0 : column + 1;
		}
		if (!column && (*from == '.' || *from == '\''))
			fputs("\\&", to);
		for (; from < text + length; from++) {
			if (*from == '\\')
				fputs("\\e", to);
			else if (!strncmp(from, "→", strlen("→")))
				fputs("\\(->", to);
			else if (!((unsigned char)*from & 0x80))
				putc(*from, to);
		}
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	if (column)
		putc('\n', to);
}

void manual_add(struct sentence *sentence, const char *format, ...)
{
	char *piece;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&piece, format, arguments) < 0)
		memory_exhausted();
	va_end(arguments);
	sentence->text =
		arena_printf(sentence->arena, "%s%s%s", sentence->text, *sentence->text ? "; " : "", piece);
	free(piece);
}

const char *manual_commas(struct arena *arena, const char *words)
{
	const char *list = "";

	for (const char *at = words; at && *at; at += strcspn(at, " "), at += *at == ' ')
		list = arena_printf(arena, "%s%s%.*s", list, *list ? ", " : "", (int)strcspn(at, " "), at);
	return list;
}

const char *manual_aliases(struct arena *arena, const char *words)
{
	const char *list = "";

	for (const char *at = words; at && *at; at += strcspn(at, " "), at += *at == ' ') {
		int length = (int)strcspn(at, " ");
		bool any = at[length - 1] == '*';

		list = arena_printf(arena, "%s%s%.*s%s", list, *list ? ", " : "", length - any, at,
			any ? " or any beginning of it" : "");
	}
	return list;
}
