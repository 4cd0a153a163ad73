/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segments on their way through the relay: whole between ports that take such, and as the packets that they
 * are made of where a port, a watch, a capture, an MTU or an impairment sees these.
 */
#include <fcntl.h>

#include "forwarder/impairments/loss.h"
#include "tests/relay/made.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

enum { HEADER = sizeof(struct virtio_net_hdr), MTU = 1500 };

static uint8_t payload[65536];
static uint8_t sent[HEADER + MADE_MOST], got[HEADER + MADE_MOST], wanted[MADE_MOST];

static const struct made whole = { .version = 4,
	.sequence = 0xffff0000,
	.flags = 0x18,
	.id = 7,
	.payload = payload,
	.size = 60000,
	.gso = 1448 };

/* A wire of two ports; what a port takes is said of each. */
struct ends {
	struct rig rig;
	int devices[2];
	bool offload[2];
};

static struct ends open_ends(bool left, bool right, uint32_t mtu)
{
	struct ends ends = { .rig = rig_open(), .offload = { left, right } };

	for (uint32_t i = 0; i < 2; i++) {
		const struct relay_message port = {
			.index = i, .frame = RELAY_IP, .mtu = mtu, .offload = ends.offload[i]
		};

		ends.devices[i] = rig_port(&ends.rig, &port, SOCK_SEQPACKET);
	}
	rig_wire(&ends.rig, 0, 1);
	return ends;
}

static void close_ends(struct ends *ends)
{
	close(ends->devices[0]);
	close(ends->devices[1]);
	rig_close(&ends->rig);
}

static void put_whole(const struct ends *ends, const struct made *made)
{
	struct virtio_net_hdr offload;
	size_t length = made_whole(made, sent + HEADER, &offload);

	memcpy(sent, &offload, HEADER);
	rig_need(rig_put(ends->devices[0], sent, HEADER + length) > 0, "send");
}

static void put_piece(const struct ends *ends, const struct made *made, unsigned number)
{
	struct made piece = made_piece(made, number);
	size_t length = made_wire(&piece, sent);

	rig_need(rig_put(ends->devices[0], sent, length) > 0, "send");
}

/* What the device at the right got; false: nothing more. */
static bool get(const struct ends *ends, struct packet *out)
{
	size_t header = ends->offload[1] ? HEADER : 0;
	ssize_t length = rig_get(ends->devices[1], got, sizeof(got));

	if (length < (ssize_t)header)
		return false;
	*out = (struct packet) { .bytes = got + header, .length = (size_t)length - header };
	memcpy(&out->offload, got, header);
	return true;
}

static bool is_piece(const struct packet *packet, const struct made *made, unsigned number)
{
	struct made piece = made_piece(made, number);
	size_t length = made_wire(&piece, wanted);

	return packet->length == length && !memcmp(packet->bytes, wanted, length);
}

static size_t wire_bytes(const struct made *made)
{
	size_t sum = 0;

	for (unsigned i = 0; i < made_count(made); i++) {
		struct made piece = made_piece(made, i);

		sum += made_wire(&piece, wanted);
	}
	return sum;
}

static void test_ways(void)
{
	for (unsigned way = 0; way < 2; way++) {
		struct ends ends = open_ends(true, way == 0, MTU);
		const struct relay_counters *left = &ends.rig.memory->ports[0],
					    *right = &ends.rig.memory->ports[1];
		unsigned count = made_count(&whole), pieces = 0;
		struct packet packet;

		put_whole(&ends, &whole);
		rig_settle(&ends.rig);
		if (way == 0) {
			tap_ok(get(&ends, &packet) && packet.length + HEADER > 60000 &&
					!memcmp(got, sent, HEADER + packet.length),
				"a segment passes whole, header and all");
		} else {
			while (get(&ends, &packet) && is_piece(&packet, &whole, pieces))
				pieces++;
			tap_ok(pieces == count, "to a port that takes none, as %u packets", pieces);
		}
		tap_ok(!get(&ends, &packet), "and no more");
		tap_ok(left->out_packets == count && right->in_packets == count,
			"counted as packets of wire size");
		tap_ok(left->out_bytes == wire_bytes(&whole) && right->in_bytes == wire_bytes(&whole),
			"and as the bytes of these");
		close_ends(&ends);
	}
}

static void test_without(void)
{
	struct ends ends = open_ends(false, true, MTU);
	struct packet packet;

	put_piece(&ends, &whole, 1);
	rig_settle(&ends.rig);
	tap_ok(get(&ends, &packet) && is_piece(&packet, &whole, 1) && !packet.offload.flags &&
			!packet.offload.gso_type,
		"from a port without the header to one with it");
	close_ends(&ends);
}

static void test_mtu(void)
{
	struct ends ends = open_ends(true, true, 1400);
	const struct relay_counters *right = &ends.rig.memory->ports[1];
	struct made made = whole;
	struct packet packet;
	unsigned last = made_count(&whole) - 1;

	put_whole(&ends, &whole);
	rig_settle(&ends.rig);
	tap_ok(right->too_big == last && right->in_packets == 1,
		"the last of a segment is not too big: %lu are", (unsigned long)right->too_big);
	tap_ok(get(&ends, &packet) && packet.offload.gso_type == VIRTIO_NET_HDR_GSO_NONE &&
			packet.offload.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM,
		"and goes on, with its checksum left to the device");
	made.size = 2896;
	put_whole(&ends, &made);
	rig_settle(&ends.rig);
	tap_ok(right->too_big == last + 2 && !get(&ends, &packet),
		"of one whose packets are all too big, none");
	made.size = 1448;
	made.gso = 1360;
	put_whole(&ends, &made);
	rig_settle(&ends.rig);
	tap_ok(right->too_big == last + 2 && get(&ends, &packet) && packet.length == 1488,
		"one of more bytes than the MTU, but of packets that are not too big, passes whole");
	close_ends(&ends);
}

static void test_refusal(void)
{
	struct ends ends = open_ends(true, true, MTU);
	const struct relay_counters *right = &ends.rig.memory->ports[1];
	struct made made = whole;
	struct virtio_net_hdr wrong;
	struct packet packet;

	made_whole(&made, sent + HEADER, &wrong);
	wrong.gso_size = 0;
	memcpy(sent, &wrong, HEADER);
	rig_put(ends.devices[0], sent, HEADER + 100);
	rig_settle(&ends.rig);
	tap_ok(right->refused == 1 && right->last_refusal == EINVAL && !get(&ends, &packet),
		"what no device would send is refused");
	close(ends.devices[1]);
	put_whole(&ends, &whole);
	rig_settle(&ends.rig);
	tap_ok(right->refused == 1 + made_count(&whole) && right->last_refusal == EPIPE,
		"what the device refuses counts as packets of wire size");
	close(ends.devices[0]);
	rig_close(&ends.rig);
}

/* "tcp[tcpflags] & tcp-push != 0" of IPv4 without options; only the last of a segment has it. */
static const struct sock_filter pushed[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 33),
	BPF_JUMP(BPF_JMP | BPF_JSET, 8, 0, 1),
	BPF_STMT(BPF_RET, 1),
	BPF_STMT(BPF_RET, 0),
};

static void test_watches(void)
{
	struct ends ends = open_ends(true, true, MTU);
	const uint64_t *watches = ends.rig.memory->watches;
	unsigned count = made_count(&whole);

	for (uint32_t i = 0; i < 2; i++) {
		const struct relay_message with = {
			.watch = i, .index = i, .direction = RELAY_BOTH, .instructions = 4
		};

		rig_watch(ends.rig.control, &with, pushed);
		rig_watch(ends.rig.control,
			&(struct relay_message) { .watch = 2 + i, .index = i, .direction = RELAY_BOTH },
			pushed);
	}
	rig_settle(&ends.rig);
	put_whole(&ends, &whole);
	rig_settle(&ends.rig);
	tap_ok(watches[0] == 1 && watches[1] == 1, "one packet of the segment matches, at both ends");
	tap_ok(watches[2] == count && watches[3] == count, "and all are counted without a filter");
	close_ends(&ends);
}

static size_t captured(int file, const uint8_t **bytes)
{
	off_t size = lseek(file, 0, SEEK_END);
	void *memory = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, file, 0);

	rig_need(size > 0 && memory != MAP_FAILED, "the capture");
	*bytes = memory;
	return (size_t)size;
}

static void test_capture(void)
{
	struct ends ends = open_ends(true, true, MTU);
	int file = memfd_create("capture", MFD_CLOEXEC);
	unsigned count = made_count(&whole), found = 0, number = 0;
	const uint8_t *bytes;
	struct pcapng_block block;
	size_t size;

	rig_need(file >= 0 && fcntl(file, F_SETFL, O_APPEND) == 0, "memfd");
	rig_send(ends.rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, file);
	for (uint32_t i = 0; i < 2; i++)
		rig_send(ends.rig.control,
			&(struct relay_message) { .type = RELAY_INTERFACE, .index = i, .interface = i }, -1);
	put_whole(&ends, &whole);
	rig_settle(&ends.rig);
	size = captured(file, &bytes);
	for (size_t at = 0; pcapng_read(bytes + at, size - at, &block); at += block.size, number++) {
		uint32_t length;

		memcpy(&length, block.bytes + 20, 4);
		found += is_piece(&(struct packet) { .bytes = block.bytes + 28, .length = length }, &whole,
			number % count);
	}
	tap_ok(number == 2 * count && found == number,
		"each packet is in the capture as it is on the wire, twice");
	munmap((void *)bytes, size);
	close(file);
	close_ends(&ends);
}

static void impair(const struct ends *ends, uint64_t chance)
{
	struct relay_message message = {
		.type = RELAY_IMPAIR, .index = 1, .set = 1, .seed = 42, .impairment = "loss"
	};

	message.numbers[LOSS_CHANCE] = chance;
	rig_send(ends->rig.control, &message, -1);
}

/* The packets of wire size that came to the right, one behind the other. Returns how many. */
static unsigned collect(const struct ends *ends, uint8_t *to, size_t *size)
{
	static uint8_t room[SEGMENT_LONGEST];
	struct packet packet, piece;
	struct segment form;
	unsigned count = 0;

	while (get(ends, &packet)) {
		if (!segment_read(&packet, RELAY_IP, &form))
			return 0;
		for (unsigned i = 0; i < form.count; i++, count++) {
			segment_complete(&packet, &form, i, room, &piece);
			memcpy(to + *size, piece.bytes, piece.length);
			*size += piece.length;
		}
	}
	return count;
}

/* The same packets in segments and one by one: the same are lost, and the others are the same. */
static void test_same_loss(void)
{
	enum { SEGMENTS = 100, ROOM = SEGMENTS * 65536 };
	struct ends in_segments = open_ends(true, true, MTU), one_by_one = open_ends(false, false, MTU);
	uint8_t *seen[2] = { malloc(ROOM), malloc(ROOM) };
	unsigned counts[2] = { 0 }, all = 0;
	size_t sizes[2] = { 0 };
	struct made made = whole;

	rig_need(seen[0] && seen[1], "malloc");
	impair(&in_segments, (1ULL << 32) / 20);
	impair(&one_by_one, (1ULL << 32) / 20);
	for (unsigned i = 0; i < SEGMENTS; i++) {
		made.size = 1 + 617 * i % 60000;
		made.udp = i % 3 == 0;
		made.gso = made.udp ? 1472 : 1448;
		put_whole(&in_segments, &made);
		rig_settle(&in_segments.rig);
		counts[0] += collect(&in_segments, seen[0], &sizes[0]);
		for (unsigned j = 0; j < made_count(&made); j++, all++)
			put_piece(&one_by_one, &made, j);
		rig_settle(&one_by_one.rig);
		counts[1] += collect(&one_by_one, seen[1], &sizes[1]);
		made.sequence += (uint32_t)made.size;
		made.id = (uint16_t)(made.id + 100);
	}
	tap_ok(counts[0] < all && counts[0] == counts[1] &&
			in_segments.rig.memory->ports[1].lost == all - counts[0] &&
			one_by_one.rig.memory->ports[1].lost == all - counts[0],
		"of %u packets as many are lost in segments as one by one: %u and %u came", all, counts[0],
		counts[1]);
	tap_ok(sizes[0] == sizes[1] && !memcmp(seen[0], seen[1], sizes[0]),
		"the same, and the rest is the same");
	free(seen[0]);
	free(seen[1]);
	close_ends(&in_segments);
	close_ends(&one_by_one);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + i / 251);
	test_ways();
	test_without();
	test_mtu();
	test_refusal();
	test_watches();
	test_capture();
	test_same_loss();
	return tap_done();
}
