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
	return is_dropped(evidence, last, out) || leads_nowhere(evidence, last, out) ||
	       is_lost(evidence, last, out);
}
