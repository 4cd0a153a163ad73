/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came in is dropped by a ruleset: the kernel says so, or nothing else can be behind it. */
#include "explain/arrival.h"

#include <string.h>

#include "explain/rulesets.h"

/* Whether IP was given packets: what is for another link-layer address it never gets. */
static bool was_received(const struct arrival *arrival)
{
	return moved_by(arrival->evidence, arrival->stop->in,
		       arrival_is_ipv4(arrival) ? "IpInReceives" : "Ip6InReceives") ||
	       rulesets_say(arrival->evidence, arrival->stop->in, "hook ingress");
}

/* Whether nothing but a ruleset can be behind it that nobody knows what became of it. */
static bool may_be_dropped(const struct arrival *arrival)
{
	const struct evidence *evidence = arrival->evidence;
	const struct netns *in = arrival->stop->in;

	return !evidence->sees_drops && in->uses_nft && rulesets_drop(evidence, in) && !arrival->is_led &&
	       was_received(arrival);
}

/* A ruleset's own counters may have counted what it dropped. */
static void note_ruleset_counters(struct arrival *arrival)
{
	const struct evidence *evidence = arrival->evidence;
	const char *in = arrival->stop->in->name;

	for (size_t i = 0; i < evidence->moved_count; i++)
		for (size_t j = 0;
			!strcmp(evidence->moved[i].where, in) && j < evidence->moved[i].counts.count; j++) {
			const char *name = evidence->moved[i].counts.at[j].name;

			if (counter_is_nft(name) && moved_surely(evidence, arrival->stop, name, ALIKE_FAMILY))
				cause_note(evidence, arrival->out, "%s: %s moved", in, name);
		}
}

static bool is_firewall(struct arrival *arrival)
{
	note_ruleset_counters(arrival);
	return arrival_is(arrival, CAUSE_FIREWALL,
		arena_printf(
			arrival->evidence->arena, "the firewall (nftables) %s", arrival_dropped(arrival)));
}

/* A counter that what was decided would have moved did not: a ruleset was there before. */
bool arrival_dropped_before(struct arrival *arrival)
{
	if (!arrival_is_hidden(arrival) || !may_be_dropped(arrival))
		return false;
	arrival_note_lookup(arrival, "refuses it, and yet no counter says that it was made");
	return is_firewall(arrival);
}

/* The counter of what is too big to be sent on. */
const char *arrival_too_big(const struct arrival *arrival)
{
	return arrival_is_ipv4(arrival) ? "IpFragFails" : "Ip6InTooBigErrors";
}

/* Its way is clear, and yet it was neither given to its protocol nor sent on: then it was the ruleset. */
static bool vanished(const struct arrival *arrival)
{
	const char *type = arrival->way.type;

	if (!type || !may_be_dropped(arrival))
		return false;
	if (!strcmp(type, "local"))
		return !was_taken(arrival->evidence, arrival->stop, false);
	return !strcmp(type, "unicast") &&
	       !moved_by(arrival->evidence, arrival->stop->in, arrival_too_big(arrival));
}

bool arrival_firewalled(struct arrival *arrival)
{
	static const char *const reasons[] = { "NETFILTER_DROP", NULL };

	return arrival->stop->in->uses_nft && arrival_drop_seen(arrival, reasons) && is_firewall(arrival);
}

bool arrival_silently_firewalled(struct arrival *arrival)
{
	if (!vanished(arrival))
		return false;
	arrival_note_lookup(arrival, "finds its way, and yet it was neither delivered nor sent on");
	return is_firewall(arrival);
}
