/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "keep/visit.h"

static int run(const struct arguments *arguments, struct error **error)
{
	const struct visit visit = {
		.lab = arguments->operands[0],
		.netns = arguments->operands[1],
		.arguments = arguments->operands + 2,
		.interrupts = true,
	};

	return visit_shell(&visit, error);
}

const struct command command_shell = {
	.name = "shell",
	.operands = "NAME NS [--] [ARG]...",
	.least = 2,
	.free_after = 2,
	.what = "a shell in a namespace of a lab that is up",
	.more = "It is $SHELL, else /bin/sh, and its prompt begins with [NAME.NS]. Arguments are the "
		"shell's. Where\n"
		"standard input is no terminal the shell reads commands from it. The exit status is the "
		"shell's.",
	.run = run,
};
