/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/carriers.h"

/* The ends of the flow: nothing else is known of what carries a dropped packet. */
static bool same_ends(const struct flow *one, const struct flow *other)
{
	return one->protocol == other->protocol && one->sport == other->sport && one->dport == other->dport &&
	       address_equal(&one->from, &other->from) && address_equal(&one->to, &other->to);
}

static bool is_carrier(const struct evidence *evidence, const struct flow *flow, enum role role)
{
	for (size_t i = 0; i < evidence->sighting_count; i++)
		if (evidence->sightings[i].carries == role && same_ends(&evidence->sightings[i].flow, flow))
			return true;
	return false;
}

struct evidence carriers_only(const struct evidence *evidence, enum role role, size_t *out_count)
{
	struct arena *arena = evidence->arena;
	struct evidence out = *evidence;

	*out_count = 0;
	out.sightings = arena_copy(arena, out.sightings, out.sighting_count * sizeof *out.sightings);
	out.drops = arena_copy(arena, out.drops, out.drop_count * sizeof *out.drops);
	for (size_t i = 0; i < out.sighting_count; i++) {
		bool carries = out.sightings[i].carries == role;

		out.sightings[i].role = carries ? role : ROLE_OTHER;
		*out_count += carries;
	}
	for (size_t i = 0; i < out.drop_count; i++)
		out.drops[i].role = is_carrier(evidence, &out.drops[i].flow, role) ? role : ROLE_OTHER;
	return out;
}
