/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab with every short form written out: entries as objects, wires and links with their kinds, defaults,
 * steps with their namespaces. Read back it makes the same plan, and shown again the same text. What is no
 * short form (expectations, notes) stays as its author wrote it.
 */
#include <string.h>

#include "lab/tables.h"
#include "show.h"

static json_t *made(json_t *json)
{
	if (!json)
		memory_exhausted();
	return json;
}

/* What the author said beyond what OBJECT has already. */
static void put_rest(json_t *object, const json_t *said)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)said, key, value)
		if (!json_object_get(object, key))
			json_put_new(object, key, json_deep_copy(value));
}

/* What nobody said of a link is the kernel's to decide. */
static struct values said_of(const struct lab *lab, const struct values *values)
{
	struct values said = { 0 };

	for (size_t i = 0; i < values->count; i++)
		if (values->at[i].where)
			values_add(lab->arena, &said, &values->at[i]);
	return said;
}

static json_t *link_json(const struct lab *lab, const struct link *link)
{
	struct values values = said_of(lab, &link->values), own = said_of(lab, &link->own);
	json_t *object = json_new_object();

	if (link->kind->made != LINK_IS_THERE && (!link->stands || json_object_get(link->json, "kind")))
		json_put(object, "kind", "%s", link->kind->name);
	values_put(object, lab->arena, &values);
	values_put(object, lab->arena, &own);
	if (link->lower && value_said(&values, "link"))
		json_put(object, "link", "%s/%s", link->lower->in->name, link->lower->name);
	put_rest(object, link->json);
	return object;
}

/* Of a change what it says of links; else all that stand from the beginning, those of wires and peers too. */
static void put_links(json_t *object, const struct lab *lab, const struct content *content, bool change)
{
	const struct netns *in = content->in;
	json_t *links = json_new_object();

	for (size_t i = 0; !change && i < in->link_count; i++)
		if (!in->links[i]->birth && in->links[i]->kind->made != LINK_IS_THERE)
			json_put_new(links, in->links[i]->name, link_json(lab, in->links[i]));
	for (size_t i = 0; i < content->link_count; i++)
		if (change || content->links[i]->stands)
			json_put_new(links, content->links[i]->name, link_json(lab, content->links[i]));
	if (json_object_size(links))
		json_put_new(object, "links", links);
	else
		json_decref(links);
}

static void put_sysctls(json_t *object, const struct content *content)
{
	json_t *sysctls = json_new_object();

	for (size_t i = 0; i < content->sysctl_count; i++) {
		const struct sysctl *sysctl = &content->sysctls[i];

		json_put_new(sysctls, sysctl->name, sysctl->value ? json_string(sysctl->value) : json_null());
	}
	if (content->sysctl_count)
		json_put_new(object, "sysctls", sysctls);
	else
		json_decref(sysctls);
}

static void put_entries(json_t *object, const struct lab *lab, const struct content *content)
{
	for (size_t i = 0; i < content->entry_count; i++) {
		const struct entry *entry = &content->entries[i];
		json_t *list = json_object_get(object, entry->object->key);

		if (!list) {
			list = json_new_array();
			json_put_new(object, entry->object->key, list);
		}
		json_append_new(list, entry_json(lab->arena, entry));
	}
}

/* nft's own JSON as it is, text as an array of lines. */
static json_t *ruleset_json(const struct ruleset *ruleset)
{
	json_t *lines;

	if (ruleset->json)
		return made(json_loads(ruleset->text, 0, NULL));
	lines = json_new_array();
	for (const char *at = ruleset->text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		json_append_new(lines, json_stringn(at, strcspn(at, "\n")));
	return lines;
}

/* SAID is what the author wrote; NULL: nothing. */
static json_t *content_json(
	const struct lab *lab, const struct content *content, const json_t *said, bool change)
{
	json_t *object = json_new_object();

	put_links(object, lab, content, change);
	put_sysctls(object, content);
	put_entries(object, lab, content);
	if (content->ruleset)
		json_put_new(object, "nft", ruleset_json(content->ruleset));
	if (json_object_get(said, "note"))
		json_put_new(object, "note", json_copy(json_object_get(said, "note")));
	return object;
}

/* What is said of a wire that stands has no kind: that is not to change. */
static json_t *statement_json(const struct lab *lab, const struct statement *statement, const json_t *said)
{
	const struct wire *wire = statement->wire;
	json_t *object = json_new_object();

	json_put_new(object, "ends", wire_ends_json(lab->arena, wire));
	if (!statement->stands) {
		json_put(object, "kind", "%s", wire->kind->name);
		values_put(object, lab->arena, &wire->values);
	}
	statement_put(object, lab->arena, statement);
	if (json_is_object(said))
		put_rest(object, said);
	return object;
}

static json_t *wires_json(const struct lab *lab, const struct content *wiring, const json_t *said)
{
	json_t *all = json_new_array();

	for (size_t i = 0; i < wiring->statement_count; i++)
		json_append_new(all, statement_json(lab, wiring->statements[i], json_array_get(said, i)));
	return all;
}

static json_t *change_json(const struct lab *lab, const struct step *step, const json_t *said)
{
	const struct content *change = step->change;
	const json_t *names = json_object_get(said, "namespaces");
	json_t *object, *namespaces;

	if (change->in)
		return content_json(lab, change, said, true);
	object = json_new_object();
	namespaces = json_new_object();
	for (size_t i = 0; i < change->inner_count; i++) {
		const struct content *inner = change->inner[i];
		const json_t *its = json_object_get(names, inner->in->name);

		if (its)
			json_put_new(namespaces, inner->in->name, content_json(lab, inner, its, true));
	}
	if (json_object_size(namespaces))
		json_put_new(object, "namespaces", namespaces);
	else
		json_decref(namespaces);
	json_put_new(object, "wires", wires_json(lab, change, json_object_get(said, "wires")));
	put_rest(object, said);
	return object;
}

static json_t *packets_json(const struct step *step, const json_t *said)
{
	json_t *all = json_new_array();

	for (size_t i = 0; i < step->packets_count; i++) {
		const struct packets *packets = &step->packets[i];
		const char *side = packets->wire ? "wire:" : "";
		json_t *one = json_new_object();

		json_put(one, "at", "%s%s/%s", side, packets->at->in->name, packets->at->name);
		put_rest(one, json_array_get(said, i));
		if (!json_object_get(one, "dir"))
			json_put(one, "dir", "both");
		if (!json_object_get(one, "count"))
			json_put_new(one, "count", json_pack("{s:i}", "min", 1));
		json_append_new(all, one);
	}
	return all;
}

static void put_target(json_t *object, const struct lab *lab, const struct step *step, const json_t *said)
{
	const char *verb = step->verb->name;

	if (step->change)
		json_put_new(object, verb, change_json(lab, step, json_object_get(said, verb)));
	else if (step->exec)
		json_put_new(object, verb, json_deep_copy(json_object_get(said, verb)));
	else if (step->verb->target)
		json_put_new(object, verb, value_json(lab->arena, &step->target));
}

static json_t *step_json(const struct lab *lab, const struct step *step, const json_t *said)
{
	const json_t *listen = json_object_get(said, "listen"), *expect = json_object_get(said, "expect");
	json_t *object = json_new_object();

	json_put(object, "name", "%s", step->name);
	if (step->in && (!step->change || step->change->in))
		json_put(object, "in", "%s", step->in->name);
	put_target(object, lab, step, said);
	values_put(object, lab->arena, &step->values);
	if (json_is_string(listen))
		json_put_new(object, "listen", json_pack("{s:s}", "in", json_string_value(listen)));
	else if (listen)
		json_put_new(object, "listen", json_deep_copy(listen));
	if (expect)
		json_put_new(object, "expect", json_deep_copy(expect));
	else
		json_put(object, "expect", "%s", step->verb->words[0]);
	if (step->packets_count)
		json_put_new(object, "packets", packets_json(step, json_object_get(said, "packets")));
	put_rest(object, said);
	return object;
}

static json_t *namespaces_json(const struct lab *lab)
{
	const json_t *said = json_object_get(lab->json, "namespaces");
	json_t *all = json_new_object();

	for (size_t i = 0; i < lab->namespace_count; i++) {
		const struct netns *in = lab->namespaces[i];

		json_put_new(all, in->name,
			content_json(lab, in->content, json_object_get(said, in->name), false));
	}
	return all;
}

static json_t *steps_json(const struct lab *lab)
{
	const json_t *said = json_object_get(lab->json, "steps");
	json_t *all = json_new_array();

	for (size_t i = 0; i < lab->step_count; i++)
		json_append_new(all, step_json(lab, &lab->steps[i], json_array_get(said, i)));
	return all;
}

static json_t *tables_json(const struct lab *lab)
{
	json_t *all = json_new_object();

	for (size_t i = 0; i < lab->table_count; i++)
		json_put_number(all, lab->tables[i].name, lab->tables[i].number);
	return all;
}

/* What is said of the lab itself, with the defaults. */
static json_t *lab_json(const struct lab *lab)
{
	const struct field *const tables[] = { lab_fields, NULL };
	struct problems problems = { .arena = lab->arena, .text = &lab->text };
	const struct reading reading = {
		.lab = (struct lab *)lab, .arena = lab->arena, .problems = &problems
	};
	struct values values = { 0 };
	json_t *object = json_new_object();

	values_read(&reading, lab->json, NULL, tables, &values);
	values_put(object, lab->arena, &values);
	json_put(object, "name", "%s", lab->name);
	if (lab->table_count)
		json_put_new(object, "tables", tables_json(lab));
	json_put_new(object, "namespaces", namespaces_json(lab));
	json_put_new(object, "wires", wires_json(lab, lab->wiring, json_object_get(lab->json, "wires")));
	json_put_new(object, "steps", steps_json(lab));
	put_rest(object, lab->json);
	return object;
}

static void print(FILE *to, const struct lab *lab)
{
	json_t *json = lab_json(lab);

	json_dumpf(json, to, JSON_INDENT(2));
	putc('\n', to);
	json_decref(json);
}

const struct format format_json = {
	.name = "json",
	.what = "the lab with every short form written out",
	.print = print,
};
