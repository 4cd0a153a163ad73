/* SPDX-License-Identifier: GPL-2.0-or-later */
/* document schema, document manual: prints one of the two on standard output; the manual's template is read
 * from standard input. */
#include <string.h>

#include "document.h"

bool table_ends(const struct field *field)
{
	return !field->word && !field->key;
}

int main(int count, char **arguments)
{
	const char *what = count == 2 ? arguments[1] : "";

	if (!strcmp(what, "schema"))
		return !schema_print(stdout);
	if (!strcmp(what, "manual"))
		return !manual_print(stdout, stdin);
	fprintf(stderr, "usage: document schema | document manual <TEMPLATE\n");
	return 2;
}
