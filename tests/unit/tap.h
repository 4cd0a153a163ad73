/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a unit test prints: TAP version 13, a line for each statement, and what was found where it does not
 * hold. */
#ifndef TUNLAB_TESTS_UNIT_TAP_H
#define TUNLAB_TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failures;

__attribute__((format(printf, 2, 0))) static inline void tap_line(
	bool holds, const char *format, va_list arguments)
{
	if (tap_count == 0)
		puts("TAP version 13");
	printf("%s %d - ", holds ? "ok" : "not ok", ++tap_count);
	vprintf(format, arguments);
	tap_failures += !holds;
}

/* Says whether what the printed text says holds. Returns HOLDS. */
__attribute__((format(printf, 2, 3))) static inline bool tap_ok(bool holds, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tap_line(holds, format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	return holds;
}

/* Says whether SEEN is the string WANTED; either may be NULL. Returns whether it is. */
__attribute__((format(printf, 3, 4))) static inline bool tap_is(
	const char *seen, const char *wanted, const char *format, ...)
{
	bool same = seen && wanted ? !strcmp(seen, wanted) : seen == wanted;
	va_list arguments;

	va_start(arguments, format);
	tap_line(same, format, arguments);
	va_end(arguments);
	putchar('\n');
	if (!same)
		printf("# seen:   %s\n# wanted: %s\n", seen ? seen : "(NULL)", wanted ? wanted : "(NULL)");
	fflush(stdout);
	return same;
}

/* Counts a statement that cannot be tried here; the printed text is the reason. */
__attribute__((format(printf, 1, 2))) static inline void tap_skip(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	tap_line(true, "# SKIP ", arguments);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

/* Prints the plan. Returns the program's exit status. */
static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures > 0;
}

#endif
