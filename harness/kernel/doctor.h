/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this machine has and lacks for labs: tables of checks, each of which gives one finding. Nothing on the
 * host changes: what can be known only by trying is tried in a namespace that goes with its process
 * (kernel/trial.h), and nothing is asked of the kernel for which it would load a module (kernel/module.h).
 */
#ifndef TUNLAB_DOCTOR_H
#define TUNLAB_DOCTOR_H

#include "kernel/rtnl.h"
#include "lab/arena.h"

enum finding_verdict {
	FINDING_NOTHING, /* there is nothing to say */
	FINDING_OK,
	FINDING_NOTE,  /* some labs are skipped, or differ */
	FINDING_LACKS, /* no lab can be run */
};

struct finding {
	enum finding_verdict verdict;
	const char *text;   /* from the machine's arena */
	const char *remedy; /* a command, or what to do; NULL: none is known, or the text holds it */
};

/* How the kinds of links fared: lists with blanks between the names, NULL where empty. */
struct kinds {
	const char *there, *lacking, *untried;
	const char *modules; /* that a lab with them would make the kernel load */
};

/* What the checks share. It begins with an arena and zeroes. */
struct machine {
	struct arena *arena;
	struct rtnl *rtnl; /* of the throw-away namespace, as is the next */
	int sysctls;
	struct kinds kinds;
};

struct check {
	const char *name;
	struct finding (*look)(struct machine *machine, const struct check *check);
	int capability; /* of those that look whether one is in effect */
};

/* What can be looked at where tunlab stands. Ends with a row without a name. */
extern const struct check checks_on_host[];

/*
 * What is looked at in a new network namespace, which the first of them makes and moves the calling thread
 * into: to be called in a process of its own (trial). The others need the first to have found no lack.
 */
extern const struct check checks_in_namespace[];

/* Findings with printed texts; the remedy is kept, not copied. */
struct finding finding_ok(const struct machine *machine, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct finding finding_note(const struct machine *machine, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
struct finding finding_lacks(const struct machine *machine, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An error, which is freed, as a lack; REMEDY may be NULL, as most errors' texts hold theirs. */
struct finding finding_from(const struct machine *machine, struct error *error, const char *remedy);

/* The number that a file of /proc/sys holds; OTHERWISE where there is none. */
long sysctl_number(const char *path, long otherwise);

/* Whether the kernel has the driver of TUN and TAP. Nothing is opened, which would make it load the module.
 */
bool tun_is_loaded(void);

#endif
