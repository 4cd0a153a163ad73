/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab as a flowchart of Mermaid, which code hosts draw inside of Markdown. */
#include "graph/graph.h"
#include "show.h"

/* Inside of double quotes a character that might mean something is written by its number. */
static void write_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '#' || *text == ';' || *text == '<' || *text == '>' ||
			*text == '`')
			fprintf(to, "#%d;", *text);
		else
			putc((unsigned char)*text < ' ' ? ' ' : *text, to);
	}
}

static void begin(FILE *to, const char *title)
{
	fputs("%% ", to);
	for (; *title; title++)
		putc((unsigned char)*title < ' ' ? ' ' : *title, to);
	fputs("\nflowchart LR\n", to);
}

static void open_namespace(FILE *to, const char *id, const char *name)
{
	fprintf(to, "    subgraph %s[\"", id);
	write_text(to, name);
	fputs("\"]\n", to);
}

static void write_lines(FILE *to, const char *const *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i ? "<br>" : "", to);
		write_text(to, lines[i]);
	}
}

static void device(FILE *to, const char *id, const char *const *lines, size_t count)
{
	fprintf(to, "        %s[\"", id);
	write_lines(to, lines, count);
	fputs("\"]\n", to);
}

static void close_namespace(FILE *to)
{
	fputs("    end\n", to);
}

static void hub(FILE *to, const char *id, const char *label)
{
	fprintf(to, "    %s((\"", id);
	write_text(to, label);
	fputs("\"))\n", to);
}

static void router(FILE *to, const char *id, const char *const *lines, size_t count)
{
	fprintf(to, "    %s([\"", id);
	write_lines(to, lines, count);
	fputs("\"])\n", to);
}

static void edge(FILE *to, const char *from, const char *target, const char *label, enum graph_edge edge)
{
	static const char *const lines[] = {
		[GRAPH_WIRE] = "---", [GRAPH_MASTER] = "-->", [GRAPH_LOWER] = "-.->"
	};

	fprintf(to, "    %s %s", from, lines[edge]);
	if (*label) {
		fputs("|\"", to);
		write_text(to, label);
		fputs("\"|", to);
	}
	fprintf(to, " %s\n", target);
}

static void end(FILE *to)
{
	(void)to;
}

static const struct graph_writer writer = { begin, open_namespace, device, close_namespace, hub, router, edge,
	end };

static void print(FILE *to, const struct lab *lab)
{
	graph_draw(to, lab, &writer);
}

const struct format format_mermaid = {
	.name = "mermaid",
	.what = "the same picture, for Mermaid",
	.print = print,
};
