/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/keep.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/capture.h"

/* A claimed name is known to be free before anything is built. */
static struct error *claim(const struct keeping *keeping, struct kept *kept)
{
	if (kept->registration.record >= 0)
		return NULL;
	return registry_claim(keeping->name, keeping->otherwise, &kept->registration);
}

static struct error *build(const struct keeping *keeping, struct loop *loop, struct kept *kept)
{
	struct error *error = keeping->always ? claim(keeping, kept) : NULL;

	if (!error)
		error = site_open(keeping->lab, loop, kept->errors, &kept->site);
	if (!error && *kept->registration.name)
		kept->site->name = kept->registration.name;
	if (!error && keeping->options.pcap)
		error = capture_open(kept->site, keeping->options.pcap);
	if (!error)
		error = run_build(kept->site);
	if (!error)
		keeping->listener->built(keeping->listener->context, kept->site);
	return error;
}

static struct error *become_keeper(const struct keeping *keeping, struct kept *kept)
{
	struct error *error = claim(keeping, kept);

	if (!error)
		error = keeper_open(kept->site, &kept->registration, kept->errors, &kept->keeper);
	return error;
}

/* What a capture has to say is no error of the run. */
static void end_capture(const struct keeping *keeping, struct site *site)
{
	struct error *error = site ? capture_close(site, stderr) : NULL;

	if (error)
		keeping->listener->uncaptured(keeping->listener->context, error);
	error_free(error);
}

struct error *keep_not(struct kept *kept)
{
	struct error *error;

	if (kept->keeper)
		error = keeper_close(kept->keeper);
	else
		error = site_close(kept->site);
	kept->keeper = NULL;
	kept->site = NULL;
	registry_release(&kept->registration);
	if (kept->errors >= 0)
		close(kept->errors);
	kept->errors = -1;
	return error;
}

struct error *keep_lab(const struct keeping *keeping, struct loop *loop, struct kept *out)
{
	struct error *error, *left;

	/* Standard error may be a pipe whose reader waits for its end: the relay must not hold it. */
	*out = (struct kept) { .registration = { .record = -1 },
		.errors = memfd_create("relay", MFD_CLOEXEC) };
	if (out->errors < 0)
		return error_new(STATUS_UNABLE, errno, "memfd_create");
	error = build(keeping, loop, out);
	if (!error)
		error = run_steps(out->site, keeping->lab->steps, keeping->steps, &keeping->options,
			keeping->listener, &out->failed, &out->last);
	if (!error && (keeping->always || out->failed))
		error = become_keeper(keeping, out);
	if (!error && out->keeper)
		return NULL;
	if (!out->keeper)
		end_capture(keeping, out->site);
	left = keep_not(out);
	if (!error)
		return left;
	error_free(left);
	return error;
}

struct error *keep_on(struct kept *kept)
{
	struct error *error = keeper_serve(kept->keeper), *left = keep_not(kept);

	if (!error)
		return left;
	error_free(left);
	return error;
}

void kept_print(FILE *to, const struct kept *kept, const char *before)
{
	const struct site *site = kept->site;

	for (size_t i = 0; i < site->lab->namespace_count; i++) {
		if (kept->registration.named)
			fprintf(to, "%s%s.%s\n", before, kept->registration.name,
				site->lab->namespaces[i]->name);
		else
			fprintf(to, "%s/proc/%d/fd/%d\n", before, getpid(), site->namespaces[i].fd);
	}
}
