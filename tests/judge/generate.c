/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/judge/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/judge/stand.h"

uint64_t generator_number(struct generator *generator, uint64_t least, uint64_t most)
{
	uint64_t h = generator->state += 0x9e3779b97f4a7c15;

	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
	h = (h ^ h >> 27) * 0x94d049bb133111eb;
	h ^= h >> 31;
	return most - least == UINT64_MAX ? h : least + h % (most - least + 1);
}

static bool chance(struct generator *generator, unsigned percent)
{
	return generator_number(generator, 1, 100) <= percent;
}

/* What one line is about. */
struct choices {
	struct generator *generator;
	enum family family;
	size_t device, second; /* indexes of stand_devices */
};

static const char *address(const struct choices *choices, size_t net, uint64_t host, char *out)
{
	if (choices->family == FAMILY_6)
		sprintf(out, "2001:db8:%zx::%llx", net, (unsigned long long)host);
	else
		sprintf(out, "10.0.%zu.%llu", net, (unsigned long long)host);
	return out;
}

/* OUT has room for PIECE_SIZE. */
static void put(char *out, const char *text)
{
	snprintf(out, PIECE_SIZE, "%s", text);
}

static void prefix(const struct choices *choices, char *out)
{
	static const char *const four[] = { "10.50.0.0/16", "10.51.0.0/16", "10.52.4.0/24", "10.53/16",
		"192.0.2.0/25", "198.51.100.7", "172.16.0.0/12", "10.60.0.0/255.255.0.0" };
	static const char *const six[] = { "2001:db8:50::/48", "2001:db8:51::/48", "2001:db8:52:4::/64",
		"2001:db8:53::/48", "2001:db8:54::7", "fd00::/8", "2001:db8:55::/127", "fd00:5::/32" };
	struct generator *generator = choices->generator;

	if (chance(generator, 60) && choices->family == FAMILY_6)
		sprintf(out, "2001:db8:%llx::/48",
			(unsigned long long)generator_number(generator, 0x60, 0x120));
	else if (chance(generator, 60) && choices->family == FAMILY_4)
		sprintf(out, "10.%llu.0.0/16", (unsigned long long)generator_number(generator, 60, 240));
	else
		put(out, (choices->family == FAMILY_6 ? six : four)[generator_number(generator, 0, 7)]);
}

static void host(const struct choices *choices, char *out)
{
	uint64_t number = generator_number(choices->generator, 1, 250);

	if (choices->family == FAMILY_6)
		sprintf(out, "2001:db8:f0::%llx", (unsigned long long)number);
	else
		sprintf(out, "10.8.%llu.%llu", (unsigned long long)generator_number(choices->generator, 0, 9),
			(unsigned long long)number);
}

static void made(const struct choices *choices, const char *name, char *out)
{
	struct generator *generator = choices->generator;
	const struct choices other = { generator, choices->family == FAMILY_6 ? FAMILY_4 : FAMILY_6,
		choices->device, choices->second };

	if (!strcmp(name, "dev"))
		put(out, stand_devices[choices->device]);
	else if (!strcmp(name, "dev2"))
		put(out, stand_devices[choices->second]);
	else if (!strcmp(name, "tap"))
		put(out, stand_devices[1 + choices->device % 3]);
	else if (!strcmp(name, "down"))
		put(out, "down0");
	else if (!strcmp(name, "gw"))
		address(choices, choices->device, generator_number(generator, 2, 9), out);
	else if (!strcmp(name, "other-gw"))
		address(&other, choices->device, generator_number(generator, 2, 9), out);
	else if (!strcmp(name, "gw2"))
		address(choices, choices->second, generator_number(generator, 2, 9), out);
	else if (!strcmp(name, "own"))
		address(choices, choices->device, 1, out);
	else if (!strcmp(name, "other"))
		address(&other, choices->device, 7, out);
	else if (!strcmp(name, "prefix"))
		prefix(choices, out);
	else if (!strcmp(name, "host"))
		host(choices, out);
	else if (!strcmp(name, "group"))
		put(out, choices->family == FAMILY_6 ? "ff05::/16" : "239.1.0.0/16");
	else if (!strcmp(name, "group-host"))
		sprintf(out, choices->family == FAMILY_6 ? "ff05::%llx" : "239.1.1.%llu",
			(unsigned long long)generator_number(generator, 1, 250));
	else if (!strcmp(name, "mac"))
		sprintf(out, "02:00:00:00:00:%02llx",
			(unsigned long long)generator_number(generator, 1, 255));
	else if (!strcmp(name, "nh"))
		sprintf(out, "%llu",
			(unsigned long long)generator_number(generator, choices->family == FAMILY_6 ? 5 : 1,
				choices->family == FAMILY_6 ? 8 : 4));
	else
		abort();
}

/* "<1-9>" from behind its "<": the number goes to OUT; returns what is behind ">". */
static const char *number(const struct choices *choices, const char *at, char *out)
{
	bool hexadecimal = *at == 'x';
	char *end;
	uint64_t least = strtoull(at + hexadecimal, &end, hexadecimal ? 16 : 10), most;

	if (*end != '-')
		abort();
	most = strtoull(end + 1, &end, hexadecimal ? 16 : 10);
	if (*end != '>')
		abort();
	sprintf(out, hexadecimal ? "%llx" : "%llu",
		(unsigned long long)generator_number(choices->generator, least, most));
	return end + 1;
}

/* Writes what the LENGTH characters of a text stand for. */
static void expand(const struct choices *choices, const char *text, size_t length, char out[PIECE_SIZE])
{
	const char *end = text + length;
	char one[PIECE_SIZE], name[16];
	size_t size = 0;

	while (text < end) {
		if (*text == '$') {
			size_t letters = strspn(++text, "abcdefghijklmnopqrstuvwxyz2-");

			snprintf(name, sizeof name, "%.*s", (int)letters, text);
			text += letters;
			made(choices, name, one);
		} else if (*text == '<') {
			text = number(choices, text + 1, one);
		} else {
			one[0] = *text++;
			one[1] = 0;
		}
		size += (size_t)snprintf(out + size, PIECE_SIZE - size, "%s", one);
	}
}

/* One of the alternatives. */
static void pick(const struct choices *choices, const char *alternatives, char out[PIECE_SIZE])
{
	size_t count = 1, chosen;
	const char *bar;

	for (const char *at = alternatives; (at = strstr(at, " | ")); at += 3)
		count++;
	chosen = generator_number(choices->generator, 0, count - 1);
	while (chosen--)
		alternatives = strstr(alternatives, " | ") + 3;
	bar = strstr(alternatives, " | ");
	expand(choices, alternatives, bar ? (size_t)(bar - alternatives) : strlen(alternatives), out);
}

static bool family_fits(enum family one, enum family other)
{
	return one == FAMILY_ANY || other == FAMILY_ANY || one == other;
}

static const struct word *word_named(const struct grammar *grammar, const char *name, size_t length)
{
	for (const struct word *word = grammar->words; word->word; word++)
		if (strlen(word->word) == length && !strncmp(word->word, name, length))
			return word;
	fprintf(stderr, "judge: no word %.*s\n", (int)length, name);
	abort();
}

/* Whether the word, or one that excludes it, is in the line. */
static bool has(const struct line *line, const struct word *word)
{
	for (size_t i = 0; i < line->count; i++)
		if (line->pieces[i].word == word || (word->once && line->pieces[i].word->once &&
							    !strcmp(line->pieces[i].word->once, word->once)))
			return true;
	return false;
}

static void add(const struct choices *choices, struct line *line, const struct word *word)
{
	if (line->count < PIECES && !has(line, word)) {
		struct piece *piece = &line->pieces[line->count++];

		piece->word = word;
		pick(choices, word->good, piece->text);
	}
}

/* Adds one of the words in "a/b/c": the focus where it is among them. */
static void add_one_of(const struct choices *choices, struct line *line, const char *names, size_t length)
{
	const struct word *words[16] = { NULL };
	size_t count = 0;

	for (const char *at = names, *end = names + length; at < end; at++) {
		size_t letters = strcspn(at, "/ ");
		const struct word *word = word_named(line->grammar, at, letters);

		if (family_fits(word->family, choices->family))
			words[count++] = word;
		if (word == line->focus) {
			words[0] = word;
			count = 1;
			break;
		}
		at += letters;
	}
	add(choices, line, words[generator_number(choices->generator, 0, count - 1)]);
}

static void add_needs(const struct choices *choices, struct line *line, const struct base *base)
{
	for (const char *at = base->needs; *at; at += *at == ' ') {
		size_t length = strcspn(at, " ");

		add_one_of(choices, line, at, length);
		at += length;
	}
}

static void add_others(const struct choices *choices, struct line *line, const struct base *base)
{
	struct generator *generator = choices->generator;
	size_t count = 0, wanted = generator_number(generator, 0, 3);

	for (const struct word *word = line->grammar->words; word->word; word++)
		count++;
	for (size_t tries = 0; wanted && tries < 40; tries++) {
		const struct word *word = &line->grammar->words[generator_number(generator, 0, count - 1)];

		if (!strchr(word->in, base->letter) || strstr(base->needs, word->word) ||
			!family_fits(word->family, choices->family) || !strcmp(word->word, "vrf") ||
			!strcmp(word->word, "as") || !strcmp(word->word, "nat"))
			continue;
		add(choices, line, word);
		wanted--;
	}
}

/* What needs no place goes anywhere; the rest stays behind, in order. */
static void shuffle(struct generator *generator, struct line *line)
{
	for (size_t i = line->count; i > 1; i--) {
		size_t j = generator_number(generator, 0, i - 1);
		struct piece piece = line->pieces[i - 1];

		line->pieces[i - 1] = line->pieces[j];
		line->pieces[j] = piece;
	}
	for (size_t i = 1; i < line->count; i++)
		for (size_t j = i; j && line->pieces[j].word->order < line->pieces[j - 1].word->order; j--) {
			struct piece piece = line->pieces[j];

			line->pieces[j] = line->pieces[j - 1];
			line->pieces[j - 1] = piece;
		}
}

static const struct base *choose_base(
	struct generator *generator, const struct line *line, const char *allowed)
{
	const struct base *fitting[64];
	size_t count = 0;

	for (const struct base *base = line->grammar->bases; base->letter; base++)
		if (strchr(allowed, base->letter) && strchr(line->verb->in, base->letter) &&
			(!line->focus || family_fits(base->family, line->focus->family)))
			for (unsigned i = 0; i < base->weight; i++)
				fitting[count++] = base;
	return count ? fitting[generator_number(generator, 0, count - 1)] : NULL;
}

static enum family choose_family(
	struct generator *generator, const struct line *line, const struct base *base)
{
	if (base->family)
		return base->family;
	if (line->focus && line->focus->family)
		return line->focus->family;
	return chance(generator, 60) ? FAMILY_4 : FAMILY_6;
}

static void make_new(struct generator *generator, struct line *line)
{
	const struct base *base =
		choose_base(generator, line, line->focus ? line->focus->in : line->verb->in);
	struct choices choices = { .generator = generator };

	if (!base)
		abort();
	choices.family = choose_family(generator, line, base);
	choices.device = generator_number(generator, 0, STAND_DEVICES - 1);
	choices.second = (choices.device + 1) % STAND_DEVICES;
	line->family = choices.family;
	if (line->focus)
		add(&choices, line, line->focus);
	add_needs(&choices, line, base);
	add_others(&choices, line, base);
	shuffle(generator, line);
}

/* The kernel never forgets a proxy of no device, and may show it in namespaces to come. */
static bool is_needed_device(const struct line *line, const struct piece *piece)
{
	return !strcmp(line->grammar->object, "neighbour") && !strcmp(piece->word->word, "dev");
}

/* A line that stands, with one word more or less. */
static bool make_from_old(struct generator *generator, struct line *line)
{
	const struct line *fitting[REMEMBERED], *chosen;
	const struct line wanted = *line;
	size_t count = 0;

	for (size_t i = 0; i < generator->old_count; i++)
		if (generator->old[i].grammar == line->grammar &&
			(!line->focus || has(&generator->old[i], line->focus)))
			fitting[count++] = &generator->old[i];
	if (!count)
		return false;
	chosen = fitting[generator_number(generator, 0, count - 1)];
	*line = *chosen;
	line->from = (size_t)(chosen - generator->old) + 1;
	line->verb = wanted.verb;
	line->focus = wanted.focus;
	line->fits = wanted.fits;
	if (line->count > 2 && chance(generator, 30)) {
		size_t gone = generator_number(generator, 0, line->count - 1);

		if (line->pieces[gone].word != line->focus && !line->pieces[gone].word->order &&
			!is_needed_device(line, &line->pieces[gone])) {
			memmove(&line->pieces[gone], &line->pieces[gone + 1],
				(line->count - gone - 1) * sizeof line->pieces[0]);
			line->count--;
		}
	}
	return true;
}

/* Makes a line that fits into one that does not: mostly by a wrong value of what it is about. */
static void spoil(struct generator *generator, struct line *line)
{
	const struct choices choices = { generator, line->family,
		generator_number(generator, 0, STAND_DEVICES - 1), 0 };
	struct piece *piece = &line->pieces[generator_number(generator, 0, line->count - 1)];

	for (size_t i = 0; i < line->count; i++)
		if (line->pieces[i].word == line->focus)
			piece = &line->pieces[i];
	if (piece->word->bad && chance(generator, 70)) {
		pick(&choices, piece->word->bad, piece->text);
		/* A word without its value is at the end, or the next word would be its value. */
		if (!strchr(piece->text, ' ') && !piece->word->order && !strpbrk(piece->text, "0123456789")) {
			struct piece last = *piece;

			memmove(piece, piece + 1,
				(size_t)(&line->pieces[line->count] - piece - 1) * sizeof *piece);
			line->pieces[line->count - 1] = last;
		}
		return;
	}
	switch (generator_number(generator, 0, 5)) {
	case 0: snprintf(line->end, sizeof line->end, "frob"); break;
	case 1: snprintf(line->end, sizeof line->end, "dev nodev0"); break;
	case 2: /* said twice */
		if (line->count < PIECES)
			line->pieces[line->count++] = *piece;
		break;
	case 3: /* the other family */
		line->says_family = true;
		line->family = line->family == FAMILY_6 ? FAMILY_4 : FAMILY_6;
		break;
	case 4: /* nothing of the kind stands */
		for (const struct verb_word *verb = line->grammar->verbs; verb->word; verb++)
			if (!strcmp(verb->word, "del"))
				line->verb = verb;
		snprintf(line->command, sizeof line->command, "%s", line->verb->word);
		break;
	case 5: /* without something */ *piece = line->pieces[--line->count]; break;
	}
}

struct line generator_line(struct generator *generator, const struct grammar *grammar,
	const struct verb_word *verb, const struct word *focus, bool fits)
{
	struct line line = { .grammar = grammar, .verb = verb, .focus = focus, .fits = fits };
	bool old = verb->origin == ORIGIN_OLD || (verb->origin == ORIGIN_EITHER && chance(generator, 60));

	if (!old || !make_from_old(generator, &line)) {
		/* Where nothing stands that could be deleted or changed, it is made first. */
		if (fits && verb->origin == ORIGIN_OLD)
			line.verb = verb = grammar->verbs;
		make_new(generator, &line);
	}
	/* Where no address says it; and sometimes where one does. */
	line.says_family = line.family == FAMILY_6
				   ? strcmp(grammar->object, "rule") == 0 || chance(generator, 70)
				   : chance(generator, 10);
	snprintf(line.command, sizeof line.command, "%s", verb->word);
	if (chance(generator, 4)) /* any beginning of it will do for ip; "a" is "add" */
		line.command[generator_number(
			generator, strcmp(verb->word, "append") ? 1 : 2, strlen(verb->word))] = 0;
	if (!fits)
		spoil(generator, &line);
	return line;
}

void line_print(const struct line *line, char out[LINE_SIZE])
{
	size_t size = (size_t)snprintf(out, LINE_SIZE, "%s", line->command);

	for (size_t i = 0; i < line->count; i++)
		size += (size_t)snprintf(out + size, LINE_SIZE - size, " %s", line->pieces[i].text);
	if (*line->end)
		snprintf(out + size, LINE_SIZE - size, " %s", line->end);
}

void generator_keep(struct generator *generator, const struct line *line)
{
	if (generator->old_count < REMEMBERED)
		generator->old[generator->old_count++] = *line;
	else
		generator->old[generator_number(generator, 0, REMEMBERED - 1)] = *line;
}

void generator_drop(struct generator *generator, const struct line *line)
{
	if (line->from)
		generator->old[line->from - 1] = generator->old[--generator->old_count];
}

void generator_forget(struct generator *generator)
{
	generator->old_count = 0;
}
