/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/late.h"

#include <netinet/in.h>

#include "explain/sightings.h"

enum { SEQUENCES = 1 << 16 }; /* RFC 792: a number of 16 bits */

/* Each echo request is waited for by itself, all others until the step was over. */
struct patience {
	bool echoes;
	uint64_t stood;
	uint64_t until[SEQUENCES]; /* 0: no request of that number was seen */
};

struct patience *patience_of(const struct evidence *evidence)
{
	struct patience *patience = arena_take(evidence->arena, sizeof *patience);
	uint8_t protocol = protocol_of_probe(evidence->step);

	patience->stood = evidence->verdict ? evidence->verdict->stood : 0;
	patience->echoes = (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) && evidence->verdict &&
			   evidence->verdict->patience;
	for (size_t i = 0; patience->echoes && i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];
		uint64_t *until = &patience->until[(uint16_t)sighting->flow.sequence];

		if (sighting->role == ROLE_REQUEST && !*until)
			*until = sighting->time + evidence->verdict->patience;
	}
	return patience;
}

bool came_late(const struct patience *patience, const struct sighting *sighting)
{
	uint64_t until = patience->stood;

	if (sighting->role == ROLE_OTHER)
		return false;
	if (patience->echoes && sighting->role != ROLE_ERROR)
		until = patience->until[(uint16_t)sighting->flow.sequence];
	return until && sighting->time > until;
}
