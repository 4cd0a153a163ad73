/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as commands of ip, phase by phase; then the steps, as comments, with the commands of changes. */
#include <string.h>

#include "plan/plan.h"
#include "show.h"

static void print_plan(FILE *to, const struct lab *lab, const struct plan *plan)
{
	fprintf(to, "# %s\n", lab->name);
	for (size_t i = 0; i < lab->requirement_count; i++)
		fprintf(to, "# requires %s\n", lab->requirements[i].text);
	for (size_t i = 0; i < plan->count; i++) {
		if (!i || plan->at[i].phase != plan->at[i - 1].phase)
			fprintf(to, "\n# %s\n", phase_name(plan->at[i].phase));
		fprintf(to, "%s\n", operation_print(lab->arena, &plan->at[i]));
	}
}

static void print_change(FILE *to, const struct lab *lab, const struct step *step)
{
	const struct plan *plan = plan_change(lab->arena, lab, step->change);

	for (size_t i = 0; i < plan->count; i++)
		fprintf(to, "%s\n", operation_print(lab->arena, &plan->at[i]));
}

static void print_steps(FILE *to, const struct lab *lab)
{
	if (lab->step_count)
		fprintf(to, "\n# steps\n");
	for (size_t i = 0; i < lab->step_count; i++) {
		const struct step *step = &lab->steps[i];

		fprintf(to, "# %zu. %s", step->number, step->name);
		if (strcmp(step->name, step_print(lab->arena, step)))
			fprintf(to, ": %s", step_print(lab->arena, step));
		fprintf(to, " -> %s\n", expectation_print(lab->arena, step));
		if (step->change)
			print_change(to, lab, step);
	}
}

static void print(FILE *to, const struct lab *lab)
{
	print_plan(to, lab, plan_lab(lab->arena, lab));
	print_steps(to, lab);
}

const struct format format_text = {
	.name = "text",
	.what = "the plan as commands of ip, and the steps (the default)",
	.print = print,
};
