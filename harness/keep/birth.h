/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a process comes to be that may keep a lab: it is born before the lab is built, since who builds a lab
 * holds it, and the command that started it waits until it has said how building went.
 */
#ifndef TUNLAB_BIRTH_H
#define TUNLAB_BIRTH_H

#include <sys/types.h>

#include "keep/registry.h"
#include "kernel/loop.h"

/* What the child says, once. */
struct birth_report {
	int status;		      /* as of `run` */
	bool kept;		      /* the lab is up, and the child keeps it: */
	char name[LAB_NAME_MOST + 1]; /* under this name */
	char in[64];		      /* the namespace of the step that failed; "": none did */
	char skipped[512];	      /* why the lab was skipped; "": it was not */
};

struct birth {
	pid_t child; /* 0: this is it */
	int report;
};

/*
 * Forks. The child leads a session of its own, so that it is not the terminal's; it has no descriptors but
 * the standard streams and the report's, and is told SIGTERM should the parent die before the report.
 */
struct error *birth_give(struct birth *out);

/*
 * The child's report. Where the lab is kept, its standard streams become /dev/null, so that nobody waits for
 * their end, its folder is /, and it no longer ends with its parent.
 */
void birth_report(struct birth *birth, const struct birth_report *report);

/*
 * The parent waits for the report, in LOOP, and passes on the signals that come meanwhile: after one no lab
 * is kept. A child that does not keep a lab has ended when this returns. One that died without a report is an
 * error.
 */
struct error *birth_await(struct birth *birth, struct loop *loop, struct birth_report *out);

#endif
