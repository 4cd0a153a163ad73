/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router of the relay's dropped, and what it took and did not send on. */
#include <string.h>

#include "explain/cause.h"
#include "explain/router.h"
#include "forwarder/protocol.h"
#include "kernel/router_memory.h"

const struct wire *routed_by(const struct sighting *sighting)
{
	const struct link *link = sighting->wire ? namespace_link(sighting->in, sighting->device) : NULL;

	return link && link->wire && link->wire->kind->router ? link->wire : NULL;
}

const char *router_lost_by(const struct sighting *sighting)
{
	static const char before[] = "dropped: ";
	const char *why = sighting->dropped;

	if (!why || strncmp(why, before, strlen(before)) != 0 || !routed_by(sighting))
		return NULL;
	why += strlen(before);
	return router_drop_of(why) != ROUTER_COUNTERS ? why : NULL;
}

/* What a namespace that routes would be said to have done goes by the same name. */
static enum mechanism mechanism_of_drop(enum router_counter counter)
{
	switch ((unsigned)counter) {
	case ROUTER_martian_source:
	case ROUTER_martian_target: return CAUSE_MARTIAN;
	case ROUTER_ttl_exceeded: return CAUSE_TTL;
	case ROUTER_no_route: return CAUSE_NO_ROUTE;
	case ROUTER_blackhole: return CAUSE_BLACKHOLE;
	case ROUTER_unreachable: return CAUSE_UNREACHABLE;
	case ROUTER_prohibited: return CAUSE_PROHIBIT;
	case ROUTER_too_big: return CAUSE_TOO_BIG;
	case ROUTER_no_answer:
	case ROUTER_waiting: return CAUSE_NEIGHBOUR;
	case ROUTER_closed_port: return CAUSE_CLOSED;
	default: return CAUSE_ROUTER;
	}
}

static bool is(const struct sighting *last, struct cause *out, enum mechanism mechanism, const char *text)
{
	out->observed = true;
	out->router = true;
	return cause_is(out, last->in, last->device, mechanism, text);
}

static bool is_dropped(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const char *why = router_lost_by(last);

	if (!why)
		return false;
	cause_note(
		evidence, out, "%s: the router's end of %s: %s", last->in->name, last->device, last->dropped);
	return is(last, out, mechanism_of_drop(router_drop_of(why)),
		arena_printf(evidence->arena, "the router behind %s dropped the %s of %u bytes: %s",
			last->device, role_name(last->role), last->flow.length, why));
}

static bool is_end_of(const struct wire *wire, const struct sighting *sighting)
{
	return sighting->wire && routed_by(sighting) == wire;
}

/* Whether somebody on a link of the wire's router said who has the address. */
static bool is_answered(
	const struct evidence *evidence, const struct wire *wire, const struct address *wanted)
{
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];
		struct address whose;

		if (is_end_of(wire, sighting) && sighting->direction == RELAY_OUT &&
			flow_neighbour(&sighting->flow, true, &whose) && address_equal(&whose, wanted))
			return true;
	}
	return false;
}

/* The first question of the wire's router behind LAST that nobody answered; NULL: there is none. */
static const struct sighting *unanswered(const struct evidence *evidence, const struct wire *wire,
	const struct sighting *last, struct address *whose)
{
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *asked = &evidence->sightings[i];

		if (is_end_of(wire, asked) && asked->direction == RELAY_IN && asked->time >= last->time &&
			flow_neighbour(&asked->flow, false, whose) && !is_answered(evidence, wire, whose))
			return asked;
	}
	return NULL;
}

static bool is_kept(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct wire *wire = routed_by(last);
	const struct sighting *asked;
	struct address whose;

	if (!wire || last->dropped || last->direction != RELAY_OUT)
		return false;
	cause_note(evidence, out, "%s: the %s went to the router by %s%s%s, and had not come out of it",
		last->in->name, role_name(last->role), last->device, last->befell.said ? ": " : "",
		last->befell.said ? last->befell.said : "");
	asked = unanswered(evidence, wire, last, &whose);
	if (asked)
		return is(last, out, CAUSE_NEIGHBOUR,
			arena_printf(evidence->arena,
				"the router behind %s asked on the link of %s/%s who has %s, for the %s, and "
				"nobody "
				"answered",
				last->device, asked->in->name, asked->device,
				address_print(evidence->arena, &whose), role_name(last->role)));
	return is(last, out, CAUSE_ROUTER,
		arena_printf(evidence->arena,
			"the router behind %s had not sent the %s on when the time for an answer was over",
			last->device, role_name(last->role)));
}

bool judge_router(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	return is_dropped(evidence, last, out) || is_kept(evidence, last, out);
}
