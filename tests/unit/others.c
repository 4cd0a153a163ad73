/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counters, and neighbours, tell of a probe that is not alone. */
#include "explain/cause.h"

#include <inttypes.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "explain/neighbours.h"
#include "forwarder/protocol.h"
#include "lab/lab.h"
#include "tests/unit/tap.h"

static struct netns right = { .name = "right" }, left = { .name = "left" };

static struct address address(uint8_t last)
{
	return (struct address) { .family = AF_INET, .length = 32, .bytes = { 10, 0, 0, last } };
}

static struct sighting seen(enum role role, uint8_t protocol, unsigned direction)
{
	return (struct sighting) { .in = &right,
		.device = "tun0",
		.direction = direction,
		.role = role,
		.time = 5,
		.flow = { .family = AF_INET,
			.protocol = protocol,
			.from = address(1),
			.to = address(2),
			.length = 84 } };
}

static struct count counts[] = { { "TcpInSegs", 3 }, { "UdpNoPorts", 1 }, { "IpFragFails", 1 } };
static struct moved moved = { "right", { counts, 3 } };

static struct evidence evidence_of(struct arena *arena, struct sighting *sightings, size_t count)
{
	return (struct evidence) { .arena = arena,
		.moved = &moved,
		.moved_count = 1,
		.since = 3,
		.sightings = sightings,
		.sighting_count = count };
}

static uint64_t surely(const struct evidence *evidence, uint8_t protocol, const char *name, enum alike alike)
{
	struct flow flow = { .family = AF_INET, .protocol = protocol };
	const struct stop stop = { .in = &right, .role = ROLE_REQUEST, .flow = &flow };

	return moved_surely(evidence, &stop, name, alike);
}

static void is_number(uint64_t seen, uint64_t wanted, const char *text)
{
	if (!tap_ok(seen == wanted, "%s", text))
		printf("# seen: %" PRIu64 ", wanted: %" PRIu64 "\n", seen, wanted);
}

static void counters_are_shared(struct arena *arena)
{
	struct sighting all[] = {
		seen(ROLE_REQUEST, IPPROTO_UDP, RELAY_IN),
		seen(ROLE_OTHER, IPPROTO_TCP, RELAY_IN),
		seen(ROLE_OTHER, IPPROTO_TCP, RELAY_OUT),
	};
	struct evidence evidence = evidence_of(arena, all, 3);

	is_number(
		surely(&evidence, IPPROTO_UDP, "UdpNoPorts", ALIKE_PROTOCOL), 1, "no other datagram came in");
	is_number(surely(&evidence, IPPROTO_TCP, "TcpInSegs", ALIKE_PROTOCOL), 2,
		"what moved beyond the other segment, not one that left");
	is_number(surely(&evidence, IPPROTO_UDP, "UdpNoPorts", ALIKE_FAMILY), 0, "any IP packet may have");
	is_number(surely(&evidence, IPPROTO_UDP, "IpFragFails", ALIKE_SIZE), 1, "a small one is not too big");
	all[1].flow.family = AF_INET6;
	is_number(surely(&evidence, IPPROTO_TCP, "TcpInSegs", ALIKE_PROTOCOL), 2, "TCP counts both families");
	is_number(surely(&evidence, IPPROTO_UDP, "UdpNoPorts", ALIKE_FAMILY), 1, "IP does not");
	all[1].flow.payload_size = 2000;
	is_number(surely(&evidence, IPPROTO_TCP, "TcpInSegs", ALIKE_PROTOCOL), 0, "a big one is several");
	all[1].in = &left;
	is_number(surely(&evidence, IPPROTO_TCP, "TcpInSegs", ALIKE_PROTOCOL), 3,
		"elsewhere it counts elsewhere");
	is_number(surely(&evidence, IPPROTO_UDP, "UdpInDatagrams", ALIKE_PROTOCOL), 0, "what did not move");
}

/* One of ARP's, before the step began. */
static struct sighting said(uint16_t operation, uint8_t from, uint8_t to)
{
	struct sighting sighting = seen(ROLE_OTHER, 0, operation == ARPOP_REPLY ? RELAY_IN : RELAY_OUT);

	sighting.time = 1;
	sighting.flow.arp = operation;
	sighting.flow.from = address(from);
	sighting.flow.to = address(to);
	return sighting;
}

static void neighbours_are_told_apart(struct arena *arena)
{
	struct sighting all[] = {
		said(ARPOP_REQUEST, 2, 7),
		said(ARPOP_REQUEST, 2, 8),
		said(ARPOP_REPLY, 8, 2),
	};
	struct evidence evidence = evidence_of(arena, all, 3);
	struct flow flow = { .family = AF_INET };
	const struct stop stop = { .in = &right, .flow = &flow };

	tap_ok(neighbour_is_silent(&evidence, &right, "tun0", "10.0.0.7"), "another's answer is not its own");
	tap_ok(!neighbour_is_silent(&evidence, &right, "tun0", "10.0.0.8"), "it answered");
	tap_ok(!neighbour_is_silent(&evidence, &right, "tun0", "10.0.0.9"), "it was not asked");
	tap_ok(!neighbour_is_silent(&evidence, &right, "tun1", "10.0.0.7"), "not by this device");
	tap_ok(!neighbour_is_silent(&evidence, &left, "tun0", "10.0.0.7"), "nor by this namespace");
	all[0] = said(ARPOP_REPLY, 8, 2);
	all[2] = said(ARPOP_REQUEST, 2, 8);
	tap_ok(neighbour_is_silent(&evidence, &right, "tun0", "10.0.0.8"),
		"it answered once, and does no more");
	tap_ok(is_alone(&evidence, &stop), "what neighbours said before is no company");
}

int main(void)
{
	struct arena *arena = arena_open();

	counters_are_shared(arena);
	neighbours_are_told_apart(arena);
	arena_close(arena);
	return tap_done();
}
