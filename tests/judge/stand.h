/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two namespaces alike: in one `ip` does what a line says, in the other tunlab, as a step "change" would do
 * it (the line in a lab of its own is read and checked, planned, and applied).
 */
#ifndef TUNLAB_TESTS_JUDGE_STAND_H
#define TUNLAB_TESTS_JUDGE_STAND_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/rtnl.h"
#include "tests/judge/inside.h"

enum { STAND_DEVICES = 4 };

/* Devices that are up and have the addresses 10.0.N.1/24 and 2001:db8:N::1/64, N being the index here. The
 * first has no MAC address. "down0" is down. */
extern const char *const stand_devices[STAND_DEVICES];

enum verdict_class {
	ACCEPTED,
	REFUSED_ITSELF, /* by ip, or by tunlab's reader, before the kernel was asked */
	REFUSED_BY_KERNEL,
};

struct verdict {
	enum verdict_class class;
	char text[TOLD_SIZE]; /* the kernel's message without its end; else what was told of the line */
};

struct stand;

/* Makes both as the lab in FILE says, whose one namespace is "host". Ends the process where this cannot be
 * done. */
struct stand *stand_open(const char *file);
void stand_close(struct stand *stand);

/* `ip -6 OBJECT LINE`; FAMILY is "-6", "-4" or "". */
void stand_ip(struct stand *stand, const char *family, const char *object, const char *line,
	struct verdict *verdict);

/*
 * A line below KEY of a change; and the same as an object, made from the line once that is read. Both must
 * make the same request; the object is what is applied where OBJECT says so. OTHER says what is wrong with
 * the object, "" where nothing is.
 */
void stand_tunlab(struct stand *stand, const char *key, const char *line, bool object,
	struct verdict *verdict, char other[TOLD_SIZE]);

/* Runs a program in the namespace of ip (0) or of tunlab (1); what it printed, to be freed. Its exit status
 * goes to STATUS. ERRORS: standard error too. */
char *stand_run(struct stand *stand, int which, const char *const *arguments, bool errors, int *status);

/* An rtnetlink socket in one of them. */
struct rtnl *stand_rtnl(struct stand *stand, int which);

#endif
