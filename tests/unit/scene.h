/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made-up evidence of a probe, and the journey that is printed of it. */
#ifndef TUNLAB_TESTS_UNIT_SCENE_H
#define TUNLAB_TESTS_UNIT_SCENE_H

#include <errno.h>
#include <linux/if_arp.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "explain/journey.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"
#include "tests/unit/oracle.h"
#include "tests/unit/tap.h"

static struct content contents[4];
static struct netns a = { .name = "a", .content = &contents[0] };
static struct netns r = { .name = "r", .content = &contents[1] };
static struct netns b = { .name = "b", .content = &contents[2] };
static const struct verb ping = { .name = "ping", .probe = true, .target = NULL },
			 tcp = { .name = "tcp", .probe = true };

/* What the oracle says of what comes to a namespace by a device (NULL: of what it sends), to an address that
 * ends so (0: any), with this mark. */
struct answer {
	const struct netns *in;
	const char *iif;
	uint8_t to;
	uint32_t mark;
	struct decision decision;
	const char *oif; /* of what is bound to it */
};

/* Where a packet was seen. */
struct seen {
	uint64_t microseconds;
	const struct netns *in;
	const char *device;
	bool wire;
	unsigned direction;
	enum role role;
	uint8_t from, to; /* the addresses' last numbers; the rest is 10.0.0 */
	uint8_t ttl;
	uint32_t sequence;
	const char *dropped;
	bool elsewhere, outer; /* outer: an ICMP message inside of GRE */
	uint8_t flags;	       /* of TCP; 0: an echo */
	size_t payload;
};

struct scene {
	const char *what;
	const struct answer *answers;
	const struct seen *seen;
	const struct dropped *drop; /* NULL: none was dropped */
	const char *text;
	const char *kind; /* of the verdict; NULL: "no-reply" */
};

static bool decide(void *context, struct arena *arena, const struct netns *in,
	const struct question *question, bool reverse, struct decision *out)
{
	const struct scene *scene = context;
	const struct address *to = &question->flow->to;

	(void)arena;
	(void)reverse;
	for (const struct answer *answer = scene->answers; answer && answer->in; answer++)
		if (answer->in == in && answer->mark == question->mark &&
			(answer->oif && question->oif ? !strcmp(answer->oif, question->oif)
						      : answer->oif == question->oif) &&
			(answer->iif && question->iif ? !strcmp(answer->iif, question->iif)
						      : answer->iif == question->iif) &&
			(!answer->to || answer->to == to->bytes[3])) {
			*out = answer->decision;
			return true;
		}
	return false;
}

static bool owns(void *context, struct arena *arena, const struct netns *in, const struct address *address,
	const char **device)
{
	(void)context;
	(void)arena;
	(void)in;
	(void)address;
	(void)device;
	return false;
}

static struct address address_of(uint8_t last)
{
	return (struct address) { .family = AF_INET, .length = 32, .bytes = { 10, 0, 0, last } };
}

static struct flow flow_of(const struct seen *seen)
{
	struct flow flow = { .family = AF_INET,
		.protocol = seen->flags ? IPPROTO_TCP : IPPROTO_ICMP,
		.from = address_of(seen->from),
		.to = address_of(seen->to),
		.ttl = seen->ttl,
		.type = seen->role == ROLE_ANSWER ? ICMP_ECHOREPLY : ICMP_ECHO,
		.sequence = seen->sequence,
		.flags = seen->flags,
		.payload_size = seen->payload };

	if (seen->role == ROLE_ERROR)
		flow.type = ICMP_TIME_EXCEEDED;
	if (seen->flags) {
		flow.type = 0;
		flow.sport = seen->role == ROLE_ANSWER ? 80 : 4000;
		flow.dport = seen->role == ROLE_ANSWER ? 4000 : 80;
	}
	return flow;
}

static struct sighting sighting_of(const struct seen *seen)
{
	struct sighting sighting = { .time = 1000000 + 1000 * seen->microseconds,
		.in = seen->in,
		.device = seen->device,
		.wire = seen->wire,
		.direction = seen->direction,
		.dropped = seen->dropped,
		.role = seen->role,
		.elsewhere = seen->elsewhere,
		.flow = flow_of(seen) };

	if (seen->role == ROLE_OTHER && !seen->outer) {
		sighting.flow.protocol = 0;
		sighting.flow.arp = ARPOP_REQUEST;
	}
	if (!seen->outer)
		return sighting;
	sighting.role = ROLE_OTHER;
	sighting.carries = seen->role;
	sighting.inside = sighting.flow;
	sighting.flow = (struct flow) {
		.family = AF_INET, .protocol = IPPROTO_GRE, .from = address_of(101), .to = address_of(102)
	};
	return sighting;
}

static const char *told(struct arena *arena, const struct scene *scene)
{
	struct scene copy_of_scene = *scene;
	struct sighting sightings[64];
	size_t count = 0, size = 0;
	const struct verb *verb = scene->seen->flags ? &tcp : &ping;
	struct step step = { .number = 1, .verb = verb, .in = &a };
	const struct verdict verdict = { .kind = scene->kind ? scene->kind : "no-reply", .seen = "" };
	const struct oracle oracle = { oracle_off, decide, owns, NULL, NULL, &copy_of_scene };
	struct evidence evidence = { .arena = arena,
		.step = &step,
		.verdict = &verdict,
		.sightings = sightings,
		.sees_drops = true,
		.oracle = &oracle };
	struct dropped drop;
	char *text = NULL;
	FILE *to = open_memstream(&text, &size);
	const char *copy;

	step.target.address = address_of(2);
	for (const struct seen *seen = scene->seen; seen->in; seen++)
		sightings[count++] = sighting_of(seen);
	evidence.sighting_count = count;
	if (scene->drop) {
		drop = *scene->drop;
		if (!drop.flow.family)
			drop.flow = sightings[0].flow;
		evidence.drops = &drop;
		evidence.drop_count = 1;
	}
	journey_print(to, &evidence);
	fclose(to);
	copy = arena_printf(arena, "%s", text);
	free(text);
	return copy;
}

#define ROUTE(dev_, text_)                                                                                   \
	{                                                                                                    \
		.type = "unicast", .device = (dev_), .route = (text_), .rule = -1                            \
	}
#define HERE                                                                                                 \
	{                                                                                                    \
		.type = "local", .device = "lo", .route = "local", .rule = -1                                \
	}
#define OUT_OF(netns, name_) .in = &(netns), .device = (name_), .direction = RELAY_OUT
#define IN_TO(netns, name_)  .in = &(netns), .device = (name_), .direction = RELAY_IN
#define WIRE_IN(netns, name) .wire = true, IN_TO(netns, name)
#define PACKET(role_, from_, to_, ttl_, sequence_)                                                           \
	.role = (role_), .from = (from_), .to = (to_), .ttl = (ttl_), .sequence = (sequence_)
#define REQUEST PACKET(ROLE_REQUEST, 1, 2, 64, 1)
#define ANSWER	PACKET(ROLE_ANSWER, 2, 1, 64, 1)
#define END                                                                                                  \
	{                                                                                                    \
		.in = NULL                                                                                   \
	}

#define CAME "request 10.0.0.1 → 10.0.0.2: echo request\n"
#define NOTE "               "
#define LEFT NOTE "a sends it: default dev eth0\n     0.000 ms  left a by eth0\n"

static const struct answer plain[] = {
	{ .in = &a, .decision = ROUTE("eth0", "default dev eth0") },
	{ .in = &r, .iif = "eth0", .to = 2, .decision = HERE },
	{ .in = &r, .iif = "eth0", .to = 3, .decision = ROUTE("eth1", "10.0.0.3 dev eth1") },
	{ .in = &r, .decision = ROUTE("eth0", "10.0.0.1 dev eth0") },
	{ .in = &b, .iif = "eth1", .decision = HERE },
	END,
};

static const struct seen answered[] = {
	{ 0, OUT_OF(a, "eth0"), REQUEST },
	{ 1, IN_TO(r, "eth0"), REQUEST },
	{ 2, OUT_OF(r, "eth0"), ANSWER },
	END,
};

/* Says of each scene whether its journey is the one that it has. */
static int tell(const struct scene *scenes, size_t count)
{
	struct arena *arena = arena_open();

	for (size_t i = 0; i < count; i++)
		tap_is(told(arena, &scenes[i]), scenes[i].text, "%s", scenes[i].what);
	arena_close(arena);
	return tap_done();
}

#endif
