/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of values that only links have. */
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/lab.h"
#include "lab/pattern.h"
#include "lab/value.h"

static const char *read_switch(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	return type_boolean.read(reading, field, text, out);
}

static void print_switch(FILE *to, const struct value *value)
{
	fprintf(to, "%s%s", value->number ? "" : "no", value->field->word);
}

static const char *read_lower(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const struct type *type = strchr(text, '/') ? &type_end : &type_device;

	return type->read(reading, field, text, out);
}

static void print_lower(FILE *to, const struct value *value)
{
	const char *slash = strchr(value->text, '/');

	fputs(slash ? slash + 1 : value->text, to);
}

/* "any" is what ip says where none is set. */
static const char *read_host(const struct reading *reading, const char *text, int family, struct value *out)
{
	const char *wrong;

	memset(&out->address, 0, sizeof out->address);
	if (!strcmp(text, "any"))
		return NULL;
	wrong = address_read(reading->arena, text, false, &out->address);
	if (!wrong && family && out->address.family != family)
		wrong = family == AF_INET ? "not an IPv4 address" : "not an IPv6 address";
	return wrong;
}

static const char *read_ipv4(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return read_host(reading, text, AF_INET, out);
}

static const char *read_ipv6(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return read_host(reading, text, AF_INET6, out);
}

static const char *read_either(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)field;
	return read_host(reading, text, AF_UNSPEC, out);
}

static void print_host(FILE *to, const struct value *value)
{
	if (value->address.family)
		address_write(to, &value->address);
	else
		fputs("any", to);
}

/* As iproute2's tnl_parse_key(). */
static const char *read_key(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	struct address address;

	if (!strchr(text, '.'))
		return type_u32.read(reading, field, text, out);
	if (address_read(reading->arena, text, false, &address) || address.family != AF_INET)
		return "neither a number nor an IPv4 address";
	out->number = (uint64_t)address.bytes[0] << 24 | (uint64_t)address.bytes[1] << 16 |
		      (uint64_t)address.bytes[2] << 8 | address.bytes[3];
	return NULL;
}

static void print_number(FILE *to, const struct value *value)
{
	fprintf(to, "%" PRIu64, value->number);
}

static bool read_name(const struct field *field, const char *text, uint64_t *out)
{
	for (const struct name *name = field->names; name && name->name; name++) {
		if (!strcmp(name->name, text)) {
			*out = name->number;
			return true;
		}
	}
	return false;
}

static const char *read_dsfield(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	return read_name(field, text, &out->number) ? NULL : type_tos.read(reading, field, text, out);
}

static const char *read_hexadecimal(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	if (read_name(field, text, &out->number))
		return NULL;
	if (!number_read(
		    strncmp(text, "0x", 2) ? arena_printf(reading->arena, "0x%s", text) : text, &out->number))
		return "not a hexadecimal number";
	return out->number > (field->most ? field->most : UINT32_MAX) ? "out of range" : NULL;
}

static void print_hexadecimal(FILE *to, const struct value *value)
{
	const char *name = name_of(value->field->names, value->number);

	if (name)
		fputs(name, to);
	else
		fprintf(to, "0x%" PRIx64, value->number);
}

/* clang-format off */
const struct type type_switch = {
	.allowed = "true or false",
	.read = read_switch, .print = print_switch, .encoding = ENCODE_U8, .takes_boolean = true, .negated = true,
	.pattern = "^" SWITCH_PATTERN "$",
};
const struct type type_lower = {
	.allowed = "a device of this namespace, or namespace/device",
	.read = read_lower, .print = print_lower, .encoding = ENCODE_NOTHING, .only_string = true,
	.pattern = "^([^/]+/)?" DEVICE_PATTERN "$",
};
const struct type type_ipv4 = {
	.allowed = "an IPv4 address, or any",
	.read = read_ipv4, .print = print_host, .encoding = ENCODE_BYTES, .only_string = true,
	.pattern = "^(any|" IPV4_PATTERN ")$",
};
const struct type type_ipv6 = {
	.allowed = "an IPv6 address, or any",
	.read = read_ipv6, .print = print_host, .encoding = ENCODE_BYTES, .only_string = true,
	.pattern = "^(any|" IPV6_PATTERN ")$",
};
const struct type type_either = {
	.allowed = "an IPv4 or IPv6 address, or any",
	.read = read_either, .print = print_host, .encoding = ENCODE_BYTES, .only_string = true,
	.pattern = "^(any|" ADDRESS_PATTERN ")$",
};
const struct type type_key = {
	.allowed = "an integer from 0 to 4294967295, or the same as an IPv4 address",
	.read = read_key, .print = print_number, .encoding = ENCODE_BE32,
	.pattern = "^(" NUMBER_PATTERN "|" IPV4_PATTERN ")$", .is_number = true,
};
const struct type type_dsfield = {
	.allowed = "a hexadecimal number up to ff",
	.read = read_dsfield, .print = print_hexadecimal, .encoding = ENCODE_U8, .hexadecimal = true,
	.pattern = "^" HEXADECIMAL_PATTERN "$",
};
const struct type type_hexadecimal = {
	.allowed = "a hexadecimal number",
	.read = read_hexadecimal, .print = print_hexadecimal, .encoding = ENCODE_U32, .hexadecimal = true,
	.pattern = "^" HEXADECIMAL_PATTERN "$",
};
/* clang-format on */
