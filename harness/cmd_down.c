/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "keep/client.h"
#include "keep/registry.h"

enum { OPTION_ALL };

static struct error *take_down(const struct arguments *arguments, struct arena *arena)
{
	const char **names = arena_take(arena, (arguments->count + 1) * sizeof *names);

	if (arguments->options[OPTION_ALL] && arguments->count)
		return error_new(STATUS_WRONG, 0, "down: --all %s: names and --all exclude each other",
			arguments->operands[0]);
	if (arguments->options[OPTION_ALL])
		return client_down(registry_labs(arena), true);
	if (!arguments->count)
		return error_new(
			STATUS_WRONG, 0, "down: the name of a lab is missing (tunlab list; or --all)");
	for (size_t i = 0; i < arguments->count; i++)
		names[i] = arguments->operands[i];
	return client_down(names, false);
}

static int run(const struct arguments *arguments, struct error **error)
{
	struct arena *arena = arena_open();

	registry_clean(stderr);
	*error = take_down(arguments, arena);
	arena_close(arena);
	return *error ? (int)(*error)->status : STATUS_PASSED;
}

static const struct option_row options[] = {
	[OPTION_ALL] = { "all", NULL, "all labs that are up" },
	{ 0 },
};

const struct command command_down = {
	.name = "down",
	.operands = "NAME...",
	.what = "takes labs down that are up, and returns when they are gone",
	.options = options,
	.run = run,
};
