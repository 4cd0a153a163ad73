/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counters tell of a probe that is not alone. */
#include "explain/cause.h"

#include <inttypes.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

static void neighbours_are_no_company(struct arena *arena)
{
	struct sighting all[] = { seen(ROLE_REQUEST, IPPROTO_UDP, RELAY_IN), seen(ROLE_OTHER, 0, RELAY_IN) };
	struct evidence evidence = evidence_of(arena, all, 2);
	struct flow flow = { .family = AF_INET };
	const struct stop stop = { .in = &right, .flow = &flow };

	tap_ok(!is_alone(&evidence, &stop), "another packet");
	all[1].flow.arp = ARPOP_REQUEST;
	tap_ok(is_alone(&evidence, &stop), "a question for a neighbour");
}

int main(void)
{
	struct arena *arena = arena_open();

	counters_are_shared(arena);
	neighbours_are_no_company(arena);
	arena_close(arena);
	return tap_done();
}
