/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All tables by which a lab is read, beside those of the kinds, objects and verbs: for whoever documents
 * them. A field without a type holds what the comment says.
 */
#ifndef TUNLAB_TABLES_H
#define TUNLAB_TABLES_H

#include "lab/lab.h"

extern const struct field lab_fields[];	     /* tables, namespaces, wires, steps */
extern const struct field content_fields[];  /* of a namespace: links, sysctls; objects have their own keys */
extern const struct field entry_fields[];    /* of every object of iproute2 */
extern const struct field shown_fields[];    /* that only `ip -j` prints, of every object */
extern const struct field change_fields[];   /* of several namespaces: namespaces, wires */
extern const struct field packets_fields[];  /* an element of a step's "packets": count */
extern const struct field bounds_fields[];   /* of a count */
extern const struct field listener_fields[]; /* of a step's "listen" */
extern const struct field silence_fields[];  /* of expected silence with its cause */
extern const struct field icmp_fields[];     /* of an expected ICMP error */
extern const struct field errno_fields[];    /* of an expected errno */

/* A name has at most MOST characters: letters and digits, first also _, later also those in ALSO. */
struct name_rule {
	size_t most;
	const char *also;
};

extern const struct name_rule device_names; /* which are not "all" or "default" either */
extern const struct name_rule namespace_names;

enum {
	TABLE_NAME_MOST = 32, /* a letter first, then anything */
	ERRNO_MOST = 133,     /* no errno is larger */
};

#endif
