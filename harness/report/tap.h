/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Test Anything Protocol, version 13 (testanything.org; `prove` of Debian 12 refuses 14), with subtests
 * indented by four blanks. Every line is flushed as it is written.
 */
#ifndef TUNLAB_REPORT_TAP_H
#define TUNLAB_REPORT_TAP_H

#include <stdio.h>

#include "run/verdict.h"

struct tap {
	FILE *to;
	unsigned depth; /* of subtests */
	size_t point;	/* the number of the last one */
	bool broken;	/* writing failed: the results are lost */
};

void tap_version(struct tap *tap);

/* The plan: COUNT points follow. With REASON (NULL: none) and COUNT 0 all are skipped. */
void tap_plan(struct tap *tap, size_t count, const char *reason);

/* A point; DIRECTIVE ("SKIP", "TODO", NULL: none) and its reason. */
void tap_point(struct tap *tap, bool ok, const char *name, const char *directive, const char *reason);

/* A step's point; of a failed one, and of one that is excused, with a YAML block of what was done, expected
 * and seen, and what moved. */
void tap_verdict(struct tap *tap, const struct text *text, const struct verdict *verdict);

/* Under the point of a step: that it passed with a silence that may as well be that of a path where nothing
 * ever gets through (silence_is_sound). */
void tap_silence(struct tap *tap, const struct lab *lab, const struct verdict *verdict);

/* The points of the steps behind LAST, up to the COUNTth: they were not run, since the lab stays as LAST left
 * it. */
void tap_rest(struct tap *tap, const struct lab *lab, const struct step *last, size_t count);

void tap_comment(struct tap *tap, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The run stops here: always at the outermost level. */
void tap_bail(struct tap *tap, const char *reason);

/* A subtest begins, or ends. */
void tap_enter(struct tap *tap, const char *name);
void tap_leave(struct tap *tap);

#endif
