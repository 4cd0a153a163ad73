/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what one types after `ip` to see something. */
#include "lab/query.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/entry.h"
#include "lab/line.h"

/*
 * Options that choose the family, and those that change how ip prints, which changes nothing here. Behind the
 * object a word may begin with - and be none.
 */
static bool read_option(struct line *line, struct query *query)
{
	static const struct name options[] = { { "-4", AF_INET }, { "-6", AF_INET6 }, { "-d", 0 },
		{ "-details", 0 }, { "-j", 0 }, { "-json", 0 }, { "-p", 0 }, { "-pretty", 0 }, { "-o", 0 },
		{ "-oneline", 0 }, { 0 } };
	const char *word = line_word(line, line->next);

	if (*word != '-')
		return false;
	line->next++;
	for (const struct name *option = options; option->name; option++) {
		if (strcmp(option->name, word))
			continue;
		if (option->number)
			query->family = (int)option->number;
		return true;
	}
	line->next--;
	if (!query->object)
		line_wrong(line, line->next, "%s: unknown option; allowed: -4, -6, -details, -json", word);
	return false;
}

/* Whether WORD is one of NAMES, or the beginning of one. */
static bool begins(const char *names, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = names; *at; at += strcspn(at, " "), at += *at == ' ')
		if (length && length <= strcspn(at, " ") && !strncmp(at, word, length))
			return true;
	return false;
}

static bool read_object(struct line *line, struct query *query)
{
	const char *word = line_word(line, line->next), *names[16] = { NULL }, *list = "", *near;
	size_t count = 0;

	for (const struct query_object *object = query_objects; object->name; object++) {
		if (begins(object->names, word)) {
			query->object = object;
			line->next++;
			return true;
		}
		names[count++] = object->name;
		list = arena_printf(line->reading->arena, "%s%s%s", list, *list ? ", " : "", object->name);
	}
	if (!*word) {
		problem_add(line->reading->problems, line->where, "names no object; allowed: %s", list);
		return false;
	}
	near = nearest(word, names);
	if (near)
		line_wrong(line, line->next, "%s: unknown object; did you mean \"%s\"?", word, near);
	else
		line_wrong(line, line->next, "%s: unknown object; allowed: %s", word, list);
	return false;
}

static void read_value(struct line *line, struct query *query, const struct field *field, size_t word)
{
	struct arena *arena = line->reading->arena;
	struct value value = { .field = field, .where = line_place(line, word) };
	const char *text = line->words[word], *why;

	if (values_have(&query->values, field) && !(field->flags & FIELD_LIST)) {
		line_wrong(line, word, "%s: a second \"%s\"; allowed: one", text, field_key(field));
		return;
	}
	why = field->type->read(line->reading, field, text, &value);
	if (why)
		line_wrong(line, word, "%s: %s%s; allowed: %s", text, why, field_near(arena, field, text),
			field_allowed(arena, field));
	else
		values_add(arena, &query->values, &value);
}

static bool is_prefix(const struct field *field)
{
	return field->type == &type_prefix;
}

/* A word that is no filter's may be the value of a filter whose word can be left out. */
static bool read_leading(struct line *line, struct query *query, const char *word)
{
	const struct field *filters = query->object->filters;

	for (const struct field *field = filters; field->word || field->key; field++) {
		struct value value = { .field = field };
		bool likely = is_prefix(field) && (isdigit((unsigned char)*word) || strchr(word, ':'));

		if (!(field->flags & FIELD_LEADS) || field->type == &type_device)
			continue;
		if (!likely && field->type->read(line->reading, field, word, &value))
			continue;
		read_value(line, query, field, line->next - 1);
		return true;
	}
	for (const struct field *field = filters; field->word || field->key; field++) {
		if (!(field->flags & FIELD_LEADS) || field->type != &type_device)
			continue;
		read_value(line, query, field, line->next - 1);
		return true;
	}
	return false;
}

static void unknown_word(struct line *line, struct query *query, const char *word)
{
	const char *names[64] = { NULL }, *list = "", *near;
	size_t count = 0;

	for (const struct field *field = query->object->filters; field->word || field->key; field++) {
		if (!field->word || count == 63)
			continue;
		names[count++] = field->word;
		list = arena_printf(line->reading->arena, "%s%s%s", list, *list ? ", " : "", field->word);
	}
	near = nearest(word, names);
	if (near)
		line_wrong(line, line->next - 1, "%s: unknown word; did you mean \"%s\"?", word, near);
	else
		line_wrong(line, line->next - 1, "%s: unknown word; allowed: %s", word, list);
	line->next = line->count;
}

/* A filter's word, or two that belong together ("from root"); it is passed over. */
static const struct field *take_word(struct line *line, struct query *query)
{
	const struct field *filters = query->object->filters, *field;
	const char *word = line_word(line, line->next), *second = line_word(line, line->next + 1);

	field = field_by_word(filters, arena_printf(line->reading->arena, "%s %s", word, second));
	line->next++;
	if (field) {
		line->next++;
		return field;
	}
	field = field_by_word(filters, second);
	if (!strcmp(word, "to") && field && is_prefix(field) && field_by_word(filters, word)) {
		line->next++;
		return field;
	}
	return field_by_word(filters, word);
}

static void read_filter(struct line *line, struct query *query)
{
	const char *word = line_word(line, line->next);
	const struct field *field = take_word(line, query);
	bool family =
		field && !strcmp(field->word, "via") && !strncmp(line_word(line, line->next), "inet", 4);

	if (!field) {
		if (!read_leading(line, query, word))
			unknown_word(line, query, word);
		return;
	}
	line->next += family;
	if (field->type->bare) {
		read_value(line, query, field, line->next - 1);
	} else if (line->next >= line->count) {
		line_wrong(line, line->next - 1, "%s: lacks what must follow; allowed: %s", word,
			field_allowed(line->reading->arena, field));
	} else {
		line->next++;
		read_value(line, query, field, line->next - 1);
	}
}

/* Addresses decide the family where nothing else does, and must not be of several; but for a next hop. */
static void settle_family(struct line *line, struct query *query)
{
	for (size_t i = 0; i < query->values.count; i++) {
		const struct value *value = &query->values.at[i];
		int family = is_prefix(value->field) ? value->address.family : AF_UNSPEC;

		if (family == AF_UNSPEC || !strcmp(field_key(value->field), "via"))
			continue;
		if (query->family == AF_UNSPEC)
			query->family = family;
		if (query->family == family)
			continue;
		problem_add(line->reading->problems, value->where, "%s: of the other family; allowed: %s",
			value_print(line->reading->arena, value), query->family == AF_INET ? "IPv4" : "IPv6");
		line->problems++;
	}
}

bool query_read(const struct reading *reading, const char *text, const struct place *where, struct query *out)
{
	struct line line = { .reading = reading, .where = where };
	const char *verb;

	*out = (struct query) { .family = AF_UNSPEC };
	line_split(&line, text, LINE_BLANKS);
	if (!strcmp(line_word(&line, 0), "ip")) {
		line_wrong(&line, 0, "ip: is not part of the line; allowed: what follows `ip`");
		return false;
	}
	while (read_option(&line, out))
		continue;
	if (line.problems || !read_object(&line, out))
		return false;
	verb = line_word(&line, line.next);
	line.next += begins("show list lst ls", verb);
	while (line.next < line.count)
		if (!read_option(&line, out))
			read_filter(&line, out);
	settle_family(&line, out);
	return !line.problems;
}
