/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as a shell script that needs no tunlab: ip, veth pairs for wires, ping, nc. Pure. */
#ifndef TUNLAB_SCRIPT_H
#define TUNLAB_SCRIPT_H

#include <stdio.h>

#include "lab/lab.h"
#include "lab/shell.h"
#include "plan/plan.h"

/* A device that no wire names has its other end here, and hubs are here: no namespace of a lab has such a
 * name. */
extern const char nowhere[];

/* Writes the functions of library_*.sh that BODY calls, and those that they call. */
void script_library(FILE *to, struct arena *arena, const char *body);

/* Writes what builds the lab. */
void script_build(FILE *to, const struct lab *lab);

/* The namespace that stands for the router that WIRE is: no namespace of a lab has such a name. */
const char *script_router(struct arena *arena, const struct wire *wire);

/* Writes what makes an END of a router's wire, and the router with its first; what gives the port at LINK its
 * MTU, if it is one; and what the router is told, each behind DOES. */
void script_router_port(FILE *to, const struct lab *lab, const struct link *end, const char *does);
void script_router_mtu(FILE *to, struct arena *arena, const struct link *link, const char *does);
void script_router_told(FILE *to, struct arena *arena, const struct operation *operation, const char *does);

/* What the lab's routers do and namespaces cannot; NULL: nothing. */
const char *script_beyond_router(const struct lab *lab);

/* Writes the operations of a change, each behind "try". */
void script_change(FILE *to, const struct lab *lab, const struct content *change);

/* Writes the command of a step that runs a program, for so many nanoseconds at most. */
void script_exec(FILE *to, struct arena *arena, const struct step *step, uint64_t timeout);

/* Why there can be no script of the lab; NULL: there can be. */
const char *script_beyond(const struct lab *lab);

/* Why a script cannot do a step; NULL: it can. */
const char *script_beyond_step(struct arena *arena, const struct step *step);

/* What impairs wires some time and netem has no words for; NULL: there is nothing. */
const char *script_beyond_netem(struct arena *arena, const struct lab *lab);

/* Whether something impairs a wire some time. */
bool script_impairs(const struct lab *lab);

/* Writes what impairs the wires from CONTENT on, the lab's wiring or a change, each command behind DOES. */
void script_impair(FILE *to, const struct lab *lab, const struct content *content, const char *does);

/* Writes a step. */
void script_step(FILE *to, const struct lab *lab, const struct step *step);

#endif
