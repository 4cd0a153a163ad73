/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run/bound.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum relation { AT_MOST, AT_LEAST, LESS, MORE, EQUAL };

struct bound {
	enum relation relation;
	const char *amount; /* the text behind the operator */
	double limit;
};

/* The longer of two that begin alike comes first; without an operator it is equality. */
static const struct {
	const char *text;
	enum relation relation;
} operators[] = {
	{ "<=", AT_MOST },
	{ ">=", AT_LEAST },
	{ "<", LESS },
	{ ">", MORE },
	{ "=", EQUAL },
	{ "", EQUAL },
};

static struct bound split(const char *text)
{
	size_t i = 0, length;

	while (strncmp(text, operators[i].text, strlen(operators[i].text)) != 0)
		i++;
	length = strlen(operators[i].text);
	return (struct bound) { operators[i].relation, text + length + strspn(text + length, " "), 0 };
}

static const char *read_loss(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	struct bound bound = split(text);
	char *end;

	(void)reading;
	(void)field;
	out->text = text;
	bound.limit = strtod(bound.amount, &end);
	if (!isdigit((unsigned char)*bound.amount) || strcmp(end, "%") != 0)
		return "not a bound of a percentage";
	return bound.limit > 100 ? "more than 100%" : NULL;
}

static const char *read_duration(
	const struct reading *reading, const struct field *field, const char *text, struct value *out)
{
	const char *wrong = type_duration.read(reading, field, split(text).amount, out);

	out->text = text;
	return wrong;
}

static void print_text(FILE *to, const struct value *value)
{
	fputs(value->text, to);
}

const struct type type_loss_bound = {
	.allowed = "a percentage, or a bound of it such as \"<= 5%\"",
	.read = read_loss,
	.print = print_text,
	.pattern = "^([<>]=?|=)? *[0-9][0-9.]*%$",
};
const struct type type_duration_bound = {
	.allowed = "a duration, or a bound of it such as \">= 20ms\"",
	.read = read_duration,
	.print = print_text,
	.pattern = "^([<>]=?|=)? *[0-9][0-9.]*(ns|us|ms|s|usec|msec|sec)$",
};

static bool within(const struct bound *bound, double least, double most)
{
	switch (bound->relation) {
	case AT_MOST: return most <= bound->limit;
	case AT_LEAST: return least >= bound->limit;
	case LESS: return most < bound->limit;
	case MORE: return least > bound->limit;
	case EQUAL: return !(least < bound->limit) && !(most > bound->limit);
	}
	return false;
}

static bool may_be_within(const struct bound *bound, double least, double most)
{
	if (bound->relation == EQUAL)
		return least <= bound->limit && bound->limit <= most;
	return within(bound, least, least) || within(bound, most, most);
}

static struct bound loss_bound(const char *text)
{
	struct bound bound = split(text);

	bound.limit = strtod(bound.amount, NULL);
	return bound;
}

static struct bound duration_bound(struct arena *arena, const char *text)
{
	struct reading reading = { .arena = arena };
	struct bound bound = split(text);
	struct value limit = { .number = 0 };

	/* Its type has accepted it. */
	type_duration.read(&reading, NULL, bound.amount, &limit);
	bound.limit = (double)limit.number;
	return bound;
}

bool loss_within(struct arena *arena, const char *text, double least, double most)
{
	struct bound bound = loss_bound(text);

	(void)arena;
	return within(&bound, least, most);
}

bool loss_may_be_within(struct arena *arena, const char *text, double least, double most)
{
	struct bound bound = loss_bound(text);

	(void)arena;
	return may_be_within(&bound, least, most);
}

bool duration_within(struct arena *arena, const char *text, double least, double most)
{
	struct bound bound = duration_bound(arena, text);

	return within(&bound, least, most);
}

bool duration_may_be_within(struct arena *arena, const char *text, double least, double most)
{
	struct bound bound = duration_bound(arena, text);

	return may_be_within(&bound, least, most);
}
