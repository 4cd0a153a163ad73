/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of what only routes have. */
#include <ctype.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lab/route.h"

/* In the order in which ip looks for what was abbreviated. */
const struct name route_type_words[] = { { "local", RTN_LOCAL }, { "nat", RTN_NAT },
	{ "broadcast", RTN_BROADCAST }, { "anycast", RTN_ANYCAST }, { "multicast", RTN_MULTICAST },
	{ "prohibit", RTN_PROHIBIT }, { "unreachable", RTN_UNREACHABLE }, { "blackhole", RTN_BLACKHOLE },
	{ "xresolve", RTN_XRESOLVE }, { "unicast", RTN_UNICAST }, { "throw", RTN_THROW }, { 0 } };

const struct name route_tos_words[] = { { "default", 0x00 }, { "AF11", 0x28 }, { "AF12", 0x30 },
	{ "AF13", 0x38 }, { "AF21", 0x48 }, { "AF22", 0x50 }, { "AF23", 0x58 }, { "AF31", 0x68 },
	{ "AF32", 0x70 }, { "AF33", 0x78 }, { "AF41", 0x88 }, { "AF42", 0x90 }, { "AF43", 0x98 },
	{ "CS1", 0x20 }, { "CS2", 0x40 }, { "CS3", 0x60 }, { "CS4", 0x80 }, { "CS5", 0xa0 }, { "CS6", 0xc0 },
	{ "CS7", 0xe0 }, { "EF", 0xb8 }, { 0 } };

static void print_number(FILE *to, const struct value *value)
{
	fprintf(to, "%" PRIu64, value->number);
}

/* The first of NAMES that TEXT is a beginning of, and that may be abbreviated. */
static const struct name *name_begun(const struct name *names, const char *whole, const char *text)
{
	for (; *text && names->name; names++)
		if (!strncmp(names->name, text, strlen(text)) &&
			(!names->name[strlen(text)] || !strstr(whole, names->name)))
			return names;
	return NULL;
}

static const char *read_route_type(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const struct name *name = name_begun(field->names, "local nat throw", text);

	(void)reading;
	if (!strcmp(text, "brd"))
		out->number = RTN_BROADCAST;
	else if (name)
		out->number = name->number;
	else
		return "no kind of route";
	return NULL;
}

static void print_route_type(FILE *to, const struct value *value)
{
	fputs(name_of(value->field->names, value->number), to);
}

/* A realm is a number to 255, "cosmos" is 0; both realms at once may also be a number of 32 bits. */
static bool realm_read(const char *text, uint64_t *out)
{
	if (!strcmp(text, "cosmos"))
		*out = 0;
	else if (!number_read(text, out))
		return false;
	return *out <= 255;
}

static const char *read_realms(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *slash = strchr(text, '/'), *to = slash ? slash + 1 : text;
	uint64_t source = 0, target = 0;

	(void)field;
	if ((!slash || realm_read(arena_copy(reading->arena, text, (size_t)(slash - text)), &source)) &&
		((slash && !*to) || realm_read(to, &target))) {
		out->number = source << 16 | target;
		return NULL;
	}
	return !slash && number_read(text, &out->number) && out->number <= UINT32_MAX ? NULL : "not a realm";
}

static void print_realms(FILE *to, const struct value *value)
{
	uint64_t source = value->number >> 16, target = value->number & 0xffff;

	if (source > 255 || target > 255 || !source)
		print_number(to, value);
	else
		fprintf(to, "%" PRIu64 "/%" PRIu64, source, target);
}

/* `ip -j` has { "from": "3", "to": "4" }. */
static const char *realms_as_text(const struct reading *reading, const json_t *object)
{
	const char *from = json_string_value(json_object_get(object, "from")),
		   *to = json_string_value(json_object_get(object, "to"));

	if (!to || json_object_size(object) != (from ? 2 : 1))
		return NULL;
	return arena_printf(reading->arena, "%s%s%s", from ? from : "", from ? "/" : "", to);
}

/* The kernel keeps a round trip in eighths of a millisecond and its variance in quarters (ip-route(8)). */
static unsigned scale(const struct field *field)
{
	return field->attribute == RTAX_RTT ? 8 : field->attribute == RTAX_RTTVAR ? 4 : 1;
}

/* How many milliseconds the unit has; 0: no unit of time. */
static unsigned unit_of_time(const char *text)
{
	static const struct name units[] = { { "s", 1000 }, { "sec", 1000 }, { "secs", 1000 }, { "ms", 1 },
		{ "msec", 1 }, { "msecs", 1 }, { 0 } };

	for (const struct name *unit = units; unit->name; unit++)
		if (!strcasecmp(unit->name, text))
			return unit->number;
	return 0;
}

/* A number without a unit is as the kernel has it; with one, it is rounded up to milliseconds. */
static const char *read_rtt(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	size_t digits = strspn(text, "0123456789.");
	const char *unit = text + digits;
	const char *amount = arena_copy(reading->arena, text, digits);
	double scaled;
	char *end;

	if (number_read(text, &out->number))
		return out->number > UINT32_MAX ? "out of range" : NULL;
	scaled = strtod(amount, &end);
	if (!isdigit((unsigned char)*text) || *end || (*unit && !unit_of_time(unit)))
		return "not a time";
	if (*unit)
		scaled *= unit_of_time(unit);
	out->number = scaled < UINT32_MAX ? (uint64_t)scaled : UINT32_MAX;
	out->number += (double)out->number < scaled;
	out->number *= *unit ? scale(field) : 1;
	return out->number > UINT32_MAX ? "out of range" : NULL;
}

static void print_rtt(FILE *to, const struct value *value)
{
	if (value->number % scale(value->field))
		print_number(to, value);
	else
		fprintf(to, "%" PRIu64 "ms", value->number / scale(value->field));
}

static const char *read_expires(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	static const char *const ends[] = { "", "sec", " sec" }; /* as enum expires has them */
	size_t digits = strspn(text, "0123456789");
	uint64_t seconds;

	(void)field;
	if (!number_read(arena_copy(reading->arena, text, digits), &seconds))
		return "not a number of seconds";
	for (uint32_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		if (strcmp(text + digits, ends[i]) != 0)
			continue;
		out->first = (uint32_t)seconds;
		out->last = i;
		return seconds > UINT32_MAX ? "out of range" : NULL;
	}
	return "not a number of seconds";
}

static void print_expires(FILE *to, const struct value *value)
{
	fprintf(to, "%u", value->first);
}

static const char *read_switched(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	size_t length = strlen(text);

	(void)reading;
	(void)field;
	out->number = !strncmp(text, "enabled", length) || !strcmp(text, "true");
	return out->number || !strncmp(text, "disabled", length) || !strcmp(text, "false")
		       ? NULL
		       : "neither enabled nor disabled";
}

static void print_switched(FILE *to, const struct value *value)
{
	fputs(value->number ? "enabled" : "disabled", to);
}

/* clang-format off */
const struct type type_route_type = {
	.allowed = "a kind of route",
	.read = read_route_type, .print = print_route_type, .encoding = ENCODE_NOTHING, .only_names = true,
};
const struct type type_realms = {
	.allowed = "a realm up to 255, source/destination, or a number of 32 bits",
	.read = read_realms, .print = print_realms, .encoding = ENCODE_U32, .as_text = realms_as_text,
};
const struct type type_rtt = {
	.allowed = "a time such as 20ms or 1.5s, or a number as the kernel counts it",
	.read = read_rtt, .print = print_rtt, .encoding = ENCODE_U32, .unit = "ms",
};
const struct type type_expires = {
	.allowed = "seconds, up to 4294967295",
	.read = read_expires, .print = print_expires, .encoding = ENCODE_U32, .unit = " sec",
};
const struct type type_switched = {
	.allowed = "enabled or disabled",
	.read = read_switched, .print = print_switched, .encoding = ENCODE_U8, .takes_boolean = true,
};
/* clang-format on */
