/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "command.h"
#include "keep/client.h"
#include "keep/message.h"
#include "keep/registry.h"
#include "lab/lab.h"

enum { OPTION_ALLOW_EXEC, OPTION_SLOW_OK };

/* JSON begins with a brace or a bracket; else it is a file's name, or - for standard input. */
static bool read_text(struct arena *arena, const char *argument, struct text *out)
{
	struct problems problems = { .arena = arena, .text = out };
	size_t blanks = strspn(argument, " \t\r\n");

	if (argument[blanks] == '{' || argument[blanks] == '[') {
		*out = (struct text) { .file = "JSON", .bytes = argument, .length = strlen(argument) };
		return true;
	}
	out->file = argument;
	if (text_load(&problems, out))
		return true;
	problems_print(&problems, stderr);
	return false;
}

static int run(const struct arguments *arguments, struct error **error)
{
	int flags = (arguments->options[OPTION_ALLOW_EXEC] ? ASK_ALLOW_EXEC : 0) |
		    (arguments->options[OPTION_SLOW_OK] ? ASK_SLOW_OK : 0);
	int status = STATUS_WRONG;
	struct arena *arena = arena_open();
	struct text text = { 0 };

	registry_clean(stderr);
	if (read_text(arena, arguments->operands[1], &text))
		*error = client_steps(arguments->operands[0], &text, flags, &status);
	arena_close(arena);
	return *error ? (int)(*error)->status : status;
}

static const struct option_row options[] = {
	[OPTION_ALLOW_EXEC] = { "allow-exec", NULL, "steps may run programs of this machine" },
	[OPTION_SLOW_OK] = { "slow-ok", NULL,
		"a step that fails since this machine was too slow is skipped" },
	{ 0 },
};

const struct command command_step = {
	.name = "step",
	.operands = "NAME JSON|FILE",
	.least = 2,
	.most = 2,
	.what = "runs further steps in a lab that is up; TAP on standard output",
	.more = "JSON is a step, or an array of steps, as in a lab; else FILE has it, - is standard input. "
		"The lab stays "
		"as the\nsteps leave it. Ctrl-C gives the step up.",
	.options = options,
	.run = run,
};
