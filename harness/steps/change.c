/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/attempt.h"

static const char *const words[] = { "done", NULL };

/* What the kernel refuses is what a step may expect; what this machine cannot do ends the lab. */
static struct error *start(struct attempt *attempt)
{
	struct site *site = attempt->site;
	struct error *error = site_apply(site, plan_change(site->arena, site->lab, attempt->step->change));
	struct outcome outcome = { .word = "done", .text = "done" };

	if (error && (error->status != STATUS_WRONG || !error->number))
		return error;
	if (error) {
		outcome.word = NULL;
		outcome.number = error->number;
		outcome.message = error->message ? arena_printf(attempt->arena, "%s", error->message) : NULL;
		outcome.text =
			arena_printf(attempt->arena, "%s (%s)", error->text, error_name(error->number));
		error_free(error);
	}
	attempt_end(attempt, &outcome);
	return NULL;
}

const struct verb verb_change = {
	.name = "change",
	.what = "what stands in it is applied now, in the order of building",
	.words = words,
	.expectations = EXPECTS_ERRNO,
	.quiet = true,
	.start = start,
};
