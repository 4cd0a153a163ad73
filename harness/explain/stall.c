/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection that opened, and whose data do not get through: a black hole for the path's MTU, or a ruleset.
 */
#include <string.h>

#include "explain/cause.h"
#include "explain/rulesets.h"
#include "explain/sightings.h"
#include "forwarder/protocol.h"

static bool has_data(const struct sighting *sighting, enum role role)
{
	return sighting->role == role && sighting->flow.payload_size;
}

static bool same_bytes(const struct sighting *one, const struct sighting *other)
{
	return has_data(other, one->role) && one->flow.sequence == other->flow.sequence;
}

/* Whether a packet of the same bytes was at the place of LATER up to that which is number AT: then LATER is
 * one that was sent again. */
static bool was_there(const struct evidence *evidence, size_t at, const struct sighting *later)
{
	for (size_t i = 0; i <= at; i++) {
		const struct sighting *then = &evidence->sightings[i];

		if (same_bytes(later, then) && sighting_same_place(later, then))
			return true;
	}
	return false;
}

/* Whether a packet of the same bytes was seen later at a place where none was before. */
static bool goes_on(const struct evidence *evidence, size_t at)
{
	for (size_t i = at + 1; i < evidence->sighting_count; i++) {
		const struct sighting *later = &evidence->sightings[i];

		if (same_bytes(&evidence->sightings[at], later) && !was_there(evidence, at, later))
			return true;
	}
	return false;
}

/* Where the role's packets come from, or go to; NULL: none was seen. */
static const struct netns *end_of(const struct evidence *evidence, enum role role, bool target)
{
	if ((role == ROLE_REQUEST) != target)
		return evidence->step->in;
	for (size_t i = 0; i < evidence->sighting_count; i++)
		if (evidence->sightings[i].role == ROLE_ANSWER)
			return evidence->sightings[i].in;
	return NULL;
}

/* The last packet of the role with data that a wire dropped, or that came into a namespace and was seen no
 * further; with ARRIVED at its target, where all end. */
static const struct sighting *last_stuck(const struct evidence *evidence, enum role role, bool arrived)
{
	const struct netns *target = end_of(evidence, role, true);
	const struct sighting *found = NULL;

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];
		bool came = !sighting->wire && sighting->direction == RELAY_IN,
		     here = came && sighting->in == target;

		if (has_data(sighting, role) && (came || sighting->dropped) && here == arrived &&
			!goes_on(evidence, i))
			found = sighting;
	}
	return found;
}

static bool sends_data(const struct evidence *evidence, enum role role)
{
	for (size_t i = 0; i < evidence->sighting_count; i++)
		if (has_data(&evidence->sightings[i], role))
			return true;
	return false;
}

/* What can stop data only. Of what came to its target nobody knows whether it was taken, unless the
 * kernel says that it was not. */
static bool is_of_size(const struct cause *cause, bool arrived)
{
	return cause->mechanism == CAUSE_TOO_BIG ||
	       (cause->mechanism == CAUSE_FIREWALL && (cause->observed || !arrived));
}

static bool judge_stuck(
	const struct evidence *evidence, const struct sighting *last, bool arrived, struct cause *out)
{
	const struct stop stop = stop_of(last);

	if (judge_spoilt(evidence, last, out) || (last->dropped && judge_departure(evidence, last, out)))
		return true;
	if (!last->wire && last->direction == RELAY_IN && judge_arrival(evidence, &stop, out) &&
		is_of_size(out, arrived))
		return true;
	*out = (struct cause) { 0 };
	return false;
}

/* A ruleset that drops what the namespace itself sends, as the kernel says. */
static bool is_unsent(const struct evidence *evidence, struct cause *out)
{
	for (size_t i = 0; i < evidence->drop_count; i++) {
		const struct dropped *drop = &evidence->drops[i];

		if (drop->device || !dropped_for(drop, "NETFILTER_DROP") ||
			(drop->role != ROLE_REQUEST && drop->role != ROLE_ANSWER))
			continue;
		cause_note_drop(evidence, out, drop);
		return cause_is(out, drop->in, NULL, CAUSE_FIREWALL,
			arena_printf(evidence->arena,
				"the firewall (nftables) dropped the %s of %u bytes on its way out",
				role_name(drop->role), drop->flow.length));
	}
	return false;
}

/* The firewall of who sends them, where the kernel does not tell of drops: none was seen to leave. */
static bool is_silently_unsent(const struct evidence *evidence, enum role role, struct cause *out)
{
	const struct netns *in = end_of(evidence, role, false);

	if (evidence->sees_drops || !in || !in->uses_nft || sends_data(evidence, role) ||
		!rulesets_drop(evidence, in))
		return false;
	cause_note(evidence, out, "%s: no packet with data left", in->name);
	return cause_is(out, in, NULL, CAUSE_FIREWALL,
		arena_printf(evidence->arena, "the firewall (nftables) dropped the %s's data on its way out",
			role_name(role)));
}

static bool judge_role(const struct evidence *evidence, enum role role, struct cause *out)
{
	const struct sighting *on_the_way = last_stuck(evidence, role, false),
			      *arrived = last_stuck(evidence, role, true);

	return (on_the_way && judge_stuck(evidence, on_the_way, false, out)) ||
	       (arrived && judge_stuck(evidence, arrived, true, out)) ||
	       is_silently_unsent(evidence, role, out);
}

bool judge_stall(const struct evidence *evidence, struct cause *out)
{
	const char *kind = evidence->verdict->kind;

	if (!kind || strcmp(kind, "stalled") != 0)
		return false;
	return judge_role(evidence, ROLE_REQUEST, out) || judge_role(evidence, ROLE_ANSWER, out) ||
	       is_unsent(evidence, out);
}
