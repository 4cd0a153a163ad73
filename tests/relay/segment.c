/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments against packets of wire size that are made one by one, by other means: each byte of each packet,
 * whether it is cut out alone or out of a run that was cut out before; what is not to be cut; and what no
 * device would send.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "forwarder/segment.h"
#include "tests/relay/made.h"
#include "tests/unit/tap.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

static uint8_t payload[65536];
static uint64_t state = 1;

/* Any number below a bound; the same in each run. */
static uint32_t any(uint32_t bound)
{
	state = state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(state >> 33) % bound;
}

static const struct made tcp4 = { .version = 4, .sequence = 0xfffff000, .flags = 0x18, .id = 0xfffe },
			 tcp6 = { .version = 6, .sequence = 17, .flags = 0x19, .id = 5 },
			 udp4 = { .version = 4, .udp = true, .id = 9 }, udp6 = { .version = 6, .udp = true };

static enum relay_frame frame_of(const struct made *made)
{
	return made->ethernet ? RELAY_ETHERNET : RELAY_IP;
}

static struct made with(struct made made, size_t size, unsigned gso)
{
	made.payload = payload;
	made.size = size;
	made.gso = gso;
	return made;
}

/* That PACKET is what the one numbered so is when it is made alone. Its bytes end where its memory does. */
static bool is_piece(const struct made *whole, unsigned number, const struct packet *packet)
{
	static uint8_t wanted[MADE_MOST];
	struct made piece = made_piece(whole, number);
	size_t length = made_wire(&piece, wanted);

	return packet->length == length && !memcmp(packet->bytes, wanted, length) && !packet->offload.flags &&
	       !packet->offload.gso_type && !packet->offload.gso_size;
}

/* Each of a run, cut out of the run, and asked for from there on by itself. */
static bool is_run(const struct made *made, const struct packet *packet, const struct segment *form,
	unsigned first, unsigned count)
{
	static uint8_t buffer[SEGMENT_LONGEST], room[SEGMENT_LONGEST];
	struct packet run, piece;
	struct segment of_run;
	size_t sum = 0;

	segment_cut(packet, form, first, count, buffer, &run);
	if (!segment_read(&run, frame_of(made), &of_run) || of_run.count != count ||
		of_run.network != form->network)
		return false;
	if (form->count > 1 && (count > 1) != (run.offload.gso_type != VIRTIO_NET_HDR_GSO_NONE))
		return false;
	for (unsigned i = 0; i < count; i++) {
		segment_complete(&run, &of_run, i, room, &piece);
		if (!is_piece(made, first + i, &piece) || piece.length != segment_length(&run, &of_run, i) ||
			piece.length != segment_length(packet, form, first + i))
			return false;
		sum += piece.length;
	}
	return sum == segment_lengths(&run, &of_run);
}

/* Made in memory of just its size, so that a sanitizer sees who reads beyond it. */
static uint8_t *make(const struct made *made, struct packet *out)
{
	static uint8_t bytes[MADE_MOST];
	size_t length = made_whole(made, bytes, &out->offload);
	uint8_t *own = malloc(length ? length : 1);

	memcpy(own, bytes, length);
	out->bytes = own;
	out->length = length;
	return own;
}

/* The segment in all its runs, or in a hundred of them. */
static bool cuts(const struct made *made)
{
	unsigned count = made_count(made);
	struct packet packet = { 0 };
	struct segment form;
	uint8_t *bytes = make(made, &packet);
	bool good = segment_read(&packet, frame_of(made), &form) && form.count == count;

	for (unsigned first = 0; good && count <= 12 && first < count; first++)
		for (unsigned n = 1; good && n <= count - first; n++)
			good = is_run(made, &packet, &form, first, n);
	for (unsigned i = 0; good && count > 12 && i < 100; i++) {
		unsigned first = any(count), n = 1 + any(count - first);

		good = is_run(made, &packet, &form, first, n);
	}
	free(bytes);
	return good;
}

static void check(struct made made, const char *name)
{
	tap_ok(cuts(&made), "%s: %u packets", name, made_count(&made));
}

static void test_kinds(void)
{
	struct made made = with(tcp4, 65000, 1448);

	check(made, "TCP over IPv4");
	check(with(tcp6, 65000, 1428), "TCP over IPv6");
	check(with(udp4, 65000, 1472), "datagrams over IPv4");
	check(with(udp6, 60001, 1000), "datagrams over IPv6");
	check(with(udp4, 3, 1), "datagrams of a byte");
	check(with(tcp4, 7, 2), "two bytes each, and one");
	check(with(tcp4, 2896, 1448), "two, both full");
	made.tcp_options = 12;
	check(made, "with TCP's options");
	made.ip_options = 40;
	made.size = 60000;
	check(made, "with IP's options as well");
	made = with(tcp6, 10000, 1000);
	made.ip_options = 3 * 24;
	check(made, "behind extension headers");
	made.routed = true;
	check(made, "of which one says another destination");
	made = with(tcp4, 10000, 1000);
	made.flags = 0x80 | 0x10 | 0x01;
	made.ecn = true;
	check(made, "the congestion window was reduced, and something ends");
	for (unsigned tags = 0; tags <= 2; tags++) {
		made.ethernet = true;
		made.tags = tags;
		made.size = 65000;
		check(made, tags ? "in a tagged frame" : "in a frame");
	}
}

static void test_chance(void)
{
	const struct made *const kinds[] = { &tcp4, &tcp6, &udp4, &udp6 };
	bool good = true;

	for (unsigned i = 0; i < 400 && good; i++) {
		struct made made = with(*kinds[any(4)], 2 + any(60000), 1);

		made.gso = 1 + any(any(2) ? 65000 : 3000);
		if (made.size / made.gso > 2000)
			made.gso = 100;
		made.sequence = any(1U << 31) * 2;
		made.id = (uint16_t)any(65536);
		made.flags = (uint8_t)any(256);
		made.ecn = made.flags & 0x80;
		made.ethernet = any(2);
		made.tags = made.ethernet ? any(3) : 0;
		made.tcp_options = 4 * any(11);
		made.ip_options = made.version == 4 ? 4 * any(11) : 24 * any(3);
		good = cuts(&made);
		if (!good)
			printf("# %u: version %u, %zu bytes of %u\n", i, made.version, made.size, made.gso);
	}
	tap_ok(good, "400 made by chance, cut by chance");
}

/* What needs no cutting: checksums that are left to the device, and those that are not. */
static void test_single(void)
{
	static const struct made *const kinds[] = { &tcp4, &tcp6, &udp4, &udp6 };
	static uint8_t room[SEGMENT_LONGEST];
	bool left = true, done = true, small = true;
	struct packet packet = { 0 }, out;
	struct segment form;

	for (size_t i = 0; i < 4; i++) {
		for (size_t size = 0; size < 300; size++) {
			struct made made = with(*kinds[i], size, 0);
			uint8_t *bytes = make(&made, &packet);

			left &= segment_read(&packet, RELAY_IP, &form) && form.count == 1;
			segment_complete(&packet, &form, 0, room, &out);
			left &= is_piece(&made, 0, &out);
			packet.offload = (struct virtio_net_hdr) { .flags = VIRTIO_NET_HDR_F_DATA_VALID };
			segment_complete(&packet, &form, 0, room, &out);
			done &= out.bytes == packet.bytes && out.length == packet.length &&
				!out.offload.flags;
			free(bytes);
		}
		/* To be cut, but not longer than a piece: the kernel takes it as it is. */
		struct made made = with(*kinds[i], 700, 700);
		uint8_t *bytes = make(&made, &packet);

		small &= segment_read(&packet, RELAY_IP, &form) && form.count == 1;
		segment_complete(&packet, &form, 0, room, &out);
		small &= is_piece(&made, 0, &out);
		free(bytes);
	}
	tap_ok(left, "a checksum that was left to the device is filled in");
	tap_ok(done, "one that was not stays");
	tap_ok(small, "a segment of one packet is one");
}

/* The checksum of a packet that gives 0 for it, as it is on the wire. */
static unsigned zero_of(struct made made, size_t at)
{
	static uint8_t room[SEGMENT_LONGEST];
	struct packet packet = { 0 }, out;
	struct segment form;
	uint8_t *bytes, sum[2];

	payload[0] = payload[1] = 0;
	bytes = make(&made, &packet);
	segment_read(&packet, RELAY_IP, &form);
	segment_complete(&packet, &form, 0, room, &out);
	memcpy(sum, out.bytes + at, 2);
	free(bytes);
	memcpy(payload, sum, 2);
	bytes = make(&made, &packet);
	segment_complete(&packet, &form, 0, room, &out);
	memcpy(sum, out.bytes + at, 2);
	free(bytes);
	return (unsigned)sum[0] << 8 | sum[1];
}

static void test_zero(void)
{
	uint8_t before[2];

	memcpy(before, payload, 2);
	tap_ok(zero_of(with(udp4, 2, 0), 26) == 0xffff, "a checksum of 0 is written as 65535 in UDP");
	tap_ok(zero_of(with(tcp4, 2, 0), 36) == 0, "and as it is in TCP");
	memcpy(payload, before, 2);
}

/* One thing that is wrong with a segment that is right: of its offload, or a byte. */
struct wrong {
	const char *what;
	const struct made *of;
	struct virtio_net_hdr offload; /* where not 0 */
	size_t at;
	uint8_t byte;
	bool at_is_offset;
	size_t cut; /* so many bytes are left */
};

static const struct wrong wrongs[] = {
	{ .what = "TCP over IPv6 that is IPv4", .of = &tcp4, .offload = { .gso_type = 4 } },
	{ .what = "datagrams that are TCP", .of = &tcp4, .offload = { .gso_type = 5 } },
	{ .what = "fragments, which nobody asked for", .of = &udp4, .offload = { .gso_type = 3 } },
	{ .what = "a type that there is not", .of = &tcp4, .offload = { .gso_type = 2 } },
	{ .what = "ECN of nothing", .of = &tcp4, .offload = { .gso_type = 0x80 } },
	{ .what = "TCP that begins in its IP header", .of = &tcp4, .offload = { .csum_start = 16 } },
	{ .what = "TCP that begins later", .of = &tcp4, .offload = { .csum_start = 24 } },
	{ .what = "TCP that begins behind the end", .of = &tcp4, .offload = { .csum_start = 65535 } },
	{ .what = "a checksum elsewhere", .of = &tcp4, .offload = { .csum_offset = 6 } },
	{ .what = "a checksum behind the end", .of = &udp6, .offload = { .csum_offset = 65535 } },
	{ .what = "a TCP header of 16 bytes", .of = &tcp4, .at = 32, .byte = 0x40, .at_is_offset = true },
	{ .what = "an IP header of 16 bytes", .of = &tcp4, .at = 0, .byte = 0x44, .at_is_offset = true },
	{ .what = "an IP header of 24 bytes", .of = &tcp4, .at = 0, .byte = 0x46, .at_is_offset = true },
	{ .what = "version 5", .of = &tcp4, .at = 0, .byte = 0x55, .at_is_offset = true },
	{ .what = "another protocol", .of = &tcp6, .at = 6, .byte = 132, .at_is_offset = true },
	{ .what = "an extension header that is none", .of = &tcp6, .at = 6, .byte = 0, .at_is_offset = true },
	{ .what = "a fragment of IPv6", .of = &tcp6, .at = 6, .byte = 44, .at_is_offset = true },
	{ .what = "a datagram of another length", .of = &udp4, .at = 24, .byte = 1, .at_is_offset = true },
	{ .what = "half an IP header", .of = &tcp4, .cut = 9 },
	{ .what = "half a TCP header", .of = &tcp4, .cut = 30 },
	{ .what = "half a checksum", .of = &tcp4, .cut = 37 },
	{ .what = "half an IPv6 header", .of = &tcp6, .cut = 20 },
	{ .what = "a byte", .of = &tcp6, .cut = 1 },
};

static void test_wrong(const struct wrong *wrong)
{
	struct made made = with(*wrong->of, 3000, 1000);
	struct packet packet = { 0 };
	struct segment form;
	uint8_t *bytes = make(&made, &packet);

	tap_ok(segment_read(&packet, RELAY_IP, &form) && form.count == 3, "right, but for");
	if (wrong->offload.gso_type)
		packet.offload.gso_type = wrong->offload.gso_type;
	if (wrong->offload.csum_start)
		packet.offload.csum_start = wrong->offload.csum_start;
	if (wrong->offload.csum_offset)
		packet.offload.csum_offset = wrong->offload.csum_offset;
	if (wrong->at_is_offset)
		bytes[wrong->at] = wrong->byte;
	if (wrong->cut) { /* its bytes end where its memory does */
		uint8_t *less = memcpy(malloc(wrong->cut), bytes, wrong->cut);

		free(bytes);
		packet.bytes = bytes = less;
		packet.length = wrong->cut;
	}
	tap_ok(!segment_read(&packet, RELAY_IP, &form), "%s", wrong->what);
	free(bytes);
}

static void test_wrong_sizes(void)
{
	struct made made = with(tcp4, 3000, 1000);
	struct packet packet = { 0 };
	struct segment form;
	uint8_t *bytes = make(&made, &packet);

	packet.offload.gso_size = 0;
	tap_ok(!segment_read(&packet, RELAY_IP, &form), "pieces of no size");
	packet.offload.gso_size = 1000;
	packet.offload.flags = 0;
	tap_ok(!segment_read(&packet, RELAY_IP, &form), "a segment with a checksum of its own");
	free(bytes);
	made.ethernet = true;
	bytes = make(&made, &packet);
	tap_ok(segment_read(&packet, RELAY_ETHERNET, &form) && !segment_read(&packet, RELAY_IP, &form),
		"a frame where a packet should be");
	bytes[13] = 6;
	tap_ok(!segment_read(&packet, RELAY_ETHERNET, &form), "ARP is not cut");
	free(bytes);
}

/* Frames that are no IP, and the ends of frames: where the IP header would be, and never beyond the end. */
static void test_frames(void)
{
	static const uint8_t frame[22] = { [12] = 0x81, [16] = 0x88, [17] = 0xa8, [20] = 8, [21] = 6 };
	bool good = true;

	for (size_t length = 1; length <= sizeof(frame); length++) {
		uint8_t *bytes = malloc(length);
		struct packet packet = { .bytes = memcpy(bytes, frame, length), .length = length };
		struct segment form;

		good &= segment_read(&packet, RELAY_ETHERNET, &form) && form.count == 1 &&
			form.network <= length && form.payload == length;
		free(bytes);
	}
	tap_ok(good, "frames that are cut off");
}

/* Nothing is read or written where it must not be, whatever stands there; sanitizers see it. */
static void test_noise(void)
{
	static uint8_t buffer[SEGMENT_LONGEST];
	unsigned taken = 0, cut = 0;

	for (unsigned i = 0; i < 20000; i++) {
		struct made made = with(any(2)	 ? (any(2) ? tcp4 : tcp6)
					: any(2) ? udp4
						 : udp6,
			any(5000), 1 + any(2000));
		struct packet packet = { 0 }, out;
		struct segment form;
		uint8_t *bytes;

		made.ethernet = any(2);
		made.tags = made.ethernet ? any(3) : 0;
		bytes = make(&made, &packet);
		for (unsigned j = any(4); j; j--)
			bytes[any(any(2) ? 60 : (uint32_t)packet.length) % packet.length] = (uint8_t)any(256);
		for (unsigned j = any(3); j; j--)
			((uint8_t *)&packet.offload)[any(sizeof(packet.offload))] = (uint8_t)any(256);
		if (!segment_read(&packet, frame_of(&made), &form)) {
			free(bytes);
			continue;
		}
		taken++;
		for (unsigned j = 0; j < 3; j++) {
			unsigned first = any(form.count), n = 1 + any(form.count - first);

			segment_cut(&packet, &form, first, n, buffer, &out);
			cut += n < form.count;
			segment_complete(&packet, &form, first, buffer, &out);
		}
		free(bytes);
	}
	tap_ok(taken > 1000 && cut > 1000, "20,000 with noise: %u taken, %u cut", taken, cut);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)any(256);
	test_kinds();
	test_chance();
	test_single();
	test_zero();
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++)
		test_wrong(&wrongs[i]);
	test_wrong_sizes();
	test_frames();
	test_noise();
	return tap_done();
}
