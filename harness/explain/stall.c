/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection that opened, and whose big packets do not get through: a black hole for the path's MTU. */
#include <string.h>

#include "explain/cause.h"
#include "forwarder/protocol.h"

static bool is_big(const struct sighting *sighting, enum role role)
{
	enum { LEAST = 576 }; /* RFC 791: what every host takes */

	return sighting->role == role && sighting->flow.length > LEAST && sighting->flow.payload_size;
}

/* Whether a packet of the same bytes was seen later by another device. */
static bool goes_on(const struct evidence *evidence, size_t at)
{
	const struct sighting *here = &evidence->sightings[at];

	for (size_t i = at + 1; i < evidence->sighting_count; i++) {
		const struct sighting *later = &evidence->sightings[i];

		if (is_big(later, here->role) && later->flow.sequence == here->flow.sequence &&
			(later->in != here->in || strcmp(later->device, here->device) != 0 ||
				later->direction != here->direction))
			return true;
	}
	return false;
}

/* The last big packet of the role that was seen to come into a namespace that is not its target's, and no
 * further. */
static const struct sighting *last_stuck(const struct evidence *evidence, enum role role)
{
	const struct sighting *found = NULL;

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (is_big(sighting, role) && !sighting->wire && sighting->direction == RELAY_IN)
			found = goes_on(evidence, i) ? found : sighting;
	}
	return found;
}

/* Whether the namespace told the sender. */
static bool tells(const struct evidence *evidence, const struct netns *in)
{
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (sighting->role == ROLE_ERROR && sighting->in == in && sighting->direction == RELAY_OUT)
			return true;
	}
	return false;
}

/* What can stop big packets only. */
static bool is_of_size(const struct cause *cause)
{
	return cause->mechanism == CAUSE_TOO_BIG || (cause->mechanism == CAUSE_FIREWALL && cause->observed);
}

static bool judge_role(const struct evidence *evidence, enum role role, struct cause *out)
{
	const struct sighting *last = last_stuck(evidence, role);
	struct stop stop = { .role = role };

	if (!last || tells(evidence, last->in))
		return false;
	stop.in = last->in;
	stop.device = last->device;
	stop.flow = &last->flow;
	if (judge_arrival(evidence, &stop, out) && is_of_size(out))
		return true;
	*out = (struct cause) { 0 };
	return false;
}

/* A ruleset that drops what the namespace itself sends, as the kernel says. */
static bool is_unsent(const struct evidence *evidence, struct cause *out)
{
	for (size_t i = 0; i < evidence->drop_count; i++) {
		const struct dropped *drop = &evidence->drops[i];

		if (drop->device || !drop->reason || strcmp(drop->reason, "NETFILTER_DROP") != 0 ||
			(drop->role != ROLE_REQUEST && drop->role != ROLE_ANSWER))
			continue;
		out->mechanism = CAUSE_FIREWALL;
		out->in = drop->in;
		out->observed = true;
		out->text = arena_printf(evidence->arena,
			"the firewall (nftables) dropped the %s of %u bytes on its way out",
			role_name(drop->role), drop->flow.length);
		cause_note(evidence, out, "%s: the kernel dropped it: NETFILTER_DROP", drop->in->name);
		return true;
	}
	return false;
}

bool judge_stall(const struct evidence *evidence, struct cause *out)
{
	const char *kind = evidence->verdict->kind;

	if (!kind || strcmp(kind, "stalled") != 0)
		return false;
	return judge_role(evidence, ROLE_REQUEST, out) || judge_role(evidence, ROLE_ANSWER, out) ||
	       is_unsent(evidence, out);
}
