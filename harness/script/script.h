/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as a shell script that needs no tunlab: ip, veth pairs for wires, ping, nc. Pure. */
#ifndef TUNLAB_SCRIPT_H
#define TUNLAB_SCRIPT_H

#include <stdio.h>

#include "lab/lab.h"
#include "lab/shell.h"

/* Writes the functions of library.sh that BODY calls, and those that they call. */
void script_library(FILE *to, struct arena *arena, const char *body);

/* Writes what builds the lab. */
void script_build(FILE *to, const struct lab *lab);

/* Writes the operations of a change, each behind "try". */
void script_change(FILE *to, const struct lab *lab, const struct content *change);

/* Writes the command of a step that runs a program, for so many nanoseconds at most. */
void script_exec(FILE *to, struct arena *arena, const struct step *step, uint64_t timeout);

/* Writes a step. */
void script_step(FILE *to, const struct lab *lab, const struct step *step);

#endif
