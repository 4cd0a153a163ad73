/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet that left by a tunnel's device: what became of the packet around it. */
#include <netinet/in.h>
#include <string.h>

#include "explain/carriers.h"
#include "explain/cause.h"
#include "explain/journey.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"

/* Where a tunnel's other end is, as the lab made it; NULL: it is no tunnel, or was changed since. */
static const struct address *remote_of(const struct link *link)
{
	return link && link->kind && !link->last ? value_address(&link->own, "remote") : NULL;
}

static uint8_t protocol_around(const struct link *link)
{
	if (!strcmp(link->kind->name, "vxlan") || !strcmp(link->kind->name, "wireguard"))
		return IPPROTO_UDP;
	return link->kind->ethernet || !strncmp(link->kind->name, "gre", 3) ? IPPROTO_GRE : IPPROTO_IPIP;
}

/* Nothing was seen to leave around it: there may be no way to the tunnel's other end. */
static bool judge_unsent(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct link *link = namespace_link(last->in, last->device);
	const struct address *remote = remote_of(link);
	const struct address *local = remote ? value_address(&link->own, "local") : NULL;
	struct flow flow = { 0 };
	struct stop stop = { .role = last->role, .flow = &flow };
	struct evidence around;

	if (!remote)
		return false;
	stop.in = link->lower ? link->lower->in : last->in;
	flow.family = remote->family;
	flow.protocol = protocol_around(link);
	flow.to = *remote;
	if (local)
		flow.from = *local;
	cause_note(evidence, out, "%s: the %s left by %s, to the tunnel's other end %s", last->in->name,
		role_name(last->role), last->device, address_print(evidence->arena, remote));
	around = *evidence;
	around.drops = arena_copy(evidence->arena, around.drops, around.drop_count * sizeof *around.drops);
	for (size_t i = 0; i < around.drop_count; i++)
		if (address_equal(&around.drops[i].flow.to, remote))
			around.drops[i].role = last->role;
	return judge_sending(&around, &stop, out);
}

/* The number of the tunnel's network; of kinds without one it is 0. */
static uint64_t number_of(const struct link *link)
{
	return value_number(&link->own, "id", 0);
}

/* The namespace has such a tunnel, and all such are down. */
static bool is_down(const struct evidence *evidence, const struct sighting *last, const struct link *sender,
	struct cause *out)
{
	const struct oracle *oracle = evidence->oracle;
	const struct netns *in = last->in;
	const char *down = NULL;
	struct link_state state;

	for (size_t i = 0; oracle->link_state && i < in->link_count; i++) {
		const struct link *link = in->links[i];

		if (!link->kind || !sender->kind || strcmp(link->kind->name, sender->kind->name) != 0 ||
			number_of(link) != number_of(sender) ||
			!oracle->link_state(oracle->context, evidence->arena, in, link->name, &state))
			continue;
		if (state.up)
			return false;
		down = link->name;
	}
	if (!down)
		return false;
	cause_note(evidence, out, "%s: %s is down", in->name, down);
	out->observed = true;
	return cause_is(out, in, down, CAUSE_DEVICE_DOWN,
		arena_printf(evidence->arena, "the %s came to the tunnel's end, whose device %s is down",
			role_name(last->role), down));
}

static bool judge_arrived(const struct evidence *evidence, const struct sighting *end,
	const struct link *sender, struct cause *out)
{
	const struct stop stop = stop_of(end);

	return !end->wire && end->direction == RELAY_IN &&
	       (is_down(evidence, end, sender, out) || judge_closed(evidence, &stop, out));
}

bool judge_tunnel(const struct evidence *evidence, const struct sighting *last, struct cause *out)
{
	const struct link *link = namespace_link(last->in, last->device);
	struct evidence outer;
	struct journey journey;
	size_t count;

	if (last->wire || last->direction != RELAY_OUT || !link)
		return false;
	outer = carriers_only(evidence, last->role, &count);
	if (!count)
		return judge_unsent(evidence, last, out);
	journey = journey_of(&outer, last->role);
	return judge_end(&outer, journey_end(&journey), true, out) ||
	       judge_arrived(&outer, journey_end(&journey), link, out);
}
