/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands before a packet: struct tun_pi, struct virtio_net_hdr, both or none, whatever the other end of
 * the wire has.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>

#include "forwarder/impairments/delay.h"
#include "forwarder/impairments/duplicate.h"
#include "tests/relay/made.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

enum { INFO = sizeof(struct tun_pi), OFFLOAD = sizeof(struct virtio_net_hdr), MTU = 1500, STEPS = 1000 };

/* What is before the packets of a port. */
struct form {
	bool info, offload;
};

static const struct form forms[] = { { false, false }, { true, false }, { false, true }, { true, true } };

static size_t header_of(struct form form)
{
	return (form.info ? sizeof(struct tun_pi) : 0) + (form.offload ? sizeof(struct virtio_net_hdr) : 0);
}

static uint8_t payload[65536], sent[INFO + OFFLOAD + MADE_MOST], got[INFO + OFFLOAD + MADE_MOST];

struct ends {
	struct rig rig;
	int devices[2];
	struct form forms[2];
	const struct relay_counters *counters;
};

/* What came to a device; "found" says whether anything did. */
struct arrival {
	bool found;
	struct tun_pi info;
	struct virtio_net_hdr offload;
	const uint8_t *bytes;
	size_t length;
};

static struct ends open_ends(enum relay_frame frame, struct form left, struct form right, uint32_t mtu)
{
	struct ends ends = { .rig = rig_open(), .forms = { left, right } };

	for (uint32_t i = 0; i < 2; i++) {
		const struct relay_message port = { .index = i,
			.frame = frame,
			.mtu = mtu,
			.packet_info = ends.forms[i].info,
			.offload = ends.forms[i].offload };

		ends.devices[i] = rig_port(&ends.rig, &port, SOCK_SEQPACKET);
	}
	rig_wire(&ends.rig, 0, 1);
	rig_need(rig_settle(&ends.rig), "the first barrier");
	ends.counters = ends.rig.memory->ports;
	return ends;
}

static void close_ends(struct ends *ends)
{
	close(ends->devices[0]);
	close(ends->devices[1]);
	rig_close(&ends->rig);
}

/* Sends a packet as the device at the left does. */
static void put(struct ends *ends, uint16_t flags, uint16_t protocol, const struct virtio_net_hdr *offload,
	const void *packet, size_t length)
{
	const struct tun_pi info = { .flags = flags, .proto = htons(protocol) };
	size_t at = 0;

	if (ends->forms[0].info) {
		memcpy(sent, &info, INFO);
		at += INFO;
	}
	if (ends->forms[0].offload) {
		memcpy(sent + at, offload, OFFLOAD);
		at += OFFLOAD;
	}
	memcpy(sent + at, packet, length);
	rig_need(rig_put(ends->devices[0], sent, at + length) == (ssize_t)(at + length), "send");
}

/* The next packet that came to the device at the right. */
static struct arrival get(const struct ends *ends)
{
	struct arrival arrival = { 0 };
	size_t header = header_of(ends->forms[1]);
	ssize_t length = rig_get(ends->devices[1], got, sizeof(got));

	if (length < (ssize_t)header)
		return arrival;
	if (ends->forms[1].info)
		memcpy(&arrival.info, got, INFO);
	if (ends->forms[1].offload)
		memcpy(&arrival.offload, got + header - OFFLOAD, OFFLOAD);
	arrival.found = true;
	arrival.bytes = got + header;
	arrival.length = (size_t)length - header;
	return arrival;
}

/* What the device says of a packet that it cannot know itself. */
struct sample {
	const char *name;
	enum relay_frame frame;
	uint16_t protocol;
	bool needs_info; /* that a TUN without it would take it for something else */
	uint8_t bytes[40];
};

static const struct sample samples[] = {
	{ "IPv4", RELAY_IP, ETH_P_IP, false, { 0x45 } },
	{ "IPv6", RELAY_IP, ETH_P_IPV6, false, { 0x60 } },
	{ "MPLS", RELAY_IP, ETH_P_MPLS_UC, true, { 0x12, 0x34, 0x51, 0x40, 0x45 } },
	{ "MPLS that begins like IPv4", RELAY_IP, ETH_P_MPLS_UC, true, { 0x45, 0x34, 0x51, 0x40, 0x45 } },
	{ "ARP", RELAY_IP, ETH_P_ARP, true, { 0, 1, 8, 0, 6, 4, 0, 1 } },
	{ "an experimental protocol", RELAY_IP, ETH_P_802_EX1, true, { 0x60, 1, 2, 3 } },
	{ "a frame of IPv4", RELAY_ETHERNET, ETH_P_IP, false, { [12] = 8, [14] = 0x45 } },
	{ "a frame of IPv6", RELAY_ETHERNET, ETH_P_IPV6, false, { [12] = 0x86, 0xdd, 0x60 } },
	{ "a frame of ARP", RELAY_ETHERNET, ETH_P_ARP, false, { [12] = 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 } },
	{ "a tagged frame", RELAY_ETHERNET, ETH_P_8021Q, false, { [12] = 0x81, 0, 0, 5, 8, 0, 0x45 } },
	{ "a frame of MPLS", RELAY_ETHERNET, ETH_P_MPLS_UC, false, { [12] = 0x88, 0x47, 0x12 } },
};

static bool passes(struct ends *ends, const struct sample *sample)
{
	const struct virtio_net_hdr none = { 0 };
	struct arrival arrival;

	put(ends, 0, sample->protocol, &none, sample->bytes, sizeof(sample->bytes));
	rig_settle(&ends->rig);
	arrival = get(ends);
	return arrival.found && arrival.length == sizeof(sample->bytes) &&
	       !memcmp(arrival.bytes, sample->bytes, sizeof(sample->bytes)) &&
	       !memcmp(&arrival.offload, &none, OFFLOAD) &&
	       (!ends->forms[1].info || arrival.info.proto == htons(sample->protocol)) &&
	       !arrival.info.flags && ends->counters[0].out_bytes == sizeof(sample->bytes) &&
	       ends->counters[1].in_bytes == sizeof(sample->bytes);
}

static bool is_refused(struct ends *ends, const struct sample *sample)
{
	put(ends, 0, sample->protocol, &(struct virtio_net_hdr) { 0 }, sample->bytes, sizeof(sample->bytes));
	rig_settle(&ends->rig);
	return !get(ends).found && ends->counters[1].refused == 1 &&
	       ends->counters[1].last_refusal == EPROTONOSUPPORT && ends->counters[1].in_packets == 0;
}

/* What a TUN gives without packet information is only told where it is IP. */
static void test_sample(const struct sample *sample)
{
	unsigned same = 0, refused = 0, all = 0;

	for (unsigned left = 0; left < 4; left++) {
		for (unsigned right = 0; right < 4; right++) {
			struct ends ends = open_ends(sample->frame, forms[left], forms[right], MTU);

			if (sample->needs_info && !forms[left].info) {
				close_ends(&ends);
				continue;
			}
			all++;
			if (sample->needs_info && !forms[right].info)
				refused += is_refused(&ends, sample);
			else
				same += passes(&ends, sample);
			close_ends(&ends);
		}
	}
	if (sample->needs_info)
		tap_ok(all == 8 && same == 4 && refused == 4,
			"%s passes to the %u kinds of ends that are told of it, refused by the other %u",
			sample->name, same, refused);
	else
		tap_ok(all == 16 && same == all, "%s passes %u of %u pairs of ends, its protocol said",
			sample->name, same, all);
}

/* Nobody has said what it is. */
static void test_untold(void)
{
	static const uint8_t bytes[30] = { 0x12, 0x34 };
	struct ends ends = open_ends(RELAY_IP, forms[0], forms[1], MTU);
	struct arrival arrival;

	put(&ends, 0, 0, &(struct virtio_net_hdr) { 0 }, bytes, sizeof(bytes));
	rig_settle(&ends.rig);
	arrival = get(&ends);
	tap_ok(arrival.found && arrival.info.proto == 0 && arrival.length == sizeof(bytes),
		"what is not IP, from a TUN that does not say what it is, has the protocol 0");
	close_ends(&ends);
}

static void test_flags(void)
{
	struct ends ends = open_ends(RELAY_IP, forms[1], forms[1], MTU);
	struct arrival arrival;

	put(&ends, TUN_PKT_STRIP, ETH_P_IP, &(struct virtio_net_hdr) { 0 }, samples[0].bytes, 40);
	rig_settle(&ends.rig);
	arrival = get(&ends);
	tap_ok(arrival.found && arrival.info.flags == 0, "flags are of one device only");
	close_ends(&ends);
}

static void test_mtu(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct ends ends = open_ends(RELAY_IP, forms[i], forms[3 - i], 65535);
		struct arrival arrival;

		payload[0] = 0x45;
		put(&ends, 0, ETH_P_IP, &(struct virtio_net_hdr) { 0 }, payload, 65535);
		put(&ends, 0, ETH_P_IP, &(struct virtio_net_hdr) { 0 }, payload, 1);
		rig_settle(&ends.rig);
		arrival = get(&ends);
		tap_ok(arrival.found && arrival.length == 65535 && !memcmp(arrival.bytes, payload, 65535) &&
				get(&ends).length == 1 && ends.counters[1].in_bytes == 65536,
			"%s%s: 65535 bytes pass, and 1", forms[i].info ? "packet information " : "",
			forms[i].offload ? "offloads" : "");
		rig_send(ends.rig.control,
			&(struct relay_message) { .type = RELAY_MTU, .index = 1, .mtu = 20 }, -1);
		put(&ends, 0, ETH_P_IP, &(struct virtio_net_hdr) { 0 }, payload, 21);
		put(&ends, 0, ETH_P_IP, &(struct virtio_net_hdr) { 0 }, payload, 20);
		rig_settle(&ends.rig);
		tap_ok(get(&ends).length == 20 && ends.counters[1].too_big == 1,
			"and an MTU of 20 is of the packet alone");
		close_ends(&ends);
	}
}

/* A segment goes whole to whoever takes such, else as packets that each have the protocol before them. */
static void test_segments(struct form left, struct form right, unsigned version)
{
	static uint8_t packet[MADE_MOST], wanted[MADE_MOST];
	const struct made made = { .version = version, .payload = payload, .size = 60000, .gso = 1400 };
	struct ends ends = open_ends(RELAY_IP, left, right, MTU);
	struct virtio_net_hdr offload;
	size_t length = made_whole(&made, packet, &offload);
	uint16_t protocol = version == 4 ? ETH_P_IP : ETH_P_IPV6;
	unsigned count = right.offload ? 1 : made_count(&made), same = 0;

	put(&ends, 0, protocol, &offload, packet, length);
	rig_settle(&ends.rig);
	for (unsigned i = 0; i < count; i++) {
		struct made piece = made_piece(&made, i);
		struct arrival arrival = get(&ends);
		size_t size = right.offload ? length : made_wire(&piece, wanted);
		bool header = !right.offload || !memcmp(&arrival.offload, &offload, OFFLOAD);

		same += arrival.found && header && arrival.length == size &&
			!memcmp(arrival.bytes, right.offload ? packet : wanted, size) &&
			(!right.info || arrival.info.proto == htons(protocol));
	}
	tap_ok(same == count && !get(&ends).found, "a segment of IPv%u%s: %u of %u to a port%s%s", version,
		left.info ? " with packet information" : "", same, count, right.info ? " of it" : "",
		right.offload ? " that takes such" : "");
	close_ends(&ends);
}

/* What no device gives: the bytes before a packet, or some of them, and no packet. */
static void test_empty(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct ends ends = open_ends(RELAY_IP, forms[i], forms[i], MTU);
		size_t header = header_of(forms[i]);
		uint64_t count = 0;

		memset(sent, 0, sizeof(sent));
		for (size_t length = 0; length <= header; length++) {
			rig_need(rig_put(ends.devices[0], sent, length) == (ssize_t)length, "send");
			rig_settle(&ends.rig);
			put(&ends, 0, ETH_P_IP, &(struct virtio_net_hdr) { 0 }, samples[0].bytes, 40);
			memset(sent, 0, sizeof(sent));
			rig_settle(&ends.rig);
			count += get(&ends).length == 40;
		}
		tap_ok(count == header + 1, "%s%s: what comes after an empty packet is read: %lu of %zu",
			forms[i].info ? "packet information " : "", forms[i].offload ? "offloads" : "", count,
			header + 1);
		tap_ok(ends.counters[0].out_bytes == 40 * count && ends.counters[1].in_packets == count,
			"and nothing else is carried");
		close_ends(&ends);
	}
}

static void impair(const struct ends *ends, const char *name, unsigned number, uint64_t value)
{
	struct relay_message message = { .type = RELAY_IMPAIR, .index = 1, .set = 1 };

	snprintf(message.impairment, sizeof(message.impairment), "%s", name);
	message.numbers[number] = value;
	rig_send(ends->rig.control, &message, -1);
}

static void test_impaired(void)
{
	struct ends ends = open_ends(RELAY_IP, forms[3], forms[1], MTU);
	struct arrival arrival;
	unsigned told = 0;

	impair(&ends, "delay", DELAY_TIME, 1000000);
	impair(&ends, "duplicate", DUPLICATE_CHANCE, 1ULL << 32);
	rig_settle(&ends.rig);
	put(&ends, 0, ETH_P_MPLS_UC, &(struct virtio_net_hdr) { 0 }, samples[2].bytes, 40);
	for (unsigned i = 0; i < STEPS && told < 2; i++) {
		relay_step(ends.rig.relay, 10);
		while ((arrival = get(&ends)).found)
			told += arrival.info.proto == htons(ETH_P_MPLS_UC) && arrival.length == 40 &&
				!memcmp(arrival.bytes, samples[2].bytes, 40);
	}
	tap_ok(told == 2, "behind a delay %u copies have the protocol before them", told);
	close_ends(&ends);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 11 + i / 249);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		test_sample(&samples[i]);
	test_untold();
	test_flags();
	test_mtu();
	for (unsigned i = 0; i < 8; i++) {
		test_segments(forms[3], forms[i % 4], i < 4 ? 4 : 6);
		test_segments(forms[2], forms[i % 4], i < 4 ? 4 : 6);
	}
	test_empty();
	test_impaired();
	return tap_done();
}
