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

	return visit_program(&visit, error);
}

const struct command command_exec = {
	.name = "exec",
	.operands = "NAME NS [--] CMD [ARG]...",
	.least = 3,
	.free_after = 2,
	.what = "runs a program in a namespace of a lab that is up",
	.more = "The program has tunlab's standard streams, terminal, environment, directory and signals. "
		"Namespaces\n"
		"can be called by their names there. The exit status is the program's, or as a shell would "
		"have it:\n"
		"128+N where signal N ended it, 127 where it was not found, 126 where it cannot be run.",
	.run = run,
};
