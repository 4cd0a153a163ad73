/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunlab-lab(5) in mdoc(7). The template is copied line by line; a line that begins with @ is a mark, and
 * what the tables say comes in its place. A mark that stands nowhere is a fault, as is one that nobody knows:
 * so the page has every word that a lab may have.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "document.h"
#include "forwarder/router/memory.h"
#include "lab/exec.h"
#include "lab/flush.h"
#include "lab/icmp.h"
#include "lab/router.h"

enum { WIDTH = 78 };

static bool failed;

/* A text of our own, as words that mdoc takes for nothing else; lines are filled, and each sentence begins
 * one. */
static void say(FILE *to, const char *text)
{
	const char *all = text;
	int column = 0;

	while (*text) {
		int length = (int)strcspn(text, " ");
		const char *from = text;
		bool sentence = text > all + 1 && text[-2] == '.' && isupper((unsigned char)*text);

		if (length && column) {
			bool breaks = sentence || column + length > WIDTH;

			putc(breaks ? '\n' : ' ', to);
			column = breaks ? 0 : column + 1;
		}
		if (!column && (*from == '.' || *from == '\''))
			fputs("\\&", to);
		for (; from < text + length; from++) {
			if (*from == '\\')
				fputs("\\e", to);
			else if (!strncmp(from, "→", strlen("→")))
				fputs("\\(->", to);
			else if (!((unsigned char)*from & 0x80))
				putc(*from, to);
		}
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	if (column)
		putc('\n', to);
}

/* A text made of pieces, with its first letter as it is and a full stop behind it. */
struct sentence {
	struct arena *arena;
	const char *text;
};

static void add(struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct sentence *sentence, const char *format, ...)
{
	char *piece;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&piece, format, arguments) < 0)
		memory_exhausted();
	va_end(arguments);
	sentence->text =
		arena_printf(sentence->arena, "%s%s%s", sentence->text, *sentence->text ? "; " : "", piece);
	free(piece);
}

static const char *commas(struct arena *arena, const char *words)
{
	const char *list = "";

	for (const char *at = words; at && *at; at += strcspn(at, " "), at += *at == ' ')
		list = arena_printf(arena, "%s%s%.*s", list, *list ? ", " : "", (int)strcspn(at, " "), at);
	return list;
}

/* "protocol*" is a word of which any beginning will do. */
static const char *aliases(struct arena *arena, const char *words)
{
	const char *list = "";

	for (const char *at = words; at && *at; at += strcspn(at, " "), at += *at == ' ') {
		int length = (int)strcspn(at, " ");
		bool any = at[length - 1] == '*';

		list = arena_printf(arena, "%s%s%.*s%s", list, *list ? ", " : "", length - any, at,
			any ? " or any beginning of it" : "");
	}
	return list;
}

static bool is_shown(const struct field *field)
{
	return field->flags & FIELD_SHOWN;
}

/* It may stand anywhere, which is said once. */
static bool is_note(const struct field *table, const struct field *field)
{
	return table != lab_fields && field->key && !strcmp(field->key, "note");
}

/* A word may be empty: the value stands alone. */
static const char *title(const struct field *field)
{
	return field->word && *field->word ? field->word : field_key(field);
}

static void say_field(FILE *to, struct arena *arena, const struct field *field)
{
	struct sentence sentence = { .arena = arena, .text = "" };
	const char *key = field_key(field);

	add(&sentence, "%s", field->what ? field->what : "");
	if (field->type && !field->type->bare && !field->group && field->type != &type_string)
		add(&sentence, "%s", field_allowed(arena, field));
	if (field->before)
		add(&sentence, "before it may stand %s", commas(arena, field->before));
	if (field->flags & FIELD_LIST)
		add(&sentence, field->group ? "may stand several times, and is an array in JSON"
					    : "may be an array of several");
	if (field->flags & FIELD_REQUIRED)
		add(&sentence, "required");
	if (field->fallback)
		add(&sentence, "default %s", field->fallback);
	if (field->alias)
		add(&sentence, "also written %s", aliases(arena, field->alias));
	if (strcmp(key, title(field)))
		add(&sentence, "in JSON %s", key);
	if (field->keys)
		add(&sentence, "in JSON also %s", commas(arena, field->keys));
	if (field->more)
		add(&sentence, "in JSON with %s", commas(arena, field->more));
	say(to, sentence.text);
}

static void put_list(FILE *to, struct arena *arena, const struct field *table);

static void put_shown(FILE *to, struct arena *arena, const struct field *table)
{
	const char *list = "";

	for (const struct field *field = table; !table_ends(field); field++) {
		const char *key = field_key(field);

		if (!is_shown(field))
			continue;
		list = arena_printf(
			arena, "%s%s%s", list, *list ? ", " : "", field->word ? field->word : key);
		if (field->word && *key && strcmp(field->word, key))
			list = arena_printf(arena, "%s (in JSON %s)", list, key);
	}
	if (!*list)
		return;
	fputs(".Pp\n", to);
	say(to, arena_printf(arena, "Understood, as show prints them, and without effect: %s.", list));
}

static void put_rows(FILE *to, struct arena *arena, const struct field *table)
{
	for (const struct field *field = table; !table_ends(field); field++) {
		if (is_shown(field) || is_note(table, field))
			continue;
		fprintf(to, ".It Ic %s\n", title(field));
		say_field(to, arena, field);
		if (field->group)
			put_list(to, arena, field->group);
	}
}

static bool has_rows(const struct field *table)
{
	for (const struct field *field = table; field && !table_ends(field); field++)
		if (!is_shown(field) && !is_note(table, field))
			return true;
	return false;
}

static void put_list(FILE *to, struct arena *arena, const struct field *table)
{
	if (has_rows(table)) {
		fputs(".Bl -tag -width 4n\n", to);
		put_rows(to, arena, table);
		fputs(".El\n", to);
	}
	if (table)
		put_shown(to, arena, table);
}

static void put_fields(FILE *to, struct arena *arena, const void *table)
{
	put_list(to, arena, table);
}

static void put_links(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	fputs(".Bl -tag -width 4n\n", to);
	for (const struct link_kind *const *kind = link_kinds; *kind; kind++) {
		fprintf(to, ".It Ic %s\n", (*kind)->name);
		say(to, (*kind)->what);
		put_list(to, arena, (*kind)->fields);
	}
	fputs(".El\n", to);
}

static void put_wires(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	fputs(".Bl -tag -width 4n\n", to);
	for (const struct wire_kind *const *kind = wire_kinds; *kind; kind++) {
		fprintf(to, ".It Ic %s\n", (*kind)->name);
		say(to, arena_printf(arena, "%s; its ends may be %s; undeclared ones are of kind %s",
				(*kind)->what, (*kind)->ends_may_be, (*kind)->link_kind));
		put_list(to, arena, (*kind)->fields);
	}
	fputs(".El\n", to);
}

static void put_impairments(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	fputs(".Bl -tag -width 4n\n", to);
	for (const struct impairment_kind *const *kind = impairment_kinds; *kind; kind++) {
		for (const struct field *field = (*kind)->keys; !table_ends(field); field++) {
			fprintf(to, ".It Ic %s\n", field_key(field));
			say_field(to, arena, field);
			if (field->group && field->group != chance_fields)
				put_list(to, arena, field->group);
		}
	}
	fputs(".El\n", to);
}

static const char *commands_of(struct arena *arena, const struct object *object)
{
	const char *list = "";

	for (enum command_word command = COMMAND_ADD; command < COMMAND_COUNT; command++)
		if (object->commands & 1 << command)
			list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", command_word(command));
	return list;
}

/* LIST is an array of pointers to objects, which ends with NULL; OF says whose they are. */
static void put_objects_of(FILE *to, struct arena *arena, const struct object *const *list, const char *of)
{
	for (const struct object *const *object = list; *object; object++) {
		fprintf(to, ".Ss Words of %s%s\n", of, (*object)->key);
		say(to, arena_printf(arena, "%s, as after `ip %s`; verbs: %s.", (*object)->what,
				(*object)->name, commands_of(arena, *object)));
		put_list(to, arena, (*object)->fields);
		if (!(*object)->flush)
			continue;
		say(to, "A flush deletes what all of these words select:");
		put_list(to, arena, (*object)->flush->fields);
	}
}

static void put_objects(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	put_objects_of(to, arena, objects, "");
}

static void put_router_objects(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	put_objects_of(to, arena, router_objects, "a router's ");
}

static void put_object_keys(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	fputs(".Bl -tag -width 4n\n", to);
	put_rows(to, arena, content_fields);
	for (const struct object *const *object = objects; *object; object++) {
		fprintf(to, ".It Ic %s\n", (*object)->key);
		say(to, arena_printf(arena, "%s: an array of entries, each a string or an object",
				(*object)->what));
	}
	fputs(".El\n", to);
}

static void put_mechanisms(FILE *to, struct arena *arena, const void *unused)
{
	(void)arena;
	(void)unused;
	fputs(".Bl -tag -width source-address -compact\n", to);
	for (enum mechanism i = CAUSE_UNKNOWN + 1; i < CAUSE_MECHANISMS; i++)
		fprintf(to, ".It Ic %s\n%s\n", mechanism_name(i), mechanism_what(i));
	fputs(".El\n", to);
}

/* What a router counts, by the relay's own tables. */
static void put_router_counters(FILE *to, struct arena *arena, const void *unused)
{
	static const struct {
		const char *name, *what;
	} counters[] = {
#define X(name, what) { #name, what },
		ROUTER_DEEDS(X) ROUTER_DROPS(X)
#undef X
	};

	(void)arena;
	(void)unused;
	fputs(".Bl -tag -width martian_source -compact\n", to);
	for (size_t i = 0; i < ROUTER_COUNTERS; i++)
		fprintf(to, ".It Ic %s\n%s%s\n", counters[i].name,
			i < ROUTER_FIRST_DROP ? "" : "dropped: ", counters[i].what);
	fputs(".El\n", to);
}

static const char *expected_by(struct arena *arena, const struct verb *verb)
{
	const char *list = arena_printf(arena, "Expects %s (default)", verb->words[0]);

	for (const char *const *word = verb->words + 1; *word; word++)
		list = arena_printf(arena, "%s, %s", list, *word);
	if (verb->expectations & EXPECTS_ICMP)
		list = arena_printf(arena, "%s, an ICMP error", list);
	if (verb->expectations & EXPECTS_SILENCE)
		list = arena_printf(arena, "%s, silence for a cause", list);
	if (verb->expectations & EXPECTS_ERRNO)
		list = arena_printf(arena, "%s, an errno", list);
	if (verb->expectations & EXPECTS_OBJECT)
		list = arena_printf(arena, "%s, an object of what must be seen", list);
	if (verb->expectations & EXPECTS_LIST)
		list = arena_printf(arena, "%s, a list", list);
	return arena_printf(arena, "%s%s", list, verb->expects ? ", or an object with these keys:" : ".");
}

static void put_verb(FILE *to, struct arena *arena, const struct verb *verb)
{
	struct sentence also = { .arena = arena, .text = "" };

	fprintf(to, ".It Ic %s\n", verb->name);
	add(&also, "%s", verb->what);
	if (verb->target)
		add(&also, "its value is %s", verb->target->allowed);
	if (verb->probe)
		add(&also, "takes what probes take");
	if (verb->listens)
		add(&also, "takes listen");
	if (verb->anywhere)
		add(&also, "needs no namespace");
	if (verb->timeout)
		add(&also, "timeout is %s, unless given", verb->timeout);
	say(to, arena_printf(arena, "%s.", also.text));
	put_list(to, arena, verb->fields);
	fputs(".Pp\n", to);
	say(to, expected_by(arena, verb));
	put_list(to, arena, verb->expects);
}

static void put_verbs(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	fputs(".Bl -tag -width 4n\n", to);
	for (const struct verb *const *verb = verbs; *verb; verb++)
		put_verb(to, arena, *verb);
	fputs(".El\n", to);
}

/* What may follow `ip X` in a step's "show". */
static void put_queries(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	for (const struct query_object *object = query_objects; object->name; object++) {
		fprintf(to, ".Ss Filters of show %s\n", object->name);
		say(to, arena_printf(arena, "%s, as after `ip %s show`:", object->what, object->name));
		put_list(to, arena, object->filters);
	}
}

static void put_icmp_names(FILE *to, struct arena *arena, const void *unused)
{
	static const struct {
		int family;
		const char *name;
	} families[] = { { AF_INET, "ICMP" }, { AF_INET6, "ICMPv6" } };

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		const char *list = "";

		for (const struct icmp_name *name = icmp_names; name->name; name++)
			if (name->family == families[i].family)
				list = arena_printf(arena, "%s%s%s", list, *list ? ", " : "", name->name);
		say(to, arena_printf(arena, "Of %s: %s.", families[i].name, list));
	}
}

static void put_sources(FILE *to, const struct baseline_row *row)
{
	fputs(".Bl -tag -width 4n -compact\n", to);
	for (; row->name; row++) {
		fprintf(to, ".It Li %s = %s\n", row->name, row->value);
		say(to, row->source);
	}
	fputs(".El\n", to);
}

static void put_baselines(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	fputs(".Bl -tag -width 4n\n", to);
	for (const struct baseline *const *baseline = baselines; *baseline; baseline++) {
		fprintf(to, ".It Ic %s\n", (*baseline)->name);
		say(to, arena_printf(arena, "%s.", (*baseline)->what));
		if ((*baseline)->rows)
			put_sources(to, (*baseline)->rows);
	}
	fputs(".El\n", to);
}

static struct {
	const char *mark;
	void (*put)(FILE *to, struct arena *arena, const void *table);
	const void *table;
	bool stands;
} marks[] = {
	{ "lab", put_fields, lab_fields, false },
	{ "baselines", put_baselines, NULL, false },
	{ "namespace", put_object_keys, NULL, false },
	{ "link", put_fields, link_fields, false },
	{ "links", put_links, NULL, false },
	{ "entry", put_fields, entry_fields, false },
	{ "shown", put_fields, shown_fields, false },
	{ "objects", put_objects, NULL, false },
	{ "wire", put_fields, wire_fields, false },
	{ "wires", put_wires, NULL, false },
	{ "router", put_router_objects, NULL, false },
	{ "advertise", put_fields, advertise_fields, false },
	{ "advertise-prefix", put_fields, advertise_prefix_fields, false },
	{ "advertise-route", put_fields, advertise_route_fields, false },
	{ "advertise-rdnss", put_fields, advertise_rdnss_fields, false },
	{ "impairments", put_impairments, NULL, false },
	{ "chance", put_fields, chance_fields, false },
	{ "schedule", put_fields, schedule_fields, false },
	{ "step", put_fields, step_fields, false },
	{ "verbs", put_verbs, NULL, false },
	{ "queries", put_queries, NULL, false },
	{ "change", put_fields, change_fields, false },
	{ "probe", put_fields, probe_fields, false },
	{ "listen", put_fields, listen_fields, false },
	{ "listener", put_fields, listener_fields, false },
	{ "until", put_fields, until_fields, false },
	{ "icmp", put_fields, icmp_fields, false },
	{ "icmp-names", put_icmp_names, NULL, false },
	{ "silence", put_fields, silence_fields, false },
	{ "mechanisms", put_mechanisms, NULL, false },
	{ "router-counters", put_router_counters, NULL, false },
	{ "errno", put_fields, errno_fields, false },
	{ "packets", put_fields, packets_fields, false },
	{ "bounds", put_fields, bounds_fields, false },
};

static void put_mark(FILE *to, const char *mark)
{
	struct arena *arena = arena_open();
	bool known = false;

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (strcmp(marks[i].mark, mark))
			continue;
		known = marks[i].stands = true;
		marks[i].put(to, arena, marks[i].table);
	}
	if (!known) {
		fprintf(stderr, "document: @%s: no such mark\n", mark);
		failed = true;
	}
	arena_close(arena);
}

bool manual_print(FILE *to, FILE *template)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, template) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (*line == '@')
			put_mark(to, line + 1);
		else
			fprintf(to, "%s\n", line);
	}
	free(line);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (marks[i].stands)
			continue;
		fprintf(stderr, "document: the template has no mark @%s\n", marks[i].mark);
		failed = true;
	}
	return !failed && !ferror(to);
}
