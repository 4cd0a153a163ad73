/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/lab.h"
#include "lab/tables.h"

#include <ctype.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* clang-format off */
const struct field lab_fields[] = {
	{ .key = "$schema", .type = &type_string, .what = "for editors" },
	{ .key = "name", .type = &type_string, .what = "what the lab is called; the file's name unless given" },
	{ .key = "description", .type = &type_string, .what = "what it shows" },
	{ .key = "source", .type = &type_string, .flags = FIELD_LIST, .what = "the address of a bug report" },
	{ .key = "note", .type = &type_string, .what = "for people; may stand in any object" },
	{ .key = "requires", .type = &type_requirement, .flags = FIELD_LIST,
	  .what = "without these the lab is skipped, and does not fail: a kind of link; nft; ipv6; a version of the "
		  "kernel, as \"kernel >= 6.1\" (also > <= < ==; numbers that are not given may be any). What the lab "
		  "itself uses is required without being said here" },
	{ .key = "baseline", .type = &type_baseline, .fallback = "kernel",
	  .what = "the sysctls that every namespace of the lab begins with, whatever this machine has; a lab's own "
		  "sysctls come on top. With a distribution's profile each namespace is as such a machine is "
		  "after boot (which is more than a namespace made on one would take over, as IPv6 begins with the "
		  "kernel's own settings there); its devices take after default, as they do on that machine" },
	{ .key = "seed", .type = &type_u64, .fallback = "1", .what = "of every random choice" },
	{ .key = "tables", .what = "names for route tables: name → number" },
	{ .key = "namespaces", .flags = FIELD_REQUIRED, .what = "name → what stands in it" },
	{ .key = "wires", .what = "what connects them" },
	{ .key = "steps", .what = "what happens, in order" },
	{ 0 },
};
/* clang-format on */

const char *phase_name(enum phase phase)
{
	static const char *const names[] = {
		[PHASE_NAMESPACES] = "namespaces",
		[PHASE_LINKS] = "links",
		[PHASE_RELAY] = "relay",
		[PHASE_SYSCTLS] = "sysctls",
		[PHASE_UP] = "up",
		[PHASE_ADDRESSES] = "addresses",
		[PHASE_NEIGHBOURS] = "neighbours",
		[PHASE_NEXTHOPS] = "nexthops",
		[PHASE_ROUTES] = "routes",
		[PHASE_RULES] = "rules",
		[PHASE_NFT] = "nft",
		[PHASE_IMPAIRMENTS] = "impairments",
	};

	_Static_assert(sizeof names / sizeof *names == PHASE_COUNT, "a name for each phase");
	return names[phase];
}

struct netns *lab_namespace(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->namespace_count; i++)
		if (!strcmp(lab->namespaces[i]->name, name))
			return lab->namespaces[i];
	return NULL;
}

bool lab_table(const struct lab *lab, const char *name, uint64_t *number)
{
	static const struct table known[] = { { "default", RT_TABLE_DEFAULT }, { "main", RT_TABLE_MAIN },
		{ "local", RT_TABLE_LOCAL } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (!strcmp(known[i].name, name)) {
			*number = known[i].number;
			return true;
		}
	}
	for (size_t i = 0; i < lab->table_count; i++) {
		if (!strcmp(lab->tables[i].name, name)) {
			*number = lab->tables[i].number;
			return true;
		}
	}
	return false;
}

struct link *namespace_link(const struct netns *in, const char *name)
{
	for (size_t i = 0; i < in->link_count; i++)
		if (!strcmp(in->links[i]->name, name))
			return in->links[i];
	return NULL;
}

struct link *lab_link(const struct lab *lab, const struct netns *in, const char *name)
{
	const char *slash = strchr(name, '/');

	if (!slash)
		return in ? namespace_link(in, name) : NULL;
	in = lab_namespace(lab, arena_copy(lab->arena, name, (size_t)(slash - name)));
	return in ? namespace_link(in, slash + 1) : NULL;
}

const struct name_rule device_names = { IFNAMSIZ - 1, "_.-@" };
const struct name_rule namespace_names = { 63, "_.-" };

/* What is wrong with a name by a rule; NULL if nothing is. */
static const char *name_wrong(const char *name, const struct name_rule *rule)
{
	if (!*name)
		return "an empty name";
	if (strlen(name) > rule->most)
		return "too long a name";
	if (!isalnum((unsigned char)*name) && *name != '_')
		return "a name that begins with something else than a letter, a digit or _";
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr(rule->also, *name))
			return "a name with a character that is not allowed";
	return NULL;
}

const char *device_name_wrong(const char *name)
{
	if (!strcmp(name, "all") || !strcmp(name, "default"))
		return "what sysctls call all devices, and no device's name";
	return name_wrong(name, &device_names);
}

const char *namespace_name_wrong(const char *name)
{
	return name_wrong(name, &namespace_names);
}

const char *namespace_unknown(const struct reading *reading)
{
	enum { LISTED = 12 };
	const struct lab *lab = reading->lab;
	const char *list = "";

	for (size_t i = 0; i < lab->namespace_count && i < LISTED; i++)
		list = arena_printf(reading->arena, "%s%s%s", list, i ? ", " : "", lab->namespaces[i]->name);
	return arena_printf(reading->arena, "no namespace of that name; allowed: %s%s", *list ? list : "none",
		lab->namespace_count > LISTED ? ", ..." : "");
}

static bool is_object(
	const struct reading *reading, const json_t *json, const struct place *where, const char *allowed)
{
	if (!json_is_object(json))
		wrong_kind(reading, json, where, allowed);
	return json_is_object(json);
}

/* How many members there may be is checked before they are gone through. */
static bool has_at_most(const struct reading *reading, const json_t *json, const struct place *where,
	size_t least, size_t most)
{
	size_t size = json_object_size(json);

	if (size < least || size > most)
		problem_add(reading->problems, where, "has %zu; allowed: %zu to %zu", size, least, most);
	return size >= least && size <= most;
}

static void read_table(
	const struct reading *reading, const char *name, const json_t *json, const struct place *where)
{
	static const struct field number = {
		.key = "table", .type = &type_u32, .least = 1, .most = UINT32_MAX
	};
	struct table table = { .name = name };
	struct value read = { 0 };
	uint64_t known;

	if (!*name || strlen(name) > TABLE_NAME_MOST || !isalpha((unsigned char)*name)) {
		problem_add(reading->problems, place_name(reading->arena, where),
			"not a table's name; allowed: 1 to 32 characters, a letter first");
	} else if (lab_table(reading->lab, name, &known)) {
		problem_add(reading->problems, place_name(reading->arena, where),
			"has a number already; allowed: any name but main, local and default");
	} else if (value_read(reading, json, where, &number, &read)) {
		table.number = (uint32_t)read.number;
		arena_append(reading->arena, &reading->lab->tables, &reading->lab->table_count, &table,
			sizeof table);
	}
}

static void read_tables(const struct reading *reading, const json_t *json)
{
	const struct place *where = place_key(reading->arena, NULL, "tables");
	const char *name;
	json_t *value;

	if (!json || !is_object(reading, json, where, "an object of names and numbers") ||
		!has_at_most(reading, json, where, 0, LAB_TABLES))
		return;
	json_object_foreach ((json_t *)json, name, value)
		read_table(reading, name, value, place_key(reading->arena, where, name));
}

static void declare_namespace(const struct reading *reading, const char *name, const struct place *where)
{
	struct lab *lab = reading->lab;
	struct netns *in = arena_take(reading->arena, sizeof *in);
	struct link *loopback;

	in->name = name;
	in->index = lab->namespace_count;
	in->where = where;
	arena_append(reading->arena, &lab->namespaces, &lab->namespace_count, &in, sizeof in);
	loopback = link_add(reading, in, "lo", where);
	loopback->kind = link_kind("loopback");
}

/* All are declared before any is read: what stands in one may name another. */
static void read_namespaces(const struct reading *reading, const json_t *json)
{
	const struct place *where = place_key(reading->arena, NULL, "namespaces");
	const char *name;
	json_t *value;

	if (!json || !is_object(reading, json, where, "an object: name → what stands in the namespace") ||
		!has_at_most(reading, json, where, 1, LAB_NAMESPACES))
		return;
	json_object_foreach ((json_t *)json, name, value) {
		const struct place *place = place_key(reading->arena, where, name);
		const char *wrong = namespace_name_wrong(name);

		if (wrong)
			problem_add(reading->problems, place_name(reading->arena, place),
				"%s; allowed: 1 to 63 letters, digits and _ . -, of which the first is a "
				"letter, a digit or _",
				wrong);
		declare_namespace(reading, name, place);
	}
	for (size_t i = 0; i < reading->lab->namespace_count; i++) {
		struct netns *in = reading->lab->namespaces[i];

		in->content = content_read(reading, in, json_object_get(json, in->name), in->where, false);
	}
}

static void read_requirements(const struct reading *reading, const struct values *values)
{
	struct lab *lab = reading->lab;

	for (size_t i = 0; i < values->count; i++) {
		struct requirement requirement = { .where = values->at[i].where };

		if (values->at[i].field->type == &type_requirement &&
			!requirement_read(reading->arena, values->at[i].text, &requirement))
			arena_append(reading->arena, &lab->requirements, &lab->requirement_count,
				&requirement, sizeof requirement);
	}
}

static void read_lab(const struct reading *reading, const json_t *json)
{
	const struct field *const tables[] = { lab_fields, NULL };
	struct lab *lab = reading->lab;
	struct values values = { 0 };
	const char *given;

	if (!is_object(reading, json, NULL, "an object with \"namespaces\""))
		return;
	values_read(reading, json, NULL, tables, &values);
	given = value_text(&values, "name");
	lab->name = given ? given : lab->name;
	lab->description = value_text(&values, "description");
	given = value_text(&values, "baseline");
	lab->baseline = baseline_of(given ? given : "kernel");
	read_requirements(reading, &values);
	lab->seed = value_number(&values, "seed", 1);
	read_tables(reading, json_object_get(json, "tables"));
	read_namespaces(reading, json_object_get(json, "namespaces"));
	wires_read(reading, json_object_get(json, "wires"), place_key(reading->arena, NULL, "wires"),
		lab->wiring);
	lab->wires = lab->wiring->wires;
	lab->wire_count = lab->wiring->wire_count;
	for (size_t i = 0; i < lab->namespace_count; i++)
		if (lab->namespaces[i]->content)
			links_read(reading, lab->namespaces[i]->content);
	steps_read(reading, json_object_get(json, "steps"), place_key(reading->arena, NULL, "steps"));
	lab_check(reading);
}

const char *lab_base_name(struct arena *arena, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;
	size_t length = strlen(name);

	if (length > 5 && !strcmp(name + length - 5, ".json"))
		length -= 5;
	return arena_copy(arena, name, length);
}

enum status lab_open(
	const char *file, filter_check *filter_wrong, ruleset_check *ruleset_wrong, struct lab **out)
{
	struct arena *arena = arena_open();
	struct lab *lab = arena_take(arena, sizeof *lab);
	struct problems problems = { .arena = arena, .text = &lab->text };
	struct reading reading = { .lab = lab,
		.arena = arena,
		.problems = &problems,
		.filter_wrong = filter_wrong,
		.ruleset_wrong = ruleset_wrong };

	*out = NULL;
	lab->arena = arena;
	lab->text.file = file;
	lab->name = lab_base_name(arena, file);
	lab->kept = json_array();
	lab->wiring = arena_take(arena, sizeof *lab->wiring);
	lab->json = lab_parse(&problems, &lab->text);
	if (lab->json)
		read_lab(&reading, lab->json);
	if (!problems.count) {
		*out = lab;
		return STATUS_PASSED;
	}
	problems_print(&problems, stderr);
	lab_close(lab);
	return STATUS_WRONG;
}

void lab_close(struct lab *lab)
{
	if (!lab)
		return;
	json_decref(lab->kept);
	json_decref(lab->json);
	arena_close(lab->arena);
}
