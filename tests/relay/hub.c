/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hub: what one port gives, all others of its wire receive, each as its MTU and its lane let it.
 *
 *     device 0 == port 0 --+
 *     device 1 == port 1 --+-- hub        ports 3 and 4: a wire beside it, until one joins the hub
 *     device 2 == port 2 --+
 */
#include "forwarder/impairments/delay.h"
#include "forwarder/impairments/loss.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

enum { PORTS = 5, FRAME = 64 };

struct bench {
	struct rig rig;
	int devices[PORTS];
	struct relay_counters *counters;
};

static void send_ends(struct rig *rig, enum relay_message_type type, uint32_t index, uint32_t peer)
{
	rig_send(rig->control, &(struct relay_message) { .type = type, .index = index, .peer = peer }, -1);
}

static void add_port(struct bench *bench, uint32_t index)
{
	bench->devices[index] = rig_port(&bench->rig,
		&(struct relay_message) { .index = index, .frame = RELAY_ETHERNET, .mtu = 1500 },
		SOCK_SEQPACKET);
}

/* Ports 0, 1 and 2 are a hub, 3 and 4 a wire. */
static struct bench bench_open(void)
{
	struct bench bench = { .rig = rig_open() };

	for (uint32_t i = 0; i < PORTS; i++)
		add_port(&bench, i);
	send_ends(&bench.rig, RELAY_WIRE, 0, 1);
	send_ends(&bench.rig, RELAY_HUB, 2, 0);
	send_ends(&bench.rig, RELAY_WIRE, 3, 4);
	rig_need(rig_settle(&bench.rig), "the first barrier");
	bench.counters = bench.rig.memory->ports;
	return bench;
}

static void bench_close(struct bench *bench)
{
	for (int i = 0; i < PORTS; i++)
		close(bench->devices[i]);
	rig_close(&bench->rig);
}

/* A frame that begins with an IPv4 header behind its Ethernet header, so that lanes, too, know it. */
static void fill(uint8_t *frame, size_t length)
{
	for (size_t i = 0; i < length; i++)
		frame[i] = (uint8_t)(i * 7 + length);
	frame[12] = 8;
	frame[13] = 0;
	memset(frame + 14, 0, 20);
	frame[14] = 0x45;
	frame[16] = (uint8_t)((length - 14) >> 8);
	frame[17] = (uint8_t)(length - 14);
}

/* How many frames, all alike to the one that was sent, a device has received; -1: one was not. */
static int received(int device, const uint8_t *sent, size_t length)
{
	uint8_t frame[2000];
	ssize_t got;
	int count = 0;

	while ((got = rig_get(device, frame, sizeof(frame))) >= 0) {
		if ((size_t)got != length || memcmp(frame, sent, length) != 0)
			return -1;
		count++;
	}
	return count;
}

/* Has a device send a frame, and says who received it: "01", of ports in their order, each as often as it
 * came; "?" where it came changed. */
static const char *reach(struct bench *bench, int from, size_t length)
{
	static char text[64];
	uint8_t frame[2000];
	size_t at = 0;

	fill(frame, length);
	rig_need(rig_put(bench->devices[from], frame, length) == (ssize_t)length, "send");
	rig_need(rig_settle(&bench->rig), "the barrier");
	for (int i = 0; i < PORTS; i++) {
		int count = received(bench->devices[i], frame, length);

		if (count < 0)
			text[at++] = '?';
		while (count-- > 0 && at < sizeof(text) - 1)
			text[at++] = (char)('0' + i);
	}
	text[at] = '\0';
	return text;
}

static void reaches(struct bench *bench, int from, const char *expected, const char *what)
{
	const char *seen = reach(bench, from, FRAME);

	tap_ok(!strcmp(seen, expected), "%s: from %d to \"%s\"", what, from, seen);
}

static void test_all_others(void)
{
	struct bench bench = bench_open();
	const struct relay_counters *at = bench.counters;
	bool right = true;

	reaches(&bench, 0, "12", "a frame goes to all others");
	reaches(&bench, 1, "02", "whoever sends it");
	reaches(&bench, 2, "01", "also who came last");
	reaches(&bench, 3, "4", "and what is no end of the hub has no part in it");
	for (int i = 0; i < 3; i++)
		right = right && at[i].out_packets == 1 && at[i].out_bytes == FRAME &&
			at[i].in_packets == 2 && at[i].in_bytes == 2UL * FRAME && !at[i].no_wire;
	tap_ok(right, "each port counts one frame out and two in");
	bench_close(&bench);
}

static void test_order(void)
{
	enum { FRAMES = 200 };
	struct bench bench = bench_open();
	uint8_t frame[FRAME];
	int wrong = 0;

	fill(frame, FRAME);
	for (int i = 0; i < FRAMES; i++) {
		frame[FRAME - 1] = (uint8_t)i;
		rig_need(rig_put(bench.devices[0], frame, FRAME) == FRAME, "send");
	}
	rig_settle(&bench.rig);
	for (int device = 1; device < 3; device++)
		for (int i = 0; i < FRAMES; i++)
			wrong += rig_get(bench.devices[device], frame, FRAME) != FRAME ||
				 frame[FRAME - 1] != (uint8_t)i;
	tap_ok(!wrong, "%d frames come to both others in their order, none is missing", FRAMES);
	bench_close(&bench);
}

static void test_mtu(void)
{
	struct bench bench = bench_open();
	const char *seen;

	rig_send(
		bench.rig.control, &(struct relay_message) { .type = RELAY_MTU, .index = 1, .mtu = 100 }, -1);
	seen = reach(&bench, 0, 114);
	tap_ok(!strcmp(seen, "12"), "a frame that fits everywhere: to \"%s\"", seen);
	seen = reach(&bench, 0, 115);
	tap_ok(!strcmp(seen, "2"), "one that is too big for one end: to \"%s\", the others", seen);
	seen = reach(&bench, 1, 115);
	tap_ok(!strcmp(seen, "02"), "what that end sends has the others' MTUs: to \"%s\"", seen);
	tap_ok(bench.counters[1].too_big == 1 && !bench.counters[2].too_big && !bench.counters[0].too_big,
		"and it alone counts what was too big");
	bench_close(&bench);
}

/* A port that joins, one that leaves, and a wire again in the end. */
static void test_joining(void)
{
	struct bench bench = bench_open();

	send_ends(&bench.rig, RELAY_HUB, 3, 1);
	reaches(&bench, 0, "123", "a fourth end receives what the others do");
	reaches(&bench, 3, "012", "and they what it sends");
	reaches(&bench, 4, "", "the wire that it was an end of before has no other");
	tap_ok(bench.counters[4].no_wire == 1, "which is counted there");

	send_ends(&bench.rig, RELAY_HUB, 3, 0);
	reaches(&bench, 0, "123", "an end that joins once more is there once");

	send_ends(&bench.rig, RELAY_WIRE, 4, 2);
	reaches(&bench, 0, "13", "one that leaves for a wire receives nothing more");
	reaches(&bench, 2, "4", "and has its wire");
	reaches(&bench, 1, "03", "the others go on");

	send_ends(&bench.rig, RELAY_WIRE, 3, 4);
	reaches(&bench, 0, "1", "a hub of two is a wire");
	reaches(&bench, 1, "0", "both ways");
	send_ends(&bench.rig, RELAY_WIRE, 1, 0);
	reaches(&bench, 0, "1", "joined as a wire again it is one");
	reaches(&bench, 2, "", "and who was left alone has none");
	bench_close(&bench);
}

/* The device of one end is gone, and comes again. */
static void test_gone(void)
{
	struct bench bench = bench_open();

	close(bench.devices[1]);
	reaches(&bench, 0, "2", "where one end's device is gone the others receive");
	tap_ok(bench.counters[1].refused == 1, "and its port counts what it refused");
	add_port(&bench, 1);
	reaches(&bench, 0, "12", "with a new descriptor it is an end as before");
	reaches(&bench, 1, "02", "in both directions");
	bench_close(&bench);
}

static void impair(struct rig *rig, uint32_t index, const char *name, uint32_t number, uint64_t value)
{
	struct relay_message message = { .type = RELAY_IMPAIR, .index = index, .set = 1, .seed = 1 };

	snprintf(message.impairment, sizeof(message.impairment), "%s", name);
	message.numbers[number] = value;
	rig_send(rig->control, &message, -1);
}

/* Impairments are those of the end that receives. */
static void test_impaired(void)
{
	struct bench bench = bench_open();

	impair(&bench.rig, 1, "loss", LOSS_CHANCE, 1ULL << 32);
	reaches(&bench, 0, "2", "a loss toward one end: the other receives");
	reaches(&bench, 1, "02", "and what that end sends is not lost");
	tap_ok(bench.counters[1].lost == 1 && !bench.counters[0].lost && !bench.counters[2].lost,
		"which that end alone counts");
	bench_close(&bench);

	bench = bench_open();
	impair(&bench.rig, 2, "delay", DELAY_TIME, 3600000000000);
	reaches(&bench, 0, "1", "a delay toward one end: the other has it at once");
	reaches(&bench, 2, "01", "what that end sends is not delayed");
	tap_ok(bench.counters[2].in_packets == 0 && bench.counters[1].in_packets == 2,
		"what is under way is not counted as received");
	bench_close(&bench);
}

int main(void)
{
	test_all_others();
	test_order();
	test_mtu();
	test_joining();
	test_gone();
	test_impaired();
	return tap_done();
}
