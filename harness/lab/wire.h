/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of wires: each is one file in wires/ with a descriptor. */
#ifndef TUNLAB_WIRE_H
#define TUNLAB_WIRE_H

#include "lab/link.h"

struct wire_kind {
	const char *name;
	const char *what;	 /* for the manual */
	size_t least, most;	 /* ends */
	const char *link_kind;	 /* what an undeclared end is */
	const char *ends_may_be; /* for errors: "tun or tap" */
	bool relay;		 /* the relay carries it; else the kernel does */
	bool pair;		 /* its two ends are made by one request */
	const struct field *fields;
	/* Whether this link may be an end. */
	bool (*takes)(const struct link *link);
};

/* Made from the files of wires/; ends with NULL. In the order of their names. */
extern const struct wire_kind *const wire_kinds[];

/* What every kind takes. */
extern const struct field wire_fields[];

struct wire {
	const struct wire_kind *kind;
	const struct place *where;
	struct link **ends;
	size_t count;
	struct values values;
};

#endif
