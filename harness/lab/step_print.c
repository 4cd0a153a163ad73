/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps as one would say them. */
#include <string.h>

#include "lab/exec.h"

enum { STEP_MOST = 100 };

static const char *append(struct arena *arena, const char *text, const char *more)
{
	return *text ? arena_printf(arena, "%s; %s", text, more) : more;
}

/* No more than would be cut off: a change may have 100,000 routes. */
static bool is_full(const char *text)
{
	return strlen(text) > STEP_MOST;
}

/* Its beginning on one line, more than which would be cut off. */
static const char *ruleset_print(struct arena *arena, const struct ruleset *ruleset)
{
	char *text = arena_printf(arena, "nft %.*s", 4 * STEP_MOST, ruleset->text), *to = text;

	for (const char *from = text; *from; from++) {
		bool blank = (unsigned char)*from <= ' ' || *from == 0x7f;

		if (!blank)
			*to++ = *from;
		else if (to[-1] != ' ')
			*to++ = ' ';
	}
	to -= to > text && to[-1] == ' ';
	*to = '\0';
	return text;
}

/* A wire that is made, or what is to impair one that stands. */
static const char *wiring_print(struct arena *arena, const struct statement *statement)
{
	const struct wire *wire = statement->wire;
	const char *text = "";

	if (!statement->stands)
		return arena_printf(arena, "a %s", wire->kind->name);
	for (size_t i = 0; i < wire->count; i++)
		text = arena_printf(arena, "%s%s%s/%s", text, i ? " - " : "", wire->ends[i]->in->name,
			wire->ends[i]->name);
	return arena_printf(arena, "%s: %s", text, statement_print(arena, statement));
}

static const char *content_print(struct arena *arena, const struct content *content)
{
	const char *text = "";

	for (size_t i = 0; i < content->entry_count && !is_full(text); i++)
		text = append(arena, text, entry_print(arena, &content->entries[i]));
	for (size_t i = 0; i < content->sysctl_count && !is_full(text); i++)
		text = append(arena, text,
			arena_printf(arena, "%s=%s", content->sysctls[i].name,
				content->sysctls[i].value ? content->sysctls[i].value : "null"));
	for (size_t i = 0; i < content->link_count && !is_full(text); i++)
		text = append(arena, text, arena_printf(arena, "link %s", content->links[i]->name));
	if (content->ruleset && !is_full(text))
		text = append(arena, text, ruleset_print(arena, content->ruleset));
	for (size_t i = 0; i < content->inner_count && !is_full(text); i++) {
		const char *inner = content_print(arena, content->inner[i]);

		if (*inner)
			text = append(arena, text,
				arena_printf(arena, "%s: %s", content->inner[i]->in->name, inner));
	}
	for (size_t i = 0; i < content->statement_count && !is_full(text); i++)
		text = append(arena, text, wiring_print(arena, content->statements[i]));
	return text;
}

/* At most STEP_MOST bytes, and whole characters. */
static const char *cut(struct arena *arena, const char *text)
{
	size_t length = STEP_MOST - strlen("...");

	if (strlen(text) <= STEP_MOST)
		return text;
	while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
		length--;
	return arena_printf(arena, "%.*s...", (int)length, text);
}

/* To say what holds anyway says nothing. */
static bool is_default(struct arena *arena, const struct value *value)
{
	const char *fallback = value->field->fallback;

	return !value->where || (fallback && !strcmp(value_print(arena, value), fallback));
}

/* What the step says of the verb, beyond what every step may say: "source 10.0.0.9 mark 0x1". */
static const char *options_print(struct arena *arena, const struct step *step)
{
	const struct field *const common[] = { step_fields, NULL };
	const char *text = "";

	for (size_t i = 0; i < step->values.count; i++) {
		const struct value *value = &step->values.at[i];
		const char *key = field_key(value->field);

		if (is_default(arena, value) || field_by_key(common, key) == value->field)
			continue;
		text = arena_printf(arena, "%s %s", text, key);
		if (!value->field->type->bare)
			text = arena_printf(arena, "%s %s", text, value_print(arena, value));
	}
	return text;
}

const char *step_print(struct arena *arena, const struct step *step)
{
	const char *in = step->in ? arena_printf(arena, "%s ", step->in->name) : "", *text = "";

	if (step->change)
		text = content_print(arena, step->change);
	else if (step->target.field)
		text = value_print(arena, &step->target);
	return arena_printf(arena, "%s%s %s%s%s", in, step->verb->name, cut(arena, text),
		options_print(arena, step), step->exec ? until_print(arena, &step->exec->until) : "");
}
