/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab's run: built, its steps run in order, taken down. */
#ifndef TUNLAB_RUN_H
#define TUNLAB_RUN_H

#include "run/verdict.h"

struct run_options {
	size_t last_step;     /* stop after this step; 0: run all */
	bool stop_at_failure; /* the lab stays as the first step that fails left it */
	bool stays; /* the lab cannot be run once more: what moved, and the cause, are looked for in the first
		       run */
	bool unexplained; /* nobody wants to know why a step fails */
	bool slow_ok;	  /* a step that says nothing, since this machine was too slow, is no failure */
	const char *pcap; /* the directory in which what passes is captured; NULL: it is not */
	bool allow_exec;  /* else the caller has seen to it that no step runs a program (exec_forbidden) */
};

/* Whoever looks closely at one step, in a run of the lab that is made for it. */
struct run_watch {
	struct error *(*opened)(void *context, struct site *site); /* the site stands */
	void (*begins)(void *context, struct site *site, const struct step *step);
	/* What it finds may be put into VERDICT; texts are taken from ARENA. The site still stands. */
	struct error *(*ended)(void *context, struct site *site, const struct step *step, struct arena *arena,
		struct verdict *verdict);
	void *context;
};

/* Whoever tells people about a run. */
struct run_listener {
	void (*built)(void *context, const struct site *site); /* the lab stands; steps follow */
	/* of each step; VERDICT is valid during the call. False: nobody hears any more, and the run ends. */
	bool (*ended)(void *context, const struct verdict *verdict);
	const struct run_watch *watch; /* of a step that failed; NULL: only counters are looked at */
	/* the capture ends early, as it could not be written; the results count nevertheless */
	void (*uncaptured)(void *context, const struct error *error);
	void *context;
};

/*
 * Runs the steps of LAB up to STEP, which may be a copy that expects something else, in a site of their own,
 * and has WATCH (NULL: only counters) look at STEP. *VERDICT, whose texts are taken from ARENA, is what came
 * of it; with *VERDICT's "moved".
 */
struct error *run_watched(const struct lab *lab, struct loop *loop, const struct step *step,
	const struct run_watch *watch, struct arena *arena, struct verdict *verdict);

/* Silence that was expected for a cause must have it: else VERDICT, of a step that was WATCHED, fails. */
void run_check_cause(const struct step *step, bool watched, struct arena *arena, struct verdict *verdict);

/* How long is waited for what may take DURATION: longer by the factor that the environment's
 * TUNLAB_TIMEOUT_SCALE says, from 1 to 1000, for machines that are slow, under valgrind, or in an emulator.
 */
uint64_t run_patience(uint64_t duration);

/* Builds LAB in a site that was opened for it, if this machine has what it requires. */
struct error *run_build(struct site *site);

/*
 * Runs COUNT steps of the site's lab, which stands. *FAILED counts the steps that failed, those marked "todo"
 * not among them; *LAST (NULL is allowed) is the one that was run last, or NULL.
 */
struct error *run_steps(struct site *site, const struct step *steps, size_t count,
	const struct run_options *options, const struct run_listener *listener, size_t *failed,
	const struct step **last);

/*
 * Runs LAB. *FAILED counts the steps that failed, those marked "todo" not among them. An error ended the run
 * early: its status says whose fault it was, and "skip" that the kernel lacks what the lab needs. Whatever
 * happens the lab is taken down before this returns. A signal (see loop_signal) ends the run with an error
 * too.
 */
struct error *run_lab(const struct lab *lab, struct loop *loop, const struct run_options *options,
	const struct run_listener *listener, size_t *failed);

#endif
