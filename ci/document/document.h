/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What documents the lab's format, made from the tables by which labs are read. */
#ifndef TUNLAB_DOCUMENT_H
#define TUNLAB_DOCUMENT_H

#include <stdio.h>

#include "lab/tables.h"

/* Whether nothing more follows in a table of fields. */
bool table_ends(const struct field *field);

/* Prints labs/lab.schema.json (JSON Schema, draft 2020-12). False: a field has no shape, which was said. */
bool schema_print(FILE *to);

/* Prints tunlab-lab(5): TEMPLATE, with tables where it has marks. False: a mark or a table is amiss, which
 * was said. */
bool manual_print(FILE *to, FILE *template);

#endif
