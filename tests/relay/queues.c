/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of several queues: a flow keeps its queue at either end, however many the other has; queues that are
 * closed, replaced and brought back.
 */
#include <poll.h>
#include <sys/epoll.h>

#include "forwarder/impairments/delay.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

enum { PACKET = 28, STEPS = 1000 };

/* Ports with their devices' ends of each queue. */
struct bench {
	struct rig rig;
	unsigned queues[3];
	int devices[3][RELAY_QUEUES];
	struct relay_counters *counters;
};

static void add_queue(struct bench *bench, uint32_t port, uint32_t queue)
{
	const struct relay_message message = {
		.index = port, .frame = RELAY_IP, .mtu = 1500, .queue = queue, .queues = bench->queues[port]
	};

	bench->devices[port][queue] = rig_port(&bench->rig, &message, SOCK_SEQPACKET);
	relay_step(bench->rig.relay, 0); /* more messages than the socket takes */
}

/* PORTS of them in one wire; as many queues as NUMBERS says. */
static struct bench bench_open(unsigned ports, const unsigned *numbers)
{
	struct bench bench = { .rig = rig_open() };

	for (uint32_t port = 0; port < ports; port++) {
		bench.queues[port] = numbers[port];
		for (uint32_t queue = 0; queue < numbers[port]; queue++)
			add_queue(&bench, port, queue);
		if (port)
			rig_send(bench.rig.control,
				&(struct relay_message) { .type = RELAY_HUB, .index = port, .peer = 0 }, -1);
	}
	rig_need(rig_settle(&bench.rig), "the first barrier");
	bench.counters = bench.rig.memory->ports;
	return bench;
}

static void bench_close(struct bench *bench)
{
	for (unsigned port = 0; port < 3; port++) {
		for (unsigned queue = 0; queue < bench->queues[port]; queue++)
			close(bench->devices[port][queue]);
	}
	rig_close(&bench->rig);
}

/* A datagram of the flow numbered so, in either direction. */
static void make(uint8_t *packet, unsigned flow, bool back)
{
	unsigned ports[2] = { 1000 + flow, 53 };

	memset(packet, 0, PACKET);
	packet[0] = 0x45;
	packet[9] = 17;
	packet[back ? 19 : 15] = 1;
	packet[back ? 15 : 19] = 2;
	for (unsigned i = 0; i < 2; i++) {
		packet[20 + 2 * i] = (uint8_t)(ports[i ^ back] >> 8);
		packet[21 + 2 * i] = (uint8_t)ports[i ^ back];
	}
}

/* The queue of the port by which the packet comes to the device; -1: by none, or by more than one. */
static int came_by(struct bench *bench, uint32_t port, const uint8_t *packet, size_t length)
{
	uint8_t got[100];
	int by = -1, count = 0;

	for (unsigned queue = 0; queue < bench->queues[port]; queue++) {
		while (rig_get(bench->devices[port][queue], got, sizeof(got)) == (ssize_t)length &&
			!memcmp(got, packet, length)) {
			by = (int)queue;
			count++;
		}
	}
	return count == 1 ? by : -1;
}

/* Sends a packet of the flow by a queue of port FROM, 0 or 1; returns by which it comes to the other. */
static int pass(struct bench *bench, uint32_t from, unsigned queue, unsigned flow)
{
	uint8_t packet[PACKET];

	make(packet, flow, from == 1);
	rig_need(rig_put(bench->devices[from][queue], packet, PACKET) == PACKET, "send");
	rig_need(rig_settle(&bench->rig), "the barrier");
	return came_by(bench, !from, packet, PACKET);
}

static void unqueue(struct bench *bench, uint32_t port, uint32_t queue)
{
	rig_send(bench->rig.control,
		&(struct relay_message) { .type = RELAY_UNQUEUE, .index = port, .queue = queue }, -1);
	rig_need(rig_settle(&bench->rig), "the barrier");
}

static bool is_busy(const struct rig *rig)
{
	struct pollfd waiting = { .fd = rig->relay->epoll, .events = POLLIN };

	return poll(&waiting, 1, 0) != 0;
}

/* Flows of which none has anything to do with the others' queues. */
static void test_flows(unsigned left, unsigned right)
{
	struct bench bench = bench_open(2, (const unsigned[]) { left, right });
	unsigned flows = 40, first = 0, back = 0, again = 0;

	for (unsigned flow = 0; flow < flows; flow++)
		first += pass(&bench, 0, flow * 7 % left, flow) == (int)(flow * 7 % left % right);
	for (unsigned flow = 0; flow < flows; flow++)
		back += pass(&bench, 1, flow * 5 % right, flow) == (int)(flow * 7 % left);
	for (unsigned flow = 0; flow < flows; flow++)
		again += pass(&bench, 0, flow * 7 % left, flow) == (int)(flow * 5 % right);
	tap_ok(first == flows, "%u to %u queues: %u flows that nobody knows take the queue of that number",
		left, right, first);
	tap_ok(back == flows, "the answers of %u go into the queue that the flow was read from", back);
	tap_ok(again == flows, "and the next packets of %u into that which the answer was read from", again);
	bench_close(&bench);
}

/* A flow that its device sends by another queue is written there from then on. */
static void test_moved(void)
{
	struct bench bench = bench_open(2, (const unsigned[]) { 3, 2 });
	int before, after;

	pass(&bench, 0, 1, 5);
	before = pass(&bench, 1, 1, 5);
	pass(&bench, 0, 2, 5);
	after = pass(&bench, 1, 1, 5);
	tap_ok(before == 1 && after == 2, "a flow that moves from queue %d to %d is followed", before, after);
	bench_close(&bench);
}

static void test_strangers(void)
{
	static const uint8_t stranger[PACKET] = { 0x12, 0x34 };
	struct bench bench = bench_open(2, (const unsigned[]) { 3, 2 });
	unsigned right = 0;

	for (unsigned queue = 0; queue < 3; queue++) {
		rig_need(rig_put(bench.devices[0][queue], stranger, PACKET) == PACKET, "send");
		rig_need(rig_settle(&bench.rig), "the barrier");
		right += came_by(&bench, 1, stranger, PACKET) == (int)(queue % 2);
	}
	tap_ok(right == 3, "what is of no flow takes the queue of the number that it came by");
	bench_close(&bench);
}

/* What waits in each queue is read, and stays in its order. */
static void test_order(void)
{
	enum { PACKETS = 100, ALL = 3 * PACKETS, BYTES = ALL * PACKET };
	struct bench bench = bench_open(2, (const unsigned[]) { 3, 3 });
	uint8_t packet[PACKET], got[100];
	unsigned right = 0;

	for (unsigned i = 0; i < ALL; i++) {
		make(packet, i % 3, false);
		packet[PACKET - 1] = (uint8_t)(i / 3);
		rig_need(rig_put(bench.devices[0][i % 3], packet, PACKET) == PACKET, "send");
	}
	rig_settle(&bench.rig);
	for (unsigned i = 0; i < ALL; i++) {
		right += rig_get(bench.devices[1][i % 3], got, sizeof(got)) == PACKET &&
			 got[PACKET - 1] == i / 3;
	}
	tap_ok(right == ALL, "%u packets in three queues arrive, in the order of each", right);
	tap_ok(bench.counters[0].out_packets == ALL && bench.counters[1].in_packets == ALL &&
			bench.counters[1].in_bytes == BYTES,
		"and the port counts those of all its queues");
	bench_close(&bench);
}

static void test_unqueue(void)
{
	struct bench bench = bench_open(2, (const unsigned[]) { 1, 3 });
	const struct relay_counters *right = &bench.counters[1];
	uint8_t byte;
	int by[3];

	pass(&bench, 1, 1, 0);
	by[0] = pass(&bench, 0, 0, 0);
	unqueue(&bench, 1, 1);
	tap_ok(recv(bench.devices[1][1], &byte, 1, MSG_DONTWAIT) == 0, "a queue is closed");
	by[1] = pass(&bench, 0, 0, 0);
	unqueue(&bench, 1, 2);
	by[2] = pass(&bench, 0, 0, 0);
	tap_ok(by[0] == 1 && by[1] == 2 && by[2] == 0, "what went into it goes into another: %d, %d, then %d",
		by[0], by[1], by[2]);
	tap_ok(pass(&bench, 1, 0, 3) == 0 && !is_busy(&bench.rig), "the one that is left is read");
	unqueue(&bench, 1, 0);
	unqueue(&bench, 1, 0);
	tap_ok(pass(&bench, 0, 0, 0) < 0 && right->refused == 1 && right->last_refusal == ENODEV &&
			!is_busy(&bench.rig),
		"where none is left, it is refused");
	close(bench.devices[1][1]);
	add_queue(&bench, 1, 1);
	tap_ok(pass(&bench, 0, 0, 0) == 1 && pass(&bench, 1, 1, 0) == 0, "one that is back is used at once");
	for (unsigned queue = 0; queue < 3; queue += 2) {
		close(bench.devices[1][queue]);
		add_queue(&bench, 1, queue);
	}
	tap_ok(pass(&bench, 0, 0, 0) == 1 && pass(&bench, 1, 2, 0) == 0 && pass(&bench, 0, 0, 0) == 2,
		"and with all of them flows keep theirs again");
	tap_ok(right->refused == 1 && right->in_packets == 6 && right->out_packets == 4,
		"the port's counters have stayed");
	bench_close(&bench);
}

static void test_replaced(void)
{
	struct bench bench = bench_open(2, (const unsigned[]) { 1, 2 });
	int old = bench.devices[1][1];
	uint8_t byte;

	pass(&bench, 1, 1, 0);
	pass(&bench, 1, 0, 1);
	/* Whoever shares the descriptor keeps it in the epoll set, were it only closed there. */
	int held = dup(bench.rig.relay->ports[1]->queues[1].fd);

	add_queue(&bench, 1, 1);
	tap_ok(pass(&bench, 0, 0, 0) == 1 && pass(&bench, 0, 0, 1) == 0,
		"a queue's descriptor is replaced, and the other stays");
	rig_put(old, "old", 3);
	rig_settle(&bench.rig);
	tap_ok(bench.counters[1].out_packets == 2 && !is_busy(&bench.rig), "nobody waits for the old one");
	close(held);
	tap_ok(recv(old, &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET, "which was closed");
	close(old);
	bench_close(&bench);
}

/* A queue whose other end is closed is read no more; the others are. */
static void test_gone(void)
{
	struct bench bench = bench_open(2, (const unsigned[]) { 1, 2 });

	close(bench.devices[1][0]);
	rig_settle(&bench.rig);
	tap_ok(!is_busy(&bench.rig) && pass(&bench, 1, 1, 4) == 0,
		"one that hung up does not stop the other");
	add_queue(&bench, 1, 0);
	tap_ok(pass(&bench, 1, 0, 4) == 0 && pass(&bench, 0, 0, 4) == 0, "and can be given anew");
	bench_close(&bench);
}

/* What was under way meanwhile. */
static void test_delayed(void)
{
	struct bench bench = bench_open(2, (const unsigned[]) { 3, 2 });
	struct relay_message delay = {
		.type = RELAY_IMPAIR, .set = 1, .impairment = "delay", .numbers = { [DELAY_TIME] = 1000000 }
	};
	uint8_t packet[PACKET];
	int by[2] = { -1, -1 };

	pass(&bench, 0, 1, 0);
	pass(&bench, 1, 0, 0);
	for (delay.index = 0; delay.index < 2; delay.index++)
		rig_send(bench.rig.control, &delay, -1);
	rig_settle(&bench.rig);
	/* One flow that is known and one that is not. */
	for (unsigned flow = 0; flow < 2; flow++) {
		make(packet, flow, false);
		rig_put(bench.devices[0][1], packet, PACKET);
		for (unsigned i = 0; i < STEPS && by[flow] < 0; i++) {
			relay_step(bench.rig.relay, 10);
			by[flow] = came_by(&bench, 1, packet, PACKET);
		}
	}
	tap_ok(by[0] == 0 && by[1] == 1,
		"behind a delay a flow takes its queue, %d, and what is unknown that of its number, %d",
		by[0], by[1]);
	bench_close(&bench);
}

static void test_hub(void)
{
	struct bench bench = bench_open(3, (const unsigned[]) { 3, 3, 2 });
	uint8_t packet[PACKET];

	make(packet, 0, true);
	rig_put(bench.devices[2][1], packet, PACKET);
	rig_settle(&bench.rig);
	tap_ok(came_by(&bench, 0, packet, PACKET) == 1 && came_by(&bench, 1, packet, PACKET) == 1,
		"a hub's packet takes the queue of its number at all ports");
	make(packet, 0, false);
	rig_put(bench.devices[0][2], packet, PACKET);
	rig_settle(&bench.rig);
	tap_ok(came_by(&bench, 1, packet, PACKET) == 2 && came_by(&bench, 2, packet, PACKET) == 1,
		"but where its flow is known, that of the flow");
	bench_close(&bench);
}

/* What the kernel cannot hand over it gives EINVAL for, as it does here for each. */
static void test_unread(void)
{
	static uint8_t buffer[PACKET_ROOM + SEGMENT_LONGEST];
	struct relay_counters counters = { 0 };
	struct port *port = port_open(1, &counters);
	struct packet packet;

	rig_need(port && queue_attach(port->queues, epoll_create1(EPOLL_CLOEXEC)) == 0, "a port");
	tap_ok(port_read(port->queues, buffer + PACKET_ROOM, &packet) == 0 && counters.unread == 1 &&
			counters.out_packets == 0,
		"a packet that cannot be handed over is counted, and ends nothing");
	port_close(port);
}

int main(void)
{
	static const unsigned numbers[][2] = { { 1, 1 }, { 1, 3 }, { 3, 1 }, { 3, 2 }, { 2, 3 }, { 3, 3 },
		{ RELAY_QUEUES, 3 }, { 3, RELAY_QUEUES } };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		test_flows(numbers[i][0], numbers[i][1]);
	test_moved();
	test_strangers();
	test_order();
	test_unqueue();
	test_replaced();
	test_gone();
	test_delayed();
	test_hub();
	test_unread();
	return tap_done();
}
