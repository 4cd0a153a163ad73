/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "lab/problem.h"
#include "show.h"

enum { OPTION_FORMAT };

enum { FORMATS_MOST = 16 };

static const struct format *find_format(const char *name, struct error **error)
{
	const char *names[FORMATS_MOST + 1] = { NULL }, *near, *list = "";
	struct arena *arena;
	size_t count = 0;

	for (const struct format *const *format = formats; *format; format++) {
		if (!strcmp((*format)->name, name))
			return *format;
		if (count < FORMATS_MOST)
			names[count++] = (*format)->name;
	}
	arena = arena_open();
	near = nearest(name, names);
	for (size_t i = 0; i < count; i++)
		list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", names[i]);
	*error = error_new(STATUS_WRONG, 0, "show: --format %s: no such format%s%s%s; allowed: %s", name,
		near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "", list);
	arena_close(arena);
	return NULL;
}

static int run(const struct arguments *arguments, struct error **error)
{
	const char *name = arguments->options[OPTION_FORMAT];
	const struct format *format = find_format(name ? name : "text", error);
	struct lab *lab;

	if (!format)
		return STATUS_WRONG;
	if (lab_open(arguments->operands[0], filter_wrong, nft_wrong, &lab) != STATUS_PASSED)
		return STATUS_WRONG;
	format->print(stdout, lab);
	lab_close(lab);
	return STATUS_PASSED;
}

static const struct option_row options[] = {
	[OPTION_FORMAT] = { "format", "text|json|script|mermaid|dot",
		"how it is shown; as text unless given" },
	{ 0 },
};

const struct command command_show = {
	.name = "show",
	.operands = "LAB",
	.least = 1,
	.most = 1,
	.what = "shows what would be built, as commands of ip, and the steps",
	.more = "Nothing is created. What ip has no command for (the relay, the baseline) stands there as a "
		"comment.",
	.options = options,
	.run = run,
};
