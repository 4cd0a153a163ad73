/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/crossing.h"

#include <errno.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/rulesets.h"
#include "explain/sightings.h"
#include "forwarder/protocol.h"

/* One question with what is known of its answer from what was seen. */
struct crossing {
	const struct evidence *evidence;
	const struct netns *in;
	struct flow flow;
	struct question question;
	const struct event *left; /* the events at which it left again, up to "end"; none: it did not */
	const struct event *end;
	bool delivered;	     /* it ended here, as it was answered */
	bool dropped, taken; /* taken: up to where no socket was found for it */
	bool translated;     /* its destination was another when the decision was made */
	bool outer;	     /* it is not the probe's packet itself */
	struct decision decision;
	uint32_t mark; /* with which the decision is as was seen; 0: without one */
	bool agrees;   /* with what was seen, where anything was */
	bool guessed;  /* the mark is one of those that rules ask for */
	bool alike;    /* it is one of several routes to the prefix */
};

static bool ask(struct crossing *crossing)
{
	const struct oracle *oracle = crossing->evidence->oracle;

	crossing->question.flow = &crossing->flow;
	return oracle->decide(oracle->context, crossing->evidence->arena, crossing->in, &crossing->question,
		false, &crossing->decision);
}

static bool ends_here(const struct decision *decision)
{
	static const char *const types[] = { "local", "broadcast", "multicast", "anycast" };

	for (size_t i = 0; i < sizeof types / sizeof *types && decision->type && !decision->number; i++)
		if (!strcmp(decision->type, types[i]))
			return true;
	return false;
}

static bool known(const struct crossing *crossing)
{
	return crossing->delivered || crossing->left != crossing->end;
}

/* Whether the decision is what was seen; of several next hops nobody knows which it is. */
static bool is_as_seen(const struct crossing *crossing)
{
	const struct decision *decision = &crossing->decision;

	if (!known(crossing))
		return true;
	if (decision->number)
		return false;
	if (crossing->delivered)
		return ends_here(decision);
	if (!decision->device)
		return !ends_here(decision);
	for (const struct event *event = crossing->left; event < crossing->end; event++)
		if (event->seen && !strcmp(event->seen->device, decision->device))
			return true;
	return false;
}

static void ask_with_marks(struct crossing *crossing)
{
	const struct decision plain = crossing->decision;

	for (size_t i = 0; i < plain.mark_count && !crossing->agrees; i++) {
		crossing->question.mark = plain.marks[i];
		crossing->agrees = crossing->guessed = ask(crossing) && is_as_seen(crossing);
	}
}

/* Whether a route's words name a device; those of several next hops are taken to. */
static bool names_device(const struct decision *decision, const char *device)
{
	const char *at = decision->route;
	size_t length = strlen(device);

	if (!at || strstr(at, "nexthop ") || strstr(at, "nhid "))
		return true;
	while ((at = strstr(at, "dev ")) != NULL) {
		at += strlen("dev ");
		if (!strncmp(at, device, length) && (!at[length] || at[length] == ' '))
			return true;
	}
	return false;
}

/* The number behind a route's "metric"; 0: none. */
static unsigned long metric_of(const char *route)
{
	const char *at = strstr(route, " metric ");

	return at ? strtoul(at + strlen(" metric "), NULL, 10) : 0;
}

/* Whether the kernel may take the one as well as the other. */
static bool are_equal(const struct decision *one, const struct decision *other)
{
	size_t length = one->route ? strcspn(one->route, " ") : 0;

	return length && other->route && length == strcspn(other->route, " ") &&
	       !strncmp(one->route, other->route, length) && one->rule == other->rule &&
	       one->table == other->table && metric_of(one->route) == metric_of(other->route);
}

/* Of several routes to one prefix with one metric the kernel takes now this one and now that, and names each
 * for who is bound to its device. */
static void ask_for_device(struct crossing *crossing)
{
	const struct decision plain = crossing->decision;
	const struct question question = crossing->question;
	const char *device = crossing->left != crossing->end ? crossing->left->seen->device : NULL;

	if (!device || question.oif || plain.rule < 0 || plain.number || ends_here(&plain) ||
		(crossing->agrees &&
			(!plain.device || strcmp(plain.device, device) != 0 || names_device(&plain, device))))
		return;
	crossing->question.oif = device;
	crossing->question.without_source |= question.iif != NULL;
	crossing->question.iif = NULL;
	crossing->alike = ask(crossing) && is_as_seen(crossing) && are_equal(&crossing->decision, &plain);
	crossing->question = question;
	if (crossing->alike)
		crossing->agrees = true;
	else
		crossing->decision = plain;
}

/* Asks as the packet is; if that is not what was seen, with each mark that rules ask for. */
static bool decide(struct crossing *crossing)
{
	struct decision plain;
	uint32_t mark = crossing->question.mark;

	if (!ask(crossing))
		return false;
	crossing->agrees = is_as_seen(crossing);
	plain = crossing->decision;
	ask_for_device(crossing);
	if (!crossing->agrees)
		ask_with_marks(crossing);
	if (!crossing->agrees) {
		crossing->decision = plain;
		crossing->question.mark = mark;
	}
	crossing->mark = crossing->question.mark;
	return true;
}

static bool is_translated(const struct crossing *crossing)
{
	static const char *const words[] = { "dnat", "redirect", "tproxy" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (rulesets_say(crossing->evidence, crossing->in, words[i]))
			return true;
	return false;
}

/* What may have made another decision of it. */
static const char *doubt(const struct crossing *crossing)
{
	if (crossing->alike)
		return " (one of several to it)";
	if (known(crossing) || (crossing->dropped && crossing->decision.number))
		return "";
	if (crossing->decision.mark_count && !crossing->question.mark &&
		rulesets_say(crossing->evidence, crossing->in, "mark"))
		return " (unless nftables gave it a mark)";
	if (!crossing->dropped && crossing->question.iif && is_translated(crossing))
		return " (unless nftables changed its destination)";
	return "";
}

/* Where what was seen is not what rules and tables say. */
static const char *but(const struct crossing *crossing)
{
	if (crossing->delivered && is_translated(crossing))
		return ", as nftables changed its destination; as it came in";
	return ", though by rules and tables alone";
}

static const char *say(const struct crossing *crossing, const char *verb)
{
	struct arena *arena = crossing->evidence->arena;
	const char *way = decision_print(arena, &crossing->decision);
	const char *what = crossing->outer ? "the outer packet" : "it";

	if (!*way)
		return NULL;
	if (!crossing->agrees)
		return arena_printf(
			arena, "%s %s %s%s: %s", crossing->in->name, verb, what, but(crossing), way);
	if (crossing->translated)
		what = arena_printf(arena, "%s, now to %s", what, address_print(arena, &crossing->flow.to));
	return arena_printf(arena, "%s %s %s%s: %s%s", crossing->in->name, verb, what,
		crossing->mark ? arena_printf(arena, ", %swith mark 0x%x", crossing->guessed ? "as " : "",
					 crossing->mark)
			       : "",
		way, doubt(crossing));
}

static const struct sighting *seen_at(const struct passage *passage, size_t at)
{
	return at < passage->count ? passage->events[at].seen : NULL;
}

static bool is_of_device(const struct sighting *sighting, const struct netns *in, unsigned direction)
{
	return sighting && !sighting->wire && sighting->in == in && sighting->direction == direction &&
	       strcmp(sighting->device, "lo") != 0;
}

static bool same_layer(const struct sighting *one, const struct sighting *other)
{
	return sighting_is_outer(one) == sighting_is_outer(other);
}

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
		const struct sighting *next = seen_at(passage, i);
		bool in = is_of_device(next, port->in, RELAY_IN) && same_layer(next, port);
		bool out = is_of_device(next, port->in, RELAY_OUT) && same_layer(next, port);

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
	const struct sighting *here = passage->events[at].seen, *next = seen_at(passage, at + 1);

	for (size_t i = at + 1; i < passage->count; i++) {
		const struct sighting *upper = seen_at(passage, i);

		if (upper && !upper->wire && upper->direction == RELAY_IN &&
			sighting_stands_on(upper, here) && same_layer(upper, here))
			return arena_printf(arena, "%s: %s hands it to %s", here->in->name, here->device,
				name_of_place(arena, here->in, upper));
	}
	if (is_of_device(next, here->in, RELAY_IN) && same_layer(next, here) &&
		strcmp(next->device, here->device) != 0)
		return arena_printf(
			arena, "%s: %s hands it to %s", here->in->name, here->device, next->device);
	if (here->elsewhere)
		return arena_printf(arena, "%s: not for the hardware address of %s, so it is not looked at",
			here->in->name, here->device);
	return NULL;
}

static bool is_answered(
	const struct evidence *evidence, const struct passages *passages, const struct passage *passage)
{
	const struct sighting *last = passage->events[passage->count - 1].seen;

	if (!last || last->wire)
		return false;
	if (passage->role != ROLE_REQUEST)
		return last->in == evidence->step->in;
	for (size_t i = 0; i < passages->count; i++) {
		const struct sighting *first = passages->at[i].events[0].seen;

		if (passages->at[i].role == ROLE_ANSWER && first && first->in == last->in &&
			first->time >= last->time)
			return true;
	}
	return false;
}

/* What the packet was when the decision was made: its destination may have been translated before, its source
 * only after it. */
static void take_translation(struct crossing *crossing, const struct flow *after)
{
	crossing->translated = !address_equal(&crossing->flow.to, &after->to);
	crossing->flow.to = after->to;
	crossing->flow.dport = after->dport;
}

static void look_behind(
	struct crossing *crossing, const struct passages *passages, const struct passage *passage, size_t at)
{
	const struct sighting *here = passage->events[at].seen;
	size_t next = at + 1, end = next;
	const struct dropped *drop = next < passage->count ? passage->events[next].drop : NULL;

	while (end < passage->count && is_of_device(seen_at(passage, end), here->in, RELAY_OUT))
		end++;
	crossing->left = passage->events + next;
	crossing->end = passage->events + end;
	crossing->dropped = drop && drop->in == here->in;
	if (crossing->dropped)
		crossing->question.mark = drop->mark;
	crossing->taken = crossing->dropped && drop->reason && !strcmp(drop->reason, "NO_SOCKET");
	if (end > next && same_layer(crossing->left->seen, here))
		take_translation(crossing, &crossing->left->seen->flow);
	else if (crossing->dropped && !sighting_is_outer(here))
		take_translation(crossing, &drop->flow);
	crossing->delivered = next == passage->count && !sighting_is_outer(here) &&
			      is_answered(crossing->evidence, passages, passage);
	if (next < passage->count && end == next && seen_at(passage, next) && sighting_is_outer(here) &&
		!same_layer(seen_at(passage, next), here) && seen_at(passage, next)->in == here->in)
		crossing->delivered = true; /* what was inside goes on */
}

/* What is counted as delivered, unless one sees otherwise; without drops a ruleset may have dropped it. */
static const char *verb_of(const struct crossing *crossing)
{
	const struct evidence *evidence = crossing->evidence;
	bool silent = crossing->in->uses_nft && !evidence->sees_drops && !known(crossing);

	if (crossing->delivered)
		return "delivers";
	if (crossing->left != crossing->end)
		return "forwards";
	if (crossing->decision.number)
		return "refuses";
	if (ends_here(&crossing->decision))
		return (crossing->dropped && !crossing->taken) || silent ? "would deliver" : "delivers";
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
	struct crossing crossing = {
		.evidence = evidence, .in = here->in, .flow = here->flow, .outer = sighting_is_outer(here)
	};
	const char *above;

	if (is_multicast(&here->flow.to))
		return arena_printf(
			evidence->arena, "%s: multicast, for who has joined the group", here->in->name);
	crossing.question.iif = here->device;
	look_behind(&crossing, passages, passage, at);
	if (!decide(&crossing))
		return NULL;
	if (crossing.decision.bridge)
		return say_bridge(evidence, passage, at, crossing.decision.bridge);
	above = say_above(evidence, passage, at);
	return above ? above : say(&crossing, verb_of(&crossing));
}

/* Whether it was made here: nothing was seen of it before, or only what it now carries. */
static bool is_origin(const struct passage *passage, size_t at)
{
	const struct sighting *here = passage->events[at].seen,
			      *before = at ? seen_at(passage, at - 1) : NULL;

	if (!before)
		return at == 0;
	return !before->wire && before->in == here->in && before->direction == RELAY_OUT &&
	       !sighting_is_outer(before) && sighting_is_outer(here);
}

/* What is known of the probe beside its packet, and of its listener. */
static void take_sender(struct crossing *crossing, enum role role)
{
	const struct step *step = crossing->evidence->step;
	const struct value *mark = value_of(&step->values, "mark");

	crossing->question.has_uid = true;
	if (role == ROLE_REQUEST && crossing->in == step->in) {
		crossing->question.oif = value_text(&step->values, "dev");
		crossing->question.mark = mark ? mark->first : 0;
		crossing->question.uid = (uint32_t)value_number(&step->values, "uid", 0);
	} else if (role == ROLE_ANSWER) {
		crossing->question.mark = step->listener.mark;
		if (step->listener.answering == ANSWER_BY_DEVICE && crossing->left != crossing->end)
			crossing->question.oif = crossing->left->seen->device;
	}
}

/* A source that is not this host's is that of a transparent socket, or was translated later: the kernel would
 * not be asked for its way. */
static void forgive_source(struct crossing *crossing)
{
	struct decision *decision = &crossing->decision;

	if (!decision->source_refused)
		return;
	decision->number = 0;
	decision->source_refused = false;
}

/* With the source that was seen, or before one was chosen. */
static bool decide_with(struct crossing *crossing, bool without_source)
{
	crossing->question.without_source = without_source;
	if (!decide(crossing))
		return false;
	forgive_source(crossing);
	crossing->agrees = crossing->agrees || is_as_seen(crossing);
	return true;
}

const char *crossing_out(const struct evidence *evidence, const struct passage *passage, size_t at)
{
	const struct sighting *here = passage->events[at].seen;
	bool bound = value_said(&evidence->step->values, "source") ||
		     !strcmp(evidence->step->verb->name, "tcp") || passage->role != ROLE_REQUEST;
	struct crossing crossing = { .evidence = evidence,
		.in = here->in,
		.flow = here->flow,
		.left = passage->events + at,
		.end = passage->events + at + 1 };

	if (!is_origin(passage, at))
		return NULL;
	if (sighting_is_outer(here) && !at)
		crossing.flow = here->inside; /* it is a route that gave it its envelope */
	crossing.outer = sighting_is_outer(here) && at;
	if (!sighting_is_outer(here))
		take_sender(&crossing, passage->role);
	while (crossing.end < passage->events + passage->count && crossing.end->seen &&
		is_of_device(crossing.end->seen, here->in, RELAY_OUT) && same_layer(crossing.end->seen, here))
		crossing.end++;
	if (!decide_with(&crossing, !bound))
		return NULL;
	if (!crossing.agrees)
		decide_with(&crossing, bound);
	return say(&crossing, "sends");
}

struct flow flow_of_probe(const struct evidence *evidence)
{
	const struct step *step = evidence->step;
	const struct address *source = value_address(&step->values, "source");
	struct flow flow = { .family = step->target.address.family,
		.protocol = protocol_of_probe(step),
		.tos = (uint8_t)value_number(&step->values, "tos", 0),
		.to = step->target.address,
		.dport = step->target.port };

	if (source)
		flow.from = *source;
	if (flow.protocol == IPPROTO_ICMP)
		flow.type = ICMP_ECHO;
	else if (flow.protocol == IPPROTO_ICMPV6)
		flow.type = ICMP6_ECHO_REQUEST;
	return flow;
}

static struct crossing unsent(
	const struct evidence *evidence, enum role role, const struct netns *in, const struct flow *flow)
{
	struct crossing crossing = { .evidence = evidence, .in = in, .flow = *flow };

	crossing.question.without_source = flow->from.family == AF_UNSPEC;
	take_sender(&crossing, role);
	return crossing;
}

const char *crossing_unsent(
	const struct evidence *evidence, enum role role, const struct netns *in, const struct flow *flow)
{
	struct crossing crossing = unsent(evidence, role, in, flow);

	if (!decide(&crossing))
		return NULL;
	return say(&crossing, crossing.decision.number ? "has no way for" : "would send");
}

/* Whom a packet of ARP or neighbour discovery (RFC 826, RFC 4861) is about: asked for, or answering. */
static bool neighbour_of(const struct flow *flow, bool answer, struct address *out)
{
	if (flow->arp) {
		*out = answer ? flow->from : flow->to;
		return flow->arp == (answer ? ARPOP_REPLY : ARPOP_REQUEST);
	}
	if (flow->protocol != IPPROTO_ICMPV6 || flow->payload_size < sizeof(struct in6_addr) ||
		flow->type != (answer ? ND_NEIGHBOR_ADVERT : ND_NEIGHBOR_SOLICIT))
		return false;
	*out = (struct address) { .family = AF_INET6, .length = 128 };
	memcpy(out->bytes, flow->payload, sizeof(struct in6_addr));
	return true;
}

/* How often the device asked for a neighbour, or was answered. */
static size_t count_neighbourly(const struct evidence *evidence, const struct netns *in, const char *device,
	const char *hop, bool answer, uint64_t *since)
{
	size_t count = 0;

	for (size_t i = evidence->sighting_count; i > 0; i--) {
		const struct sighting *seen = &evidence->sightings[i - 1];
		struct address about;

		if (!is_of_device(seen, in, answer ? RELAY_IN : RELAY_OUT) ||
			strcmp(seen->device, device) != 0 || !neighbour_of(&seen->flow, answer, &about) ||
			strcmp(address_print(evidence->arena, &about), hop) != 0)
			continue;
		count++;
		*since = seen->time;
	}
	return count;
}

const char *crossing_waits(const struct evidence *evidence, enum role role, const struct netns *in,
	const char *iif, const struct flow *flow, uint64_t *since)
{
	struct arena *arena = evidence->arena;
	struct crossing crossing = unsent(evidence, role, in, flow);
	const char *device, *hop;
	uint64_t answered;
	size_t asked;

	if (iif)
		crossing.question = (struct question) { .iif = iif };
	if (!ask(&crossing) || crossing.decision.number || !crossing.decision.device)
		return NULL;
	device = crossing.decision.device;
	hop = crossing.decision.gateway ? crossing.decision.gateway : address_print(arena, &flow->to);
	asked = count_neighbourly(evidence, in, device, hop, false, since);
	if (!asked || count_neighbourly(evidence, in, device, hop, true, &answered))
		return NULL;
	return arena_printf(arena, "%s asked on %s who has %s, %s, and nobody answered", in->name, device,
		hop, asked == 1 ? "once" : arena_printf(arena, "%zu times", asked));
}
