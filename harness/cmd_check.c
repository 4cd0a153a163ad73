/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "command.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "lab/lab.h"

static int run(const struct arguments *arguments, struct error **error)
{
	int status = STATUS_PASSED;

	(void)error;
	for (size_t i = 0; i < arguments->count; i++) {
		struct lab *lab;

		if (lab_open(arguments->operands[i], filter_wrong, nft_wrong, &lab) != STATUS_PASSED) {
			status = STATUS_WRONG;
			continue;
		}
		printf("%s: ok: %zu namespace%s, %zu step%s\n", arguments->operands[i], lab->namespace_count,
			lab->namespace_count == 1 ? "" : "s", lab->step_count,
			lab->step_count == 1 ? "" : "s");
		lab_close(lab);
	}
	return status;
}

const struct command command_check = {
	.name = "check",
	.operands = "LAB...",
	.least = 1,
	.what = "says all that can be said of labs without creating anything",
	.more = "Each mistake is told with file, line, column, JSON path, the value and what is allowed.\n"
		"A syntax error is told alone, everything else at once. LAB may be - for standard input.",
	.run = run,
};
