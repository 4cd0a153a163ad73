/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test program prints: TAP version 13, one line for each statement.
 */
#ifndef TUNLAB_TESTS_RELAY_TAP_H
#define TUNLAB_TESTS_RELAY_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_failures;

/* Says whether what "format" says holds. Returns "holds". */
__attribute__((format(printf, 2, 3))) static inline bool tap_ok(bool holds, const char *format, ...)
{
	va_list arguments;

	if (tap_count == 0)
		puts("TAP version 13");
	printf("%s %d - ", holds ? "ok" : "not ok", ++tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	tap_failures += !holds;
	return holds;
}

/* Prints the plan. Returns the program's exit status. */
static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures > 0;
}

#endif
