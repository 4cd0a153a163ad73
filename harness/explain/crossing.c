/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came in. */
#include "explain/crossing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/cause.h"
#include "explain/choice.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"

static const char *name_of_place(struct arena *arena, const struct netns *from, const struct sighting *place)
{
	return place->in == from ? place->device
				 : arena_printf(arena, "%s/%s", place->in->name, place->device);
}

/* What the bridge did with a frame, as it was seen next. */
static const char *say_bridge(
	const struct evidence *evidence, const struct passage *passage, size_t at, const char *bridge)
{
	struct arena *arena = evidence->arena;
	const struct sighting *port = passage->events[at].seen;
	const char *to = "", *up = "";

	for (size_t i = at + 1; i < passage->count; i++) {
		const struct sighting *next = passage_seen(passage, i);
		bool in = sighting_is_of(next, port->in, RELAY_IN) && sighting_same_layer(next, port);
		bool out = sighting_is_of(next, port->in, RELAY_OUT) && sighting_same_layer(next, port);

		if (in && strcmp(next->device, bridge) != 0)
			break; /* it has come again */
		if (in)
			up = " hands it up";
		else if (out && !*up && !*to && !strcmp(next->device, bridge))
			return arena_printf(arena,
				"%s: the bridge %s sends it on, as the firewall changed it", port->in->name,
				bridge);
		else if (out && !*up)
			to = arena_printf(arena, "%s%s%s", to, *to ? ", " : " sends it on to ", next->device);
	}
	if (!*to && !*up)
		return arena_printf(arena, "%s: %s is a port of the bridge %s, and no other port sends it on",
			port->in->name, port->device, bridge);
	return arena_printf(
		arena, "%s: the bridge %s%s%s%s", port->in->name, bridge, to, *to && *up ? ", and" : "", up);
}

/* What is not looked up as it goes to a device above, or is for another one's hardware address. */
static const char *say_above(const struct evidence *evidence, const struct passage *passage, size_t at)
{
	struct arena *arena = evidence->arena;
	const struct sighting *here = passage->events[at].seen, *next = passage_seen(passage, at + 1);

	for (size_t i = at + 1; i < passage->count; i++) {
		const struct sighting *upper = passage_seen(passage, i);

		if (upper && !upper->wire && upper->direction == RELAY_IN &&
			sighting_stands_on(upper, here) && sighting_same_layer(upper, here))
			return arena_printf(arena, "%s: %s hands it to %s", here->in->name, here->device,
				name_of_place(arena, here->in, upper));
	}
	if (sighting_is_of(next, here->in, RELAY_IN) && sighting_same_layer(next, here) &&
		strcmp(next->device, here->device) != 0)
		return arena_printf(
			arena, "%s: %s hands it to %s", here->in->name, here->device, next->device);
	if (here->elsewhere)
		return arena_printf(arena, "%s: not for the hardware address of %s, so it is not looked at",
			here->in->name, here->device);
	return NULL;
}

/* An echo reply has the number of its request; a reset may be a firewall's. */
static bool may_answer(const struct flow *answer, const struct flow *request)
{
	if (request->protocol == IPPROTO_TCP)
		return !(answer->flags & TH_RST);
	return (request->protocol != IPPROTO_ICMP && request->protocol != IPPROTO_ICMPV6) ||
	       answer->sequence == request->sequence;
}

static bool is_answered(
	const struct evidence *evidence, const struct passages *passages, const struct passage *passage)
{
	const struct sighting *last = passage->events[passage->count - 1].seen;

	if (!last || last->wire)
		return false;
	if (passage->role != ROLE_REQUEST)
		return passage->role == ROLE_ANSWER && last->in == evidence->step->in &&
		       got_through(evidence->verdict);
	for (size_t i = 0; i < passages->count; i++) {
		const struct sighting *first = passages->at[i].events[0].seen;

		if (passages->at[i].role == ROLE_ANSWER && first && first->in == last->in &&
			first->time >= last->time && may_answer(sighting_flow(first), sighting_flow(last)))
			return true;
	}
	return false;
}

/* What the packet was when the decision was made: its destination may have been translated before, its source
 * only after it. */
static void take_translation(struct choice *choice, const struct flow *after)
{
	choice->translated = !address_equal(&choice->flow.to, &after->to);
	choice->flow.to = after->to;
	choice->flow.dport = after->dport;
}

static void look_behind(
	struct choice *choice, const struct passages *passages, const struct passage *passage, size_t at)
{
	const struct sighting *here = passage->events[at].seen;
	size_t next = at + 1, end = next;
	const struct dropped *drop = next < passage->count ? passage->events[next].drop : NULL;

	while (end < passage->count && sighting_is_of(passage_seen(passage, end), here->in, RELAY_OUT))
		end++;
	choice->left = passage->events + next;
	choice->end = passage->events + end;
	choice->dropped = drop && drop->in == here->in;
	if (choice->dropped)
		choice->question.mark = drop->mark;
	choice->taken = choice->dropped && drop->reason && !strcmp(drop->reason, "NO_SOCKET");
	if (end > next && sighting_same_layer(choice->left->seen, here))
		take_translation(choice, &choice->left->seen->flow);
	else if (choice->dropped && !sighting_is_outer(here))
		take_translation(choice, &drop->flow);
	choice->delivered = next == passage->count && !sighting_is_outer(here) &&
			    is_answered(choice->evidence, passages, passage);
	if (next < passage->count && end == next && passage_seen(passage, next) && sighting_is_outer(here) &&
		!sighting_same_layer(passage_seen(passage, next), here) &&
		passage_seen(passage, next)->in == here->in)
		choice->delivered = true; /* what was inside goes on */
}

/* What is counted as delivered, unless one sees otherwise; without drops a ruleset may have dropped it. */
static const char *verb_of(const struct choice *choice)
{
	const struct evidence *evidence = choice->evidence;
	bool silent = choice->in->uses_nft && !evidence->sees_drops && !choice_is_known(choice);

	if (choice->delivered)
		return "delivers";
	if (choice->left != choice->end)
		return "forwards";
	if (choice->decision.number)
		return "refuses";
	if (decision_ends_here(&choice->decision))
		return (choice->dropped && !choice->taken) || silent ? "would deliver" : "delivers";
	return "would forward";
}

static bool is_multicast(const struct address *address)
{
	return address->family == AF_INET6 ? address->bytes[0] == 0xff : (address->bytes[0] & 0xf0) == 0xe0;
}

const char *crossing_in(const struct evidence *evidence, const struct passages *passages,
	const struct passage *passage, size_t at)
{
	const struct sighting *here = passage->events[at].seen;
	struct choice choice = {
		.evidence = evidence, .in = here->in, .flow = here->flow, .outer = sighting_is_outer(here)
	};
	const char *above;

	if (is_multicast(&here->flow.to))
		return arena_printf(
			evidence->arena, "%s: multicast, for who has joined the group", here->in->name);
	choice.question.iif = here->device;
	look_behind(&choice, passages, passage, at);
	if (!choice_make(&choice))
		return NULL;
	if (choice.decision.bridge)
		return say_bridge(evidence, passage, at, choice.decision.bridge);
	above = say_above(evidence, passage, at);
	return above ? above : choice_print(&choice, verb_of(&choice));
}
