/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/router.h"
#include "plan/planning.h"

void plan_ratelimits(struct planning *planning, const struct content *wiring)
{
	for (size_t i = 0; i < wiring->statement_count; i++) {
		const struct statement *statement = wiring->statements[i];

		if (statement->router && statement->router->ratelimit)
			planning_append(planning, (struct operation) { .kind = OPERATION_RATELIMIT,
							  .phase = PHASE_RELAY,
							  .where = statement->router->ratelimit->where,
							  .wire = statement->wire,
							  .ratelimit = statement->router->ratelimit });
	}
}

static void plan_router_entries(
	struct planning *planning, const struct statement *statement, enum phase phase)
{
	for (size_t i = 0; i < statement->router->entry_count; i++) {
		const struct router_entry *entry = &statement->router->entries[i];

		if (entry->entry.object->phase == phase)
			planning_append(planning, (struct operation) { .kind = OPERATION_ROUTER,
							  .phase = phase,
							  .where = entry->entry.where,
							  .wire = statement->wire,
							  .of_router = entry });
	}
}

void plan_routers(struct planning *planning, const struct content *wiring, enum phase phase)
{
	for (size_t i = 0; i < wiring->statement_count; i++)
		if (wiring->statements[i]->router)
			plan_router_entries(planning, wiring->statements[i], phase);
}

static void plan_advertisements_of(struct planning *planning, const struct statement *statement)
{
	for (size_t i = 0; statement->router && i < statement->router->advertisement_count; i++)
		planning_append(planning, (struct operation) { .kind = OPERATION_ADVERTISE,
						  .phase = PHASE_ROUTES,
						  .where = statement->router->advertisements[i].where,
						  .wire = statement->wire,
						  .advertisement = &statement->router->advertisements[i] });
}

/* Links are up and routes are there: hosts take the first advertisement. */
void plan_advertisements(struct planning *planning, const struct content *wiring)
{
	for (size_t i = 0; i < wiring->statement_count; i++)
		plan_advertisements_of(planning, wiring->statements[i]);
}
