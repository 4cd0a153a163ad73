/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A plan that is being made, for the files of plan/. */
#ifndef TUNLAB_PLANNING_H
#define TUNLAB_PLANNING_H

#include "plan/plan.h"

struct planning {
	struct arena *arena;
	struct plan *plan;
	const struct content *const *contents;
	size_t count;
	const struct place *birth; /* of the links that this plan makes */
};

static inline struct operation *planning_append(struct planning *planning, struct operation operation)
{
	return arena_append(
		planning->arena, &planning->plan->at, &planning->plan->count, &operation, sizeof operation);
}

/* What is said of routers: how many errors they send; what they have, of a PHASE; what they advertise. */
void plan_ratelimits(struct planning *planning, const struct content *wiring);
void plan_routers(struct planning *planning, const struct content *wiring, enum phase phase);
void plan_advertisements(struct planning *planning, const struct content *wiring);

#endif
