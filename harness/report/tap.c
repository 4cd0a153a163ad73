/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/tap.h"

#include <inttypes.h>
#include <string.h>

#include "lab/silence.h"

static void indent(const struct tap *tap)
{
	fprintf(tap->to, "%*s", (int)(4 * tap->depth), "");
}

static void flush(struct tap *tap)
{
	if (fflush(tap->to) || ferror(tap->to))
		tap->broken = true;
}

/* A description ends at the line's end, and a # begins a directive. */
static void write_description(const struct tap *tap, const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			putc('\\', tap->to);
		putc((unsigned char)*text < ' ' ? ' ' : *text, tap->to);
	}
}

void tap_version(struct tap *tap)
{
	fputs("TAP version 13\n", tap->to);
	flush(tap);
}

void tap_plan(struct tap *tap, size_t count, const char *reason)
{
	indent(tap);
	fprintf(tap->to, "1..%zu", count);
	if (reason) {
		fputs(" # SKIP ", tap->to);
		write_description(tap, reason);
	}
	putc('\n', tap->to);
	flush(tap);
}

void tap_point(struct tap *tap, bool ok, const char *name, const char *directive, const char *reason)
{
	indent(tap);
	fprintf(tap->to, "%s %zu - ", ok ? "ok" : "not ok", ++tap->point);
	write_description(tap, name);
	if (directive) {
		fprintf(tap->to, " # %s ", directive);
		write_description(tap, reason);
	}
	putc('\n', tap->to);
	flush(tap);
}

/* A double-quoted YAML scalar takes what JSON does. */
static void write_scalar(const struct tap *tap, const char *text)
{
	putc('"', tap->to);
	for (; *text; text++) {
		if ((unsigned char)*text < ' ')
			fprintf(tap->to, "\\x%02x", (unsigned char)*text);
		else if (*text == '"' || *text == '\\')
			fprintf(tap->to, "\\%c", *text);
		else
			putc(*text, tap->to);
	}
	putc('"', tap->to);
}

static void write_pair(const struct tap *tap, const char *key, const char *text)
{
	indent(tap);
	fprintf(tap->to, "  %s: ", key);
	write_scalar(tap, text);
	putc('\n', tap->to);
}

/* What begins with a namespace and a colon, as "right: ...", Perl's reader would take for a mapping even
 * though it is quoted, and lose its place: so it is "in right: ...". */
static bool begins_with_name(const char *text)
{
	size_t word = strcspn(text, " ");

	return word && text[word - 1] == ':';
}

static void write_list(
	const struct tap *tap, struct arena *arena, const char *key, const char *const *texts, size_t count)
{
	if (!count)
		return;
	indent(tap);
	fprintf(tap->to, "  %s:\n", key);
	for (size_t i = 0; i < count; i++) {
		indent(tap);
		fputs("    - ", tap->to);
		write_scalar(
			tap, begins_with_name(texts[i]) ? arena_printf(arena, "in %s", texts[i]) : texts[i]);
		putc('\n', tap->to);
	}
}

/* Of several words, as a counter of nft's is, in quotes. */
static void write_key(const struct tap *tap, const char *key)
{
	if (strchr(key, ' '))
		write_scalar(tap, key);
	else
		fputs(key, tap->to);
}

static void write_moved(const struct tap *tap, const struct moved *moved)
{
	indent(tap);
	fputs("    ", tap->to);
	write_scalar(tap, moved->where);
	fputs(":\n", tap->to);
	for (size_t i = 0; i < moved->counts.count; i++) {
		indent(tap);
		fputs("      ", tap->to);
		write_key(tap, moved->counts.at[i].name);
		fprintf(tap->to, ": %" PRIu64 "\n", moved->counts.at[i].number);
	}
}

static void write_block(struct tap *tap, const struct text *text, const struct verdict *verdict)
{
	struct arena *arena = arena_open();

	indent(tap);
	fputs("  ---\n", tap->to);
	write_pair(tap, "did", verdict->did);
	write_pair(tap, "expected", verdict->expected);
	write_pair(tap, "seen", verdict->seen);
	write_list(tap, arena, "wrong", verdict->wrong, verdict->wrong_count);
	if (verdict->slow)
		write_pair(tap, "inconclusive", verdict->slow);
	if (verdict->cause)
		write_pair(tap, "cause", verdict->cause);
	if (verdict->ended)
		write_pair(tap, "at", verdict->ended);
	write_list(tap, arena, "evidence", verdict->evidence, verdict->evidence_count);
	write_list(tap, arena, "queues", verdict->queues, verdict->queue_count);
	if (verdict->again)
		write_pair(tap, "again", verdict->again);
	write_pair(tap, "step", place_print(arena, text, verdict->step->where));
	if (verdict->moved_count) {
		indent(tap);
		fputs("  moved:\n", tap->to);
	}
	for (size_t i = 0; i < verdict->moved_count; i++)
		write_moved(tap, &verdict->moved[i]);
	indent(tap);
	fputs("  ...\n", tap->to);
	arena_close(arena);
	flush(tap);
}

/* A known bug remains one whatever else is said. */
static void write_point(struct tap *tap, const struct verdict *verdict)
{
	const char *name = verdict->step->name, *todo = verdict->step->todo;

	if (todo || !verdict->slow)
		tap_point(tap, verdict->passed, name, todo ? "TODO" : NULL, todo);
	else if (verdict->excused)
		tap_point(tap, true, name, "SKIP inconclusive:", verdict->slow);
	else
		tap_point(tap, false, name, "inconclusive:", verdict->slow);
}

void tap_verdict(struct tap *tap, const struct text *text, const struct verdict *verdict)
{
	write_point(tap, verdict);
	if (!verdict->passed)
		write_block(tap, text, verdict);
}

void tap_silence(struct tap *tap, const struct lab *lab, const struct verdict *verdict)
{
	const struct step *step = verdict->step;
	struct arena *arena;

	if (!verdict->passed || !verdict->kind || strcmp(verdict->kind, "no-reply") != 0)
		return;
	arena = arena_open();
	if (!silence_is_sound(arena, lab, step))
		tap_comment(tap,
			"silence that proves nothing: no step of the lab gets through from %s to %s; add one "
			"that does, or "
			"expect the cause, such as { \"no-reply\": \"rp_filter\" } (tunlab why --step %zu "
			"names it)",
			step->in->name, address_print(arena, &step->target.address), step->number);
	arena_close(arena);
}

void tap_rest(struct tap *tap, const struct lab *lab, const struct step *last, size_t count)
{
	char reason[64];

	snprintf(reason, sizeof reason, "the lab stays as step %zu left it", last->number);
	for (size_t i = last->number; i < count; i++)
		tap_point(tap, true, lab->steps[i].name, "SKIP", reason);
}

void tap_comment(struct tap *tap, const char *format, ...)
{
	va_list arguments;

	indent(tap);
	fputs("# ", tap->to);
	va_start(arguments, format);
	vfprintf(tap->to, format, arguments);
	va_end(arguments);
	putc('\n', tap->to);
	flush(tap);
}

void tap_bail(struct tap *tap, const char *reason)
{
	fputs("Bail out! ", tap->to);
	write_description(tap, reason);
	putc('\n', tap->to);
	flush(tap);
}

void tap_enter(struct tap *tap, const char *name)
{
	indent(tap);
	fputs("# Subtest: ", tap->to);
	write_description(tap, name);
	putc('\n', tap->to);
	tap->depth++;
	tap->point = 0;
	flush(tap);
}

void tap_leave(struct tap *tap)
{
	tap->depth--;
}
