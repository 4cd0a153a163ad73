/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab as a graph: namespaces with their devices, wires, and what stands on what. Pure: a writer says how it
 * looks. */
#ifndef TUNLAB_GRAPH_H
#define TUNLAB_GRAPH_H

#include <stdio.h>

#include "lab/lab.h"

enum graph_edge {
	GRAPH_WIRE,   /* packets pass */
	GRAPH_MASTER, /* from a link to the one that it is enslaved to */
	GRAPH_LOWER,  /* from a link to the one that it stands on */
};

/* Identities are letters, digits and _. Texts are as people read them; LABEL may be "". */
struct graph_writer {
	void (*begin)(FILE *to, const char *title);
	void (*open)(FILE *to, const char *id, const char *name); /* a namespace; its devices follow */
	void (*device)(FILE *to, const char *id, const char *const *lines, size_t count);
	void (*close)(FILE *to);
	void (*hub)(FILE *to, const char *id, const char *label); /* a wire that has other than two ends */
	void (*router)(FILE *to, const char *id, const char *const *lines, size_t count); /* likewise */
	void (*edge)(FILE *to, const char *from, const char *target, const char *label, enum graph_edge edge);
	void (*end)(FILE *to);
};

/* Draws what stands from the beginning. lo is drawn where it has addresses or something stands on it. */
void graph_draw(FILE *to, const struct lab *lab, const struct graph_writer *writer);

#endif
