/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/losses.h"

#include <netinet/in.h>

#include "explain/late.h"
#include "explain/sightings.h"
#include "forwarder/protocol.h"

enum { SEQUENCES = 1 << 16 }; /* RFC 792: a number of 16 bits */

struct echoes {
	bool sent[SEQUENCES], answered[SEQUENCES];
	const struct patience *patience;
};

static bool came_back(
	const struct evidence *evidence, const struct echoes *echoes, const struct sighting *sighting)
{
	return sighting->role == ROLE_ANSWER && !came_late(echoes->patience, sighting) &&
	       sighting->in == evidence->step->in && !sighting->wire && sighting->direction == RELAY_IN;
}

static bool some_are_lost(const struct evidence *evidence, struct echoes *echoes)
{
	size_t sent = 0, answered = 0;

	echoes->patience = patience_of(evidence);
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];
		uint16_t number = (uint16_t)sighting->flow.sequence;

		if (sighting->role == ROLE_REQUEST)
			echoes->sent[number] = true;
		else if (came_back(evidence, echoes, sighting))
			echoes->answered[number] = true;
	}
	for (size_t i = 0; i < SEQUENCES; i++) {
		sent += echoes->sent[i];
		answered += echoes->sent[i] && echoes->answered[i];
	}
	return answered && answered < sent;
}

static void forget(enum role *role, const struct flow *flow, const struct echoes *echoes)
{
	if ((*role == ROLE_REQUEST || *role == ROLE_ANSWER) && echoes->answered[(uint16_t)flow->sequence])
		*role = ROLE_OTHER;
}

struct evidence losses_only(const struct evidence *evidence)
{
	struct arena *arena = evidence->arena;
	struct echoes *echoes = arena_take(arena, sizeof *echoes);
	uint8_t protocol = protocol_of_probe(evidence->step);
	struct evidence out = *evidence;

	if ((protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6) || !some_are_lost(evidence, echoes))
		return out;
	out.sightings = arena_copy(arena, out.sightings, out.sighting_count * sizeof *out.sightings);
	out.drops = arena_copy(arena, out.drops, out.drop_count * sizeof *out.drops);
	for (size_t i = 0; i < out.sighting_count; i++)
		forget(&out.sightings[i].role, &out.sightings[i].flow, echoes);
	for (size_t i = 0; i < out.drop_count; i++)
		forget(&out.drops[i].role, &out.drops[i].flow, echoes);
	return out;
}
