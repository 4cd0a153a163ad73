/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library_*.sh, as they stand beside this file, are part of the program. */
#include <ctype.h>
#include <string.h>

#include "script/script.h"

__asm__(".pushsection .rodata\n"
	"script_library_text:\n"
	".incbin \"harness/script/library_build.sh\"\n"
	".byte 10\n"
	".incbin \"harness/script/library_probe.sh\"\n"
	".byte 10\n"
	".incbin \"harness/script/library_step.sh\"\n"
	".byte 0\n"
	".popsection\n");
extern const char script_library_text[];

struct function {
	const char *text; /* of the whole paragraph */
	const char *name;
	bool wanted;
};

enum { FUNCTIONS_MOST = 96 };

/* Paragraphs begin with a function's name; what does not (the head of the file) is passed over. */
static size_t split(struct arena *arena, struct function *functions)
{
	const char *at = script_library_text;
	size_t count = 0;

	while (*at && count < FUNCTIONS_MOST) {
		const char *end = strstr(at, "\n\n");
		size_t length = end ? (size_t)(end - at) + 1 : strlen(at), name = strcspn(at, "(\n");

		if (*at != '#' && at[name] == '(')
			functions[count++] = (struct function) { .text = arena_copy(arena, at, length),
				.name = arena_copy(arena, at, name) };
		at += length;
		at += strspn(at, "\n");
	}
	return count;
}

static bool is_part(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Whether TEXT has NAME as a word. */
static bool calls(const char *text, const char *name)
{
	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if ((at == text || !is_part(at[-1])) && !is_part(at[strlen(name)]))
			return true;
	return false;
}

void script_library(FILE *to, struct arena *arena, const char *body)
{
	struct function functions[FUNCTIONS_MOST];
	size_t count = split(arena, functions), before, wanted = 0;

	for (size_t i = 0; i < count; i++)
		wanted += functions[i].wanted = calls(body, functions[i].name);
	do {
		before = wanted;
		for (size_t i = 0; i < count; i++)
			for (size_t j = 0; j < count && !functions[i].wanted; j++)
				wanted += functions[i].wanted =
					functions[j].wanted && calls(functions[j].text, functions[i].name);
	} while (wanted != before);
	for (size_t i = 0; i < count; i++)
		if (functions[i].wanted)
			fprintf(to, "%s\n", functions[i].text);
}
