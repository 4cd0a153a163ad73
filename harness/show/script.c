/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "script/script.h"
#include "show.h"

static const char head[] =
	"#!/bin/sh\n"
	"# %s\n"
	"#\n"
	"# Made by `tunlab show --format script`, and needs no tunlab: run it as root, with ip, unshare, "
	"sysctl, awk,\n"
	"# ping, OpenBSD's nc, and for some steps ss, nstat, tcpdump, jq, nft. It prints TAP. Its names live "
	"in a mount\n"
	"# namespace, its processes in a process namespace: when it ends, however that is, all of it is "
	"gone.\n"
	"exec unshare --mount --propagation private --pid --fork --kill-child sh -s <<'END_OF_LAB'\n";

static const char start[] =
	"mount -t proc proc /proc\n"
	"mount -t tmpfs tmpfs /run\n"
	"mkdir /run/netns /run/lab\n"
	"work=/run/lab status=0 number=0 captures=0 counts=0 programs=0\n"
	"todo='' patience='' as='' peer='' path='' message='' listener='' failed='' seen=''\n"
	"trap 'exit 130' INT\n"
	"trap 'exit 143' TERM HUP\n"
	"yes 0123456789abcdef | head -c 16777216 >\"$work/pattern\"\n";

/* What a comment has is on one line. */
static const char *line_of(struct arena *arena, const char *text)
{
	char *copy = (char *)arena_printf(arena, "%s", text);

	for (char *at = copy; *at; at++)
		if ((unsigned char)*at < ' ')
			*at = ' ';
	return copy;
}

/* Programs are run where the lab is, as seen from where it was read. */
static void write_folder(FILE *to, const struct lab *lab)
{
	const char *slash = strrchr(lab->text.file, '/');
	bool runs = false;

	for (size_t i = 0; i < lab->step_count; i++)
		runs |= lab->steps[i].exec != NULL;
	if (runs && slash)
		fprintf(to, "cd %s || exit 2\n\n",
			shell_word(lab->arena, arena_copy(lab->arena, lab->text.file,
						       (size_t)(slash - lab->text.file) + 1)));
}

static void write_body(FILE *to, const struct lab *lab)
{
	fputs("namespaces='", to);
	for (size_t i = 0; i < lab->namespace_count; i++)
		fprintf(to, "%s%s", i ? " " : "", lab->namespaces[i]->name);
	fputs("'\n\n", to);
	write_folder(to, lab);
	script_build(to, lab);
	fprintf(to, "\necho 'TAP version 13'\necho 1..%zu\n", lab->step_count);
	for (size_t i = 0; i < lab->step_count; i++) {
		putc('\n', to);
		script_step(to, lab, &lab->steps[i]);
	}
	fputs("\nexit $status\n", to);
}

/* The functions that are called are known once the rest is written. */
static void print(FILE *to, const struct lab *lab)
{
	char *body = NULL;
	size_t size = 0;
	FILE *inner = open_memstream(&body, &size);

	if (!inner)
		memory_exhausted();
	write_body(inner, lab);
	if (fclose(inner))
		memory_exhausted();
	fprintf(to, head, line_of(lab->arena, lab->name));
	fputs("main() {\n\n", to);
	script_library(to, lab->arena, body);
	fprintf(to, "%s%s}\n\nmain </dev/null\nEND_OF_LAB\n", start, body);
	free(body);
}

const struct format format_script = {
	.name = "script",
	.what = "a shell script of ip, ping and nc that does the same without tunlab",
	.print = print,
};
