/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame that came in by a port of a bridge and was not seen behind it: nobody looked its addresses up. */
#include <string.h>

#include "explain/cause.h"
#include "explain/rulesets.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"

static bool ask(
	const struct evidence *evidence, const struct netns *in, const char *device, struct link_state *out)
{
	const struct oracle *oracle = evidence->oracle;

	return oracle->link_state && oracle->link_state(oracle->context, evidence->arena, in, device, out);
}

bool is_bridged(const struct evidence *evidence, const struct netns *in, const char *device)
{
	const struct link *master;
	struct link_state port;

	if (!ask(evidence, in, device, &port) || !port.master)
		return false;
	master = namespace_link(in, port.master);
	return !master || !master->kind || !strcmp(master->kind->name, "bridge");
}

/* The bridge itself is down. */
static bool is_down(
	const struct evidence *evidence, const struct stop *stop, const char *bridge, struct cause *out)
{
	struct link_state state;

	if (!ask(evidence, stop->in, bridge, &state) || state.up)
		return false;
	cause_note(evidence, out, "%s: %s is down", stop->in->name, bridge);
	out->observed = true;
	return cause_is(out, stop->in, bridge, CAUSE_DEVICE_DOWN,
		arena_printf(evidence->arena, "the %s came in by %s, a port of the bridge %s, which is down",
			role_name(stop->role), stop->device, bridge));
}

static bool is_firewalled(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	const struct dropped *drop = drop_of(evidence, stop->in, stop->role);

	if (!stop->in->uses_nft || !dropped_for(drop, "NETFILTER_DROP"))
		return false;
	cause_note_drop(evidence, out, drop);
	return cause_is(out, stop->in, stop->device, CAUSE_FIREWALL,
		arena_printf(evidence->arena, "the firewall (nftables) dropped the %s that came in by %s",
			role_name(stop->role), stop->device));
}

/* Whether the bridge passed on a question for a link-layer address: then its ports forward. */
static bool passes(const struct evidence *evidence, const struct netns *in)
{
	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (sighting->in == in && !sighting->wire && sighting->direction == RELAY_OUT &&
			flow_neighbour(&sighting->flow, false, NULL) &&
			is_bridged(evidence, in, sighting->device))
			return true;
	}
	return false;
}

static bool is_silently_firewalled(
	const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	if (evidence->sees_drops || !rulesets_drop(evidence, stop->in) || !passes(evidence, stop->in))
		return false;
	cause_note(evidence, out, "%s: the bridge passed on the question for a neighbour, but not the %s",
		stop->in->name, role_name(stop->role));
	return cause_is(out, stop->in, stop->device, CAUSE_FIREWALL,
		arena_printf(evidence->arena, "the firewall (nftables) dropped the %s that came in by %s",
			role_name(stop->role), stop->device));
}

/* A port of the same bridge that takes less; a bridge cannot tell the sender so. */
static bool is_too_big(
	const struct evidence *evidence, const struct stop *stop, const char *bridge, struct cause *out)
{
	const struct netns *in = stop->in;
	struct link_state port;

	for (size_t i = 0; i < in->link_count; i++) {
		const char *name = in->links[i]->name;

		if (!strcmp(name, stop->device) || !ask(evidence, in, name, &port) || !port.master ||
			strcmp(port.master, bridge) != 0 || port.mtu >= stop->flow->length)
			continue;
		cause_note(evidence, out, "%s: the MTU of %s is %u", in->name, name, port.mtu);
		return cause_is(out, in, name, CAUSE_TOO_BIG,
			arena_printf(evidence->arena,
				"the bridge %s dropped the %s of %u bytes: its port %s takes %u", bridge,
				role_name(stop->role), stop->flow->length, name, port.mtu));
	}
	return false;
}

static const struct dropped *drop_by_bridge(
	const struct evidence *evidence, const struct netns *in, enum role role)
{
	const struct dropped *drop = drop_of(evidence, in, role);

	return drop && drop->place && !strncmp(drop->place, "br_", 3) ? drop : NULL;
}

/* Only the kernel's own word tells it from what other bridges do with a frame that they have no port for. */
static bool is_kept(
	const struct evidence *evidence, const struct stop *stop, const char *bridge, struct cause *out)
{
	const struct dropped *drop = drop_by_bridge(evidence, stop->in, stop->role);

	if (!drop)
		return false;
	cause_note_drop(evidence, out, drop);
	return cause_is(out, stop->in, stop->device, CAUSE_BRIDGE,
		arena_printf(evidence->arena,
			"the bridge %s did not send on the %s that came in by %s: no other port that it may "
			"leave by has its address",
			bridge, role_name(stop->role), stop->device));
}

bool judge_bridge_itself(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct dropped *drop = drop_by_bridge(evidence, last->in, last->role);

	if (!drop || last->wire || last->direction != RELAY_OUT)
		return false;
	cause_note_drop(evidence, out, drop);
	return cause_is(out, last->in, last->device, CAUSE_BRIDGE,
		arena_printf(evidence->arena,
			"the %s was to leave by %s, and the bridge did not send it out of a port: it does "
			"not send "
			"back by the port that a frame came in by (hairpin), nor between isolated ones",
			role_name(last->role), last->device));
}

bool judge_bridge(const struct evidence *evidence, const struct stop *stop, struct cause *out)
{
	struct link_state port;

	if (!ask(evidence, stop->in, stop->device, &port) || !port.master)
		return false;
	return is_down(evidence, stop, port.master, out) || is_firewalled(evidence, stop, out) ||
	       is_too_big(evidence, stop, port.master, out) || is_silently_firewalled(evidence, stop, out) ||
	       is_kept(evidence, stop, port.master, out);
}
