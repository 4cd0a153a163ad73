/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/shell.h"

#include <string.h>

const char *shell_word(struct arena *arena, const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/@%+=,-";
	size_t length = strlen(text);
	char *word, *to;

	if (*text && strspn(text, plain) == length)
		return text;
	word = to = arena_take(arena, 4 * length + sizeof "''");
	*to++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			to = stpcpy(to, "'\\''");
		else
			*to++ = *text;
	}
	*to = '\'';
	return word;
}
