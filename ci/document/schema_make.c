/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What JSON Schema consists of. */
#include "schema.h"

json_t *schema_made(json_t *json)
{
	if (!json)
		memory_exhausted();
	return json;
}

void schema_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, schema_made(value)))
		memory_exhausted();
}

void schema_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, schema_made(value)))
		memory_exhausted();
}

json_t *schema_string(const char *text)
{
	return schema_made(json_string(text));
}

json_t *schema_typed(const char *type)
{
	return schema_made(json_pack("{s:s}", "type", type));
}

json_t *schema_reference(const char *name)
{
	return schema_made(json_pack("{s:s+}", "$ref", "#/$defs/", name));
}

json_t *schema_matching(const char *pattern)
{
	return schema_made(json_pack("{s:s, s:s}", "type", "string", "pattern", pattern));
}

json_t *schema_array_of(json_t *items)
{
	return schema_made(json_pack("{s:s, s:o}", "type", "array", "items", items));
}

json_t *schema_any_of(json_t *several)
{
	json_t *only;

	if (json_array_size(several) > 1)
		return schema_made(json_pack("{s:o}", "anyOf", several));
	only = json_incref(json_array_get(several, 0));
	json_decref(several);
	return only;
}

json_t *schema_either(json_t *first, json_t *second)
{
	return schema_made(json_pack("{s:[o, o]}", "anyOf", first, second));
}

json_t *schema_map_of(const char *pattern, json_t *value)
{
	return schema_made(json_pack("{s:s, s:{s:o}, s:b}", "type", "object", "patternProperties", pattern,
		value, "additionalProperties", 0));
}

json_t *schema_words(const char *const *words)
{
	json_t *list = schema_made(json_array());

	for (; *words; words++)
		schema_append(list, json_string(*words));
	return schema_made(json_pack("{s:o}", "enum", list));
}

json_t *schema_when(json_t *condition, json_t *then)
{
	return schema_made(json_pack("{s:o, s:o}", "if", condition, "then", then));
}

json_t *schema_has(const char *key)
{
	return schema_made(json_pack("{s:[s]}", "required", key));
}

json_t *schema_is(const char *key, const char *value)
{
	return schema_made(
		json_pack("{s:{s:{s:s}}, s:[s]}", "properties", key, "const", value, "required", key));
}
