/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that go through a router, from one port to another. */
#include "forwarder/ip.h"
#include "forwarder/router/checksum.h"
#include "tests/relay/world.h"
#include "tests/unit/tap.h"

static struct world world;

int main(void)
{
	struct router_port *left, *right;
	uint8_t packet[IP4_HEADER + 8] = { 0x45, 0, 0, IP4_HEADER + 8, 0x12, 0x34, 0, 0, 64, IPPROTO_UDP, 0,
		0, 10, 0, 0, 1, 10, 0, 1, 2, 0, 9, 0, 9, 0, 8 };

	world_open(&world);
	left = world_port(&world, RELAY_IP, 1500);
	right = world_port(&world, RELAY_IP, 1500);
	world_address(left, "10.0.0.254/24");
	world_address(right, "10.0.1.254/24");
	store16(packet + IP4_CHECKSUM, checksum_finish(checksum_add(0, packet, IP4_HEADER)));
	world_give(&world, left, packet, sizeof(packet));
	tap_ok(world.sent_count == 1 && world.sent[0].port == right, "a packet goes out of the other port");
	tap_is(world.said, "forwarded by 10.0.1.0/24, ttl 63", "what is said of it");
	tap_ok(world.sent_count == 1 && world.sent[0].bytes[IP4_TTL] == 63, "its time to live is one less");
	tap_ok(checksum_finish(checksum_add(0, world.sent[0].bytes, IP4_HEADER)) == 0,
		"its checksum is right");
	world_close(&world);
	return tap_done();
}
