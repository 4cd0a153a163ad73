/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of values: how each is read from text and written as ip takes it. Those of names are in names.c,
 * those of addresses in types_address.c. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lab/pattern.h"
#include "lab/value.h"

/* strtoull alone takes blanks, signs, and numbers too large. */
bool number_read(const char *text, uint64_t *out)
{
	int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
	const char *digits = text + (base == 16 ? 2 : 0);
	char *end;

	if (*digits == '0' && digits[1] && base == 10)
		return false;
	if (!(base == 16 ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits)))
		return false;
	errno = 0;
	*out = strtoull(digits, &end, base);
	return !*end && !errno;
}

static const char *in_range(const struct field *field, uint64_t number, uint64_t most)
{
	if (field->least || field->most ? number < field->least || number > field->most : number > most)
		return "out of range";
	return NULL;
}

/* Of what number_read does not take: negative, too large for 64 bits, or no number at all. */
static const char *not_a_number(const char *text)
{
	const char *digits = text + (*text == '-');

	if (digits[0] == '0' && isdigit((unsigned char)digits[1]))
		return "a number with a leading zero, which would be octal";
	return *digits && strspn(digits, "0123456789") == strlen(digits) ? "out of range" : "not a number";
}

static const char *read_number(const struct field *field, const char *text, struct value *out, uint64_t most)
{
	if (!number_read(text, &out->number))
		return not_a_number(text);
	return in_range(field, out->number, most);
}

#define NUMBER(bits, most)                                                                                   \
	static const char *read_u##bits(const struct reading *reading, const struct field *field,            \
		const char *text, struct value *out)                                                         \
	{                                                                                                    \
		(void)reading;                                                                               \
		return read_number(field, text, out, most);                                                  \
	}

NUMBER(8, UINT8_MAX)
NUMBER(16, UINT16_MAX)
NUMBER(32, UINT32_MAX)
NUMBER(64, UINT64_MAX)

static void print_number(FILE *to, const struct value *value)
{
	fprintf(to, "%" PRIu64, value->number);
}

static bool name_read(const struct field *field, const char *text, uint64_t *out)
{
	for (const struct name *name = field->names; name && name->name; name++) {
		if (!strcmp(name->name, text)) {
			*out = name->number;
			return true;
		}
	}
	return false;
}

/* As iproute2's rtnl_dsfield_a2n(): hexadecimal in any case. */
static const char *read_tos(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	bool prefixed = !strncasecmp(text, "0x", 2);

	(void)field;
	if (!number_read(prefixed ? text : arena_printf(reading->arena, "0x%s", text), &out->number))
		return "not a hexadecimal number";
	return out->number > UINT8_MAX ? "out of range" : NULL;
}

static void print_tos(FILE *to, const struct value *value)
{
	fprintf(to, "0x%" PRIx64, value->number);
}

static const char *read_flag(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)reading;
	(void)field;
	(void)text;
	out->number = 1;
	return NULL;
}

static void print_nothing(FILE *to, const struct value *value)
{
	(void)to;
	(void)value;
}

static const char *read_boolean(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	static const char *const words[] = { "off", "on", "false", "true", "0", "1", "no", "yes" };

	(void)reading;
	(void)field;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!strcmp(text, words[i])) {
			out->number = i & 1;
			return NULL;
		}
	}
	return "neither true nor false";
}

static void print_boolean(FILE *to, const struct value *value)
{
	fputs(value->number ? "on" : "off", to);
}

static const char *read_word(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)reading;
	return name_read(field, text, &out->number) ? NULL : "not a word for this";
}

static const char *read_name8(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	if (name_read(field, text, &out->number))
		return NULL;
	return read_u8(reading, field, text, out) ? "neither a name for this nor a number up to 255" : NULL;
}

static const char *read_name32(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	if (name_read(field, text, &out->number))
		return NULL;
	return read_u32(reading, field, text, out) ? "neither a name for this nor a number" : NULL;
}

static void print_name(FILE *to, const struct value *value)
{
	const char *name = name_of(value->field->names, value->number);

	if (name)
		fputs(name, to);
	else
		print_number(to, value);
}

/* VALUE or VALUE/MASK. Without a mask all bits count, but of 0 none. */
static const char *read_mark(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *slash = strchr(text, '/');
	const char *first = slash ? arena_copy(reading->arena, text, (size_t)(slash - text)) : text;
	uint64_t value, mask = UINT32_MAX;

	(void)field;
	if (!number_read(first, &value) || (slash && !number_read(slash + 1, &mask)))
		return "not a mark";
	if (value > UINT32_MAX || mask > UINT32_MAX)
		return "out of range";
	out->first = (uint32_t)value;
	out->last = (uint32_t)mask;
	out->masked = slash != NULL;
	return NULL;
}

static void print_mark(FILE *to, const struct value *value)
{
	fprintf(to, "0x%x", value->first);
	if (value->masked)
		fprintf(to, "/0x%x", value->last);
}

static const char *read_range(
	const struct reading *reading, const char *text, struct value *out, uint64_t most)
{
	const char *dash = strchr(text, '-');
	const char *low = dash ? arena_copy(reading->arena, text, (size_t)(dash - text)) : text;
	uint64_t first, last;

	if (!number_read(low, &first) || !number_read(dash ? dash + 1 : text, &last))
		return "not a number or range";
	if (first > most || last > most)
		return "out of range";
	out->first = (uint32_t)first;
	out->last = (uint32_t)last;
	return NULL;
}

static const char *read_ports(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return read_range(reading, text, out, UINT16_MAX);
}

static const char *read_uids(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return strchr(text, '-') ? read_range(reading, text, out, UINT32_MAX) : "not a range";
}

static void print_range(FILE *to, const struct value *value)
{
	fprintf(to, "%u", value->first);
	if (value->last != value->first || value->field->type == &type_uids)
		fprintf(to, "-%u", value->last);
}

static const char *read_duration(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	static const struct name units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 },
		{ "s", 1000000000 }, { "sec", 1000000000 }, { "msec", 1000000 }, { "usec", 1000 }, { 0 } };
	double amount;
	char *end;

	(void)reading;
	(void)field;
	if (!isdigit((unsigned char)*text))
		return "not a duration";
	if (strspn(text, "0123456789.") == strlen(text))
		return "a number without a unit";
	amount = strtod(arena_copy(reading->arena, text, strspn(text, "0123456789.")), &end);
	if (*end)
		return "not a duration";
	end = (char *)text + strspn(text, "0123456789.");
	for (const struct name *unit = units; unit->name; unit++) {
		if (strcmp(unit->name, end))
			continue;
		if (amount * unit->number > 3600e9)
			return "longer than an hour";
		out->number = (uint64_t)(amount * unit->number + 0.5);
		return NULL;
	}
	return "an unknown unit";
}

static void print_duration(FILE *to, const struct value *value)
{
	if (value->number % 1000000)
		fprintf(to, "%gms", (double)value->number / 1e6);
	else if (value->number % 1000000000)
		fprintf(to, "%" PRIu64 "ms", value->number / 1000000);
	else
		fprintf(to, "%" PRIu64 "s", value->number / 1000000000);
}

/* Regular expressions, no stricter than the readers: what else is wrong, they tell better. */
/* clang-format off */
const struct type type_flag = {
	.allowed = "true or false",
	.read = read_flag, .print = print_nothing, .encoding = ENCODE_EMPTY, .bare = true,
};
const struct type type_boolean = {
	.allowed = "true or false",
	.read = read_boolean, .print = print_boolean, .encoding = ENCODE_U8, .takes_boolean = true,
	.pattern = "^" SWITCH_PATTERN "$",
};
const struct type type_u8 = {
	.allowed = "an integer from 0 to 255",
	.read = read_u8, .print = print_number, .encoding = ENCODE_U8, .is_number = true,
	.pattern = "^" NUMBER_PATTERN "$",
};
const struct type type_tos = {
	.allowed = "a hexadecimal number up to ff",
	.read = read_tos, .print = print_tos, .encoding = ENCODE_U8, .hexadecimal = true,
	.pattern = "^" HEXADECIMAL_PATTERN "$",
};
const struct type type_u16 = {
	.allowed = "an integer from 0 to 65535",
	.read = read_u16, .print = print_number, .encoding = ENCODE_U16, .is_number = true,
	.pattern = "^" NUMBER_PATTERN "$",
};
const struct type type_u32 = {
	.allowed = "an integer from 0 to 4294967295",
	.read = read_u32, .print = print_number, .encoding = ENCODE_U32, .is_number = true,
	.pattern = "^" NUMBER_PATTERN "$",
};
const struct type type_u64 = {
	.allowed = "an integer from 0 to 18446744073709551615",
	.read = read_u64, .print = print_number, .encoding = ENCODE_U64, .is_number = true,
	.pattern = "^" NUMBER_PATTERN "$",
};
const struct type type_be16 = {
	.allowed = "an integer from 0 to 65535",
	.read = read_u16, .print = print_number, .encoding = ENCODE_BE16, .is_number = true,
	.pattern = "^" NUMBER_PATTERN "$",
};
const struct type type_name8 = {
	.allowed = "a number up to 255",
	.read = read_name8, .print = print_name, .encoding = ENCODE_U8, .is_number = true,
	.pattern = "^" NUMBER_PATTERN "$",
};
const struct type type_name32 = {
	.allowed = "a number up to 4294967295",
	.read = read_name32, .print = print_name, .encoding = ENCODE_U32, .is_number = true,
	.pattern = "^" NUMBER_PATTERN "$",
};
const struct type type_word = {
	.allowed = "a word",
	.read = read_word, .print = print_name, .encoding = ENCODE_U8, .only_names = true,
};
const struct type type_mark = {
	.allowed = "a mark of 32 bits, or mark/mask",
	.read = read_mark, .print = print_mark, .encoding = ENCODE_U32,
	.pattern = "^" NUMBER_PATTERN "(/" NUMBER_PATTERN ")?$",
};
const struct type type_ports = {
	.allowed = "a port from 0 to 65535, or a range",
	.read = read_ports, .print = print_range, .encoding = ENCODE_RANGE16,
	.pattern = "^" NUMBER_PATTERN "(-" NUMBER_PATTERN ")?$",
};
const struct type type_uids = {
	.allowed = "a range of users' numbers up to 4294967295, such as 0-999",
	.read = read_uids, .print = print_range, .encoding = ENCODE_RANGE32,
	.pattern = "^" NUMBER_PATTERN "(-" NUMBER_PATTERN ")?$",
};
const struct type type_duration = {
	.allowed = "a duration such as \"200ms\" or \"1.5s\", at most an hour",
	.read = read_duration, .print = print_duration, .encoding = ENCODE_NOTHING,
	.pattern = "^[0-9][0-9.]*(ns|us|ms|s|usec|msec|sec)$",
};
/* clang-format on */
