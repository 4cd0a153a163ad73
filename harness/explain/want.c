/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/want.h"

struct error *want_read(const struct lab *lab, const struct step *step, const json_t *want, struct step *out)
{
	const struct text text = { .file = "want", .bytes = "", .length = 0 };
	struct problems problems = { .arena = lab->arena, .text = &text };
	const struct reading reading = {
		.lab = (struct lab *)lab, .arena = lab->arena, .problems = &problems
	};

	*out = *step;
	if (!want)
		return NULL;
	out->expect = NULL;
	out->expect_count = out->packets_count = out->counters_count = 0;
	expectations_read(&reading, out, want, NULL);
	if (!problems.count)
		return NULL;
	return error_new(STATUS_WRONG, 0, "%s", problems.told ? problems.at[0].text : "cannot be expected");
}
