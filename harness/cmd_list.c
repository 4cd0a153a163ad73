/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "command.h"
#include "keep/client.h"
#include "keep/listing.h"
#include "keep/registry.h"

enum { OPTION_JSON, OPTION_NAMES };

/*
 * For whoever completes a command line: labs, of which none is asked anything, or the namespaces of one. What
 * is said on standard error is not seen there; so cleaning is left to the next command.
 */
static struct error *print_names(const struct arguments *arguments, struct arena *arena, json_t *labs)
{
	struct error *error = NULL;
	size_t i;
	json_t *each;

	if (!arguments->count)
		for (const char *const *name = registry_labs(arena); *name; name++)
			puts(*name);
	else
		error = client_list(arguments->operands[0], labs);
	json_array_foreach (json_object_get(json_array_get(labs, 0), "namespaces"), i, each)
		puts(json_string_value(json_object_get(each, "name")));
	return error;
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

static struct error *print_labs(const struct arguments *arguments, struct arena *arena, json_t *labs)
{
	struct error *error;

	registry_clean(stderr);
	error = collect(arguments, arena, labs);
	if (error)
		return error;
	if (!json_array_size(labs) && registry_hides())
		fprintf(stderr, "tunlab: no lab of yours is up; root has labs that are (sudo)\n");
	if (arguments->options[OPTION_JSON])
		json_dumpf(labs, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)), putchar('\n');
	else
		listing_print(stdout, labs);
	return NULL;
}

static int run(const struct arguments *arguments, struct error **error)
{
	struct arena *arena = arena_open();
	json_t *labs = json_new_array();

	*error = (arguments->options[OPTION_NAMES] ? print_names : print_labs)(arguments, arena, labs);
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
