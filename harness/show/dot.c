/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab as a graph in the language of Graphviz: `tunlab show --format dot LAB | dot -Tsvg`. */
#include "graph/graph.h"
#include "show.h"

/* Inside of double quotes. */
static void write_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', to);
		putc((unsigned char)*text < ' ' ? ' ' : *text, to);
	}
}

static void write_label(FILE *to, const char *text)
{
	fputs("label=\"", to);
	write_text(to, text);
	putc('"', to);
}

static void begin(FILE *to, const char *title)
{
	fputs("graph {\n\t", to);
	write_label(to, title);
	fputs(";\n\tlabelloc=t;\n\trankdir=LR;\n\tnode [shape=box];\n", to);
}

static void open_namespace(FILE *to, const char *id, const char *name)
{
	fprintf(to, "\tsubgraph cluster_%s {\n\t\t", id);
	write_label(to, name);
	/* A cluster without a node is not drawn. */
	fprintf(to, ";\n\t\t%s [style=invis, shape=point];\n", id);
}

static void write_lines(FILE *to, const char *const *lines, size_t count)
{
	fputs("label=\"", to);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? "\\n" : "", to);
		write_text(to, lines[i]);
	}
	putc('"', to);
}

static void device(FILE *to, const char *id, const char *const *lines, size_t count)
{
	fprintf(to, "\t\t%s [", id);
	write_lines(to, lines, count);
	fputs("];\n", to);
}

static void close_namespace(FILE *to)
{
	fputs("\t}\n", to);
}

static void hub(FILE *to, const char *id, const char *label)
{
	fprintf(to, "\t%s [shape=ellipse, ", id);
	write_label(to, label);
	fputs("];\n", to);
}

static void router(FILE *to, const char *id, const char *const *lines, size_t count)
{
	fprintf(to, "\t%s [shape=box, style=rounded, ", id);
	write_lines(to, lines, count);
	fputs("];\n", to);
}

static void edge(FILE *to, const char *from, const char *target, const char *label, enum graph_edge edge)
{
	fprintf(to, "\t%s -- %s [", from, target);
	write_label(to, label);
	switch (edge) {
	case GRAPH_WIRE: break;
	case GRAPH_MASTER: fputs(", style=dashed, dir=forward", to); break;
	case GRAPH_LOWER: fputs(", style=dotted, dir=forward", to); break;
	}
	fputs("];\n", to);
}

static void end(FILE *to)
{
	fputs("}\n", to);
}

static const struct graph_writer writer = { begin, open_namespace, device, close_namespace, hub, router, edge,
	end };

static void print(FILE *to, const struct lab *lab)
{
	graph_draw(to, lab, &writer);
}

const struct format format_dot = {
	.name = "dot",
	.what = "a picture of namespaces, devices and wires, for Graphviz",
	.print = print,
};
