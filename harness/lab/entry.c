/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries: what is said of an object of iproute2, as a line (read in words.c) or as JSON (in entry_json.c);
 * settled, printed, and made a request.
 */
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/entry.h"
#include "lab/flush.h"

static const char *const command_words[] = {
	[COMMAND_STATE] = "",
	[COMMAND_ADD] = "add",
	[COMMAND_DEL] = "del",
	[COMMAND_REPLACE] = "replace",
	[COMMAND_CHANGE] = "change",
	[COMMAND_APPEND] = "append",
	[COMMAND_PREPEND] = "prepend",
	[COMMAND_FLUSH] = "flush",
};
_Static_assert(sizeof command_words / sizeof *command_words == COMMAND_COUNT, "a word for each command");

const struct name entry_commands[] = { { "add", COMMAND_ADD }, { "del", COMMAND_DEL },
	{ "delete", COMMAND_DEL }, { "replace", COMMAND_REPLACE }, { "change", COMMAND_CHANGE },
	{ "append", COMMAND_APPEND }, { "prepend", COMMAND_PREPEND }, { "flush", COMMAND_FLUSH }, { 0 } };

const struct field *entry_words(const struct entry *entry)
{
	const struct flush *flush = entry->command == COMMAND_FLUSH ? entry->object->flush : NULL;

	return flush ? flush->fields : entry->object->fields;
}

const char *command_word(enum command_word command)
{
	return command_words[command];
}

/* Whether one of the aliases is written with a "*", and begins with WORD, as iproute2's matches() has it. */
static bool is_short(const char *aliases, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = aliases; at && *at; at += strcspn(at, " "), at += *at == ' ') {
		size_t whole = strcspn(at, " ");

		if (at[whole - 1] == '*' && length < whole && !strncmp(at, word, length))
			return true;
	}
	return false;
}

const struct field *field_by_word(const struct field *fields, const char *word)
{
	for (const struct field *field = fields; field && (field->word || field->key); field++)
		if ((field->word && !strcmp(field->word, word)) || word_among(field->alias, word))
			return field;
	for (const struct field *field = fields; field && (field->word || field->key) && *word; field++)
		if (is_short(field->alias, word))
			return field;
	return NULL;
}

enum { WORDS_MOST = 127 };

/* The words of fields, and the values of those whose word can be left out; WORDS ends with NULL. */
static void collect_words(const struct field *fields, bool shown, const char *words[WORDS_MOST + 1])
{
	size_t count = 0;

	for (const struct field *field = fields; field->word || field->key; field++) {
		if (field->flags & FIELD_SHOWN && !shown)
			continue;
		if (field->word && count < WORDS_MOST)
			words[count++] = field->word;
		if (!(field->flags & FIELD_LEADS))
			continue;
		for (const struct name *name = field->names; name && name->name && count < WORDS_MOST; name++)
			words[count++] = name->name;
	}
}

const char *words_near(const struct field *fields, const char *word)
{
	const char *words[WORDS_MOST + 1] = { NULL };

	collect_words(fields, true, words);
	return nearest(word, words);
}

/* What is no rtnetlink's, as a router's, has only some of the words that ip has. */
const char *words_allowed(struct arena *arena, const struct object *object, const struct field *fields)
{
	const char *words[WORDS_MOST + 1] = { NULL }, *list = "";

	if (object->new_type)
		return arena_printf(arena, "those of `ip %s`", object->name);
	collect_words(fields, false, words);
	for (size_t i = 0; words[i]; i++)
		list = arena_printf(arena, "%s%s%s", list, i ? ", " : "", words[i]);
	return list;
}

static const char *commands_list(struct arena *arena, const struct object *object)
{
	const char *list = "";

	for (enum command_word command = COMMAND_ADD; command < COMMAND_COUNT; command++)
		if (object->commands & 1 << command)
			list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", command_word(command));
	return list;
}

void entry_check_command(const struct reading *reading, struct entry *entry, const struct place *where)
{
	if (entry->command != COMMAND_STATE && !(entry->object->commands & 1 << entry->command))
		problem_add(reading->problems, where, "%s: no verb of `ip %s`; allowed: %s",
			command_word(entry->command), entry->object->name,
			commands_list(reading->arena, entry->object));
}

static bool is_address(const struct value *value)
{
	return value->field->type->has_family;
}

/* The family that a word before the value says; OTHERWISE where it says none. */
static int family_before(const struct value *value, int otherwise)
{
	static const char *const families = "inet inet6";

	if (!value->before || strcmp(value->field->before, families) != 0)
		return otherwise;
	return value->before == 1 ? AF_INET : AF_INET6;
}

/* The family of the first address that has one. */
static int family_of(const struct values *values)
{
	int family = AF_UNSPEC;

	for (size_t i = 0; !family && i < values->count; i++)
		if (is_address(&values->at[i]))
			family = values->at[i].address.family;
	for (size_t i = 0; !family && i < values->count; i++)
		if (values->at[i].field->group)
			family = family_of(&values->at[i].group);
	return family;
}

/* The family of what is stated without an address: show prints some words of one family only. */
static int family_shown(const struct entry *entry)
{
	for (size_t i = 0; entry->command == COMMAND_STATE && i < entry->values.count; i++)
		if (entry->values.at[i].field->flags & FIELD_IPV6)
			return AF_INET6;
	return AF_UNSPEC;
}

/* The addresses of an entry are of one family, except where "inet" or "inet6" before one says otherwise. */
static void check_families(
	const struct reading *reading, const struct entry *entry, const struct values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];
		int family = family_before(value, entry->family);

		if (value->field->group)
			check_families(reading, entry, &value->group);
		else if (is_address(value) && value->address.family && value->address.family != family)
			problem_add(reading->problems, value->where ? value->where : entry->where,
				"%s: of the other family; allowed: %s%s", value_print(reading->arena, value),
				family == AF_INET ? "IPv4" : "IPv6",
				family_before(value, 0) ? "" : ", as the rest is");
	}
}

bool entry_read(const struct reading *reading, const struct object *object, const json_t *json,
	const struct place *where, struct entry *out)
{
	size_t before = reading->problems->count;
	const char *why;

	*out = (struct entry) { .object = object, .where = where };
	if (json_is_string(json)) {
		entry_read_line(reading, json_string_value(json), out);
	} else if (json_is_object(json)) {
		entry_read_object(reading, json, out);
	} else {
		wrong_kind(reading, json, where,
			arena_printf(reading->arena,
				"a string as after `ip %s`, or an object as in `ip -j %s`", object->name,
				object->name));
	}
	if (reading->problems->count != before)
		return false;
	out->family_said = out->family != AF_UNSPEC;
	if (!out->family)
		out->family = family_of(&out->values);
	if (!out->family)
		out->family = family_shown(out);
	if (!out->family)
		out->family = AF_INET;
	check_families(reading, out, &out->values);
	if (reading->problems->count != before)
		return false;
	why = out->command == COMMAND_FLUSH ? object->flush->settle(reading, out)
					    : object->settle(reading, out);
	if (why)
		problem_add(reading->problems, where, "%s", why);
	return reading->problems->count == before;
}

static void print_values(
	FILE *to, struct arena *arena, const struct field *fields, const struct values *values)
{
	for (const struct field *field = fields; field->word || field->key; field++) {
		for (size_t i = 0; i < values->count; i++) {
			if (values->at[i].field != field || (field->flags & FIELD_SHOWN))
				continue;
			if (field->word && !(field->flags & FIELD_LEADS))
				fprintf(to, " %s", field->word);
			if (field->group)
				print_values(to, arena, field->group, &values->at[i].group);
			else if (!field->type->bare)
				fprintf(to, " %s", value_print(arena, &values->at[i]));
		}
	}
}

const char *entry_print(struct arena *arena, const struct entry *entry)
{
	enum command_word command = entry->command == COMMAND_STATE ? COMMAND_ADD : entry->command;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	const char *copy;

	if (!to)
		memory_exhausted();
	fprintf(to, "%s%s %s", entry->family == AF_INET6 ? "-6 " : "", entry->object->name,
		command_word(command));
	print_values(to, arena, entry_words(entry), &entry->values);
	if (fclose(to))
		memory_exhausted();
	copy = arena_copy(arena, text, size);
	free(text);
	return copy;
}

struct request *entry_request(struct arena *arena, const struct entry *entry)
{
	static const uint16_t flags[] = {
		[COMMAND_STATE] = NLM_F_CREATE | NLM_F_EXCL,
		[COMMAND_ADD] = NLM_F_CREATE | NLM_F_EXCL,
		[COMMAND_DEL] = 0,
		[COMMAND_REPLACE] = NLM_F_CREATE | NLM_F_REPLACE,
		[COMMAND_CHANGE] = NLM_F_REPLACE,
		[COMMAND_APPEND] = NLM_F_CREATE | NLM_F_APPEND,
		[COMMAND_PREPEND] = NLM_F_CREATE,
		[COMMAND_FLUSH] = 0,
	};
	struct request *request = arena_take(arena, sizeof *request);

	if (entry->command == COMMAND_FLUSH) {
		request->type = entry->object->get_type;
		entry->object->flush->encode(arena, entry, &request->body);
		return request;
	}
	_Static_assert(sizeof flags / sizeof *flags == COMMAND_COUNT, "flags for each command");
	request->type = entry->command == COMMAND_DEL ? entry->object->del_type : entry->object->new_type;
	request->flags = flags[entry->command];
	entry->object->encode(arena, entry, &request->body);
	attributes_from(arena, &request->body.attributes, &entry->values);
	return request;
}
