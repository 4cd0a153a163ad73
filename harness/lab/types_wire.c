/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of what impairs wires, with the units of tc(8). */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lab/value.h"

/* A number with a fraction or without, and what follows it; NULL: there is none. */
static const char *read_amount(const struct reading *reading, const char *text, double *out)
{
	size_t length = strspn(text, "0123456789.");
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	*out = strtod(arena_copy(reading->arena, text, length), &end);
	return *end ? NULL : text + length;
}

/* The number in 2^32; nothing but 0% is 0, and nothing but 100% is all. */
static uint64_t share(double percent)
{
	const uint64_t all = UINT64_C(1) << 32;
	uint64_t number = (uint64_t)(percent / 100 * (double)all + 0.5);

	return number == all && percent < 100 ? all - 1 : number;
}

static const char *read_percent(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	double percent;
	const char *unit = read_amount(reading, text, &percent);

	(void)field;
	if (!unit)
		return *text == '-' ? "less than nothing" : "not a percentage";
	if (strcmp(unit, "%") != 0)
		return *unit ? "an unknown unit" : "a number without a unit";
	if (percent > 100)
		return "more than everything";
	out->number = share(percent);
	return percent > 0 && !out->number ? "too small to be told from 0%" : NULL;
}

static void print_percent(FILE *to, const struct value *value)
{
	enum { ENOUGH = 10 }; /* digits behind the point that tell 2^32 shares apart */
	double percent = (double)value->number / 42949672.96;
	char text[32];

	for (int digits = 0; digits <= ENOUGH; digits++) {
		snprintf(text, sizeof text, "%.*f", digits, percent);
		if (share(strtod(text, NULL)) == value->number)
			break;
	}
	fprintf(to, "%s%%", text);
}

struct unit {
	const char *name;
	uint64_t number;
};

static const struct unit *unit_of(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (!strcasecmp(units->name, name))
			return units;
	return NULL;
}

/* An AMOUNT of a unit, from 1 to MOST. */
static const char *scale(const struct unit *unit, double amount, uint64_t most, uint64_t *out)
{
	double all = unit ? amount * (double)unit->number : 0;

	if (!unit)
		return "an unknown unit";
	if (all > (double)most)
		return "out of range";
	*out = (uint64_t)(all + 0.5);
	return *out ? NULL : "nothing";
}

/* The largest unit that goes into NUMBER. */
static void print_scaled(FILE *to, const struct unit *units, uint64_t number)
{
	const struct unit *best = units;

	for (; units->name; units++)
		if (!(number % units->number) && units->number >= best->number)
			best = units;
	fprintf(to, "%" PRIu64 "%s", number / best->number, best->name);
}

/* tc's words for bits a second; the first are those that are printed. */
static const struct unit bit_units[] = { { "bit", 1 }, { "kbit", 1000 }, { "mbit", 1000000 },
	{ "gbit", 1000000000 }, { NULL, 0 } };

static const struct unit other_rates[] = { { "tbit", UINT64_C(1000000000000) }, { "kibit", 1 << 10 },
	{ "mibit", 1 << 20 }, { "gibit", 1 << 30 }, { "bps", 8 }, { "kbps", 8000 }, { "mbps", 8000000 },
	{ "gbps", UINT64_C(8000000000) }, { "kibps", 8 << 10 }, { "mibps", 8 << 20 },
	{ "gibps", UINT64_C(8) << 30 }, { NULL, 0 } };

static const char *read_rate(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const uint64_t most = UINT64_C(1000000000000);
	double amount;
	const char *name = read_amount(reading, text, &amount);
	const struct unit *unit;

	(void)field;
	if (!name)
		return "not a rate";
	if (!*name)
		return "a number without a unit";
	unit = unit_of(bit_units, name);
	return scale(unit ? unit : unit_of(other_rates, name), amount, most, &out->number);
}

static void print_rate(FILE *to, const struct value *value)
{
	print_scaled(to, bit_units, value->number);
}

/* tc's words for bytes, whose k is 1024. */
static const struct unit byte_units[] = { { "b", 1 }, { "kb", 1 << 10 }, { "mb", 1 << 20 }, { "gb", 1 << 30 },
	{ NULL, 0 } };

static const struct unit other_sizes[] = { { "k", 1 << 10 }, { "m", 1 << 20 }, { "g", 1 << 30 },
	{ NULL, 0 } };

/* Packets, or with a unit bytes. */
static const char *read_limit(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	static const struct unit packet = { "", 1 };
	double amount;
	const char *name = read_amount(reading, text, &amount);
	const struct unit *unit;

	(void)field;
	if (!name || (!*name && strchr(text, '.')))
		return "neither packets nor bytes";
	out->masked = *name;
	unit = *name ? unit_of(byte_units, name) : &packet;
	return scale(unit ? unit : unit_of(other_sizes, name), amount, UINT32_MAX, &out->number);
}

static void print_limit(FILE *to, const struct value *value)
{
	if (value->masked)
		print_scaled(to, byte_units, value->number);
	else
		fprintf(to, "%" PRIu64, value->number);
}

enum { OVERHEAD_MOST = 65535 };

/* It may be below 0, and is the same number in 64 bits then. */
static const char *read_overhead(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	bool below = *text == '-';

	(void)reading;
	(void)field;
	if (!number_read(text + below, &out->number))
		return "not a number";
	if (out->number > OVERHEAD_MOST)
		return "out of range";
	if (below)
		out->number = -out->number;
	return NULL;
}

static void print_overhead(FILE *to, const struct value *value)
{
	fprintf(to, "%" PRId64, (int64_t)value->number);
}

static const char *read_filter(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	(void)reading;
	(void)field;
	out->text = text;
	return NULL;
}

static void print_filter(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

/* clang-format off */
const struct type type_percent = {
	.allowed = "a percentage from 0% to 100%, such as \"0.1%\"",
	.read = read_percent, .print = print_percent, .encoding = ENCODE_NOTHING,
	.pattern = "^[0-9][0-9.]*%$",
};
const struct type type_rate = {
	.allowed = "a rate such as \"50mbit\", at most 1tbit",
	.read = read_rate, .print = print_rate, .encoding = ENCODE_NOTHING,
	.pattern = "^[0-9][0-9.]*[A-Za-z]+$",
};
const struct type type_limit = {
	.allowed = "a number of packets, or bytes such as \"64kb\"",
	.read = read_limit, .print = print_limit, .encoding = ENCODE_NOTHING,
	.pattern = "^[0-9][0-9.]*[A-Za-z]*$",
};
const struct type type_overhead = {
	.allowed = "an integer from -65535 to 65535",
	.read = read_overhead, .print = print_overhead, .encoding = ENCODE_NOTHING, .is_number = true,
	.is_signed = true, .pattern = "^-?[0-9]+$",
};
const struct type type_filter = {
	.allowed = "a packet filter, as pcap-filter(7) has it",
	.read = read_filter, .print = print_filter, .encoding = ENCODE_NOTHING, .only_string = true,
};
/* clang-format on */
