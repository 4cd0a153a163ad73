/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/journey.h"

#include <netinet/in.h>
#include <string.h>

#include "explain/crossing.h"
#include "explain/sightings.h"
#include "explain/telling.h"
#include "lab/lab.h"

static bool has_place(const struct journey *journey, const struct sighting *sighting)
{
	for (size_t i = 0; i < journey->count; i++)
		if (sighting_same_place(journey->at[i], sighting))
			return true;
	return false;
}

struct journey journey_of(const struct evidence *evidence, enum role role)
{
	struct journey journey = { 0 };

	for (size_t i = 0; i < evidence->sighting_count; i++) {
		const struct sighting *sighting = &evidence->sightings[i];

		if (sighting->role == role && !has_place(&journey, sighting))
			arena_append(
				evidence->arena, &journey.at, &journey.count, &sighting, sizeof sighting);
	}
	return journey;
}

const struct sighting *journey_end(const struct journey *journey)
{
	return journey->count ? journey->at[journey->count - 1] : NULL;
}

enum { MOST = 8 }; /* how many packets of a role are told of, each with a way of its own */

/* Where one ended as nobody answered for its next hop. */
static void print_last_wait(const struct telling *telling, const struct passage *passage)
{
	const struct sighting *last = passage->events[passage->count - 1].seen;

	if (last && comes_in(last) && sighting_is_outer(last))
		telling_note(telling, "nothing was seen to be unpacked from it");
	if (last && comes_in(last))
		telling_wait(telling, passage->role, last->in, last->device, &last->flow);
}

static const struct flow *first_flow(const struct passage *passage)
{
	const struct event *first = &passage->events[0];

	return first->seen ? sighting_flow(first->seen) : &first->drop->flow;
}

static const char *about(struct arena *arena, const struct flow *flow)
{
	struct flow quoted;

	if (!flow->quoted || !flow_read(flow->quoted, flow->quoted_size, &quoted))
		return "";
	quoted.payload_size = 0; /* it is cut off there */
	return arena_printf(arena, "%s, about %s",
		flow->mtu ? arena_printf(arena, " (MTU %u)", flow->mtu) : "", flow_print(arena, &quoted));
}

static const char *const role_names[] = {
	[ROLE_REQUEST] = "request", [ROLE_ANSWER] = "answer", [ROLE_ERROR] = "ICMP error"
};

/* The packets that are told of, and how many more are like each. */
struct told {
	const struct passage *passage;
	size_t more;
};

/* Whether a kernel took it in twice by one device. On a hub, and where a bridge floods, others see it as
 * often as it is sent there, such as to a router with one device and from it. */
static bool is_in_circle(const struct passage *passage)
{
	for (size_t i = 1; i < passage->count; i++) {
		const struct sighting *seen = passage->events[i].seen;

		for (size_t j = 0; seen && comes_in(seen) && !seen->elsewhere && j < i; j++)
			if (passage->events[j].seen && !passage->events[j].seen->elsewhere &&
				sighting_same_place(passage->events[j].seen, seen) &&
				sighting_same_layer(passage->events[j].seen, seen))
				return true;
	}
	return false;
}

/* Where it came to a place again; its count: nowhere. */
static size_t first_again(const struct passage *passage)
{
	for (size_t i = 1; is_in_circle(passage) && i < passage->count; i++)
		for (size_t j = 0; j < i && passage->events[i].seen; j++)
			if (passage->events[j].seen &&
				sighting_same_place(passage->events[j].seen, passage->events[i].seen) &&
				sighting_same_layer(passage->events[j].seen, passage->events[i].seen))
				return i;
	return passage->count;
}

/* Where it came in last. */
static size_t last_in(const struct passage *passage)
{
	size_t at = passage->count - 1;

	while (at && (!passage->events[at].seen || !comes_in(passage->events[at].seen)))
		at--;
	return at;
}

/* Of what goes in a circle the first round, and its end. */
static void print_events(const struct telling *telling, const struct passage *passage)
{
	size_t again = first_again(passage), end = last_in(passage);

	for (size_t i = 0; i < passage->count; i++) {
		if (i == again && end > again) {
			fprintf(telling->to, "               … round and round, until its TTL was %u\n",
				sighting_flow(passage->events[end].seen)->ttl);
			i = end;
		}
		telling_event(telling, passage, i);
	}
}

static void print_passage(const struct telling *telling, const struct told *told)
{
	struct arena *arena = telling->evidence->arena;
	const struct passage *passage = told->passage;
	const struct flow *flow = first_flow(passage);

	fprintf(telling->to, "%s %s%s\n", role_names[passage->role], flow_print(arena, flow),
		about(arena, flow));
	print_events(telling, passage);
	print_last_wait(telling, passage);
	if (told->more)
		fprintf(telling->to, "               … %zu more like it\n", told->more);
}

/* Whether a packet's first place is where the other's is: what comes later is a piece, or a copy. */
static bool begins_like(const struct passage *one, const struct passage *other)
{
	return one->events[0].seen && other->events[0].seen &&
	       sighting_same_place(one->events[0].seen, other->events[0].seen);
}

static bool count_like(struct told *told, size_t count, const struct passage *passage)
{
	for (size_t i = 0; i < count; i++)
		if (passage_is_like(passage, told[i].passage)) {
			told[i].more += begins_like(passage, told[i].passage);
			return true;
		}
	return false;
}

static size_t count_role(const struct told *told, size_t count, enum role role)
{
	size_t number = 0;

	for (size_t i = 0; i < count; i++)
		number += told[i].passage->role == role;
	return number;
}

/* What was dropped before any device saw it is told of with what was not sent. */
static bool is_unsent(const struct passage *passage)
{
	return passage->role == ROLE_REQUEST && !passage->events[0].seen;
}

/* Of a connection that was made all has arrived: what ended elsewhere, and was not dropped, was still under
 * way when the step was over. */
static bool is_under_way(const struct telling *telling, const struct passage *passage)
{
	const struct sighting *last = passage->events[passage->count - 1].seen;

	return !strcmp(telling->evidence->verdict->kind, "connected") && last && !last->dropped;
}

static void print_passages(const struct telling *telling)
{
	struct arena *arena = telling->evidence->arena;
	struct told *told = NULL;
	size_t count = 0, others = 0;

	for (size_t i = 0; i < telling->passages.count; i++) {
		const struct passage *passage = &telling->passages.at[i];
		const struct told one = { .passage = passage };
		size_t number;

		if (is_unsent(passage) || count_like(told, count, passage) ||
			passage_is_piece(telling->evidence, passage))
			continue;
		number = count_role(told, count, passage->role);
		if (number && is_under_way(telling, passage))
			continue;
		if (number < MOST)
			arena_append(arena, &told, &count, &one, sizeof one);
		else
			others++;
	}
	for (size_t i = 0; i < count; i++)
		print_passage(telling, &told[i]);
	if (others)
		fprintf(telling->to, "… and %zu more, each by another way\n", others);
}

/* The probe's call failed, or its packet waits. */
static void print_unsent_request(const struct telling *telling)
{
	const struct evidence *evidence = telling->evidence;
	const struct netns *in = evidence->step->in;
	struct flow flow = flow_of_probe(evidence);

	fprintf(telling->to, "request to %s: none left %s\n", address_print(evidence->arena, &flow.to),
		in->name);
	telling_note(telling, crossing_unsent(evidence, ROLE_REQUEST, in, &flow));
	telling_wait(telling, ROLE_REQUEST, in, NULL, &flow);
	for (size_t i = 0; i < telling->passages.count; i++)
		if (is_unsent(&telling->passages.at[i]))
			telling_drop(telling, telling->passages.at[i].events[0].drop);
}

/* Where a request came in and was seen no more, if nothing was sent back; NULL: nowhere. */
static const struct sighting *unanswered(const struct telling *telling)
{
	const struct sighting *found = NULL;

	for (size_t i = 0; i < telling->passages.count; i++) {
		const struct passage *passage = &telling->passages.at[i];
		const struct sighting *last = passage->events[passage->count - 1].seen;

		if (passage->role != ROLE_REQUEST)
			return NULL;
		if (last && comes_in(last) && !last->elsewhere && !sighting_is_outer(last))
			found = last;
	}
	return found;
}

static bool is_delivered(const struct evidence *evidence, const struct sighting *last)
{
	const struct question question = { .flow = &last->flow, .iif = last->device };
	const struct oracle *oracle = evidence->oracle;
	struct decision decision = { 0 };

	return oracle->decide(oracle->context, evidence->arena, last->in, &question, false, &decision) &&
	       !decision.number && decision.type && !strcmp(decision.type, "local") && !decision.bridge;
}

static void print_unsent_answer(const struct telling *telling)
{
	const struct evidence *evidence = telling->evidence;
	const struct sighting *last = unanswered(telling);
	struct flow back;

	if (!last || !is_delivered(evidence, last) || (last->in->uses_nft && !evidence->sees_drops))
		return;
	back = flow_turned(&last->flow);
	fprintf(telling->to, "answer %s → %s: none left %s\n", address_print(evidence->arena, &back.from),
		address_print(evidence->arena, &back.to), last->in->name);
	telling_note(telling, crossing_unsent(evidence, ROLE_ANSWER, last->in, &back));
	telling_wait(telling, ROLE_ANSWER, last->in, NULL, &back);
}

/* When the first packet of the probe was seen, or a neighbour asked for. */
static uint64_t began(const struct passages *passages, const struct evidence *evidence)
{
	for (size_t i = 0; i < passages->count; i++)
		if (passages->at[i].events[0].seen && passages->at[i].role != ROLE_ERROR)
			return passages->at[i].events[0].time;
	if (evidence->sighting_count)
		return evidence->sightings[0].time;
	return passages->count ? passages->at[0].events[0].time : 0;
}

static bool has_request(const struct passages *passages)
{
	for (size_t i = 0; i < passages->count; i++)
		if (passages->at[i].role == ROLE_REQUEST && !is_unsent(&passages->at[i]))
			return true;
	return false;
}

void journey_print(FILE *to, const struct evidence *evidence)
{
	struct telling telling = { .to = to, .evidence = evidence };

	if (!evidence->step->verb->probe || evidence->step->verb->quiet)
		return;
	telling.passages = passages_of(evidence);
	telling.began = began(&telling.passages, evidence);
	if (!has_request(&telling.passages))
		print_unsent_request(&telling);
	print_passages(&telling);
	print_unsent_answer(&telling);
}
