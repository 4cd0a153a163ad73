/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON Schema, piece by piece. Every function that returns a schema makes a new one, which the caller owns; a
 * schema or array that is taken is given away, but for one that something is put into. None returns NULL:
 * where memory is exhausted the program ends. ARENA is for names made on the way, which the schemas copy.
 */
#ifndef TUNLAB_SCHEMA_H
#define TUNLAB_SCHEMA_H

#include "document.h"

/* schema_make.c: what a schema consists of. */

/* JSON, unless it could not be made: for what jansson returns. */
json_t *schema_made(json_t *json);

/* Sets a member of OBJECT, or adds an element to ARRAY, by a VALUE that jansson returned. */
void schema_put(json_t *object, const char *key, json_t *value);
void schema_append(json_t *array, json_t *value);

/* TEXT as a JSON string: of a description, a default. */
json_t *schema_string(const char *text);

/* Any value of a TYPE of JSON, such as "string". */
json_t *schema_typed(const char *type);

/* What the definition NAME says. */
json_t *schema_reference(const char *name);

/* A string that PATTERN, a regular expression of ECMA-262, matches somewhere. */
json_t *schema_matching(const char *pattern);

/* One of WORDS, which end with NULL. */
json_t *schema_words(const char *const *words);

/* An array whose elements are like ITEMS. */
json_t *schema_array_of(json_t *items);

/* What one of SEVERAL schemas, an array of at least one, allows. */
json_t *schema_any_of(json_t *several);

/* What the first or the second allows. */
json_t *schema_either(json_t *first, json_t *second);

/* An object whose members have names that match PATTERN, and values like VALUE. */
json_t *schema_map_of(const char *pattern, json_t *value);

/* What CONDITION allows must also be as THEN says. */
json_t *schema_when(json_t *condition, json_t *then);

/* Conditions: an object has the member KEY; it has it, and the member is the string VALUE. */
json_t *schema_has(const char *key);
json_t *schema_is(const char *key, const char *value);

/* schema_field.c: fields. */

/* The value of a field that has a type: by itself, as a member or as an element of a list. */
json_t *schema_value(struct arena *arena, const struct field *field);

/* One of the words of ip that stand alone in TABLE, as `ip -j` lists them under "flags". */
json_t *schema_flag(const struct field *table);

/* An object with the fields of TABLES, which end with NULL, open to more; the first of fields with the same
 * key counts. */
json_t *schema_open_object(struct arena *arena, const struct field *const *tables);

/* The same with these fields and "note" only. */
json_t *schema_object(struct arena *arena, const struct field *const *tables);

/* schema_link.c: links and wires. DEFINITIONS are the members of "$defs". */

/* Defines "link", and "link-KIND" for each kind that has fields. */
void schema_put_links(struct arena *arena, json_t *definitions);

/* Defines "wire", and "wire-change", which may say of one that stands what its kind takes. */
void schema_put_wires(struct arena *arena, json_t *definitions);

/* schema_impairment.c: what impairs wires. */

/* Defines "impairments", which is open to more, and "toward" and "schedule", which consist of them. */
void schema_put_impairments(struct arena *arena, json_t *definitions);

/* The names of kinds of links that a lab may make, and of kinds of wires. */
json_t *schema_link_kinds(void);
json_t *schema_wire_kinds(void);

/* The ends of a wire of KIND; NULL: of any. */
json_t *schema_ends(struct arena *arena, const struct wire_kind *kind);

/* schema_entry.c: what stands in a namespace. */

/* An entry about OBJECT: a line, or an object, which is described by WHAT. */
json_t *schema_entry(struct arena *arena, const struct object *object, const char *what);

/* Defines "entry-KEY" for each of iproute2's objects. */
void schema_put_entries(struct arena *arena, json_t *definitions);

/* Defines "namespace". */
void schema_put_namespace(struct arena *arena, json_t *definitions);

/* schema_router.c: routers among wires. */

/* Defines "router-KEY" for each of a router's objects, and "advertisement". */
void schema_put_routers(struct arena *arena, json_t *definitions);

/* What stands in "advertise", and in its "prefix", "route" and "RDNSS". */
json_t *schema_advertise(struct arena *arena);
json_t *schema_advertised(struct arena *arena, const struct field *fields);

/* schema_step.c: steps. */

/* Defines "step", "change", and for each verb "step-VERB" and "expectation-VERB". */
void schema_put_steps(struct arena *arena, json_t *definitions);

/* schema.c: the whole. */

/* What FIELD of TABLE holds, which has no type; where nobody knows, that is said and schema_print fails. */
json_t *schema_composite(struct arena *arena, const struct field *table, const struct field *field);

#endif
