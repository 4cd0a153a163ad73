/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/router_memory.h"

#include <string.h>

const struct router_counter_text router_counter_texts[ROUTER_COUNTERS] = {
#define X(name, what) [ROUTER_##name] = { #name, what },
	ROUTER_DEEDS(X) ROUTER_DROPS(X)
#undef X
};

uint64_t router_counted(const struct relay_router *router, enum router_counter counter)
{
	return __atomic_load_n(&router->counters[counter], __ATOMIC_RELAXED);
}

bool router_counts_losses(enum router_counter counter)
{
	return counter >= ROUTER_FIRST_DROP || counter == ROUTER_limited;
}

/* Of two texts of which one begins with the other, the longer one was meant. */
enum router_counter router_drop_of(const char *why)
{
	enum router_counter found = ROUTER_COUNTERS;
	size_t longest = 0;

	for (enum router_counter i = ROUTER_FIRST_DROP; i < ROUTER_COUNTERS; i++) {
		size_t length = strlen(router_counter_texts[i].what);

		if (length > longest && !strncmp(why, router_counter_texts[i].what, length)) {
			longest = length;
			found = i;
		}
	}
	return found;
}

const char *router_neighbour_state(const struct relay_neighbour *neighbour)
{
	static const char *const words[] = {
		[NEIGHBOUR_NONE] = NULL,
		[NEIGHBOUR_INCOMPLETE] = "INCOMPLETE",
		[NEIGHBOUR_REACHABLE] = "REACHABLE",
		[NEIGHBOUR_STALE] = "STALE",
		[NEIGHBOUR_DELAY] = "DELAY",
		[NEIGHBOUR_PROBE] = "PROBE",
		[NEIGHBOUR_FAILED] = "FAILED",
		[NEIGHBOUR_PERMANENT] = "PERMANENT",
	};
	uint32_t state = __atomic_load_n(&neighbour->state, __ATOMIC_RELAXED);

	return state < sizeof words / sizeof *words ? words[state] : NULL;
}
