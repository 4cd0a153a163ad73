/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "plan/plan.h"

enum { OPTION_FORMAT };

static void print_plan(const struct lab *lab, const struct plan *plan)
{
	printf("# %s\n", lab->name);
	for (size_t i = 0; i < lab->requirement_count; i++)
		printf("# requires %s\n", lab->requirements[i].text);
	for (size_t i = 0; i < plan->count; i++) {
		if (!i || plan->at[i].phase != plan->at[i - 1].phase)
			printf("\n# %s\n", phase_name(plan->at[i].phase));
		printf("%s\n", operation_print(lab->arena, &plan->at[i]));
	}
}

static void print_change(const struct lab *lab, const struct step *step)
{
	const struct plan *plan = plan_change(lab->arena, lab, step->change);

	for (size_t i = 0; i < plan->count; i++)
		printf("%s\n", operation_print(lab->arena, &plan->at[i]));
}

static void print_steps(const struct lab *lab)
{
	if (lab->step_count)
		printf("\n# steps\n");
	for (size_t i = 0; i < lab->step_count; i++) {
		const struct step *step = &lab->steps[i];

		printf("# %zu. %s", step->number, step->name);
		if (strcmp(step->name, step_print(lab->arena, step)))
			printf(": %s", step_print(lab->arena, step));
		printf(" -> %s\n", expectation_print(lab->arena, step));
		if (step->change)
			print_change(lab, step);
	}
}

static int run(const struct arguments *arguments, struct error **error)
{
	const char *format = arguments->options[OPTION_FORMAT];
	struct lab *lab;

	if (format && strcmp(format, "text")) {
		*error = error_new(
			STATUS_WRONG, 0, "show: --format %s: no such format; allowed: text", format);
		return STATUS_WRONG;
	}
	if (lab_open(arguments->operands[0], filter_wrong, nft_wrong, &lab) != STATUS_PASSED)
		return STATUS_WRONG;
	print_plan(lab, plan_lab(lab->arena, lab));
	print_steps(lab);
	lab_close(lab);
	return STATUS_PASSED;
}

static const struct option_row options[] = {
	[OPTION_FORMAT] = { "format", "FORMAT", "text (the only one so far): the plan as commands of ip" },
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
