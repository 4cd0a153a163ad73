/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Causes of made-up evidence at a router of the relay's: what it dropped, and what it kept. */
#include <linux/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "explain/cause.h"
#include "forwarder/protocol.h"
#include "kernel/router_memory.h"
#include "lab/lab.h"
#include "tests/unit/oracle.h"
#include "tests/unit/tap.h"

static const struct wire_kind router_kind = { .name = "router", .router = true, .relay = true },
			      wire_kind = { .name = "wire" };
static struct netns left = { .name = "left", .content = &(struct content) { 0 } };
static struct netns right = { .name = "right", .content = &(struct content) { 0 } };
static struct wire wire = { .kind = &router_kind, .count = 2 };
static struct link tun = { .name = "tun0", .in = &left, .wire = &wire, .port = 0 };
static struct link tap = { .name = "tap0", .in = &right, .wire = &wire, .port = 1 };
static struct link *wires_ends[] = { &tun, &tap }, *lefts[] = { &tun }, *rights[] = { &tap };
static const struct verb ping = { .name = "ping", .probe = true };

static bool decide(void *context, struct arena *arena, const struct netns *in,
	const struct question *question, bool reverse, struct decision *out)
{
	(void)context, (void)arena, (void)in, (void)question, (void)reverse, (void)out;
	return false;
}

static bool owns(void *context, struct arena *arena, const struct netns *in, const struct address *address,
	const char **device)
{
	(void)context, (void)arena, (void)in, (void)address, (void)device;
	return false;
}

static struct address address_of(uint8_t third, uint8_t last)
{
	return (struct address) { .family = AF_INET, .length = 32, .bytes = { 10, 0, third, last } };
}

static struct sighting request(uint64_t time, const struct netns *in, const char *device, unsigned direction)
{
	struct sighting sighting = { .time = time,
		.in = in,
		.device = device,
		.wire = true,
		.direction = direction,
		.role = ROLE_REQUEST };

	sighting.flow = (struct flow) { .family = AF_INET, .protocol = IPPROTO_ICMP, .length = 84 };
	sighting.flow.from = address_of(0, 1);
	sighting.flow.to = address_of(1, 2);
	return sighting;
}

/* At right/tap0: who has 10.0.1.2, or who says so. */
static struct sighting arp(uint64_t time, bool answer)
{
	struct sighting sighting = request(time, &right, "tap0", answer ? RELAY_OUT : RELAY_IN);

	sighting.role = ROLE_OTHER;
	sighting.flow.protocol = 0;
	sighting.flow.arp = answer ? ARPOP_REPLY : ARPOP_REQUEST;
	sighting.flow.from = answer ? address_of(1, 2) : address_of(1, 254);
	sighting.flow.to = answer ? address_of(1, 254) : address_of(1, 2);
	return sighting;
}

static void is_judged(struct sighting *sightings, size_t count, const char *cause, const char *place)
{
	static const struct oracle oracle = { oracle_off, decide, owns, NULL, NULL, NULL };
	struct arena *arena = arena_open();
	const struct step step = { .number = 1, .verb = &ping, .in = &left };
	const struct verdict verdict = { .kind = "no-reply", .seen = "" };
	const struct evidence evidence = { .arena = arena,
		.step = &step,
		.verdict = &verdict,
		.sightings = sightings,
		.sighting_count = count,
		.oracle = &oracle };
	struct cause found;

	cause_find(&evidence, &found);
	tap_is(cause_print(arena, &found), cause, "%s", cause);
	tap_is(cause_place(arena, &found), place, "at %s", place);
	arena_close(arena);
}

static void is_dropped(const char *dropped, const char *cause)
{
	struct sighting seen[] = { request(1, &left, "tun0", RELAY_OUT) };

	seen[0].dropped = dropped;
	is_judged(seen, 1, cause, "router:left/tun0");
}

#define DROPPED "left: the router behind tun0 dropped the request of 84 bytes: "

static void what_it_drops(void)
{
	is_dropped("dropped: there is no route to 10.0.1.2",
		DROPPED "there is no route to 10.0.1.2 [no-route, observed]");
	is_dropped("dropped: the route is a blackhole",
		DROPPED "the route is a blackhole [blackhole, observed]");
	is_dropped("dropped: the route says unreachable",
		DROPPED "the route says unreachable [unreachable, observed]");
	is_dropped(
		"dropped: the route says prohibit", DROPPED "the route says prohibit [prohibit, observed]");
	is_dropped("dropped: its time to live is over", DROPPED "its time to live is over [ttl, observed]");
	is_dropped("dropped: too big, and it must not be cut",
		DROPPED "too big, and it must not be cut [too-big, observed]");
	is_dropped("dropped: no host can have this source address",
		DROPPED "no host can have this source address [martian, observed]");
	is_dropped("dropped: the next hop did not answer",
		DROPPED "the next hop did not answer [neighbour, observed]");
	is_dropped("dropped: too many packets wait for the next hop",
		DROPPED "too many packets wait for the next hop [neighbour, observed]");
	is_dropped("dropped: no packet may go to this address",
		DROPPED "no packet may go to this address [martian, observed]");
	is_dropped("dropped: nobody listens at this port",
		DROPPED "nobody listens at this port [closed, observed]");
	is_dropped("dropped: a source route", DROPPED "a source route [router, observed]");
}

static void what_it_keeps(void)
{
	struct sighting seen[] = { request(1, &left, "tun0", RELAY_OUT), arp(2, false), arp(3, true) };

	seen[0].befell.said = "forwarded to 10.0.1.0/24, ttl 63";
	is_judged(seen, 2,
		"left: the router behind tun0 asked on the link of right/tap0 who has 10.0.1.2, for the "
		"request, and nobody "
		"answered [neighbour, observed]",
		"router:left/tun0");
	is_judged(seen, 3,
		"left: the router behind tun0 had not sent the request on when the time for an answer was "
		"over "
		"[router, observed]",
		"router:left/tun0");
	/* What was asked before the request came was asked for another. */
	seen[1].time = 0;
	is_judged(seen, 2,
		"left: the router behind tun0 had not sent the request on when the time for an answer was "
		"over "
		"[router, observed]",
		"router:left/tun0");
}

/* What the wires to it do stays theirs. */
static void what_its_wires_do(void)
{
	struct sighting seen[] = { request(1, &left, "tun0", RELAY_OUT),
		request(2, &right, "tap0", RELAY_IN) };

	seen[1].dropped = "dropped: loss 100%";
	is_judged(seen, 2, "right: the wire to tap0 lost the request of 84 bytes: loss 100% [wire, observed]",
		"right/tap0");
	seen[1].dropped = "dropped: the next hop did not answer";
	is_judged(seen, 2,
		"right: the router behind tap0 dropped the request of 84 bytes: the next hop did not answer "
		"[neighbour, observed]",
		"router:right/tap0");
	wire.kind = &wire_kind;
	seen[0].dropped = "dropped: there is no route";
	is_judged(seen, 1,
		"left: the wire to tun0 lost the request of 84 bytes: there is no route [wire, observed]",
		"left/tun0");
}

int main(void)
{
	wire.ends = wires_ends;
	left.links = lefts;
	right.links = rights;
	left.link_count = right.link_count = 1;
	what_it_drops();
	what_it_keeps();
	what_its_wires_do();
	return tap_done();
}
