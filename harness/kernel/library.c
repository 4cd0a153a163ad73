/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/library.h"

#include <dlfcn.h>
#include <string.h>

static bool load_symbols(void *library, const struct library_symbol *symbols, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *symbol = dlsym(library, symbols[i].name);

		if (!symbol)
			return false;
		memcpy(symbols[i].place, &symbol, sizeof symbol);
	}
	return true;
}

bool library_load(const char *const *names, const struct library_symbol *symbols, size_t count)
{
	void *library = NULL;
	bool loaded;

	for (; *names && !library; names++)
		library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
	loaded = library && load_symbols(library, symbols, count);
	if (library && !loaded)
		dlclose(library);
	return loaded;
}
