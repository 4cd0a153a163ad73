/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tunlab-lab(5) in mdoc(7). The template is copied line by line; a line that begins with @ is a mark, and
 * what the tables say comes in its place. A mark that stands nowhere is a fault, as is one that nobody knows:
 * so the page has every word that a lab may have.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "document.h"
#include "forwarder/router/memory.h"
#include "lab/exec.h"
#include "lab/flush.h"
#include "lab/icmp.h"
#include "lab/router.h"
#include "manual.h"

static bool failed;

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

	manual_add(&sentence, "%s", field->what ? field->what : "");
	if (field->type && !field->type->bare && !field->group && field->type != &type_string)
		manual_add(&sentence, "%s", field_allowed(arena, field));
	if (field->before)
		manual_add(&sentence, "before it may stand %s", manual_commas(arena, field->before));
	if (field->flags & FIELD_LIST)
		manual_add(&sentence, field->group ? "may stand several times, and is an array in JSON"
						   : "may be an array of several");
	if (field->flags & FIELD_REQUIRED)
		manual_add(&sentence, "required");
	if (field->fallback)
		manual_add(&sentence, "default %s", field->fallback);
	if (field->alias)
		manual_add(&sentence, "also written %s", manual_aliases(arena, field->alias));
	if (strcmp(key, title(field)))
		manual_add(&sentence, "in JSON %s", key);
	if (field->keys)
		manual_add(&sentence, "in JSON also %s", manual_commas(arena, field->keys));
	if (field->more)
		manual_add(&sentence, "in JSON with %s", manual_commas(arena, field->more));
	manual_say(to, sentence.text);
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
	manual_say(to, arena_printf(arena, "Understood, as show prints them, and without effect: %s.", list));
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
		manual_say(to, (*kind)->what);
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
		manual_say(to, arena_printf(arena, "%s; its ends may be %s; undeclared ones are of kind %s",
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
		manual_say(to, arena_printf(arena, "%s, as after `ip %s`; verbs: %s.", (*object)->what,
				       (*object)->name, commands_of(arena, *object)));
		put_list(to, arena, (*object)->fields);
		if (!(*object)->flush)
			continue;
		manual_say(to, "A flush deletes what all of these words select:");
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
		manual_say(to, arena_printf(arena, "%s: an array of entries, each a string or an object",
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
	manual_add(&also, "%s", verb->what);
	if (verb->target)
		manual_add(&also, "its value is %s", verb->target->allowed);
	if (verb->probe)
		manual_add(&also, "takes what probes take");
	if (verb->listens)
		manual_add(&also, "takes listen");
	if (verb->anywhere)
		manual_add(&also, "needs no namespace");
	if (verb->timeout)
		manual_add(&also, "timeout is %s, unless given", verb->timeout);
	manual_say(to, arena_printf(arena, "%s.", also.text));
	put_list(to, arena, verb->fields);
	fputs(".Pp\n", to);
	manual_say(to, expected_by(arena, verb));
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
		manual_say(to, arena_printf(arena, "%s, as after `ip %s show`:", object->what, object->name));
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
		manual_say(to, arena_printf(arena, "Of %s: %s.", families[i].name, list));
	}
}

static void put_sources(FILE *to, const struct baseline_row *row)
{
	fputs(".Bl -tag -width 4n -compact\n", to);
	for (; row->name; row++) {
		fprintf(to, ".It Li %s = %s\n", row->name, row->value);
		manual_say(to, row->source);
	}
	fputs(".El\n", to);
}

static void put_baselines(FILE *to, struct arena *arena, const void *unused)
{
	(void)unused;
	fputs(".Bl -tag -width 4n\n", to);
	for (const struct baseline *const *baseline = baselines; *baseline; baseline++) {
		fprintf(to, ".It Ic %s\n", (*baseline)->name);
		manual_say(to, arena_printf(arena, "%s.", (*baseline)->what));
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
