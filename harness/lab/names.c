/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of values that are text or name something of the lab: devices, namespaces, tables. */
#include <inttypes.h>
#include <string.h>

#include "lab/lab.h"
#include "lab/pattern.h"
#include "lab/value.h"

static const char *read_string(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	out->text = arena_printf(reading->arena, "%s", text);
	return NULL;
}

static const char *read_device(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *wrong = device_name_wrong(text);

	return wrong ? wrong : read_string(reading, field, text, out);
}

static const char *read_end(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *slash = strchr(text, '/');

	if (!slash || slash == text)
		return "lacks the namespace";
	if (device_name_wrong(slash + 1))
		return device_name_wrong(slash + 1);
	return read_string(reading, field, text, out);
}

static const char *read_namespace(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	if (!lab_namespace(reading->lab, text))
		return "no namespace of that name";
	return read_string(reading, field, text, out);
}

static void print_text(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

static const char *table_unknown(const struct reading *reading, const char *text)
{
	const char *names[64] = { "main", "local", "default" }, *near;

	for (size_t i = 0; i < reading->lab->table_count && i < 60; i++)
		names[3 + i] = reading->lab->tables[i].name;
	near = nearest(text, names);
	if (near)
		return arena_printf(
			reading->arena, "no table of that name in this lab; did you mean \"%s\"?", near);
	return "no table of that name in this lab";
}

static const char *read_table(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	if (lab_table(reading->lab, text, &out->number))
		return NULL;
	if (!number_read(text, &out->number))
		return table_unknown(reading, text);
	return out->number > UINT32_MAX ? "out of range" : NULL;
}

static void print_table(FILE *to, const struct value *value)
{
	static const struct name known[] = { { "default", 253 }, { "main", 254 }, { "local", 255 }, { 0 } };
	const char *name = name_of(known, value->number);

	if (name)
		fputs(name, to);
	else
		fprintf(to, "%" PRIu64, value->number);
}

#define DEVICE_ALLOWED "1 to 15 letters, digits and _ . - @, of which the first is a letter, a digit or _"

/* clang-format off */
const struct type type_device = {
	.allowed = DEVICE_ALLOWED,
	.read = read_device, .print = print_text, .encoding = ENCODE_DEVICE, .only_string = true,
	.pattern = "^" DEVICE_PATTERN "$",
};
const struct type type_device_name = {
	.allowed = DEVICE_ALLOWED,
	.read = read_device, .print = print_text, .encoding = ENCODE_STRING, .only_string = true,
	.pattern = "^" DEVICE_PATTERN "$",
};
const struct type type_end = {
	.allowed = "namespace/device, the device of " DEVICE_ALLOWED,
	.read = read_end, .print = print_text, .encoding = ENCODE_DEVICE, .only_string = true,
	.pattern = "^[^/]+/" DEVICE_PATTERN "$",
};
const struct type type_string = {
	.allowed = "a string",
	.read = read_string, .print = print_text, .encoding = ENCODE_STRING, .only_string = true,
};
const struct type type_namespace = {
	.allowed = "the name of a namespace of this lab",
	.read = read_namespace, .print = print_text, .encoding = ENCODE_NOTHING, .only_string = true,
};
const struct type type_table = {
	.allowed = "main, local, default, a name from \"tables\", or a number up to 4294967295",
	.read = read_table, .print = print_table, .encoding = ENCODE_U32,
};
/* clang-format on */
