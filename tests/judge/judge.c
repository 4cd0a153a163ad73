/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iproute2 as the judge: lines made by a seed are done by `ip` in one namespace and by tunlab in another that
 * is alike. Acceptance, the kernel's message, and what stands afterwards must be equal.
 */
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "tests/judge/differences.h"
#include "tests/judge/dump.h"
#include "tests/judge/generate.h"
#include "tests/judge/stand.h"
#include "tests/unit/tap.h"

enum {
	ACCEPTED_LEAST = 50, /* lines for each word that ip accepts, in the long form */
	REFUSED_LEAST = 10,
	HOPELESS =
		80, /* of so many lines made to fit less than one in ten was accepted: this kernel lacks it */
	LINES_A_STAND = 40, /* then both namespaces are made anew */
	TARGETS = 512,
};

/* A word or a verb that is judged. */
struct target {
	const struct grammar *grammar;
	const struct verb_word *verb; /* NULL: a word */
	const struct word *word;
	size_t tries, accepted, refused; /* as ip has it; "tries" were made to fit */
	char last[160];			 /* why the last that was made to fit was refused */
	bool unknown;			 /* to this version of ip */
};

struct trial {
	struct generator generator;
	struct stand *stand;
	struct differences *differences;
	const struct grammar *grammar; /* that lines are made of now */
	struct target targets[TARGETS];
	size_t count;
	size_t lines, since; /* since the namespaces were made */
	size_t explained, unexplained;
	uint64_t seed;
	const char *file; /* of the lab that stands */
	bool full, tell;
};

static const char *target_name(const struct target *target)
{
	return target->verb ? target->verb->word : target->word->word;
}

static bool hopeless(const struct target *target)
{
	return target->unknown || (target->tries >= HOPELESS && target->accepted * 10 < target->tries);
}

static bool satisfied(const struct target *target)
{
	return hopeless(target) || (target->accepted >= ACCEPTED_LEAST && target->refused >= REFUSED_LEAST);
}

/* Whether WORD stands in TEXT for itself. */
static bool mentions(const char *text, const char *word)
{
	static const char parts[] = "abcdefghijklmnopqrstuvwxyz_-";
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++)
		if ((at == text || !strchr(parts, at[-1])) && (!at[length] || !strchr(parts, at[length])))
			return true;
	return false;
}

static void add_targets(struct trial *trial, const struct grammar *grammar, const char *keyword)
{
	const char *const arguments[] = { "ip", grammar->object, "help", NULL };
	int status;
	char *help = stand_run(trial->stand, 0, arguments, true, &status);

	for (const struct verb_word *verb = grammar->verbs; verb->word; verb++)
		if (!keyword || !strcmp(keyword, verb->word))
			trial->targets[trial->count++] = (struct target) { .grammar = grammar, .verb = verb };
	for (const struct word *word = grammar->words; word->word; word++)
		if (!keyword || !strcmp(keyword, word->word))
			trial->targets[trial->count++] = (struct target) { .grammar = grammar,
				.word = word,
				.unknown = word->ask && !mentions(help, word->ask) };
	free(help);
}

static const struct verb_word *verb_for(struct generator *generator, const struct target *target)
{
	const struct verb_word *fitting[64];
	size_t count = 0;

	if (target->verb)
		return target->verb;
	for (const struct verb_word *verb = target->grammar->verbs; verb->word; verb++)
		if (strpbrk(verb->in, target->word->in))
			for (int i = 0; i < (verb == target->grammar->verbs ? 6 : 1); i++)
				fitting[count++] = verb;
	return fitting[generator_number(generator, 0, count - 1)];
}

static const char *class_name(enum verdict_class class)
{
	switch (class) {
	case ACCEPTED: return "accepted";
	case REFUSED_ITSELF: return "refuses";
	case REFUSED_BY_KERNEL: return "the kernel refuses";
	}
	return "";
}

static bool agree(const struct verdict *ip, const struct verdict *tunlab)
{
	return ip->class == tunlab->class &&
	       (ip->class != REFUSED_BY_KERNEL || !strcmp(ip->text, tunlab->text));
}

/* The first line of what was told, without where in the lab. */
static const char *brief(const char *text)
{
	const char *place = strstr(text, "change.");
	static char copy[400];

	snprintf(copy, sizeof copy, "%.*s", (int)strcspn(place ? place : text, "\n"), place ? place : text);
	return copy;
}

static void renew(struct trial *trial)
{
	stand_close(trial->stand);
	trial->stand = stand_open(trial->file);
	generator_forget(&trial->generator);
	trial->since = 0;
}

static void differ(struct trial *trial, const char *command, const struct verdict *ip,
	const struct verdict *tunlab, const char *dump, const char *other)
{
	char text[LINE_SIZE + 2000];
	size_t size = (size_t)snprintf(text, sizeof text, "%s || ip: %s: %s", command, class_name(ip->class),
		ip->class == ACCEPTED ? "" : brief(ip->text));
	const char *reason;

	size += (size_t)snprintf(text + size, sizeof text - size, " || tunlab: %s: %s",
		class_name(tunlab->class), tunlab->class == ACCEPTED ? "" : brief(tunlab->text));
	if (dump)
		size += (size_t)snprintf(text + size, sizeof text - size, " || other dumps: %s", dump);
	if (*other)
		snprintf(text + size, sizeof text - size, " || as an object: %s", brief(other));
	reason = differences_explain(trial->differences, text);
	if (reason) {
		trial->explained++;
	} else {
		trial->unexplained++;
		printf("# difference: %s\n", text);
		if (dump)
			dump_show(trial->stand, dump);
	}
	renew(trial);
}

/* Both outputs of `ip -d -j`, now and then. */
static void check_shown(struct trial *trial)
{
	const char *dump = dump_compare_ip(trial->stand);

	if (!dump)
		return;
	trial->unexplained++;
	printf("# difference: what ip -d -j prints of %s, within the last %zu lines\n", dump, trial->since);
	dump_show(trial->stand, dump);
}

/* A line of another verb made something stand, for a later one. */
static void count_line(struct target *target, const struct line *line, const struct verdict *ip)
{
	if (target->verb && target->verb != line->verb)
		return;
	target->tries += line->fits;
	if (ip->class == ACCEPTED)
		target->accepted++;
	else
		target->refused++;
	if (line->fits && ip->class != ACCEPTED)
		snprintf(target->last, sizeof target->last, "%.159s", brief(ip->text));
}

/* Of an IPv6 address the kernel makes the local route a moment later, and a neighbour's state has timers,
 * which run out in one namespace before the other: what differs is looked at again. */
static const char *settled(struct stand *stand)
{
	const char *dump = dump_compare(stand);

	for (int i = 0; dump && i < 100; i++) {
		poll(NULL, 0, 5);
		dump = dump_compare(stand);
	}
	return dump;
}

/* Has both do TEXT, with FAMILY ("-6", "-4" or "") in front. True: as one; else what differs was told, and
 * both namespaces are new. */
static bool judge(struct trial *trial, const struct grammar *grammar, const char *family, const char *text,
	struct verdict *ip)
{
	const char *blank = *family ? " " : "", *dump;
	char said[LINE_SIZE + 8], command[LINE_SIZE + 64], other[TOLD_SIZE];
	struct verdict tunlab;

	snprintf(said, sizeof said, "%s%s%s", family, blank, text);
	snprintf(command, sizeof command, "ip %s%s%s %s", family, blank, grammar->object, text);
	stand_ip(trial->stand, family, grammar->object, text, ip);
	stand_tunlab(trial->stand, grammar->key, said, trial->lines % 2, &tunlab, other);
	if (trial->tell)
		printf("# %s || %s: %s\n", command, class_name(ip->class), brief(ip->text));
	trial->lines++;
	trial->since++;
	dump = settled(trial->stand);
	if (agree(ip, &tunlab) && !dump && !*other)
		return true;
	differ(trial, command, ip, &tunlab, dump, other);
	return false;
}

static void try_line(struct trial *trial, struct target *target, bool fits)
{
	struct line line = generator_line(
		&trial->generator, target->grammar, verb_for(&trial->generator, target), target->word, fits);
	char text[LINE_SIZE];
	struct verdict ip;
	bool same;

	line_print(&line, text);
	same = judge(trial, line.grammar,
		!line.says_family	  ? ""
		: line.family == FAMILY_6 ? "-6"
					  : "-4",
		text, &ip);
	count_line(target, &line, &ip);
	if (same && ip.class == ACCEPTED && line.verb->keeps)
		generator_keep(&trial->generator, &line);
	else if (same && ip.class == ACCEPTED)
		generator_drop(&trial->generator, &line);
	if (same && trial->since >= LINES_A_STAND) {
		check_shown(trial);
		renew(trial);
	}
}

/* "ip -6 route add ...", without the "ip"; false: a difference was told, and the namespaces are new. */
static bool judge_command(struct trial *trial, char *command)
{
	const char *family = *command == '-' ? strsep(&command, " ") : "", *object = strsep(&command, " ");
	struct verdict ip;

	for (const struct grammar *grammar = grammars; grammar->object && command; grammar++)
		if (!strcmp(grammar->object, object))
			return judge(trial, grammar, family, command, &ip);
	return true;
}

/* One command, or several with "; ip " between them, in namespaces that are new, before and after. */
static void try_commands(struct trial *trial, const char *commands)
{
	char copy[LINE_SIZE], *next = copy;
	bool same = true;

	snprintf(copy, sizeof copy, "%s", commands);
	while (same && next) {
		char *command = next;

		next = strstr(command, "; ip ");
		if (next) {
			*next = 0;
			next += strlen("; ip ");
		}
		same = judge_command(trial, command);
	}
	if (same)
		renew(trial);
}

/* One of the targets of the grammar (NULL: of any): in the long form what lacks lines; NULL: there is none.
 */
static struct target *choose_of(struct trial *trial, const struct grammar *grammar)
{
	struct target *fitting[TARGETS];
	size_t count = 0;

	for (size_t i = 0; i < trial->count; i++) {
		struct target *target = &trial->targets[i];

		if ((!grammar || target->grammar == grammar) &&
			!(trial->full ? satisfied(target) : hopeless(target)))
			fitting[count++] = target;
	}
	return count ? fitting[generator_number(&trial->generator, 0, count - 1)] : NULL;
}

/* Of one object until the namespaces are made anew, so that there is something to change and to delete. */
static struct target *choose(struct trial *trial)
{
	struct target *target = trial->since ? choose_of(trial, trial->grammar) : NULL;

	if (!target)
		target = choose_of(trial, NULL);
	if (target)
		trial->grammar = target->grammar;
	return target;
}

static void run_lines(struct trial *trial, size_t most)
{
	const char *command;
	struct target *target;

	for (size_t i = 0; (command = differences_command(trial->differences, i)); i++)
		try_commands(trial, command);
	while (trial->lines < most && (target = choose(trial))) {
		bool fits = generator_number(&trial->generator, 1, 100) <= 80;

		if (trial->full && target->accepted >= ACCEPTED_LEAST)
			fits = false;
		else if (trial->full && target->refused >= REFUSED_LEAST)
			fits = true;
		try_line(trial, target, fits);
	}
	check_shown(trial);
}

/* Returns how many words have too few lines. */
static size_t print_counts(const struct trial *trial)
{
	size_t few = 0;

	for (size_t i = 0; i < trial->count; i++) {
		const struct target *target = &trial->targets[i];

		printf("# %-9s %-22s %5zu accepted %5zu refused%s\n", target->grammar->object,
			target_name(target), target->accepted, target->refused,
			target->unknown ? " (this ip has no such word)" : "");
		if (!target->unknown && hopeless(target))
			printf("#   hardly or never accepted here: %s\n", target->last);
		else if (!satisfied(target))
			few++;
	}
	return few;
}

static void print_version(struct trial *trial)
{
	static const char *const arguments[] = { "ip", "-V", NULL };
	int status;
	char *version = stand_run(trial->stand, 0, arguments, true, &status);

	printf("# %s", version);
	free(version);
}

static void usage(void)
{
	fputs("usage: judge [--seed N] [--lines N] [--object NAME] [--keyword WORD] [--full] [--tell] "
	      "DIFFERENCES\n",
		stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "seed", 1, NULL, 's' }, { "lines", 1, NULL, 'l' },
		{ "object", 1, NULL, 'o' }, { "keyword", 1, NULL, 'k' }, { "full", 0, NULL, 'f' },
		{ "tell", 0, NULL, 't' }, { 0 } };
	static struct trial trial = { .seed = 1 };
	const char *object = NULL, *keyword = NULL;
	size_t most = 400, few, never;
	int letter;

	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (letter) {
		case 's': trial.seed = strtoull(optarg, NULL, 0); break;
		case 'l': most = strtoull(optarg, NULL, 0); break;
		case 'o': object = optarg; break;
		case 'k': keyword = optarg; break;
		case 'f': trial.full = true; break;
		case 't': trial.tell = true; break;
		default: usage();
		}
	}
	if (optind != argc - 2)
		usage();
	trial.file = argv[optind];
	trial.differences = differences_read(argv[optind + 1]);
	trial.generator.state = trial.seed;
	trial.stand = stand_open(trial.file);
	print_version(&trial);
	printf("# seed %llu\n", (unsigned long long)trial.seed);
	for (const struct grammar *grammar = grammars; grammar->object; grammar++)
		if (!object || !strcmp(object, grammar->object))
			add_targets(&trial, grammar, keyword);
	run_lines(&trial, most);
	few = print_counts(&trial);
	never = differences_print(trial.differences);
	tap_ok(!trial.unexplained, "%zu lines: as ip, but for %zu that are explained and %zu that are not",
		trial.lines, trial.explained, trial.unexplained);
	if (trial.full) {
		tap_ok(!few, "each word in %d lines that ip accepts and %d that it refuses", ACCEPTED_LEAST,
			REFUSED_LEAST);
	}
	tap_ok(!never, "what is explained occurs");
	stand_close(trial.stand);
	differences_free(trial.differences);
	return tap_done();
}
