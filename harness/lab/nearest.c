/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which known name was meant. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "lab/problem.h"

enum { LONGEST = 64, SHORTENED = 3 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * How many letters must be put in, left out, changed, or swapped with their neighbours to make B of A
 * (optimal string alignment); upper and lower case are the same. Three rows of the matrix are at hand: it
 * looks back by two.
 */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1], length = strlen(b);
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *next = before;

		before = above;
		above = row;
		row = next;
		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			row[j] = above[j - 1] + !same(a[i - 1], b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return row[length];
}

/* Whether one is the beginning of the other, as "dir" of "direction". */
static bool shortened(const char *a, const char *b)
{
	size_t length = least(strlen(a), strlen(b));

	return length >= SHORTENED && !strncasecmp(a, b, length);
}

const char *nearest(const char *name, const char *const *names)
{
	size_t length = strlen(name), best = length < 6 ? 2 : length / 3 + 1;
	const char *found = NULL;

	for (; length && length <= LONGEST && *names; names++) {
		size_t far = strlen(*names) > LONGEST ? LONGEST : distance(name, *names);

		if (far < best) {
			best = far;
			found = *names;
		} else if (!found && shortened(name, *names)) {
			found = *names;
		}
	}
	return found;
}
