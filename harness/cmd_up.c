/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "explain/watch.h"
#include "keep/birth.h"
#include "keep/keep.h"
#include "kernel/capability.h"
#include "kernel/nft.h"
#include "kernel/packet.h"
#include "lab/exec.h"
#include "report/tap.h"
#include "run/capture_file.h"

enum { OPTION_NAME, OPTION_UNTIL, OPTION_ALLOW_EXEC, OPTION_PCAP, OPTION_SLOW_OK };

/* A lab that is to be up, and how its first steps go. */
struct coming {
	struct tap tap;
	struct lab *lab;
	struct keeping keeping;
};

static void built(void *context, const struct site *site)
{
	struct coming *coming = context;

	if (!coming->keeping.steps)
		return;
	tap_version(&coming->tap);
	tap_plan(&coming->tap, coming->keeping.steps, NULL);
	for (size_t i = 0; i < site->baseline.unpinned_count; i++)
		tap_comment(&coming->tap, "baseline: %s", site->baseline.unpinned[i]);
}

static bool ended(void *context, const struct verdict *verdict)
{
	struct coming *coming = context;

	tap_verdict(&coming->tap, &coming->lab->text, verdict);
	tap_silence(&coming->tap, coming->lab, verdict);
	return !coming->tap.broken;
}

static void uncaptured(void *context, const struct error *error)
{
	(void)context;
	fprintf(stderr, "tunlab: %s\n", error->text);
}

/* The child's life: it builds the lab, says so, and keeps it. */
static void live(struct coming *coming, struct birth *birth)
{
	struct birth_report report = { .status = STATUS_PASSED };
	struct loop *loop = NULL;
	struct kept kept = { 0 };
	struct error *error = loop_open(&loop);

	if (!error)
		error = loop_catch_signals(loop);
	if (!error)
		error = keep_lab(&coming->keeping, loop, &kept);
	if (error) {
		report.status = loop && loop_signal(loop) ? 128 + loop_signal(loop) : (int)error->status;
		if (report.status < 128)
			fprintf(stderr, "tunlab: %s\n", error->text);
		error_free(error);
		birth_report(birth, &report);
		return;
	}
	if (kept.failed)
		tap_rest(&coming->tap, coming->lab, kept.last, coming->keeping.steps);
	report.kept = true;
	report.status = kept.failed ? STATUS_FAILED : STATUS_PASSED;
	snprintf(report.name, sizeof report.name, "%s", kept.registration.name);
	kept_print(stdout, &kept, coming->keeping.steps ? "# " : "");
	if (!kept.registration.named)
		fprintf(stderr,
			"tunlab: /run/netns cannot be written to: `ip netns` does not know the lab (nsenter "
			"--net=PATH does)\n");
	if (fflush(stdout) || ferror(stdout)) {
		report.kept = false;
		report.status = STATUS_UNABLE;
		fprintf(stderr, "tunlab: standard output: cannot be written: %s\n", strerror(errno));
		error_free(keep_not(&kept));
	}
	birth_report(birth, &report);
	if (report.kept)
		error_free(keep_on(&kept));
	loop_close(loop);
}

static int bring_up(struct coming *coming, struct error **error)
{
	struct birth_report report = { .status = STATUS_UNABLE };
	struct loop *loop = NULL;
	struct birth birth;

	*error = loop_open(&loop);
	if (!*error)
		*error = loop_catch_signals(loop);
	if (!*error)
		*error = birth_give(&birth);
	if (!*error && !birth.child) {
		live(coming, &birth);
		_exit(0);
	}
	if (!*error)
		*error = birth_await(&birth, loop, &report);
	if (!*error && report.kept)
		fprintf(stderr, "tunlab: %s is up (tunlab shell %s %s; tunlab down %s)\n", report.name,
			report.name, coming->lab->namespaces[0]->name, report.name);
	loop_close(loop);
	return *error ? (int)(*error)->status : report.status;
}

/* The step that TEXT means, by its number or its name: how many that are with those before it. */
static bool count_steps(const struct lab *lab, const char *text, size_t *out)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*out = number;
	if (*text >= '0' && *text <= '9' && !*end)
		return number <= lab->step_count;
	for (*out = 1; *out <= lab->step_count; ++*out)
		if (!strcmp(lab->steps[*out - 1].name, text))
			return true;
	return false;
}

static struct error *read_options(const struct arguments *arguments, struct coming *coming)
{
	const char *name = arguments->options[OPTION_NAME], *until = arguments->options[OPTION_UNTIL];

	if (name && lab_name_wrong(name))
		return error_new(STATUS_WRONG, 0, "up: --name %s: %s", name, lab_name_wrong(name));
	coming->keeping.name = name ? name : lab_name_of(coming->lab->arena, coming->lab->text.file);
	if (until && !count_steps(coming->lab, until, &coming->keeping.steps))
		return error_new(STATUS_WRONG, 0,
			"up: --until %s: no such step; the lab has %zu (tunlab show %s)", until,
			coming->lab->step_count, coming->lab->text.file);
	return NULL;
}

static int run(const struct arguments *arguments, struct error **error)
{
	struct coming coming = { .tap = { .to = stdout } };
	struct explanation explanation = { .file = -1 };
	const struct run_watch watch = explain_watch(&explanation);
	const struct run_listener listener = {
		.built = built, .ended = ended, .watch = &watch, .uncaptured = uncaptured, .context = &coming
	};
	int status;

	registry_clean(stderr);
	status = (int)lab_open(arguments->operands[0], filter_wrong, nft_wrong, &coming.lab);
	if (status != STATUS_PASSED)
		return status;
	coming.keeping = (struct keeping) { .lab = coming.lab,
		.always = true,
		.options = { .stop_at_failure = true,
			.pcap = arguments->options[OPTION_PCAP],
			.allow_exec = arguments->options[OPTION_ALLOW_EXEC],
			.slow_ok = arguments->options[OPTION_SLOW_OK] },
		.listener = &listener };
	*error = read_options(arguments, &coming);
	if (!*error && !coming.keeping.options.allow_exec &&
		exec_forbidden(coming.lab, coming.lab->steps, coming.keeping.steps, stderr))
		status = STATUS_WRONG;
	if (!*error && status == STATUS_PASSED)
		*error = capability_check();
	if (!*error && status == STATUS_PASSED && coming.keeping.options.pcap)
		*error = capture_file_check(coming.keeping.options.pcap);
	if (*error)
		status = (int)(*error)->status;
	else if (status == STATUS_PASSED)
		status = bring_up(&coming, error);
	lab_close(coming.lab);
	return status;
}

static const struct option_row options[] = {
	[OPTION_NAME] = { "name", "NAME", "what it is called while it is up; the file's name unless given" },
	[OPTION_UNTIL] = { "until", "STEP", "run its steps up to this one (a number, or a name) first" },
	[OPTION_ALLOW_EXEC] = { "allow-exec", NULL, "steps may run programs of this machine" },
	[OPTION_PCAP] = { "pcap", "DIR", "write what passes devices and wires to DIR/NAME.pcapng" },
	[OPTION_SLOW_OK] = { "slow-ok", NULL,
		"a step that fails since this machine was too slow is skipped" },
	{ 0 },
};

const struct command command_up = {
	.name = "up",
	.operands = "LAB",
	.least = 1,
	.most = 1,
	.what = "builds a lab to stand in, and returns when it is ready",
	.more = "Prints the names by which `ip netns exec`, `ip -n` and `nsenter --net=/run/netns/` know its "
		"namespaces.\n"
		"A process in the background keeps it until `tunlab down`. With --until a step that fails is "
		"the "
		"last: the lab\n"
		"stays as that left it, and the exit status is 1.",
	.options = options,
	.run = run,
};
