/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct finding finding_ok(const struct machine *machine, const char *format, ...)
{
	struct finding finding = { .verdict = FINDING_OK };
	va_list arguments;

	va_start(arguments, format);
	finding.text = arena_vprintf(machine->arena, format, arguments);
	va_end(arguments);
	return finding;
}

struct finding finding_note(const struct machine *machine, const char *remedy, const char *format, ...)
{
	struct finding finding = { .verdict = FINDING_NOTE, .remedy = remedy };
	va_list arguments;

	va_start(arguments, format);
	finding.text = arena_vprintf(machine->arena, format, arguments);
	va_end(arguments);
	return finding;
}

struct finding finding_lacks(const struct machine *machine, const char *remedy, const char *format, ...)
{
	struct finding finding = { .verdict = FINDING_LACKS, .remedy = remedy };
	va_list arguments;

	va_start(arguments, format);
	finding.text = arena_vprintf(machine->arena, format, arguments);
	va_end(arguments);
	return finding;
}

struct finding finding_from(const struct machine *machine, struct error *error, const char *remedy)
{
	struct finding finding = finding_lacks(machine, remedy, "%s", error->text);

	error_free(error);
	return finding;
}

long sysctl_number(const char *path, long otherwise)
{
	FILE *file = fopen(path, "re");
	char line[32], *end = line;
	long number = 0;

	if (file && fgets(line, sizeof line, file))
		number = strtol(line, &end, 10);
	if (file)
		fclose(file);
	return end == line ? otherwise : number;
}

/* /proc/misc lists all drivers of its kind, each with its number: "200 tun". */
bool tun_is_loaded(void)
{
	FILE *file = fopen("/proc/misc", "re");
	char line[128];
	bool found = false;

	while (file && !found && fgets(line, sizeof line, file))
		found = !strcmp(line + strspn(line, " 0123456789"), "tun\n");
	if (file)
		fclose(file);
	return found;
}
