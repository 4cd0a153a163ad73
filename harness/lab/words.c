/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iproute2's words: a line about an address, a route, a rule, ... read by the table of the object's fields.
 */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/entry.h"

enum { WORDS_MOST = 4096, LEVELS_MOST = 4 };

/* Where words are looked for: the object's own, or those of a group, such as a nexthop, that was begun. */
struct level {
	const struct field *fields;
	struct values *values;
};

/* A line as words, and the one that is next. */
struct line {
	const struct reading *reading;
	const struct place *where;
	const char **words;
	size_t *columns;
	size_t count, next;
	struct entry *entry;
	struct level
		levels[LEVELS_MOST]; /* a word belongs to the last that knows it, which ends those behind */
	size_t depth;
	const struct field *last; /* of FIELD_LAST: once it was said nothing else may follow */
	bool pasted;		  /* it begins as a line that show printed */
	size_t problems;
};

/* `ip -o` prints a backslash where a line would end. */
static void split(struct line *line, const char *text)
{
	struct arena *arena = line->reading->arena;
	size_t column = 1, columns = 0;

	while (*text) {
		size_t length = strcspn(text, " \t\r\n\\");

		if (length) {
			const char *word = arena_copy(arena, text, length);

			arena_append(arena, &line->words, &line->count, &word, sizeof word);
			arena_append(arena, &line->columns, &columns, &column, sizeof column);
		}
		for (size_t i = 0; i < length; i++)
			column += ((unsigned char)text[i] & 0xc0) != 0x80;
		text += length;
		if (*text) {
			text++;
			column++;
		}
	}
}

static const struct place *place_of(const struct line *line, size_t word)
{
	if (word >= line->count)
		return line->where;
	return place_column(line->reading->arena, line->where, line->columns[word]);
}

#define wrong(line, word, ...)                                                                               \
	do {                                                                                                 \
		problem_add((line)->reading->problems, place_of(line, word), __VA_ARGS__);                   \
		(line)->problems++;                                                                          \
	} while (0)

static bool said(const struct values *values, const struct field *field)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->at[i].field == field)
			return true;
	return false;
}

static void read_value(struct line *line, const struct field *field, uint8_t before, size_t word)
{
	struct arena *arena = line->reading->arena;
	struct value value = { .field = field, .where = place_of(line, word), .before = before };
	const char *text = line->words[word], *why = field->type->read(line->reading, field, text, &value);

	if (why)
		wrong(line, word, "%s: %s%s; allowed: %s", text, why, field_near(arena, field, text),
			field_allowed(arena, field));
	else
		values_add(arena, line->levels[line->depth - 1].values, &value);
}

static void open_group(struct line *line, const struct field *field)
{
	struct value value = { .field = field, .where = place_of(line, line->next - 1) };
	struct values *values = line->levels[line->depth - 1].values;

	values_add(line->reading->arena, values, &value);
	line->levels[line->depth++] = (struct level) { field->group, &values->at[values->count - 1].group };
}

/* "lock" before a metric, "inet6" before a next hop. */
static uint8_t read_before(struct line *line, const struct field *field)
{
	uint8_t before = line->next < line->count ? field_before(field, line->words[line->next]) : 0;

	line->next += before != 0;
	return before;
}

static bool ends_line(struct line *line, const struct field *field)
{
	if (line->depth == 1 && line->last && field != line->last) {
		wrong(line, line->next - 1, "%s: cannot follow; allowed: more of \"%s\", or nothing",
			line->words[line->next - 1], line->last->word);
		line->next = line->count;
		return true;
	}
	if (field->flags & FIELD_LAST)
		line->last = field;
	return false;
}

/* "N [ A B ]", as show prints a list, becomes the word "A,B". */
static void join_list(struct line *line)
{
	struct arena *arena = line->reading->arena;
	const char *joined = "";
	size_t end = line->next + 2;

	if (line->entry->command != COMMAND_STATE || end >= line->count ||
		strcmp(line->words[line->next + 1], "[") != 0)
		return;
	while (end < line->count && strcmp(line->words[end], "]") != 0) {
		joined = arena_printf(arena, "%s%s%s", joined, *joined ? "," : "", line->words[end]);
		end++;
	}
	if (end == line->count)
		return;
	line->words[end] = joined;
	line->columns[end] = line->columns[line->next];
	line->next = end;
}

/* What follows the word of a field that was found. */
static void read_field(struct line *line, const struct field *field)
{
	size_t word = line->next - 1;
	uint8_t before = 0;
	bool twice = said(line->levels[line->depth - 1].values, field) && !(field->flags & FIELD_LIST);

	if (ends_line(line, field))
		return;
	if (!field->type->bare)
		before = read_before(line, field);
	if (!field->type->bare && line->next >= line->count) {
		wrong(line, word, "%s: lacks what must follow; allowed: %s", line->words[word],
			field_allowed(line->reading->arena, field));
		return;
	}
	if (field->type->listed)
		join_list(line);
	line->next += !field->type->bare;
	if (twice)
		wrong(line, word, "%s: stands twice; allowed: once", line->words[word]);
	else if (field->flags & FIELD_LAST && line->next >= line->count)
		wrong(line, word, "%s: lacks what must follow; allowed: what is said of one",
			line->words[word]);
	else if (field->group)
		open_group(line, field);
	else if (!(field->flags & FIELD_SHOWN))
		read_value(line, field, before, line->next - 1);
}

static bool is_prefix(const struct field *field)
{
	return field && field->type->has_family;
}

/* A word that is no field's may be the value of a field whose word can be left out. */
static bool read_leading(struct line *line, const char *word)
{
	const struct level *level = &line->levels[line->depth - 1];
	const struct field *last = NULL;

	for (const struct field *field = level->fields; field->word || field->key; field++) {
		struct value value = { .field = field };

		if (!(field->flags & FIELD_LEADS) ||
			(said(level->values, field) && !(field->flags & FIELD_LIST)))
			continue;
		last = field;
		if (!field->type->read(line->reading, field, word, &value)) {
			if (!ends_line(line, field))
				read_value(line, field, 0, line->next - 1);
			return true;
		}
	}
	/* It begins like a number or an address: more likely a slip in one than an unknown word. */
	if (line->depth == 1 && is_prefix(last) && (isdigit((unsigned char)*word) || strchr(word, ':'))) {
		read_value(line, last, 0, line->next - 1);
		return true;
	}
	return false;
}

/* Words that may stand in a line: those of its fields, and values of fields whose word can be left out. */
static const char *nearest_word(const struct line *line, const char *word)
{
	const char *names[128] = { NULL };
	size_t count = 0;

	for (const struct field *f = line->levels[0].fields; f->word || f->key; f++) {
		if (f->word && count < 127)
			names[count++] = f->word;
		if (!(f->flags & FIELD_LEADS))
			continue;
		for (const struct name *n = f->names; n && n->name && count < 127; n++)
			names[count++] = n->name;
	}
	return nearest(word, names);
}

static bool is_known(const struct line *line, const char *word)
{
	for (size_t i = 0; i < line->depth; i++)
		if (field_by_word(line->levels[i].fields, word))
			return true;
	return false;
}

/* What follows it was most likely meant for it, and is passed over. */
static void unknown_word(struct line *line, const char *word)
{
	const char *near = nearest_word(line, word);
	size_t at = line->next - 1;

	if (near)
		wrong(line, at, "%s: unknown word; did you mean \"%s\"?", word, near);
	else
		wrong(line, at, "%s: unknown word; allowed: those of `ip %s`", word,
			line->entry->object->name);
	while (line->next < line->count && !is_known(line, line->words[line->next]))
		line->next++;
}

/* What show prints of devices and of targets of goto that are not there. */
static bool read_bracketed(struct line *line, const char *word)
{
	bool detached = !strcmp(word, "[detached]");

	line->entry->detached |= detached;
	return detached || !strcmp(word, "[unresolved]");
}

/* Takes the word as one of the last level, by its own word or by its form. */
static bool read_at_level(struct line *line, const char *word)
{
	const struct field *field = field_by_word(line->levels[line->depth - 1].fields, word);

	if (!field)
		return read_leading(line, word);
	read_field(line, field);
	return true;
}

static const struct field *field_keyed(const struct line *line, const char *key)
{
	const struct field *field = line->entry->object->fields;

	while (strcmp(field_key(field), key))
		field++;
	return field;
}

/* In a pasted line a label stands without its word. */
static bool read_trailing(struct line *line)
{
	if (!line->pasted)
		return false;
	for (const struct field *field = line->levels[0].fields; field->word || field->key; field++) {
		if (!(field->flags & FIELD_TRAILS) || said(line->levels[0].values, field))
			continue;
		line->depth = 1;
		read_value(line, field, 0, line->next - 1);
		return true;
	}
	return false;
}

static void read_word(struct line *line)
{
	const char *word = line->words[line->next++];
	size_t depth = line->depth;

	if (read_bracketed(line, word))
		return;
	for (; line->depth > 0; line->depth--)
		if (read_at_level(line, word))
			return;
	line->depth = depth;
	if (!read_trailing(line))
		unknown_word(line, word);
}

static bool is_number_before(const char *word)
{
	size_t length = strlen(word);

	return length > 1 && word[length - 1] == ':' && strspn(word, "0123456789") == length - 1;
}

/* "N:" is what show prints before a rule: its priority. */
static void read_number_before(struct line *line)
{
	const char *key = line->entry->object->numbered;
	const char *word = line->next < line->count ? line->words[line->next] : "";
	size_t length = strlen(word);

	if (!key || !is_number_before(word))
		return;
	line->words[line->next] = arena_copy(line->reading->arena, word, length - 1);
	read_value(line, field_keyed(line, key), 0, line->next++);
}

static bool begins_pasted(const struct line *line, size_t word)
{
	return word < line->count && word_among(line->entry->object->pasted, line->words[word]);
}

/* "inet ..." is as show prints it; `ip -o` prints "N: DEVICE" before that. */
static void read_pasted(struct line *line)
{
	if (line->entry->command != COMMAND_STATE)
		return;
	if (begins_pasted(line, line->next + 2) && is_number_before(line->words[line->next])) {
		read_value(line, field_keyed(line, "dev"), 0, line->next + 1);
		line->next += 2;
	}
	line->pasted = begins_pasted(line, line->next);
}

static void read_family(struct line *line)
{
	const char *word = line->next < line->count ? line->words[line->next] : "";

	if (strcmp(word, "-4") && strcmp(word, "-6"))
		return;
	line->entry->family = word[1] == '4' ? AF_INET : AF_INET6;
	line->next++;
}

static void read_command(struct line *line)
{
	const char *word = line->next < line->count ? line->words[line->next] : "";

	if (!strcmp(word, "chg"))
		word = "change";
	for (const struct name *name = entry_commands; name->name; name++) {
		if (!*word || strncmp(name->name, word, strlen(word)) != 0)
			continue;
		line->entry->command = (enum command_word)name->number;
		entry_check_command(line->reading, line->entry, place_of(line, line->next));
		line->levels[0].fields = entry_words(line->entry);
		line->next++;
		return;
	}
}

static void read_words(struct line *line, const char *text)
{
	split(line, text);
	if (!line->count) {
		problem_add(line->reading->problems, line->where, "is empty; allowed: what follows `ip %s`",
			line->entry->object->name);
		return;
	}
	if (line->count > WORDS_MOST) {
		problem_add(line->reading->problems, line->where, "has %zu words; allowed: at most %d",
			line->count, WORDS_MOST);
		return;
	}
	if (!strcmp(line->words[0], "ip") || !strcmp(line->words[0], line->entry->object->name)) {
		wrong(line, 0, "%s: is not part of the line; allowed: what follows `ip %s`", line->words[0],
			line->entry->object->name);
		return;
	}
	read_family(line);
	read_number_before(line);
	read_family(line);
	read_command(line);
	read_family(line);
	read_pasted(line);
	while (line->next < line->count)
		read_word(line);
}

void entry_read_line(const struct reading *reading, const char *text, struct entry *entry)
{
	struct line line = { .reading = reading,
		.where = entry->where,
		.entry = entry,
		.levels = { { entry->object->fields, &entry->values } },
		.depth = 1 };

	read_words(&line, text);
}

void group_read_line(const struct reading *reading, const struct object *object, const char *text,
	const struct place *where, const struct field *fields, struct values *values)
{
	struct entry entry = { .object = object };
	struct line line = { .reading = reading,
		.where = where,
		.entry = &entry,
		.levels = { { fields, values } },
		.depth = 1 };

	split(&line, text);
	while (line.next < line.count && line.count <= WORDS_MOST)
		read_word(&line);
}
