/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was sent here, or was to be. */
#include "explain/crossing.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "explain/choice.h"
#include "explain/sightings.h"
#include "forwarder/protocol.h"

/* Whether it was made here: nothing was seen of it before, or only what it now carries. */
static bool is_origin(const struct passage *passage, size_t at)
{
	const struct sighting *here = passage->events[at].seen,
			      *before = at ? passage_seen(passage, at - 1) : NULL;

	if (!before)
		return at == 0;
	return !before->wire && before->in == here->in && before->direction == RELAY_OUT &&
	       !sighting_is_outer(before) && sighting_is_outer(here);
}

/* What is known of the probe beside its packet, and of its listener. */
static void take_sender(struct choice *choice, enum role role)
{
	const struct step *step = choice->evidence->step;
	const struct value *mark = value_of(&step->values, "mark");

	choice->question.has_uid = true;
	if (role == ROLE_REQUEST && choice->in == step->in) {
		choice->question.oif = value_text(&step->values, "dev");
		choice->question.mark = mark ? mark->first : 0;
		choice->question.uid = (uint32_t)value_number(&step->values, "uid", 0);
	} else if (role == ROLE_ANSWER) {
		choice->question.mark = step->listener.mark;
		if (step->listener.answering == ANSWER_BY_DEVICE && choice->left != choice->end)
			choice->question.oif = choice->left->seen->device;
	}
}

/* A source that is not this host's is that of a transparent socket, or was translated later: the kernel would
 * not be asked for its way. */
static void forgive_source(struct choice *choice)
{
	struct decision *decision = &choice->decision;

	if (!decision->source_refused)
		return;
	decision->number = 0;
	decision->source_refused = false;
}

/* With the source that was seen, or before one was chosen. */
static bool decide_with(struct choice *choice, bool without_source)
{
	choice->question.without_source = without_source;
	if (!choice_make(choice))
		return false;
	forgive_source(choice);
	choice->agrees = choice->agrees || choice_is_as_seen(choice);
	return true;
}

const char *crossing_out(const struct evidence *evidence, const struct passage *passage, size_t at)
{
	const struct sighting *here = passage->events[at].seen;
	bool bound = value_said(&evidence->step->values, "source") ||
		     !strcmp(evidence->step->verb->name, "tcp") || passage->role != ROLE_REQUEST;
	struct choice choice = { .evidence = evidence,
		.in = here->in,
		.flow = here->flow,
		.left = passage->events + at,
		.end = passage->events + at + 1 };

	if (!is_origin(passage, at))
		return NULL;
	if (sighting_is_outer(here) && !at)
		choice.flow = here->inside; /* it is a route that gave it its envelope */
	choice.outer = sighting_is_outer(here) && at;
	if (!sighting_is_outer(here))
		take_sender(&choice, passage->role);
	if (!choice.outer && passage->role == ROLE_REQUEST && here->in == evidence->step->in)
		choice.translated = !address_equal(&choice.flow.to, &evidence->step->target.address);
	while (choice.end < passage->events + passage->count && choice.end->seen &&
		sighting_is_of(choice.end->seen, here->in, RELAY_OUT) &&
		sighting_same_layer(choice.end->seen, here))
		choice.end++;
	if (!decide_with(&choice, !bound))
		return NULL;
	if (!choice.agrees)
		decide_with(&choice, bound);
	return choice_print(&choice, "sends");
}

static struct choice unsent(
	const struct evidence *evidence, enum role role, const struct netns *in, const struct flow *flow)
{
	struct choice choice = { .evidence = evidence, .in = in, .flow = *flow };

	choice.question.without_source = flow->from.family == AF_UNSPEC;
	take_sender(&choice, role);
	return choice;
}

const char *crossing_unsent(
	const struct evidence *evidence, enum role role, const struct netns *in, const struct flow *flow)
{
	struct choice choice = unsent(evidence, role, in, flow);

	if (!choice_make(&choice))
		return NULL;
	return choice_print(&choice, choice.decision.number ? "has no way for" : "would send");
}

/* How often the device asked for a neighbour, or was answered. */
static size_t count_neighbourly(const struct evidence *evidence, const struct netns *in, const char *device,
	const char *hop, bool answer, uint64_t *since)
{
	size_t count = 0;

	for (size_t i = evidence->sighting_count; i > 0; i--) {
		const struct sighting *seen = &evidence->sightings[i - 1];
		struct address about;

		if (!sighting_is_of(seen, in, answer ? RELAY_IN : RELAY_OUT) ||
			strcmp(seen->device, device) != 0 || !flow_neighbour(&seen->flow, answer, &about) ||
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
	struct choice choice = unsent(evidence, role, in, flow);
	const char *device, *hop;
	uint64_t answered;
	size_t asked;

	if (iif)
		choice.question = (struct question) { .iif = iif };
	if (!choice_ask(&choice) || choice.decision.number || !choice.decision.device)
		return NULL;
	device = choice.decision.device;
	hop = choice.decision.gateway ? choice.decision.gateway : address_print(arena, &flow->to);
	asked = count_neighbourly(evidence, in, device, hop, false, since);
	if (!asked || count_neighbourly(evidence, in, device, hop, true, &answered))
		return NULL;
	return arena_printf(arena, "%s asked on %s who has %s, %s, and nobody answered", in->name, device,
		hop, asked == 1 ? "once" : arena_printf(arena, "%zu times", asked));
}
