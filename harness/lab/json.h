/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one door to jansson: values as jansson has them, and what tunlab needs beyond its interface. */
#ifndef TUNLAB_JSON_H
#define TUNLAB_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "lab/arena.h"

/* What kind of value it is, for an error: "a string", "the number 1500.0", ... */
const char *json_kind(struct arena *arena, const json_t *value);

/* Sets member KEY of OBJECT to a printed string. */
void json_put(json_t *object, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Sets member KEY of OBJECT to a number. */
void json_put_number(json_t *object, const char *key, long long number);

/* Sets member KEY of OBJECT to VALUE, or appends VALUE to ARRAY, which owns it from then on. NULL: there was
 * no memory for it. */
void json_put_new(json_t *object, const char *key, json_t *value);
void json_append_new(json_t *array, json_t *value);

/* An empty object or array; never NULL. */
json_t *json_new_object(void);
json_t *json_new_array(void);

/* VALUE in one line (taken from ARENA); "nothing" for NULL. */
const char *json_print(struct arena *arena, const json_t *value);

/*
 * Whether SEEN has what EXPECTED says: of an object each key given, of a list each element given, in any
 * order; addresses and numbers by value, whatever way they are written. Where it has not, *DIFFERENCE (taken
 * from ARENA) says what differs.
 */
bool json_matches(struct arena *arena, const json_t *expected, const json_t *seen, const char **difference);

#endif
