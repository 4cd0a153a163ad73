/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of lines and of JSON objects share. */
#ifndef TUNLAB_ENTRY_H
#define TUNLAB_ENTRY_H

#include "lab/object.h"

/* The verbs that a line may begin with; ends with a NULL name. */
extern const struct name entry_commands[];

/* Reads a line as after `ip`; problems are added to the reading's. */
void entry_read_line(const struct reading *reading, const char *text, struct entry *entry);

/* Reads an object as in `ip -j`, which stands where the entry does; problems are added to the reading's. */
void entry_read_object(const struct reading *reading, const json_t *json, struct entry *entry);

/* Reads the words of a group, such as "mpls 100" of an encap, into VALUES. */
void group_read_line(const struct reading *reading, const struct object *object, const char *text,
	const struct place *where, const struct field *fields, struct values *values);

/* The field of a table whose word, or another word for it, this is; NULL if none. */
const struct field *field_by_word(const struct field *fields, const char *word);

/* Which of the words that a line about FIELDS may have WORD was most likely meant to be; NULL: none is near.
 */
const char *words_near(const struct field *fields, const char *word);

/* Those words, for errors. */
const char *words_allowed(struct arena *arena, const struct object *object, const struct field *fields);

/* Adds a problem at WHERE where iproute2 has no such command for the object. */
void entry_check_command(const struct reading *reading, struct entry *entry, const struct place *where);

#endif
