/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps as JSON Schema: what all have, and what the verb adds. */
#include <string.h>

#include "lab/exec.h"
#include "lab/icmp.h"
#include "schema.h"

static json_t *icmp_names_schema(void)
{
	json_t *names = schema_made(json_array());

	for (const struct icmp_name *name = icmp_names; name->name; name++) {
		bool there = false;

		for (const struct icmp_name *before = icmp_names; before != name; before++)
			there |= !strcmp(before->name, name->name);
		if (!there)
			schema_append(names, json_string(name->name));
	}
	return schema_made(json_pack("{s:o}", "enum", names));
}

static json_t *errno_names_schema(void)
{
	json_t *names = schema_made(json_array());

	for (int number = 1; number <= ERRNO_MOST; number++)
		if (error_name(number))
			schema_append(names, json_string(error_name(number)));
	return schema_made(json_pack("{s:o}", "enum", names));
}

/* One expectation of several that a verb may have. */
static json_t *expectation_schema(struct arena *arena, const struct verb *verb)
{
	json_t *several = schema_made(json_array());

	schema_append(several, schema_words(verb->words));
	if (verb->expectations & EXPECTS_ICMP) {
		schema_append(several, schema_reference("icmp-error"));
		schema_append(several, schema_reference("icmp-error-from"));
	}
	if (verb->expectations & EXPECTS_SILENCE)
		schema_append(several, schema_reference("silence-for"));
	if (verb->expectations & EXPECTS_ERRNO) {
		schema_append(several, schema_reference("errno"));
		schema_append(several, schema_reference("errno-and-message"));
	}
	if (verb->expects) {
		const struct field *const tables[] = { verb->expects, NULL };
		json_t *object = schema_object(arena, tables);

		schema_put(object, "minProperties", json_integer(1));
		schema_append(several, object);
	} else if (verb->expectations & EXPECTS_OBJECT) {
		schema_append(several, json_pack("{s:s, s:i}", "type", "object", "minProperties", 1));
	}
	if (verb->expectations & EXPECTS_LIST)
		schema_append(several, schema_typed("array"));
	return schema_any_of(several);
}

static void put_expectations(struct arena *arena, json_t *definitions)
{
	const struct field *const icmp[] = { icmp_fields, NULL }, *const error[] = { errno_fields, NULL };
	const struct field *const silence[] = { silence_fields, NULL };
	json_t *object = schema_object(arena, icmp);

	schema_put(definitions, "silence-for", schema_object(arena, silence));
	schema_put(definitions, "icmp-error", icmp_names_schema());
	schema_put(json_object_get(object, "properties"), "icmp", schema_reference("icmp-error"));
	schema_put(definitions, "icmp-error-from", object);
	object = schema_object(arena, error);
	schema_put(definitions, "errno", errno_names_schema());
	schema_put(json_object_get(object, "properties"), "errno", schema_reference("errno"));
	schema_put(definitions, "errno-and-message", object);
	for (const struct verb *const *verb = verbs; *verb; verb++)
		schema_put(definitions, arena_printf(arena, "expectation-%s", (*verb)->name),
			expectation_schema(arena, *verb));
}

static json_t *expect_of(struct arena *arena, const struct verb *verb)
{
	const char *name = arena_printf(arena, "expectation-%s", verb->name);
	json_t *schema, *several;

	if (verb->expectations & EXPECTS_LIST) {
		schema = schema_reference(name);
	} else {
		several = schema_array_of(schema_reference(name));
		schema_put(several, "minItems", json_integer(1));
		schema = schema_either(schema_reference(name), several);
	}
	schema_put(schema, "description", schema_string("what must come of it, or an array of what may"));
	schema_put(schema, "default", schema_string(verb->words[0]));
	return schema;
}

static json_t *target_of(struct arena *arena, const struct verb *verb)
{
	const struct field target = { .key = verb->name, .type = verb->target };
	json_t *schema;

	if (verb->target == &type_arguments) {
		schema = schema_array_of(schema_typed("string"));
		schema_put(schema, "minItems", json_integer(1));
	} else if (verb->target) {
		schema = schema_value(arena, &target);
	} else {
		schema = schema_either(schema_reference("namespace"), schema_reference("change"));
	}
	schema_put(schema, "description", schema_string(verb->what));
	return schema;
}

/* What is waited for is waited for in the background. */
static json_t *in_background(void)
{
	return schema_made(json_pack(
		"{s:{s:{s:b}}, s:[s]}", "properties", "background", "const", 1, "required", "background"));
}

static json_t *step_of(struct arena *arena, const struct verb *verb)
{
	const struct field *tables[4] = { NULL };
	json_t *step, *properties;
	size_t count = 0;

	if (verb->fields)
		tables[count++] = verb->fields;
	if (verb->probe)
		tables[count++] = probe_fields;
	if (verb->listens)
		tables[count++] = listen_fields;
	step = schema_open_object(arena, tables);
	properties = json_object_get(step, "properties");
	schema_put(properties, verb->name, target_of(arena, verb));
	schema_put(properties, "expect", expect_of(arena, verb));
	if (verb->timeout)
		schema_put(properties, "timeout", json_pack("{s:s}", "default", verb->timeout));
	if (verb->target == &type_arguments) /* else the step is over before anything is reached */
		schema_put(step, "dependentSchemas", json_pack("{s:o}", "until", in_background()));
	return step;
}

void schema_put_steps(struct arena *arena, json_t *definitions)
{
	const struct field *const common[] = { step_fields, NULL }, *const change[] = { change_fields, NULL };
	json_t *step = schema_open_object(arena, common), *conditions = schema_made(json_array()),
	       *one = schema_made(json_array());

	put_expectations(arena, definitions);
	schema_put(definitions, "change", schema_object(arena, change));
	for (const struct verb *const *verb = verbs; *verb; verb++) {
		const char *name = arena_printf(arena, "step-%s", (*verb)->name);

		schema_put(definitions, name, step_of(arena, *verb));
		schema_append(conditions, schema_when(schema_has((*verb)->name), schema_reference(name)));
		schema_append(one, schema_has((*verb)->name));
	}
	schema_put(step, "oneOf", one);
	schema_put(step, "allOf", conditions);
	schema_put(step, "unevaluatedProperties", json_false());
	schema_put(definitions, "step", step);
}
