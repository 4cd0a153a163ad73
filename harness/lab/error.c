/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/arena.h"

static char *printed(const char *format, va_list arguments)
{
	char *text = NULL;

	if (vasprintf(&text, format, arguments) < 0)
		memory_exhausted();
	return text;
}

static void append(struct error *error, const char *before, const char *after)
{
	char *text = NULL;

	if (asprintf(&text, "%s: %s", before, after) < 0)
		memory_exhausted();
	free(error->text);
	error->text = text;
}

struct error *error_new(enum status status, int number, const char *format, ...)
{
	struct error *error = calloc(1, sizeof *error);
	va_list arguments;

	if (!error)
		memory_exhausted();
	error->status = status;
	error->number = number;
	va_start(arguments, format);
	error->text = printed(format, arguments);
	va_end(arguments);
	if (number)
		append(error, error->text, strerror(number));
	return error;
}

struct error *error_wrap(struct error *error, const char *format, ...)
{
	va_list arguments;
	char *before;

	va_start(arguments, format);
	before = printed(format, arguments);
	va_end(arguments);
	append(error, before, error->text);
	free(before);
	return error;
}

struct error *error_tell(struct error *error, const char *message)
{
	if (!message || !*message)
		return error;
	append(error, error->text, message);
	free((char *)error->message);
	error->message = strdup(message);
	if (!error->message)
		memory_exhausted();
	return error;
}

void error_free(struct error *error)
{
	if (!error)
		return;
	free((char *)error->message);
	free(error->text);
	free(error);
}

const char *error_name(int number)
{
	return strerrorname_np(number);
}

int error_number(const char *name)
{
	for (int number = 1; number < 134; number++) {
		const char *known = strerrorname_np(number);

		if (known && !strcmp(known, name))
			return number;
	}
	return 0;
}
