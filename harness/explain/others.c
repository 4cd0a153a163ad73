/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counters tell of the probe where other packets are about: all of them move the same ones. */
#include <netinet/in.h>
#include <string.h>

#include "explain/cause.h"
#include "forwarder/protocol.h"

static bool says_neighbour(const struct flow *flow)
{
	return flow_neighbour(flow, false, NULL) || flow_neighbour(flow, true, NULL);
}

/* Whether it is another's, and came to the namespace; what neighbours say to each other counts elsewhere. */
static bool is_other(const struct sighting *sighting, const struct netns *in)
{
	return sighting->role == ROLE_OTHER && sighting->in == in && !sighting->wire &&
	       (sighting->direction == RELAY_IN || !strcmp(sighting->device, "lo")) &&
	       !says_neighbour(&sighting->flow);
}

static bool is_alike(const struct flow *one, const struct flow *other, enum alike alike)
{
	enum { BIG = 576 }; /* RFC 791: what every host takes */
	bool family = one->family == other->family;
	bool messages = one->protocol == IPPROTO_ICMP || one->protocol == IPPROTO_ICMPV6;

	switch (alike) {
	case ALIKE_FAMILY: break;
	case ALIKE_PROTOCOL:
		return one->protocol == other->protocol && (!messages || one->type == other->type) &&
		       (family || one->protocol == IPPROTO_TCP); /* whose counters are of both */
	case ALIKE_SIZE: return family && one->do_not_fragment && one->length >= BIG;
	}
	return family;
}

/* A big one may be several segments, each of which counts. */
static uint64_t segments(const struct flow *flow)
{
	enum { LEAST = 536 }; /* RFC 9293, 3.7.1 */

	return 1 + flow->payload_size / LEAST;
}

uint64_t moved_surely(
	const struct evidence *evidence, const struct stop *stop, const char *counter, enum alike alike)
{
	uint64_t moved = moved_by(evidence, stop->in, counter), others = 0;

	for (size_t i = 0; i < evidence->sighting_count; i++)
		if (is_other(&evidence->sightings[i], stop->in) &&
			is_alike(&evidence->sightings[i].flow, stop->flow, alike))
			others += segments(&evidence->sightings[i].flow);
	return moved > others ? moved - others : 0;
}

bool is_alone(const struct evidence *evidence, const struct stop *stop)
{
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (sighting->role == ROLE_OTHER && sighting->in == stop->in &&
			!says_neighbour(&sighting->flow) && sighting->flow.family == stop->flow->family)
			return false;
	}
	return true;
}
