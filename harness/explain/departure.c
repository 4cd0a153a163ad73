/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that left by a device, or entered a wire, and was seen nowhere behind it. */
#include <string.h>

#include "explain/cause.h"
#include "explain/sightings.h"
#include "forwarder/protocol.h"

static bool is(const struct sighting *last, struct cause *out, enum mechanism mechanism, const char *text)
{
	out->observed = true;
	return cause_is(out, last->in, last->device, mechanism, text);
}

static bool is_lost_by_wire(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const char *why = remark_lost_by(last->dropped);

	if (!why)
		return false;
	cause_note(
		evidence, out, "%s: the relay's end of %s: %s", last->in->name, last->device, last->dropped);
	return is(last, out, CAUSE_WIRE,
		arena_printf(evidence->arena, "the wire to %s lost the %s of %u bytes: %s", last->device,
			role_name(last->role), last->flow.length, why));
}

static const struct link *other_end(const struct wire *wire, const struct link *link)
{
	return wire->ends[0] == link ? wire->ends[1] : wire->ends[0];
}

/* The relay notes what comes out of a wire, and what it drops: of what went in, and of which nothing is
 * noted, it still has all. */
static bool is_under_way(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct link *link = namespace_link(last->in, last->device);

	if (!last->wire || last->direction != RELAY_OUT || last->dropped || !link || !link->wire)
		return false;
	if (link->wire->count == 2 && !link->wire->kind->router)
		link = other_end(link->wire, link);
	cause_note(evidence, out, "%s: the %s went into the wire by %s, and had not come out of it",
		last->in->name, role_name(last->role), last->device);
	out->observed = true;
	return cause_is(out, link->in, link->name, CAUSE_WIRE,
		arena_printf(evidence->arena,
			"the wire to %s delayed the %s: it was still under way when the time for an answer "
			"was over",
			link->name, role_name(last->role)));
}

static bool is_dropped(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	if (!last->dropped)
		return false;
	cause_note(
		evidence, out, "%s: the relay's end of %s: %s", last->in->name, last->device, last->dropped);
	return is(last, out, strstr(last->dropped, "the device refused it") ? CAUSE_DEVICE_DOWN : CAUSE_WIRE,
		arena_printf(evidence->arena, "the wire to %s did not deliver the %s: %s", last->device,
			role_name(last->role), last->dropped));
}

static bool leads_nowhere(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	if (!sighting_leads_nowhere(last))
		return false;
	cause_note(
		evidence, out, "%s: the %s left by %s", last->in->name, role_name(last->role), last->device);
	return is(last, out, CAUSE_LEADS_NOWHERE,
		arena_printf(evidence->arena,
			"the %s left by %s, which leads nowhere: no wire is at its other end",
			role_name(last->role), last->device));
}

/* Of the packets that a TUN or TAP sends, the relay reads those that its queue had room for, which is where
 * they were seen to leave. */
static bool is_overrun(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct link *link = namespace_link(last->in, last->device);
	const char *counter = arena_printf(evidence->arena, "%s.tx_dropped", last->device);
	const struct dropped *drop = drop_of(evidence, last->in, last->role);
	bool told = dropped_for(drop, "FULL_RING");

	if (!link || !link->kind || link->kind->made != LINK_BY_TUN || !link->wire || last->wire ||
		last->direction != RELAY_OUT || (!told && !moved_by(evidence, last->in, counter)))
		return false;
	if (told)
		cause_note_drop(evidence, out, drop);
	if (moved_by(evidence, last->in, counter))
		cause_note(evidence, out, "%s: %s moved", last->in->name, counter);
	return is(last, out, CAUSE_QUEUE,
		arena_printf(evidence->arena, "%s dropped the %s as it left: its queue did not take it%s",
			last->device, role_name(last->role), told ? ", since it was full" : ""));
}

/* A veth drops what its other end would not take. */
static bool is_lost(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct link *link = namespace_link(last->in, last->device);
	const char *counter = arena_printf(evidence->arena, "%s.tx_dropped", last->device);

	if (!link || !link->kind || strcmp(link->kind->name, "veth") != 0 || last->wire ||
		last->direction != RELAY_OUT || !moved_by(evidence, last->in, counter))
		return false;
	cause_note(evidence, out, "%s: %s moved", last->in->name, counter);
	return is(last, out, CAUSE_WIRE,
		arena_printf(evidence->arena,
			"%s dropped the %s of %u bytes as it left: its other end does not take it",
			last->device, role_name(last->role), last->flow.length));
}

bool judge_departure(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	return judge_router(evidence, last, out) || is_lost_by_wire(evidence, last, out) ||
	       is_dropped(evidence, last, out) || is_under_way(evidence, last, out) ||
	       leads_nowhere(evidence, last, out) || is_overrun(evidence, last, out) ||
	       is_lost(evidence, last, out);
}
