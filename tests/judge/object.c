/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/judge/object.h"

#include <stdlib.h>
#include <string.h>

#include "lab/entry.h"

static const struct object *object_of(const char *key)
{
	for (const struct object *const *object = objects; *object; object++)
		if (!strcmp((*object)->key, key))
			return *object;
	return NULL;
}

/* The field whose word may be left out, for a destination or an address. */
static const struct field *leading(const struct object *object)
{
	for (const struct field *field = object->fields; field->word || field->key; field++)
		if (field->flags & FIELD_LEADS &&
			(field->type == &type_prefix || field->type == &type_address))
			return field;
	return NULL;
}

static json_t *value_of_word(const char *word)
{
	uint64_t number;

	if (strspn(word, "0123456789") == strlen(word) && number_read(word, &number) && number <= INT64_MAX)
		return json_integer((json_int_t)number);
	return json_string(word);
}

/* Puts what WORD, and where it takes a value the word behind, says; false: it cannot be said so. */
static bool put(json_t *json, const struct object *object, const char *word, char **rest)
{
	const struct field *field = field_by_word(object->fields, word);
	const char *value = word;

	if (!field)
		field = leading(object);
	else if (!field->type || field->group || field->nest)
		return false;
	else
		value = field->type->bare ? "" : strsep(rest, " ");
	if (!field || !value || json_object_get(json, field_key(field)))
		return false;
	return !json_object_set_new(json, field_key(field), *value ? value_of_word(value) : json_true());
}

json_t *object_of_line(const char *key, const char *line)
{
	const struct object *object = object_of(key);
	char *copy = strdup(line), *at = copy, *word;
	json_t *json = json_object();
	bool said = object != NULL;

	if (!copy || !json)
		memory_exhausted();
	while (said && (word = strsep(&at, " "))) {
		if (word == copy && *word == '-')
			json_object_set_new(json, "family", json_string(word[1] == '6' ? "inet6" : "inet"));
		else if (!json_object_get(json, "op"))
			json_object_set_new(json, "op", json_string(word));
		else
			said = put(json, object, word, &at);
	}
	free(copy);
	if (said)
		return json;
	json_decref(json);
	return NULL;
}
