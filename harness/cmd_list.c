/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "command.h"
#include "keep/client.h"
#include "keep/listing.h"
#include "keep/registry.h"

enum { OPTION_JSON, OPTION_NAMES };

/* For whoever completes a command line: labs, or the namespaces of one. */
static void print_names(const json_t *labs, bool of_one)
{
	const json_t *of = of_one ? json_object_get(json_array_get(labs, 0), "namespaces") : labs;
	size_t i;
	json_t *each;

	json_array_foreach ((json_t *)of, i, each)
		printf("%s\n", json_string_value(json_object_get(each, "name")));
}

static struct error *collect(const struct arguments *arguments, struct arena *arena, json_t *labs)
{
	const char *const *names = registry_labs(arena);

	if (arguments->count)
		return client_list(arguments->operands[0], labs);
	for (; *names; names++)
		error_free(client_list(*names, labs)); /* one that is just coming or going is not up */
	return NULL;
}

static int run(const struct arguments *arguments, struct error **error)
{
	struct arena *arena = arena_open();
	json_t *labs = json_new_array();

	registry_clean(stderr);
	*error = collect(arguments, arena, labs);
	if (*error)
		;
	else if (arguments->options[OPTION_NAMES])
		print_names(labs, arguments->count);
	else if (arguments->options[OPTION_JSON])
		json_dumpf(labs, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)), putchar('\n');
	else
		listing_print(stdout, labs);
	json_decref(labs);
	arena_close(arena);
	return *error ? (int)(*error)->status : STATUS_PASSED;
}

static const struct option_row options[] = {
	[OPTION_JSON] = { "json", NULL, "as JSON: an array of labs" },
	[OPTION_NAMES] = { "names", NULL, "only the names: of labs, or with NAME of its namespaces" },
	{ 0 },
};

const struct command command_list = {
	.name = "list",
	.operands = "[NAME]",
	.most = 1,
	.what = "the labs that are up: namespaces, wires with their counters, keepers",
	.options = options,
	.run = run,
};
