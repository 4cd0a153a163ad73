/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ethernet around what a router sends, and groups' hardware addresses. */
#include "forwarder/router/frame.h"

#include "tests/relay/world.h"
#include "tests/unit/tap.h"

static const uint8_t station[6] = { 2, 0, 0, 0, 9, 9 };
static uint8_t buffer[ROUTER_ROOM + 64];

static struct datagram datagram_of(unsigned version)
{
	struct datagram datagram = { .bytes = buffer + ROUTER_ROOM };

	memset(buffer, 0xaa, sizeof(buffer));
	datagram.bytes[0] = (uint8_t)(version << 4 | 5);
	datagram.packet.bytes = datagram.bytes;
	datagram.packet.length = 40;
	datagram.packet.offload = (struct virtio_net_hdr) {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.hdr_len = 28,
		.csum_start = 20,
		.csum_offset = 6,
	};
	return datagram;
}

static void test_tun(struct world *world)
{
	struct router_port *port = world_port(world, RELAY_IP, 1500);
	struct datagram datagram = datagram_of(4);
	const struct world_sent *sent = &world->sent[0];

	world_forget(world);
	frame_send(port, NULL, &datagram, NULL);
	tap_ok(world->sent_count == 1 && sent->length == 40 && !memcmp(sent->bytes, datagram.bytes, 40),
		"a TUN carries a datagram as it is");
	tap_ok(sent->offload.csum_start == 20 && sent->offload.hdr_len == 28, "and its offload as it is");
}

static void test_tap(struct world *world)
{
	static const uint8_t header[14] = { 2, 0, 0, 0, 9, 9, 2, 0, 0, 0, 0, 2, 0x86, 0xdd };
	struct router_port *port = world_port(world, RELAY_ETHERNET, 1500);
	struct datagram datagram = datagram_of(6);
	const struct world_sent *sent = &world->sent[0];

	world_forget(world);
	frame_send(port, station, &datagram, "why");
	tap_ok(world->sent_count == 1 && sent->length == 54 && !memcmp(sent->bytes, header, 14) &&
			!memcmp(sent->bytes + 14, datagram.bytes, 40),
		"a TAP carries it behind an Ethernet header");
	tap_ok(sent->offload.csum_start == 34 && sent->offload.hdr_len == 42 &&
			sent->offload.csum_offset == 6,
		"its offload counts from the frame's beginning");
	tap_is(sent->what, "why", "who captures it is told why");
	datagram = datagram_of(4);
	datagram.packet.offload = (struct virtio_net_hdr) { 0 };
	frame_send(port, station, &datagram, NULL);
	sent = &world->sent[1];
	tap_ok(sent->bytes[12] == 8 && sent->bytes[13] == 0, "IPv4 has the EtherType 0x0800");
	tap_ok(sent->offload.csum_start == 0 && sent->offload.hdr_len == 0, "no offload stays none");
}

static void test_other(struct world *world)
{
	struct router_port *port = world_port(world, RELAY_ETHERNET, 1500);
	static const uint8_t wanted[] = { 2, 0, 0, 0, 9, 9, 2, 0, 0, 0, 0, 3, 8, 6, 'x', 'y', 'z' };
	const struct world_sent *sent = &world->sent[0];

	world_forget(world);
	frame_send_other(port, station, 0x0806, (const uint8_t *)"xyz", 3, "ARP");
	tap_ok(world->sent_count == 1 && sent->length == sizeof(wanted) &&
			!memcmp(sent->bytes, wanted, sizeof(wanted)),
		"another protocol has its EtherType and its bytes");
}

static void test_groups(void)
{
	static const struct {
		const char *ip;
		uint8_t hardware[6];
	} groups[] = {
		{ "255.255.255.255", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ "224.0.0.1", { 1, 0, 0x5e, 0, 0, 1 } },
		{ "239.255.255.250", { 1, 0, 0x5e, 0x7f, 0xff, 0xfa } },
		{ "ff02::1", { 0x33, 0x33, 0, 0, 0, 1 } },
		{ "ff02::1:ff12:3456", { 0x33, 0x33, 0xff, 0x12, 0x34, 0x56 } },
	};
	uint8_t hardware[6];
	struct ip ip;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		ip = world_ip(groups[i].ip, NULL);
		tap_ok(frame_group(&ip, hardware) && !memcmp(hardware, groups[i].hardware, 6),
			"the hardware address of %s", groups[i].ip);
	}
	ip = world_ip("10.0.0.1", NULL);
	tap_ok(!frame_group(&ip, hardware), "10.0.0.1 is no group");
	ip = world_ip("2001:db8::1", NULL);
	tap_ok(!frame_group(&ip, hardware), "2001:db8::1 is no group");
}

int main(void)
{
	static struct world world;

	world_open(&world);
	test_tun(&world);
	test_tap(&world);
	test_other(&world);
	test_groups();
	world_close(&world);
	return tap_done();
}
