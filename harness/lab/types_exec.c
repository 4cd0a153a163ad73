/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of what is said of programs. */
#include <inttypes.h>
#include <regex.h>
#include <signal.h>
#include <string.h>

#include "lab/exec.h"

static const char *read_listening(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	static const char *const protocols[] = { "tcp/", "udp/" };
	uint64_t port;

	(void)reading;
	(void)field;
	for (uint32_t i = 0; i < 2; i++) {
		if (strncmp(text, protocols[i], strlen(protocols[i])) != 0)
			continue;
		if (!number_read(text + strlen(protocols[i]), &port) || !port || port > UINT16_MAX)
			return "not a port";
		out->first = (uint32_t)port;
		out->last = i;
		return NULL;
	}
	return "not a protocol and a port";
}

static void print_listening(FILE *to, const struct value *value)
{
	fprintf(to, "%s/%" PRIu32, value->last ? "udp" : "tcp", value->first);
}

static const char *read_expression(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	regex_t expression;
	char wrong[128];
	int number = regcomp(&expression, text, EXPRESSION_FLAGS);

	(void)field;
	if (number) {
		regerror(number, &expression, wrong, sizeof wrong);
		return arena_printf(reading->arena, "not a regular expression: %s", wrong);
	}
	regfree(&expression);
	out->text = arena_printf(reading->arena, "%s", text);
	return NULL;
}

static const char *const *signal_names(struct arena *arena)
{
	const char **names = arena_take(arena, NSIG * sizeof *names);
	size_t count = 0;

	for (int number = 1; number < NSIG; number++)
		if (sigabbrev_np(number))
			names[count++] = arena_printf(arena, "SIG%s", sigabbrev_np(number));
	return names;
}

static const char *read_signal(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	for (const char *const *name = signal_names(reading->arena); *name; name++) {
		if (strcmp(*name, text))
			continue;
		out->text = *name;
		return NULL;
	}
	return "not the name of a signal";
}

/* It is read with all that belongs to it, by exec_read. */
static const char *read_arguments(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)reading;
	(void)field;
	(void)text;
	(void)out;
	return "not an array";
}

static void print_text(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

/* clang-format off */
const struct type type_listening = {
	.allowed = "a port such as \"tcp/5201\" or \"udp/53\"",
	.read = read_listening, .print = print_listening, .only_string = true,
	.pattern = "^(tcp|udp)/[1-9][0-9]*$",
};
const struct type type_expression = {
	.allowed = "an extended regular expression of POSIX",
	.read = read_expression, .print = print_text, .only_string = true,
};
const struct type type_signal = {
	.allowed = "the name of a signal",
	.read = read_signal, .print = print_text, .words = signal_names, .only_string = true,
};
const struct type type_arguments = {
	.allowed = "an array of strings, the program first",
	.read = read_arguments, .print = print_text, .only_string = true,
};
/* clang-format on */
