/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explain/journey.h"

#include <string.h>

#include "forwarder/protocol.h"

static bool same_place(const struct sighting *one, const struct sighting *other)
{
	return one->in == other->in && one->wire == other->wire && one->direction == other->direction &&
	       !strcmp(one->device, other->device);
}

static bool has_place(const struct journey *journey, const struct sighting *sighting)
{
	for (size_t i = 0; i < journey->count; i++)
		if (same_place(journey->at[i], sighting))
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

static const char *where_seen(struct arena *arena, const struct sighting *sighting)
{
	bool in = sighting->direction == RELAY_IN;

	if (sighting->wire)
		return arena_printf(arena, "%s %s/%s", in ? "left the wire at" : "entered the wire at",
			sighting->in->name, sighting->device);
	if (!strcmp(sighting->device, "lo"))
		return arena_printf(arena, "looped back in %s", sighting->in->name);
	return arena_printf(
		arena, "%s %s by %s", in ? "came into" : "left", sighting->in->name, sighting->device);
}

/* What the namespace makes of a packet that has just come in. */
static void print_decision(FILE *to, const struct evidence *evidence, const struct sighting *sighting)
{
	const struct oracle *oracle = evidence->oracle;
	const struct question question = { .flow = &sighting->flow, .iif = sighting->device };
	struct decision decision = { 0 };

	if (sighting->wire || sighting->direction != RELAY_IN || !strcmp(sighting->device, "lo"))
		return;
	if (oracle->decide(oracle->context, evidence->arena, sighting->in, &question, false, &decision))
		fprintf(to, "               %s: %s\n", sighting->in->name,
			decision_print(evidence->arena, &decision));
}

/* When the first packet of the probe was seen. */
static uint64_t began(const struct evidence *evidence)
{
	size_t i = 0;

	while (evidence->sightings[i].role == ROLE_OTHER)
		i++;
	return evidence->sightings[i].time;
}

static void print_role(FILE *to, const struct evidence *evidence, enum role role, const char *name)
{
	struct journey journey = journey_of(evidence, role);

	if (!journey.count)
		return;
	fprintf(to, "%s %s\n", name, flow_print(evidence->arena, &journey.at[0]->flow));
	for (size_t i = 0; i < journey.count; i++) {
		const struct sighting *sighting = journey.at[i];
		uint64_t after = sighting->time - began(evidence);

		fprintf(to, "  %8.3f ms  %s%s%s\n", (double)after / 1e6,
			where_seen(evidence->arena, sighting), sighting->dropped ? ": " : "",
			sighting->dropped ? sighting->dropped : "");
		print_decision(to, evidence, sighting);
	}
}

void journey_print(FILE *to, const struct evidence *evidence)
{
	print_role(to, evidence, ROLE_REQUEST, "request");
	print_role(to, evidence, ROLE_ANSWER, "answer");
	print_role(to, evidence, ROLE_ERROR, "ICMP error");
}
