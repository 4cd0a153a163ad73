/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer that came, and is not what was wanted. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "explain/cause.h"
#include "explain/journey.h"
#include "explain/rulesets.h"
#include "forwarder/protocol.h"

static bool is(const struct sighting *at, struct cause *out, enum mechanism mechanism, const char *text)
{
	out->observed = true;
	return cause_is(out, at->in, out->device, mechanism, text);
}

/* Whether the namespace's own TCP sent the reset: one of a ruleset counts nowhere. False in *SURE: others may
 * have moved what counts. */
static bool resets(const struct evidence *evidence, const struct sighting *reset, bool *sure)
{
	const struct stop stop = { .in = reset->in, .role = ROLE_REQUEST, .flow = &reset->flow };
	const struct dropped *drop = drop_of(evidence, reset->in, ROLE_REQUEST);

	*sure = true;
	if (drop && drop->reason)
		return !strcmp(drop->reason, "NO_SOCKET");
	if (!moved_by(evidence, reset->in, "TcpOutRsts"))
		return false;
	*sure = !rulesets_say(evidence, reset->in, "reject") || is_alone(evidence, &stop);
	return *sure;
}

/* The first answer to a SYN. */
static bool is_reset(const struct evidence *evidence, const struct sighting *first, struct cause *out)
{
	const char *to = arena_printf(evidence->arena, "TCP port %u", first->flow.sport);
	bool sure;

	if (first->flow.protocol != IPPROTO_TCP || !(first->flow.flags & TH_RST))
		return false;
	cause_note(evidence, out, "%s: reset by %s", first->in->name,
		address_print(evidence->arena, &first->flow.from));
	if (resets(evidence, first, &sure))
		return is(first, out, CAUSE_CLOSED,
			arena_printf(evidence->arena, "no socket listens at %s", to));
	if (sure && first->in->uses_nft)
		return is(first, out, CAUSE_FIREWALL,
			arena_printf(
				evidence->arena, "the firewall (nftables) rejected the request to %s", to));
	return false;
}

/* The last sighting of a request in the namespace, and so what its host was asked. */
static const struct sighting *asked_of(const struct journey *requests, const struct netns *in)
{
	for (size_t i = requests->count; i-- > 0;)
		if (requests->at[i]->in == in)
			return requests->at[i];
	return NULL;
}

/* An answer that its sender gave another source than the address that was asked. */
static bool has_wrong_source(const struct evidence *evidence, const struct journey *requests,
	const struct sighting *first, struct cause *out)
{
	struct arena *arena = evidence->arena;
	const struct sighting *asked = asked_of(requests, first->in);

	if (!asked || asked->direction != RELAY_IN || first->flow.protocol != IPPROTO_UDP ||
		address_equal(&asked->flow.to, &first->flow.from))
		return false;
	out->device = first->device;
	cause_note(evidence, out, "%s: %s was asked, %s answers", first->in->name,
		address_print(arena, &asked->flow.to), address_print(arena, &first->flow.from));
	return is(first, out, CAUSE_WRONG_SOURCE,
		arena_printf(arena,
			"the answer has the source %s, and not %s, which was asked: its socket is bound to "
			"no "
			"address",
			address_print(arena, &first->flow.from), address_print(arena, &asked->flow.to)));
}

/* Where a packet on its way was first seen with another address than it began with; NULL: nowhere. */
static const struct sighting *changed(const struct journey *journey, bool source)
{
	const struct flow *first = &journey->at[0]->flow;

	for (size_t i = 1; i < journey->count; i++) {
		const struct flow *flow = &journey->at[i]->flow;

		if (!address_equal(source ? &flow->from : &flow->to, source ? &first->from : &first->to))
			return journey->at[i];
	}
	return NULL;
}

/* An answer that came home from another address than was asked, since one of both was translated on the way
 * and the other not back. */
static bool is_half_translated(const struct evidence *evidence, const struct journey *requests,
	const struct journey *answers, struct cause *out)
{
	struct arena *arena = evidence->arena;
	const struct sighting *last = journey_end(answers), *at;
	const struct flow *asked = requests->count ? &requests->at[0]->flow : NULL;

	if (!asked || last->in != evidence->step->in || last->wire || last->direction != RELAY_IN ||
		address_equal(&asked->to, &last->flow.from))
		return false;
	at = changed(answers, true);
	if (!at)
		at = changed(requests, false);
	if (!at)
		return false;
	cause_note(evidence, out, "%s: %s was asked, %s answers", last->in->name,
		address_print(arena, &asked->to), address_print(arena, &last->flow.from));
	return is(at, out, CAUSE_WRONG_SOURCE,
		arena_printf(arena,
			"the answer comes from %s, and not from %s, which was asked: the address of the %s "
			"was "
			"changed here, and that of the %s was not changed back",
			address_print(arena, &last->flow.from), address_print(arena, &asked->to),
			role_name(at->role),
			role_name(at->role == ROLE_ANSWER ? ROLE_REQUEST : ROLE_ANSWER)));
}

bool judge_answer(const struct evidence *evidence, const struct journey *requests,
	const struct journey *answers, struct cause *out)
{
	if (!answers->count)
		return false;
	return is_reset(evidence, answers->at[0], out) ||
	       is_half_translated(evidence, requests, answers, out) ||
	       (journey_end(answers)->in == evidence->step->in &&
		       has_wrong_source(evidence, requests, answers->at[0], out));
}
