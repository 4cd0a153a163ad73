/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router reads of packets and frames, and what it drops without a word. */
#include "tests/relay/probe.h"
#include "tests/unit/tap.h"

static struct world world;
static struct router_port *tun, *tap;
static struct probe probe;
static struct datagram datagram;

static enum router_counter read_by(struct router_port *port)
{
	uint8_t *at = world.buffer + ROUTER_ROOM;
	struct packet packet = { .bytes = at, .length = probe.length, .frame = port->frame };

	memcpy(at, probe.bytes, probe.length);
	return datagram_read(port, &packet, at, &datagram);
}

static void make4(void)
{
	probe_make(&probe, "10.0.0.1", "10.0.1.2", IPPROTO_UDP, 30);
}

static void make6(void)
{
	probe_make(&probe, "2001:db8::1", "2001:db8:1::2", IPPROTO_UDP, 30);
}

/* The byte at AT is VALUE; the checksum of IPv4 is right, if it can be. */
static enum router_counter changed(size_t at, uint8_t value)
{
	uint8_t *ip = probe.bytes;
	size_t header = 4 * (size_t)(ip[0] & 15);

	ip[at] = value;
	if (probe_is4(ip) && header <= probe.length) {
		header = 4 * (size_t)(ip[0] & 15);
		made_number(ip + 10, 2, 0);
		made_number(ip + 10, 2, ~made_add(0, ip, header) & 0xffff);
	}
	return read_by(tun);
}

static void reads_ip4(void)
{
	make4();
	tap_ok(read_by(tun) == ROUTER_COUNTERS && datagram.hops == 64 && datagram.header == 20 &&
			datagram.protocol == IPPROTO_UDP && !datagram.fragment && !datagram.fixed &&
			datagram.identification == 0x1234 && datagram.form.count == 1 &&
			datagram.packet.protocol == 0x0800,
		"IPv4: the fields of a whole packet");
	tap_ok(changed(6, 0x40) == ROUTER_COUNTERS && datagram.fixed && !datagram.fragment,
		"IPv4: it must not be cut");
	tap_ok(changed(6, 0x20) == ROUTER_COUNTERS && datagram.fragment && datagram.more && !datagram.offset,
		"IPv4: a first fragment");
	probe.bytes[6] = 0x01;
	tap_ok(changed(7, 0x02) == ROUTER_COUNTERS && datagram.fragment && !datagram.more &&
			datagram.offset == 0x810,
		"IPv4: a last fragment");
	make4();
	probe.length += 9;
	tap_ok(read_by(tun) == ROUTER_COUNTERS && datagram.packet.length == 50, "IPv4: padding is left out");
	make4();
	tap_ok(changed(0, 0x44) == ROUTER_bad_header, "IPv4: a header of 16 bytes");
	make4();
	tap_ok(changed(0, 0x4f) == ROUTER_bad_header, "IPv4: a header longer than the packet");
	make4();
	tap_ok(changed(3, 51) == ROUTER_bad_length, "IPv4: shorter than it says");
	make4();
	tap_ok(changed(3, 19) == ROUTER_bad_header, "IPv4: a length less than its header's");
	make4();
	probe.bytes[11] ^= 1;
	tap_ok(read_by(tun) == ROUTER_bad_checksum, "IPv4: a wrong checksum");
	make4();
	probe.length = 19;
	tap_ok(read_by(tun) == ROUTER_bad_header, "IPv4: 19 bytes");
	make4();
	tap_ok(changed(0, 0x55) == ROUTER_bad_header, "a version 5");
	probe.length = 0;
	tap_ok(read_by(tun) == ROUTER_bad_header, "no bytes");
}

static void reads_ip6(void)
{
	make6();
	tap_ok(read_by(tun) == ROUTER_COUNTERS && datagram.hops == 64 && datagram.header == 40 &&
			datagram.protocol == IPPROTO_UDP && datagram.next_at == 6 && datagram.fixed &&
			!datagram.fragment_at,
		"IPv6: the fields of a whole packet");
	probe.length += 9;
	tap_ok(read_by(tun) == ROUTER_COUNTERS && datagram.packet.length == 70, "IPv6: padding is left out");
	make6();
	probe.length--;
	tap_ok(read_by(tun) == ROUTER_bad_length, "IPv6: shorter than it says");
	make6();
	probe.length = 39;
	tap_ok(read_by(tun) == ROUTER_bad_header, "IPv6: 39 bytes");
}

static enum router_counter extended(uint8_t first, const void *headers, size_t size)
{
	probe_ip(&probe, "2001:db8::1", "2001:db8:1::2", IPPROTO_UDP);
	probe_extra(&probe, first, headers, size);
	probe_payload(&probe, 30);
	return read_by(tun);
}

static void reads_extensions(void)
{
	/* Hop-by-hop, destination options of 16 bytes, routing, the first fragment, destination options. */
	static const uint8_t all[48] = { [0] = 60,
		[2] = 1,
		4,
		[8] = 43,
		1,
		1,
		12,
		[24] = 44,
		[27] = 0,
		[32] = 60,
		[35] = 1,
		[39] = 9,
		[40] = 17,
		[42] = 1,
		4 };
	static const uint8_t later[16] = { [0] = 60, [2] = 1, 9, [7] = 9, 17, 0, 1, 4 };
	static const uint8_t twice[16] = { [0] = 0, [2] = 1, 4, [8] = 17, [10] = 1, 4 };
	static const uint8_t cut[8] = { [0] = 17, 9, 1, 4 };

	tap_ok(extended(0, all, sizeof(all)) == ROUTER_COUNTERS && datagram.header == 88 &&
			datagram.protocol == IPPROTO_UDP && datagram.next_at == 80 &&
			datagram.fragment_at == 72 && datagram.more && !datagram.offset &&
			datagram.identification == 9,
		"IPv6: all extension headers are walked");
	tap_ok(extended(44, later, sizeof(later)) == ROUTER_COUNTERS && datagram.header == 48 &&
			datagram.protocol == 60 && datagram.more && datagram.offset == 0x108,
		"IPv6: behind a later fragment's header is no header");
	tap_ok(extended(0, twice, sizeof(twice)) == ROUTER_COUNTERS && datagram.header == 48 &&
			datagram.protocol == 0 && datagram.next_at == 40,
		"IPv6: a second hop-by-hop header is one that is not known");
	tap_ok(extended(60, cut, sizeof(cut)) == ROUTER_COUNTERS && datagram.header == 40 &&
			datagram.protocol == 60,
		"IPv6: the walk ends before a header that is not whole");
}

static void reads_frames(void)
{
	const uint8_t mine[6] = { 2, 0, 0, 0, 0, 2 }, other[6] = { 2, 0, 0, 0, 0, 3 },
		      all[6] = { 255, 255, 255, 255, 255, 255 };

	make4();
	probe_frame(&probe, mine, 0x0800);
	tap_ok(read_by(tap) == ROUTER_COUNTERS && !datagram.to_several && datagram.hardware[4] == 1 &&
			datagram.bytes == world.buffer + ROUTER_ROOM + 14 && datagram.packet.length == 50 &&
			datagram.packet.frame == RELAY_IP && datagram.came.length == 64,
		"a frame's header is left out");
	probe.length += 4;
	tap_ok(read_by(tap) == ROUTER_COUNTERS && datagram.packet.length == 50, "and its padding");
	make4();
	probe_frame(&probe, other, 0x0800);
	tap_ok(read_by(tap) == ROUTER_not_mine, "a frame for another station");
	make4();
	probe_frame(&probe, all, 0x0800);
	tap_ok(read_by(tap) == ROUTER_COUNTERS && datagram.to_several, "a frame for all");
	make4();
	probe_frame(&probe, mine, 0x8100);
	tap_ok(read_by(tap) == ROUTER_no_protocol, "a frame of another protocol");
	make4();
	probe_frame(&probe, mine, 0x86dd);
	tap_ok(read_by(tap) == ROUTER_bad_header, "IPv4 in a frame for IPv6");
	probe.length = 13;
	tap_ok(read_by(tap) == ROUTER_bad_header, "13 bytes of a frame");
}

static void reads_segments(void)
{
	make4();
	probe_frame(&probe, (const uint8_t[6]) { 2, 0, 0, 0, 0, 2 }, 0x0800);
	memcpy(world.buffer + ROUTER_ROOM, probe.bytes, probe.length);

	struct packet packet = { .bytes = world.buffer + ROUTER_ROOM,
		.length = probe.length,
		.frame = RELAY_ETHERNET,
		.offload = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			.csum_start = 34,
			.csum_offset = 6,
			.gso_type = 5,
			.gso_size = 8,
			.hdr_len = 42 } };

	tap_ok(datagram_read(tap, &packet, world.buffer + ROUTER_ROOM, &datagram) == ROUTER_COUNTERS &&
			datagram.form.count == 3 && datagram.form.headers == 28 &&
			datagram.packet.offload.csum_start == 20 && datagram.packet.offload.hdr_len == 28,
		"a segment's offsets are from its IP header on");
	packet.offload.csum_start = 13;
	tap_ok(datagram_read(tap, &packet, world.buffer + ROUTER_ROOM, &datagram) == ROUTER_bad_header,
		"what is left to the device is not in the frame's header");
	packet.offload.csum_start = 33;
	tap_ok(datagram_read(tap, &packet, world.buffer + ROUTER_ROOM, &datagram) == ROUTER_bad_length,
		"a segment that no device sends");
}

int main(void)
{
	world_open(&world);
	tun = world_port(&world, RELAY_IP, 1500);
	tap = world_port(&world, RELAY_ETHERNET, 1500);
	reads_ip4();
	reads_ip6();
	reads_extensions();
	reads_frames();
	reads_segments();
	world_close(&world);
	return tap_done();
}
