/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/judge/differences.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIFFERENCES = 128 };

struct difference {
	char *reason, *pattern, *command;
	regex_t compiled;
	size_t seen;
};

struct differences {
	struct difference at[DIFFERENCES];
	size_t count;
};

static void wrong(const char *file, const char *what)
{
	fprintf(stderr, "judge: %s: %s\n", file, what);
	exit(2);
}

struct differences *differences_read(const char *file)
{
	struct differences *differences = calloc(1, sizeof *differences);
	FILE *from = fopen(file, "r");
	char line[1024], reason[1024] = "";

	if (!from || !differences)
		wrong(file, "cannot be read");
	while (fgets(line, sizeof line, from)) {
		struct difference *difference = &differences->at[differences->count];

		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#')
			continue;
		if (!strncmp(line, "reason: ", 8)) {
			snprintf(reason, sizeof reason, "%s", line + 8);
			continue;
		}
		if (!strncmp(line, "as: ip ", 7) && differences->count && !difference[-1].command) {
			difference[-1].command = strdup(line + 7);
			continue;
		}
		if (strncmp(line, "match: ", 7) != 0 || !*reason || differences->count == DIFFERENCES)
			wrong(file, line);
		difference->reason = strdup(reason);
		difference->pattern = strdup(line + 7);
		if (regcomp(&difference->compiled, line + 7, REG_EXTENDED | REG_NOSUB))
			wrong(file, line);
		differences->count++;
	}
	fclose(from);
	for (size_t i = 0; i < differences->count; i++)
		if (!differences->at[i].command)
			wrong(file, differences->at[i].pattern);
	return differences;
}

const char *differences_explain(struct differences *differences, const char *text)
{
	for (size_t i = 0; i < differences->count; i++)
		if (!regexec(&differences->at[i].compiled, text, 0, NULL, 0)) {
			differences->at[i].seen++;
			return differences->at[i].reason;
		}
	return NULL;
}

const char *differences_command(const struct differences *differences, size_t index)
{
	return index < differences->count ? differences->at[index].command : NULL;
}

size_t differences_print(const struct differences *differences)
{
	size_t never = 0;

	for (size_t i = 0; i < differences->count; i++) {
		printf("# explained %zu times: %s (%s)\n", differences->at[i].seen,
			differences->at[i].pattern, differences->at[i].reason);
		never += !differences->at[i].seen;
	}
	return never;
}

void differences_free(struct differences *differences)
{
	for (size_t i = 0; i < differences->count; i++) {
		free(differences->at[i].reason);
		free(differences->at[i].pattern);
		free(differences->at[i].command);
		regfree(&differences->at[i].compiled);
	}
	free(differences);
}
