/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/capability.h>
#include <stdio.h>

#include "command.h"
#include "kernel/capability.h"
#include "kernel/doctor.h"
#include "kernel/trial.h"

static void print_finding(const char *name, const struct finding *finding)
{
	static const char *const words[] = {
		[FINDING_OK] = "ok",
		[FINDING_NOTE] = "note",
		[FINDING_LACKS] = "lacks",
	};

	if (finding->verdict == FINDING_NOTHING)
		return;
	printf("%-5s %-18s %s%s%s\n", words[finding->verdict], name, finding->text,
		finding->remedy ? ": " : "", finding->remedy ? finding->remedy : "");
}

/* False: something that every lab needs is lacking. */
static bool look(struct machine *machine, const struct check *check)
{
	struct finding finding = check->look(machine, check);

	print_finding(check->name, &finding);
	return finding.verdict != FINDING_LACKS;
}

/* Where the namespace lacks, there is nothing to look at in it. */
static int look_in_namespace(void *context)
{
	bool able = true;

	for (const struct check *check = checks_in_namespace; able && check->name; check++)
		able = look(context, check);
	return able ? 0 : 1;
}

/* An ordinary user's namespaces take a user namespace, and are looked at where that can be made. */
static bool try_namespace(struct machine *machine)
{
	int end = capability_has(CAP_SYS_ADMIN) ? trial(look_in_namespace, machine)
						: trial_as_ordinary_user(look_in_namespace, machine);
	struct finding finding = { .verdict = FINDING_NOTHING };

	if (end == TRIAL_BROKEN)
		finding = finding_lacks(machine, NULL, "the process that tried them was killed");
	else if (end == TRIAL_REFUSED || end == TRIAL_POWERLESS)
		finding = finding_note(machine, NULL, "not tried, for lack of CAP_SYS_ADMIN");
	print_finding(checks_in_namespace->name, &finding);
	return end == 0;
}

static int run(const struct arguments *arguments, struct error **error)
{
	struct machine machine = { .sysctls = -1 };
	bool able = true;

	if (arguments->count) {
		*error = error_new(STATUS_WRONG, 0, "doctor: %s: takes no operand", arguments->operands[0]);
		return STATUS_WRONG;
	}
	machine.arena = arena_open();
	for (const struct check *check = checks_on_host; check->name; check++)
		able = look(&machine, check) && able;
	able = try_namespace(&machine) && able;
	printf("\n%s; nothing was changed\n",
		able ? "labs can be run here" : "labs cannot be run here until what lacks is mended");
	arena_close(machine.arena);
	return able ? STATUS_PASSED : STATUS_UNABLE;
}

const struct command command_doctor = {
	.name = "doctor",
	.operands = "",
	.what = "says what this machine has and lacks for labs, and what mends it",
	.more = "ok: it is there. note: some labs are skipped, or differ. lacks: no lab can be run (status "
		"3).\n"
		"Nothing is changed: what must be tried is tried in a namespace that vanishes, and nothing "
		"is\n"
		"asked of the kernel for which it would load a module.",
	.run = run,
};
