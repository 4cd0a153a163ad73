/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/telling.h"

#include <netinet/in.h>
#include <string.h>

#include "explain/crossing.h"
#include "explain/router.h"
#include "explain/sightings.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"

static void print_time(const struct telling *telling, uint64_t time)
{
	uint64_t after = time > telling->began ? time - telling->began : 0;

	fprintf(telling->to, "  %8.3f ms  ", (double)after / 1e6);
}

void telling_note(const struct telling *telling, const char *note)
{
	if (note)
		fprintf(telling->to, "               %s\n", note);
}

/* By which impairment; NULL: by none. */
static const char *lost_by_wire(const struct sighting *sighting)
{
	return sighting->wire && !router_lost_by(sighting) ? remark_lost_by(sighting->dropped) : NULL;
}

static const char *where_seen(struct arena *arena, const struct sighting *sighting)
{
	bool in = sighting->direction == RELAY_IN;

	if (router_lost_by(sighting) && in)
		return arena_printf(
			arena, "kept by the router at %s/%s", sighting->in->name, sighting->device);
	if (lost_by_wire(sighting))
		return arena_printf(arena, "lost by the wire to %s/%s", sighting->in->name, sighting->device);
	if (sighting->wire)
		return arena_printf(arena, "%s the %s at %s/%s", in ? "left" : "entered",
			routed_by(sighting) ? "router" : "wire", sighting->in->name, sighting->device);
	if (!strcmp(sighting->device, "lo"))
		return arena_printf(arena, "looped back in %s", sighting->in->name);
	return arena_printf(
		arena, "%s %s by %s", in ? "came into" : "left", sighting->in->name, sighting->device);
}

static const char *print_end(struct arena *arena, const struct address *address, uint16_t port)
{
	const char *text = address_print(arena, address);

	if (!port)
		return text;
	return arena_printf(arena, address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

/* The addresses and ports of what was translated since it was seen last. */
static const char *translated(struct arena *arena, const struct flow *flow, const struct flow *before)
{
	bool ports = before->sport != flow->sport || before->dport != flow->dport;

	if (!ports && address_equal(&before->from, &flow->from) && address_equal(&before->to, &flow->to))
		return "";
	return arena_printf(arena, ", as %s → %s", print_end(arena, &flow->from, ports ? flow->sport : 0),
		print_end(arena, &flow->to, ports ? flow->dport : 0));
}

static bool same_outer(const struct sighting *one, const struct sighting *other)
{
	return sighting_is_outer(one) && sighting_is_outer(other) &&
	       address_equal(&one->flow.from, &other->flow.from) &&
	       address_equal(&one->flow.to, &other->flow.to);
}

/* Of UDP only VXLAN is known to have packets in it. */
static const char *print_outer(
	struct arena *arena, const struct sighting *sighting, const struct sighting *before)
{
	if (!sighting_is_outer(sighting))
		return before && sighting_is_outer(before) ? ", unpacked" : "";
	if (before && same_outer(before, sighting))
		return ", still inside";
	return arena_printf(arena, ", inside of %s%s", flow_print(arena, &sighting->flow),
		sighting->flow.protocol == IPPROTO_UDP ? " (VXLAN)" : "");
}

/* What the wire did to it. */
static void print_befell(const struct telling *telling, const struct remark *befell)
{
	if (befell->delay)
		fprintf(telling->to, " after %.1f ms", (double)befell->delay / 1e6);
	if (befell->copy)
		fputs(" (copy)", telling->to);
	if (befell->corrupted)
		fputs(", corrupted", telling->to);
}

static void print_sighting(
	const struct telling *telling, const struct sighting *sighting, const struct sighting *before)
{
	struct arena *arena = telling->evidence->arena;
	const char *lost_by = lost_by_wire(sighting);

	print_time(telling, sighting->time);
	fputs(where_seen(arena, sighting), telling->to);
	fputs(print_outer(arena, sighting, before), telling->to);
	if (before)
		fputs(translated(arena, sighting_flow(sighting), sighting_flow(before)), telling->to);
	if (lost_by)
		fprintf(telling->to, ": %s", lost_by);
	else if (sighting->dropped)
		fprintf(telling->to, ": %s", sighting->dropped);
	else if (sighting->befell.said)
		fprintf(telling->to, ": %s", sighting->befell.said);
	if (sighting->wire)
		print_befell(telling, &sighting->befell);
	if (sighting_leads_nowhere(sighting))
		fputs(", which leads nowhere: no wire is at its other end", telling->to);
	fputc('\n', telling->to);
}

void telling_drop(const struct telling *telling, const struct dropped *drop)
{
	print_time(telling, drop->time);
	fprintf(telling->to, "dropped in %s", drop->in->name);
	if (drop->reason)
		fprintf(telling->to, ": %s", drop->reason);
	if (drop->place)
		fprintf(telling->to, "%s in %s", drop->reason ? "" : ":", drop->place);
	fputc('\n', telling->to);
}

bool comes_in(const struct sighting *sighting)
{
	return !sighting->wire && sighting->direction == RELAY_IN && strcmp(sighting->device, "lo") != 0;
}

static bool goes_out(const struct sighting *sighting)
{
	return !sighting->wire && (sighting->direction == RELAY_OUT || !strcmp(sighting->device, "lo"));
}

void telling_event(const struct telling *telling, const struct passage *passage, size_t at)
{
	const struct evidence *evidence = telling->evidence;
	const struct event *event = &passage->events[at];
	const struct sighting *before = at ? event[-1].seen : NULL;

	if (!event->seen) {
		telling_drop(telling, event->drop);
		return;
	}
	if (goes_out(event->seen))
		telling_note(telling, crossing_out(evidence, passage, at));
	print_sighting(telling, event->seen, before);
	if (comes_in(event->seen))
		telling_note(telling, crossing_in(evidence, &telling->passages, passage, at));
}

void telling_wait(const struct telling *telling, enum role role, const struct netns *in, const char *iif,
	const struct flow *flow)
{
	uint64_t since = 0;
	const char *text = crossing_waits(telling->evidence, role, in, iif, flow, &since);

	if (!text)
		return;
	print_time(telling, since);
	fprintf(telling->to, "%s\n", text);
}
