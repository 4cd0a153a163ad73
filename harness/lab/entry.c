/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries: what is said of an object of iproute2, as a line or as JSON; settled, printed, and made a request.
 */
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/entry.h"
#include "lab/flush.h"
#include "lab/tables.h"

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

static const struct name family_names[] = { { "inet", AF_INET }, { "inet6", AF_INET6 }, { 0 } };

/* Of every object: what stands in a line before the object's own words. */
const struct field entry_fields[] = {
	{ .key = "op",
		.type = &type_word,
		.names = entry_commands,
		.what = "the verb that a line would begin with" },
	{ .key = "family", .type = &type_word, .names = family_names, .what = "the address family" },
	{ .key = "note", .type = &type_string, .what = "for people" },
	{ 0 },
};

const struct field shown_fields[] = {
	{ .key = "flags", .flags = FIELD_SHOWN, .what = "a list of flags" },
	{ .key = "iif_detached", .flags = FIELD_SHOWN, .what = "the device of \"iif\" need not exist" },
	{ .key = "oif_detached", .flags = FIELD_SHOWN, .what = "the device of \"oif\" need not exist" },
	{ 0 },
};

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

static const char *flags_list(struct arena *arena, const struct field *fields)
{
	const char *list = "";

	for (; fields->word || fields->key; fields++)
		if (fields->word && fields->type->bare && !fields->group)
			list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", fields->word);
	return *list ? list : "none";
}

/* `ip -j` prints flags as a list of words, of which each is one of FIELDS. */
static void read_flags(const struct reading *reading, const json_t *list, const struct place *where,
	const struct field *fields, struct values *values)
{
	size_t i;
	json_t *element;

	if (!json_is_array(list))
		wrong_kind(reading, list, where, "an array of words");
	json_array_foreach ((json_t *)list, i, element) {
		const char *word = json_is_string(element) ? json_string_value(element) : "";
		const struct field *field = field_by_word(fields, word);
		struct value value = { .field = field, .where = place_index(reading->arena, where, i) };

		if (!field || !field->type->bare) {
			problem_add(reading->problems, value.where, "no flag; allowed: %s",
				flags_list(reading->arena, fields));
			continue;
		}
		value.number = 1;
		if (!(field->flags & FIELD_SHOWN))
			values_add(reading->arena, values, &value);
	}
}

static void read_inner(const struct reading *reading, const struct object *object, const json_t *json,
	const struct place *where, const struct field *fields, struct values *values);

static void read_group(const struct reading *reading, const struct object *object, const json_t *json,
	const struct place *where, const struct field *field, struct values *values)
{
	const struct field *const tables[] = { field->group, NULL };
	struct value value = { .field = field, .where = where };

	if (json_is_object(json)) {
		values_read(reading, json, where, tables, &value.group);
		read_inner(reading, object, json, where, field->group, &value.group);
	} else if (json_is_string(json)) {
		group_read_line(reading, object, json_string_value(json), where, field->group, &value.group);
	} else {
		wrong_kind(reading, json, where, "an object, or a string of ip's words");
	}
	values_add(reading->arena, values, &value);
}

static void read_groups(const struct reading *reading, const struct object *object, const json_t *list,
	const struct place *where, const struct field *field, struct values *values)
{
	size_t i;
	json_t *element;

	if (!json_is_array(list))
		wrong_kind(reading, list, where, "an array of objects");
	json_array_foreach ((json_t *)list, i, element)
		read_group(reading, object, element, place_index(reading->arena, where, i), field, values);
}

/* What is no single value: a list of flags, and groups. */
static void read_inner(const struct reading *reading, const struct object *object, const json_t *json,
	const struct place *where, const struct field *fields, struct values *values)
{
	const json_t *flags = json_object_get(json, "flags");

	if (flags)
		read_flags(reading, flags, place_key(reading->arena, where, "flags"), fields, values);
	for (const struct field *field = fields; field->word || field->key; field++) {
		const json_t *inner = field->group ? json_object_get(json, field_key(field)) : NULL;
		const struct place *place = place_key(reading->arena, where, field_key(field));

		if (field->flags & FIELD_SHOWN)
			continue;
		if (inner && field->flags & FIELD_LIST)
			read_groups(reading, object, inner, place, field, values);
		else if (inner)
			read_group(reading, object, inner, place, field, values);
	}
}

static const struct place *op_place(
	const struct reading *reading, const json_t *json, const struct place *where)
{
	return json_object_get(json, "op") ? place_key(reading->arena, where, "op") : where;
}

static void read_object(const struct reading *reading, const json_t *json, struct entry *entry)
{
	const char *op = json_string_value(json_object_get(json, "op"));
	const struct field *tables[] = { NULL, entry_fields, shown_fields, NULL };
	struct values own = { 0 };

	entry->command = op && !strcmp(op, command_word(COMMAND_FLUSH)) ? COMMAND_FLUSH : COMMAND_STATE;
	tables[0] = entry_words(entry);
	values_read(reading, json, entry->where, tables, &own);
	for (size_t i = 0; i < own.count; i++) {
		if (own.at[i].field == &entry_fields[0])
			entry->command = (enum command_word)own.at[i].number;
		else if (own.at[i].field == &entry_fields[1])
			entry->family = (int)own.at[i].number;
		else if (own.at[i].field != &entry_fields[2])
			values_add(reading->arena, &entry->values, &own.at[i]);
	}
	entry->detached = json_object_get(json, "iif_detached") || json_object_get(json, "oif_detached");
	entry_check_command(reading, entry, op_place(reading, json, entry->where));
	read_inner(reading, entry->object, json, entry->where, entry_words(entry), &entry->values);
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
		read_object(reading, json, out);
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

static json_t *values_json(struct arena *arena, const struct values *values);

static json_t *one_json(struct arena *arena, const struct value *value)
{
	return value->field->group ? values_json(arena, &value->group) : value_json(arena, value);
}

static void put(json_t *object, const char *key, json_t *json)
{
	if (!json || json_object_set_new(object, key, json))
		memory_exhausted();
}

static void put_some(json_t *object, struct arena *arena, const struct values *values, bool groups)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->at[i];
		const char *key = field_key(value->field);
		json_t *list = json_object_get(object, key);

		if (value->field->flags & FIELD_SHOWN || groups != (value->field->group != NULL))
			continue;
		if (!(value->field->flags & FIELD_LIST)) {
			put(object, key, one_json(arena, value));
			continue;
		}
		if (!list) {
			list = json_array();
			put(object, key, list);
		}
		if (json_array_append_new(list, one_json(arena, value)))
			memory_exhausted();
	}
}

/* Groups come last, as they do where the object is read. */
void values_put(json_t *object, struct arena *arena, const struct values *values)
{
	put_some(object, arena, values, false);
	put_some(object, arena, values, true);
}

static json_t *values_json(struct arena *arena, const struct values *values)
{
	json_t *object = json_object();

	if (!object)
		memory_exhausted();
	values_put(object, arena, values);
	return object;
}

json_t *entry_json(struct arena *arena, const struct entry *entry)
{
	json_t *object = json_object();

	if (!object)
		memory_exhausted();
	if (entry->command != COMMAND_STATE)
		json_put(object, "op", "%s", command_word(entry->command));
	if (entry->family)
		json_put(object, "family", "%s", name_of(family_names, (uint64_t)entry->family));
	if (entry->detached)
		put(object, "iif_detached", json_true());
	values_put(object, arena, &entry->values);
	return object;
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
