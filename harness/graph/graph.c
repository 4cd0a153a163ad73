/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/graph.h"

#include <string.h>

#include "lab/router.h"

/* What is drawn where. */
struct drawing {
	FILE *to;
	const struct lab *lab;
	const struct graph_writer *writer;
};

static const char *device_id(const struct drawing *drawing, const struct link *link)
{
	size_t i = 0;

	while (link->in->links[i] != link)
		i++;
	return arena_printf(drawing->lab->arena, "n%zu_%zu", link->in->index, i);
}

struct lines {
	const char **at;
	size_t count;
};

static void add_line(const struct drawing *drawing, struct lines *lines, const char *line)
{
	arena_append(drawing->lab->arena, &lines->at, &lines->count, &line, sizeof line);
}

/* An address that stands from the beginning, as `ip address` writes it. */
static const char *address_line(const struct drawing *drawing, const struct entry *entry)
{
	const struct value *local = value_of(&entry->values, "local"),
			   *peer = value_of(&entry->values, "address");
	struct arena *arena = drawing->lab->arena;

	return arena_printf(arena, "%s%s%s", value_print(arena, local), peer ? " peer " : "",
		peer ? value_print(arena, peer) : "");
}

static bool is_address_of(const struct entry *entry, const struct link *link)
{
	const char *device = value_text(&entry->values, "dev");

	return !strcmp(entry->object->name, "address") && entry->command != COMMAND_DEL &&
	       entry->command != COMMAND_FLUSH && value_of(&entry->values, "local") && device &&
	       !strcmp(device, link->name);
}

static struct lines lines_of(const struct drawing *drawing, const struct link *link)
{
	const struct content *content = link->in->content;
	struct lines lines = { 0 };

	add_line(drawing, &lines,
		link->kind->made == LINK_IS_THERE
			? link->name
			: arena_printf(drawing->lab->arena, "%s (%s)", link->name, link->kind->name));
	for (size_t i = 0; i < content->entry_count; i++)
		if (is_address_of(&content->entries[i], link))
			add_line(drawing, &lines, address_line(drawing, &content->entries[i]));
	return lines;
}

static void draw_namespace(const struct drawing *drawing, const struct netns *in)
{
	const char *id = arena_printf(drawing->lab->arena, "n%zu", in->index);

	drawing->writer->open(drawing->to, id, in->name);
	for (size_t i = 0; i < in->link_count; i++) {
		struct lines lines = lines_of(drawing, in->links[i]);

		if (in->links[i]->birth || (in->links[i]->kind->made == LINK_IS_THERE && lines.count == 1))
			continue;
		drawing->writer->device(drawing->to, device_id(drawing, in->links[i]), lines.at, lines.count);
	}
	drawing->writer->close(drawing->to);
}

static void draw_edge(const struct drawing *drawing, const struct link *from, const struct link *to,
	const char *label, enum graph_edge edge)
{
	drawing->writer->edge(drawing->to, device_id(drawing, from), device_id(drawing, to), label, edge);
}

/* The default kind goes without saying. */
static const char *wire_label(const struct drawing *drawing, const struct statement *statement)
{
	const struct wire *wire = statement->wire;
	const char *kind = strcmp(wire->kind->name, "wire") ? wire->kind->name : "", *impaired;
	struct statement terms = *statement;

	terms.router = NULL; /* its addresses stand by themselves, and its routes are too many */
	impaired = statement_print(drawing->lab->arena, &terms);
	return arena_printf(drawing->lab->arena, "%s%s%s", kind, *kind && *impaired ? ", " : "", impaired);
}

/* Whether a later entry is about the same address: what that one says is what stands. */
static bool is_said_again(const struct router_said *said, size_t number)
{
	const struct router_item *item = &said->entries[number].item;

	for (size_t i = number + 1; i < said->entry_count; i++) {
		const struct router_item *later = &said->entries[i].item;

		if (later->object == &router_address && later->dev == item->dev &&
			address_equal(&later->at, &item->at))
			return true;
	}
	return false;
}

/* What it is, and its addresses as the lab has them: each with the end that its port faces. */
static struct lines router_lines(const struct drawing *drawing, const struct statement *statement)
{
	const struct router_said *said = statement->router;
	struct lines lines = { 0 };

	add_line(drawing, &lines, wire_label(drawing, statement));
	for (size_t i = 0; said && i < said->entry_count; i++) {
		const struct router_entry *entry = &said->entries[i];

		if (entry->item.object == &router_address && entry->entry.command != COMMAND_DEL &&
			!is_said_again(said, i))
			add_line(drawing, &lines,
				arena_printf(drawing->lab->arena, "%s dev %s/%s",
					value_print(
						drawing->lab->arena, value_of(&entry->entry.values, "local")),
					entry->item.dev->in->name, entry->item.dev->name));
	}
	return lines;
}

static void draw_wire(const struct drawing *drawing, const struct statement *statement, size_t number)
{
	const struct wire *wire = statement->wire;
	const char *label = wire_label(drawing, statement);
	const char *id = arena_printf(drawing->lab->arena, "w%zu", number);

	if (wire->kind->router) {
		struct lines lines = router_lines(drawing, statement);

		drawing->writer->router(drawing->to, id, lines.at, lines.count);
	} else if (wire->count == 2) {
		draw_edge(drawing, wire->ends[0], wire->ends[1], label, GRAPH_WIRE);
		return;
	} else {
		drawing->writer->hub(drawing->to, id, label);
	}
	for (size_t i = 0; i < wire->count; i++)
		drawing->writer->edge(drawing->to, device_id(drawing, wire->ends[i]), id, "", GRAPH_WIRE);
}

/* A veth's peer in the same namespace, what it stands on, and its master. */
static void draw_relations(const struct drawing *drawing, const struct link *link)
{
	const char *name = value_text(&link->values, "master");
	const struct link *master = name && *name ? lab_link(drawing->lab, link->in, name) : NULL;
	const struct link *peer = link->peer && !link->wire ? namespace_link(link->in, link->peer) : NULL;

	if (peer && !link->made_by_peer)
		draw_edge(drawing, link, peer, "veth", GRAPH_WIRE);
	if (link->lower)
		draw_edge(drawing, link, link->lower, "", GRAPH_LOWER);
	if (master && !master->birth)
		draw_edge(drawing, link, master, "master", GRAPH_MASTER);
}

void graph_draw(FILE *to, const struct lab *lab, const struct graph_writer *writer)
{
	const struct drawing drawing = { .to = to, .lab = lab, .writer = writer };

	writer->begin(to, lab->name);
	for (size_t i = 0; i < lab->namespace_count; i++)
		draw_namespace(&drawing, lab->namespaces[i]);
	for (size_t i = 0; i < lab->wiring->statement_count; i++)
		draw_wire(&drawing, lab->wiring->statements[i], i);
	for (size_t i = 0; i < lab->namespace_count; i++)
		for (size_t j = 0; j < lab->namespaces[i]->link_count; j++)
			if (!lab->namespaces[i]->links[j]->birth)
				draw_relations(&drawing, lab->namespaces[i]->links[j]);
	writer->end(to);
}
