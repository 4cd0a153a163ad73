/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/judge/copy.h"

#include <stdlib.h>

#include "plan/plan.h"
#include "tests/judge/inside.h"

char *copy_run(const struct copy *copy, const char *command, int *status)
{
	const char *const arguments[] = { "sh", "-c", command, NULL };

	return run_inside(copy->site, copy->in, arguments, true, status);
}

void copy_must(const struct copy *copy, const char *command)
{
	int status;
	char *told = copy_run(copy, command, &status);

	if (status) {
		fprintf(stderr, "%s: %s\n", command, told);
		exit(2);
	}
	free(told);
}

void copy_open(struct copy *copy, const json_t *file, const char *in)
{
	const char *then = json_string_value(json_object_get(file, "then"));

	char wrong[TOLD_SIZE];

	copy->lab = lab_of_json(json_deep_copy(json_object_get(file, "lab")), wrong);
	if (!copy->lab) {
		fprintf(stderr, "%s\n", wrong);
		exit(2);
	}
	must(loop_open(&copy->loop), "opening the loop");
	must(site_open(copy->lab, copy->loop, -1, &copy->site), "opening a lab");
	must(site_apply(copy->site, plan_lab(copy->lab->arena, copy->lab)), "building a lab");
	copy->in = lab_namespace(copy->lab, in);
	if (!copy->in)
		exit(2);
	if (then)
		copy_must(copy, then);
}

void copy_close(struct copy *copy)
{
	must(site_close(copy->site), "taking down a lab");
	lab_close(copy->lab);
	loop_close(copy->loop);
}
