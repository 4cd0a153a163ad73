/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands ask the keepers of labs that are up. */
#ifndef TUNLAB_CLIENT_H
#define TUNLAB_CLIENT_H

#include "kernel/program.h"
#include "lab/json.h"
#include "lab/text.h"

/* Where a program is to run, by courtesy of a keeper. */
struct entrance {
	struct enclosure in;
	int connection; /* it becomes readable when the lab goes */
	char *hosts, *names;
};

/* Enters the namespace NETNS of the lab NAME. STATUS_WRONG: there is no such lab, or it has no such
 * namespace. */
struct error *client_enter(const char *name, const char *netns, struct entrance *out);

/* Gives back what client_enter gave, which may have failed. */
void client_leave(struct entrance *entrance);

/* Appends what the lab NAME tells of itself to LABS. STATUS_WRONG: none is up under it. */
struct error *client_list(const char *name, json_t *labs);

/*
 * Has the lab run the steps in TEXT, and prints what it tells of them. *STATUS is as of `run`. FLAGS: enum
 * ask_steps. The lab gives the steps up when the calling process ends.
 */
struct error *client_steps(const char *name, const struct text *text, int flags, int *status);

/*
 * Asks all labs in NAMES (ending with NULL) to be taken down, and waits until all of them are. KNOWN: they
 * were up a moment ago; else STATUS_WRONG: there is no such lab.
 */
struct error *client_down(const char *const *names, bool known);

#endif
