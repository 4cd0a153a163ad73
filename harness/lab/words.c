/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iproute2's words: a line about an address, a route, a rule, ... read by the table of the object's fields.
 */
#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/entry.h"
#include "lab/line.h"

enum { WORDS_MOST = 4096, LEVELS_MOST = 4 };

/* Where words are looked for: the object's own, or those of a group, such as a nexthop, that was begun. */
struct level {
	const struct field *fields;
	struct values *values;
};

/* A line that is read, and what was understood of it. */
struct reader {
	struct line line;
	struct entry *entry;
	struct level
		levels[LEVELS_MOST]; /* a word belongs to the last that knows it, which ends those behind */
	size_t depth;
	const struct field *last; /* of FIELD_LAST: once it was said nothing else may follow */
	bool pasted;		  /* it begins as a line that show printed */
};

/* `ip -o` prints a backslash where a line would end. */
static const char blanks[] = LINE_BLANKS "\\";

static void read_value(struct reader *reader, const struct field *field, uint8_t before, size_t word)
{
	struct line *line = &reader->line;
	struct arena *arena = line->reading->arena;
	struct value value = { .field = field, .where = line_place(line, word), .before = before };
	const char *text = line->words[word], *why = field->type->read(line->reading, field, text, &value);

	if (why)
		line_wrong(line, word, "%s: %s%s; allowed: %s", text, why, field_near(arena, field, text),
			field_allowed(arena, field));
	else
		values_add(arena, reader->levels[reader->depth - 1].values, &value);
}

static void open_group(struct reader *reader, const struct field *field)
{
	struct line *line = &reader->line;
	struct value value = { .field = field, .where = line_place(line, line->next - 1) };
	struct values *values = reader->levels[reader->depth - 1].values;

	values_add(line->reading->arena, values, &value);
	reader->levels[reader->depth++] =
		(struct level) { field->group, &values->at[values->count - 1].group };
}

/* "lock" before a metric, "inet6" before a next hop. */
static uint8_t read_before(struct reader *reader, const struct field *field)
{
	struct line *line = &reader->line;
	uint8_t before = line->next < line->count ? field_before(field, line->words[line->next]) : 0;

	line->next += before != 0;
	return before;
}

static bool ends_line(struct reader *reader, const struct field *field)
{
	struct line *line = &reader->line;

	if (reader->depth == 1 && reader->last && field != reader->last) {
		line_wrong(line, line->next - 1, "%s: cannot follow; allowed: more of \"%s\", or nothing",
			line->words[line->next - 1], reader->last->word);
		line->next = line->count;
		return true;
	}
	if (field->flags & FIELD_LAST)
		reader->last = field;
	return false;
}

/* "N [ A B ]", as show prints a list, becomes the word "A,B". */
static void join_list(struct reader *reader)
{
	struct line *line = &reader->line;
	struct arena *arena = line->reading->arena;
	const char *joined = "";
	size_t end = line->next + 2;

	if (reader->entry->command != COMMAND_STATE || end >= line->count ||
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
static void read_field(struct reader *reader, const struct field *field)
{
	struct line *line = &reader->line;
	size_t word = line->next - 1;
	uint8_t before = 0;
	bool twice =
		values_have(reader->levels[reader->depth - 1].values, field) && !(field->flags & FIELD_LIST);

	if (ends_line(reader, field))
		return;
	if (!field->type->bare)
		before = read_before(reader, field);
	if (!field->type->bare && line->next >= line->count) {
		line_wrong(line, word, "%s: lacks what must follow; allowed: %s", line->words[word],
			field_allowed(line->reading->arena, field));
		return;
	}
	if (field->type->listed)
		join_list(reader);
	line->next += !field->type->bare;
	if (twice)
		line_wrong(line, word, "%s: stands twice; allowed: once", line->words[word]);
	else if (field->flags & FIELD_LAST && line->next >= line->count)
		line_wrong(line, word, "%s: lacks what must follow; allowed: what is said of one",
			line->words[word]);
	else if (field->group)
		open_group(reader, field);
	else if (!(field->flags & FIELD_SHOWN))
		read_value(reader, field, before, line->next - 1);
}

static bool is_prefix(const struct field *field)
{
	return field && field->type->has_family;
}

/* A word that is no field's may be the value of a field whose word can be left out. */
static bool read_leading(struct reader *reader, const char *word)
{
	struct line *line = &reader->line;
	const struct level *level = &reader->levels[reader->depth - 1];
	const struct field *last = NULL;
	bool in_group;

	for (const struct field *field = level->fields; field->word || field->key; field++) {
		struct value value = { .field = field };

		if (!(field->flags & FIELD_LEADS) ||
			(values_have(level->values, field) && !(field->flags & FIELD_LIST)))
			continue;
		last = field;
		if (!field->type->read(line->reading, field, word, &value)) {
			if (!ends_line(reader, field))
				read_value(reader, field, 0, line->next - 1);
			return true;
		}
	}
	/* It begins like a number or an address: more likely a slip in one than an unknown word. */
	in_group = level->fields != reader->entry->object->fields;
	if (last && ((is_prefix(last) && strchr(word, ':')) ||
			    ((is_prefix(last) || in_group) && isdigit((unsigned char)*word)))) {
		read_value(reader, last, 0, line->next - 1);
		return true;
	}
	return false;
}

static bool is_known(const struct reader *reader, const char *word)
{
	for (size_t i = 0; i < reader->depth; i++)
		if (field_by_word(reader->levels[i].fields, word))
			return true;
	return false;
}

/* What follows it was most likely meant for it, and is passed over. */
static void unknown_word(struct reader *reader, const char *word)
{
	struct line *line = &reader->line;
	const char *near = words_near(reader->levels[0].fields, word);
	size_t at = line->next - 1;

	if (near)
		line_wrong(line, at, "%s: unknown word; did you mean \"%s\"?", word, near);
	else
		line_wrong(line, at, "%s: unknown word; allowed: %s", word,
			words_allowed(line->reading->arena, reader->entry->object, reader->levels[0].fields));
	while (line->next < line->count && !is_known(reader, line->words[line->next]))
		line->next++;
}

/* What show prints of devices and of targets of goto that are not there. */
static bool read_bracketed(struct reader *reader, const char *word)
{
	bool detached = !strcmp(word, "[detached]");

	reader->entry->detached |= detached;
	return detached || !strcmp(word, "[unresolved]");
}

/* Takes the word as one of the last level, by its own word or by its form. */
static bool read_at_level(struct reader *reader, const char *word)
{
	const struct field *field = field_by_word(reader->levels[reader->depth - 1].fields, word);

	if (!field)
		return read_leading(reader, word);
	read_field(reader, field);
	return true;
}

static const struct field *field_keyed(const struct reader *reader, const char *key)
{
	const struct field *field = reader->entry->object->fields;

	while (strcmp(field_key(field), key))
		field++;
	return field;
}

/* In a pasted line a label stands without its word. */
static bool read_trailing(struct reader *reader)
{
	if (!reader->pasted)
		return false;
	for (const struct field *field = reader->levels[0].fields; field->word || field->key; field++) {
		if (!(field->flags & FIELD_TRAILS) || values_have(reader->levels[0].values, field))
			continue;
		reader->depth = 1;
		read_value(reader, field, 0, reader->line.next - 1);
		return true;
	}
	return false;
}

static void read_word(struct reader *reader)
{
	const char *word = reader->line.words[reader->line.next++];
	size_t depth = reader->depth;

	if (read_bracketed(reader, word))
		return;
	for (; reader->depth > 0; reader->depth--)
		if (read_at_level(reader, word))
			return;
	reader->depth = depth;
	if (!read_trailing(reader))
		unknown_word(reader, word);
}

static bool is_number_before(const char *word)
{
	size_t length = strlen(word);

	return length > 1 && word[length - 1] == ':' && strspn(word, "0123456789") == length - 1;
}

/* "N:" is what show prints before a rule: its priority. */
static void read_number_before(struct reader *reader)
{
	struct line *line = &reader->line;
	const char *key = reader->entry->object->numbered;
	const char *word = line_word(line, line->next);
	size_t length = strlen(word);

	if (!key || !is_number_before(word))
		return;
	line->words[line->next] = arena_copy(line->reading->arena, word, length - 1);
	read_value(reader, field_keyed(reader, key), 0, line->next++);
}

static bool begins_pasted(const struct reader *reader, size_t word)
{
	return word < reader->line.count &&
	       word_among(reader->entry->object->pasted, reader->line.words[word]);
}

/* "inet ..." is as show prints it; `ip -o` prints "N: DEVICE" before that. */
static void read_pasted(struct reader *reader)
{
	struct line *line = &reader->line;

	if (reader->entry->command != COMMAND_STATE)
		return;
	if (begins_pasted(reader, line->next + 2) && is_number_before(line->words[line->next])) {
		read_value(reader, field_keyed(reader, "dev"), 0, line->next + 1);
		line->next += 2;
	}
	reader->pasted = begins_pasted(reader, line->next);
}

static void read_family(struct reader *reader)
{
	struct line *line = &reader->line;
	const char *word = line_word(line, line->next);

	if (strcmp(word, "-4") && strcmp(word, "-6"))
		return;
	reader->entry->family = word[1] == '4' ? AF_INET : AF_INET6;
	line->next++;
}

static void read_command(struct reader *reader)
{
	struct line *line = &reader->line;
	const char *word = line_word(line, line->next);

	if (!strcmp(word, "chg"))
		word = "change";
	for (const struct name *name = entry_commands; name->name; name++) {
		if (!*word || strncmp(name->name, word, strlen(word)) != 0)
			continue;
		reader->entry->command = (enum command_word)name->number;
		entry_check_command(line->reading, reader->entry, line_place(line, line->next));
		reader->levels[0].fields = entry_words(reader->entry);
		line->next++;
		return;
	}
}

static void read_words(struct reader *reader, const char *text)
{
	struct line *line = &reader->line;

	line_split(line, text, blanks);
	if (!line->count) {
		problem_add(line->reading->problems, line->where, "is empty; allowed: what follows `ip %s`",
			reader->entry->object->name);
		return;
	}
	if (line->count > WORDS_MOST) {
		problem_add(line->reading->problems, line->where, "has %zu words; allowed: at most %d",
			line->count, WORDS_MOST);
		return;
	}
	if (!strcmp(line->words[0], "ip") || !strcmp(line->words[0], reader->entry->object->name)) {
		line_wrong(line, 0, "%s: is not part of the line; allowed: what follows `ip %s`",
			line->words[0], reader->entry->object->name);
		return;
	}
	read_family(reader);
	read_number_before(reader);
	read_family(reader);
	read_command(reader);
	read_family(reader);
	read_pasted(reader);
	while (line->next < line->count)
		read_word(reader);
}

void entry_read_line(const struct reading *reading, const char *text, struct entry *entry)
{
	struct reader reader = { .line = { .reading = reading, .where = entry->where },
		.entry = entry,
		.levels = { { entry->object->fields, &entry->values } },
		.depth = 1 };

	read_words(&reader, text);
}

void group_read_line(const struct reading *reading, const struct object *object, const char *text,
	const struct place *where, const struct field *fields, struct values *values)
{
	struct entry entry = { .object = object };
	struct reader reader = { .line = { .reading = reading, .where = where },
		.entry = &entry,
		.levels = { { fields, values } },
		.depth = 1 };

	line_split(&reader.line, text, blanks);
	while (reader.line.next < reader.line.count && reader.line.count <= WORDS_MOST)
		read_word(&reader);
}
