/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a lab a script cannot do: with veth pairs in place of TUN and TAP, and with ping and nc. */
#include <string.h>

#include "lab/tuntap.h"
#include "script/script.h"

static bool has_no_queue(const struct link *link)
{
	if (!tuntap_detaches(link))
		return false;
	for (unsigned i = 0; i < tuntap_queues(link); i++)
		if (!tuntap_detached(link, i))
			return false;
	return true;
}

/* Whether a change closes a device, opens it, or has it take no packets any more. */
static bool is_beyond_pairs(const struct content *change)
{
	bool found = false;

	for (size_t i = 0; change && i < change->inner_count && !found; i++)
		found = is_beyond_pairs(change->inner[i]);
	for (size_t i = 0; change && i < change->link_count && !found; i++)
		found = tuntap_opening(change->links[i]) != TUNTAP_STAYS || has_no_queue(change->links[i]);
	return found;
}

const char *script_beyond(const struct lab *lab)
{
	const char *reason = script_beyond_netem(lab->arena, lab);

	if (!reason)
		reason = script_beyond_router(lab);
	for (size_t i = 0; i < lab->step_count && !reason; i++)
		if (is_beyond_pairs(lab->steps[i].change))
			reason = "no program has one end of a veth pair open, and could close it";
	return reason;
}

static bool is(const struct step *step, const char *verb)
{
	return !strcmp(step->verb->name, verb);
}

/* The listener is bound to no address. */
static bool any_address(const struct listener *listener)
{
	static const uint8_t zeros[16];

	return listener->address.family &&
	       !memcmp(listener->address.bytes, zeros, family_size(listener->address.family));
}

/* Whether it counts what found the queue of a TUN or TAP full. */
static bool counts_queues(struct arena *arena, const struct step *step)
{
	for (size_t i = 0; i < step->counters_count; i++) {
		const char *name = step->counters[i].name, *dot = strrchr(name, '.');
		const struct link *link;

		if (!dot || strcmp(dot, ".tx_dropped"))
			continue;
		link = namespace_link(
			step->counters[i].in, arena_printf(arena, "%.*s", (int)(dot - name), name));
		if (link && link->kind->made == LINK_BY_TUN)
			return true;
	}
	return false;
}

static bool has_a_tool(const struct step *step)
{
	static const char *const known[] = { "ping", "tcp", "udp", "route", "show", "trace", "change", "wait",
		"exec", NULL };

	for (size_t i = 0; known[i]; i++)
		if (is(step, known[i]))
			return true;
	return false;
}

/* Of tcp and udp. */
static const char *beyond_nc(const struct step *step)
{
	uint64_t size = value_number(&step->values, "size", 64);
	bool udp = is(step, "udp");

	if (!udp && !is(step, "tcp"))
		return NULL;
	if (value_said(&step->values, "mark"))
		return "nc cannot mark what it sends";
	if (value_said(&step->values, "dev"))
		return "nc cannot be bound to a device";
	if (value_said(&step->values, "mss"))
		return "nc cannot choose its MSS";
	if (step->listener.transparent || step->listener.mark)
		return "nc's listener is neither transparent nor marked";
	if (step->listener.answering != ANSWER_PLAINLY)
		return "nc does not know IP_PKTINFO";
	if (udp && any_address(&step->listener))
		return "a listener of nc does not answer as a socket that is bound to no address";
	if (udp && value_number(&step->values, "count", 1) != 1)
		return "nc sends from one port";
	return udp && (size > 16384 || !size) ? "nc sends 1 to 16384 bytes at once" : NULL;
}

/* Whether more is expected of a probe than what came of it, and from whom. */
static bool expects_values(const struct step *step)
{
	if (is(step, "route") || is(step, "show") || is(step, "trace") || step->exec)
		return false;
	for (size_t i = 0; i < step->expect_count; i++) {
		const json_t *json = step->expect[i].json;

		if (step->expect[i].kind == EXPECT_VALUES &&
			(json_object_size(json) != 1 || !json_object_get(json, "peer")))
			return true;
	}
	return false;
}

const char *script_beyond_step(struct arena *arena, const struct step *step)
{
	if (!has_a_tool(step))
		return arena_printf(arena, "there is no other tool for %s", step->verb->name);
	if (counts_queues(arena, step))
		return "a veth's queue is never full";
	if (is(step, "show") && !strcmp(step->query.object->name, "link"))
		return "a veth is no TUN to look at";
	if (expects_values(step))
		return "neither ping nor nc can tell what is expected here";
	return beyond_nc(step);
}
