/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what steps of the verb exec say. */
#include "lab/exec.h"

#include <string.h>

#include "lab/shell.h"

/* clang-format off */
const struct field exec_fields[] = {
	{ .key = "env", .what = "variables beside those that every program has: name → value" },
	{ .key = "background", .type = &type_flag, .what = "it runs until the lab ends, and the step is over once it has started" },
	{ .key = "until", .what = "of a program in the background: what the next step waits for" },
	{ 0 },
};

const struct field until_fields[] = {
	{ .key = "listening", .type = &type_listening, .what = "somebody in the namespace listens on a port" },
	{ .key = "stdout", .type = &type_expression, .what = "the program has printed a line that matches" },
	{ .key = "stderr", .type = &type_expression, .what = "the same on its standard error" },
	{ 0 },
};

/* The same for everybody, whoever runs the lab. */
static const char *const clean[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/",
	"LANG=C.UTF-8",
	"TERM=dumb",
};
/* clang-format on */

/* More of a command line than anybody is shown. */
enum { LINE_MOST = 400 };

static void append(const struct reading *reading, const char ***list, size_t *count, const char *text)
{
	arena_append(reading->arena, list, count, &text, sizeof text);
}

/* What is NULL ends the list, and is not counted. */
static void end(const struct reading *reading, const char ***list, size_t count)
{
	append(reading, list, &count, NULL);
}

static void read_arguments(
	const struct reading *reading, struct exec *exec, const json_t *json, const struct place *where)
{
	size_t count = 0, i;
	json_t *element;

	if (!json_is_array(json))
		wrong_kind(reading, json, where, type_arguments.allowed);
	else if (!json_array_size(json))
		problem_add(reading->problems, where, "is empty; allowed: %s", type_arguments.allowed);
	else if (json_is_string(json_array_get(json, 0)) && !json_string_length(json_array_get(json, 0)))
		problem_add(reading->problems, place_index(reading->arena, where, 0),
			"is empty; allowed: a program's name, or a path to it");
	json_array_foreach ((json_t *)json, i, element) {
		if (!json_is_string(element))
			wrong_kind(reading, element, place_index(reading->arena, where, i), "a string");
		append(reading, &exec->arguments, &count, json_string_value(element));
	}
	end(reading, &exec->arguments, count);
}

/* A variable may be set to something else than everybody has it. */
static bool is_said(const json_t *env, const char *variable)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)env, name, value)
		if (!strncmp(variable, name, strlen(name)) && variable[strlen(name)] == '=')
			return true;
	return false;
}

static void read_environment(
	const struct reading *reading, struct exec *exec, const json_t *json, const struct place *where)
{
	size_t count = 0, clean_count;
	const char *name;
	json_t *value;

	if (json && !json_is_object(json))
		wrong_kind(reading, json, where, "an object: name → value");
	for (size_t i = 0; i < sizeof clean / sizeof *clean; i++)
		if (!is_said(json, clean[i]))
			append(reading, &exec->environment, &count, clean[i]);
	clean_count = count;
	json_object_foreach ((json_t *)json, name, value) {
		const struct place *place = place_key(reading->arena, where, name);

		if (!*name || strchr(name, '='))
			problem_add(reading->problems, place_name(reading->arena, place),
				"not the name of a variable; allowed: at least one character, and no \"=\"");
		if (!json_is_string(value))
			wrong_kind(reading, value, place, "a string");
		else
			append(reading, &exec->environment, &count,
				arena_printf(reading->arena, "%s=%s", name, json_string_value(value)));
	}
	end(reading, &exec->environment, count);
	exec->said = exec->environment + clean_count;
}

static struct until until_of(const struct value *value)
{
	struct until until = { .kind = UNTIL_LISTENING };

	if (value->field->type == &type_listening) {
		until.port = (uint16_t)value->first;
		until.udp = value->last;
		return until;
	}
	until.kind = !strcmp(field_key(value->field), "stdout") ? UNTIL_STDOUT : UNTIL_STDERR;
	until.pattern = value->text;
	return until;
}

static void read_until(
	const struct reading *reading, struct exec *exec, const json_t *json, const struct place *where)
{
	static const char one[] = "one of \"listening\", \"stdout\" and \"stderr\"";
	const struct field *const tables[] = { until_fields, NULL };
	struct values values = { 0 };
	size_t before = reading->problems->count;

	if (!json)
		return;
	if (!json_is_object(json)) {
		wrong_kind(reading, json, where, arena_printf(reading->arena, "an object with %s", one));
		return;
	}
	values_read(reading, json, where, tables, &values);
	if (values.count == 1)
		exec->until = until_of(&values.at[0]);
	else if (reading->problems->count == before)
		problem_add(reading->problems, where, "%s; allowed: %s",
			values.count ? "says more than one thing" : "is empty", one);
	if (!exec->background)
		problem_add(reading->problems, place_name(reading->arena, where),
			"of a program that is waited for; allowed: with \"background\": true");
}

/* As one would type it to a shell, on one line. */
static const char *line_of(struct arena *arena, const struct exec *exec)
{
	char *line = arena_printf(arena, "%s", "");

	for (size_t i = 0; exec->arguments[i] && strlen(line) < LINE_MOST; i++)
		line = arena_printf(arena, "%s%s%.*s", line, i ? " " : "", LINE_MOST,
			shell_word(arena, exec->arguments[i]));
	for (char *at = line; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	return line;
}

void exec_read(const struct reading *reading, struct step *step, const json_t *json)
{
	struct exec *exec = arena_take(reading->arena, sizeof *exec);
	const char *key = step->verb->name;
	const struct field field = { .key = key, .type = &type_arguments };

	step->exec = exec;
	step->target.field = arena_copy(reading->arena, &field, sizeof field);
	step->target.where = place_key(reading->arena, step->where, key);
	exec->background = value_number(&step->values, "background", false);
	read_arguments(reading, exec, json_object_get(json, key), step->target.where);
	read_environment(
		reading, exec, json_object_get(json, "env"), place_key(reading->arena, step->where, "env"));
	read_until(reading, exec, json_object_get(json, "until"),
		place_key(reading->arena, step->where, "until"));
	step->target.text = line_of(reading->arena, exec);
}

const char *until_print(struct arena *arena, const struct until *until)
{
	switch (until->kind) {
	case UNTIL_STARTED: return "";
	case UNTIL_LISTENING:
		return arena_printf(arena, " until listening %s/%u", until->udp ? "udp" : "tcp", until->port);
	case UNTIL_STDOUT: return arena_printf(arena, " until stdout %s", shell_word(arena, until->pattern));
	case UNTIL_STDERR: return arena_printf(arena, " until stderr %s", shell_word(arena, until->pattern));
	}
	return NULL;
}

size_t exec_forbidden(const struct lab *lab, const struct step *steps, size_t count, FILE *to)
{
	const struct text *text = count ? place_text(steps[0].where, &lab->text) : &lab->text;
	struct problems problems = { .arena = lab->arena, .text = text };

	for (size_t i = 0; i < count; i++)
		if (steps[i].exec)
			problem_add(&problems, steps[i].target.where,
				"runs a program of this machine: allow it with --allow-exec");
	problems_print(&problems, to);
	return problems.count;
}
