/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that go through a router, from one port to another: whole, in fragments, and as segments. */
#include "tests/relay/probe.h"
#include "tests/unit/tap.h"

static struct world world;
static struct router_port *left, *right, *narrow;
static struct probe probe;

static void begin(void)
{
	world_open(&world);
	left = world_port(&world, RELAY_IP, 9000);
	right = world_port(&world, RELAY_IP, 9000);
	narrow = world_port(&world, RELAY_IP, 1280);
	world_address(left, "10.0.0.254/24");
	world_address(right, "10.0.1.254/24");
	world_address(narrow, "10.0.2.254/24");
	world_address(left, "2001:db8::fe/64");
	world_address(right, "2001:db8:1::fe/64");
	world_route(&world, ROUTE_UNICAST, "10.2.0.0/16", "10.0.1.2", right);
}

static bool went(const struct router_port *port, unsigned count)
{
	bool all = world.sent_count == count && world.said_count == 1 && !world.dropped;

	for (size_t i = 0; i < world.sent_count; i++)
		all = all && world.sent[i].port == port && !world.sent[i].lost && !world.sent[i].what[0];
	return all;
}

static void whole(void)
{
	unsigned right_ones = 0;

	probe_make(&probe, "10.0.0.1", "10.0.1.2", IPPROTO_UDP, 30);
	probe_give(&world, left, &probe);
	tap_ok(went(right, 1), "IPv4: a packet goes out of the other port");
	tap_is(world.said, "forwarded by 10.0.1.0/24, ttl 63", "and it is said so");
	probe_make(&probe, "10.0.0.1", "10.2.0.7", IPPROTO_UDP, 30);
	probe_give(&world, left, &probe);
	tap_ok(went(right, 1), "IPv4: by a gateway");
	tap_is(world.said, "forwarded by 10.2.0.0/16 via 10.0.1.2, ttl 63", "and it is said so");
	probe_make(&probe, "2001:db8::1", "2001:db8:1::2", IPPROTO_UDP, 30);
	probe_give(&world, left, &probe);
	tap_ok(went(right, 1) && world.sent[0].bytes[7] == 63 &&
			probe_holds(world.sent[0].bytes, world.sent[0].length),
		"IPv6: a packet goes out of the other port");
	tap_is(world.said, "forwarded by 2001:db8:1::/64, hop limit 63", "and it is said so");
	tap_ok(world_count(&world, ROUTER_forwarded) == 3, "three are counted");
	for (unsigned i = 2; i < 256; i++) {
		probe_make(&probe, "10.0.0.1", "10.0.1.2", IPPROTO_UDP, 30);
		probe.bytes[4] = (uint8_t)(i * 37);
		probe_hops(&probe, (uint8_t)i);
		probe_give(&world, left, &probe);
		right_ones += went(right, 1) && world.sent[0].bytes[8] == i - 1 &&
			      probe_holds(world.sent[0].bytes, world.sent[0].length);
	}
	tap_ok(right_ones == 254, "IPv4: the checksum is right of each time to live (%u of 254)", right_ones);
	probe_give(&world, right, &probe);
	tap_ok(went(right, 1), "and out of the port that it came by");
}

/* What is behind the headers of all that was sent, in order. */
static size_t joined(uint8_t *to)
{
	size_t size = 0;

	for (size_t i = 0; i < world.sent_count; i++) {
		const struct world_sent *sent = &world.sent[i];
		size_t at = 8 * ((size_t)(sent->bytes[6] & 0x1f) << 8 | sent->bytes[7]);

		memcpy(to + at, sent->bytes + 20, sent->length - 20);
		size = at + sent->length - 20;
	}
	return size;
}

static void in_fragments(void)
{
	static uint8_t together[PROBE_LONGEST];
	bool all_right = true;

	probe_make(&probe, "10.0.0.1", "10.0.2.2", IPPROTO_UDP, 4000);
	probe_give(&world, left, &probe);
	tap_ok(went(narrow, 4), "IPv4: what is too long goes in fragments");
	tap_is(world.said, "forwarded by 10.0.2.0/24, ttl 63, in fragments", "and it is said so");
	for (size_t i = 0; i < world.sent_count; i++)
		all_right = all_right && world.sent[i].length <= 1280 && world.sent[i].bytes[8] == 63 &&
			    probe_holds(world.sent[i].bytes, world.sent[i].length);
	tap_ok(all_right, "each fits, and has a right header");
	tap_ok(joined(together) == 4000 && !memcmp(together, probe.bytes + 20, 4000),
		"together they are what was sent");
	tap_ok(world_count(&world, ROUTER_fragmented) == 1, "and are counted as one packet");
	probe_make(&probe, "10.0.0.1", "10.0.2.2", IPPROTO_UDP, 1260);
	probe_give(&world, left, &probe);
	tap_ok(went(narrow, 1) && world.sent[0].length == 1280, "what just fits goes whole");
}

/* A segment of UDP: COUNT packets of SIZE bytes each, with its checksum left to a device. */
static struct virtio_net_hdr make_segment(unsigned count, uint16_t size, size_t before)
{
	struct virtio_net_hdr offload = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = (uint16_t)(before + 20),
		.csum_offset = 6,
		.gso_type = 5,
		.gso_size = size,
		.hdr_len = (uint16_t)(before + 28) };

	probe_make(&probe, "10.0.0.1", "10.0.2.2", IPPROTO_UDP, 8 + (size_t)count * size);
	made_number(probe.bytes + 26, 2, 0);
	made_number(probe.bytes + 26, 2, 0);

	uint32_t sum = probe_pseudo(probe.bytes, IPPROTO_UDP, probe.length - 20);

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	made_number(probe.bytes + 26, 2, sum);
	return offload;
}

static void segments(void)
{
	struct virtio_net_hdr offload = make_segment(5, 1000, 0);
	uint64_t before = world_count(&world, ROUTER_forwarded);
	bool all_right = true;

	world_forget(&world);
	world_give_offload(&world, left, probe.bytes, probe.length, &offload);
	tap_ok(went(narrow, 1) && world.sent[0].length == 5028 && world.sent[0].offload.gso_size == 1000 &&
			world.sent[0].offload.csum_start == 20 && world.sent[0].bytes[8] == 63,
		"a segment goes whole where each of its packets fits");
	tap_ok(world_count(&world, ROUTER_forwarded) == before + 5, "and counts as those");
	offload = make_segment(3, 1500, 0);
	world_forget(&world);
	world_give_offload(&world, left, probe.bytes, probe.length, &offload);
	tap_ok(went(narrow, 6), "else each of them goes in fragments (%zu)", world.sent_count);
	for (size_t i = 0; i < world.sent_count; i++)
		all_right = all_right && world.sent[i].length <= 1280 && !world.sent[i].offload.flags &&
			    probe_holds(world.sent[i].bytes, world.sent[i].length) &&
			    world.sent[i].bytes[5] == 0x34 + i / 2;
	tap_ok(all_right, "with headers of its own, and nothing left to the device");
	/* The first two fragments are the first packet of the segment. */
	memcpy(probe.bytes, world.sent[0].bytes, world.sent[0].length);
	memcpy(probe.bytes + world.sent[0].length, world.sent[1].bytes + 20, world.sent[1].length - 20);
	probe.length = world.sent[0].length + world.sent[1].length - 20;
	tap_ok(probe.length == 1528 && probe_sum(probe.bytes, 20, 1528, IPPROTO_UDP) == 0xffff,
		"and a right checksum");
}

static void left_to_device(void)
{
	struct virtio_net_hdr offload = make_segment(1, 1400, 0);

	offload.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	offload.gso_size = 0;
	world_forget(&world);
	world_give_offload(&world, left, probe.bytes, probe.length, &offload);
	tap_ok(went(narrow, 2) && !world.sent[0].offload.flags, "a checksum is filled in before it is cut");
	memcpy(probe.bytes, world.sent[0].bytes, world.sent[0].length);
	memcpy(probe.bytes + world.sent[0].length, world.sent[1].bytes + 20, world.sent[1].length - 20);
	tap_ok(probe_sum(probe.bytes, 20, 1428, IPPROTO_UDP) == 0xffff, "right");
}

static void records_route(void)
{
	static const uint8_t options[12] = { 7, 11, 4 };

	probe_ip(&probe, "10.0.0.1", "10.0.1.2", IPPROTO_UDP);
	probe_extra(&probe, 0, options, sizeof(options));
	probe_payload(&probe, 30);
	probe_give(&world, left, &probe);
	tap_ok(went(right, 1) && world.sent[0].bytes[22] == 8 &&
			!memcmp(world.sent[0].bytes + 23, (const uint8_t[4]) { 10, 0, 1, 254 }, 4) &&
			probe_holds(world.sent[0].bytes, world.sent[0].length),
		"a recorded route has the address by which it went");
}

int main(void)
{
	begin();
	whole();
	in_fragments();
	segments();
	left_to_device();
	records_route();
	world_close(&world);
	return tap_done();
}
