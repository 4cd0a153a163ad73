/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Barriers: in their order, after everything that waits, yet not for ever, and where nobody reads the answer.
 */
#include <poll.h>

#include "forwarder/transit.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

/* Three barriers with a change between them: each answer in its order, and the changes between them. */
static void test_order(void)
{
	struct rig rig = rig_open();
	struct relay_message answer;
	bool ordered = true;
	int device = rig_port(&rig, &(struct relay_message) { .index = 0, .mtu = 1 }, SOCK_SEQPACKET);

	for (uint32_t i = 1; i <= 3; i++) {
		rig_send(rig.control, &(struct relay_message) { .type = RELAY_MTU, .mtu = i * 10 }, -1);
		rig_send(rig.control,
			&(struct relay_message) { .type = RELAY_BARRIER, .serial = i, .index = 77 }, -1);
	}
	for (uint32_t i = 1; i <= 3; i++) {
		while (recv(rig.control, &answer, sizeof(answer), MSG_DONTWAIT) < 0 &&
			relay_step(rig.relay, 0) > 0)
			;
		ordered = ordered && answer.serial == i && answer.index == 77 &&
			  rig.relay->ports[0]->mtu == i * 10;
	}
	tap_ok(ordered,
		"three barriers are answered in their order, and later messages wait for each answer");
	tap_ok(recv(rig.control, &answer, sizeof(answer), MSG_DONTWAIT) < 0, "and each but once");
	close(device);
	rig_close(&rig);
}

/* The answer comes after everything that waits at the ports, however much it is. */
static void test_waits(void)
{
	enum { PACKETS = 150 };
	struct rig rig = rig_open();
	int devices[3];

	for (uint32_t i = 0; i < 3; i++)
		devices[i] =
			rig_port(&rig, &(struct relay_message) { .index = i, .mtu = 100 }, SOCK_SEQPACKET);
	rig_wire(&rig, 0, 1);
	rig_settle(&rig);
	for (int i = 0; i < PACKETS; i++) {
		rig_put(devices[0], "from 0", 6);
		rig_put(devices[2], "from 2", 6);
	}
	rig_settle(&rig);
	tap_ok(rig.memory->ports[1].in_packets == PACKETS && rig.memory->ports[2].no_wire == PACKETS,
		"a barrier is answered when all of %d packets each of two ports are carried", PACKETS);
	for (int i = 0; i < 3; i++)
		close(devices[i]);
	rig_close(&rig);
}

/* A device that never stops sending. */
static void test_bounded(void)
{
	struct rig rig = rig_open();
	int device = rig_port(&rig, &(struct relay_message) { .index = 0, .mtu = 100 }, SOCK_SEQPACKET);
	struct relay_message answer;
	unsigned steps = 0;

	rig_settle(&rig);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_BARRIER, .serial = 5 }, -1);
	do
		rig_put(device, "again", 5);
	while (relay_step(rig.relay, 0) > 0 && ++steps < 2 * RELAY_LOOKS &&
		recv(rig.control, &answer, sizeof(answer), MSG_DONTWAIT) < 0);
	tap_ok(steps == RELAY_LOOKS + 1 && answer.serial == 5, "traffic without end delays it by %u looks",
		steps - 1);

	rig_send(rig.control, &(struct relay_message) { .type = RELAY_BARRIER, .serial = 6 }, -1);
	for (steps = 0;
		recv(rig.control, &answer, sizeof(answer), MSG_DONTWAIT) < 0 && steps < 2 * RELAY_LOOKS;
		steps++) {
		rig_put(device, "again", 5);
		relay_step(rig.relay, 0);
	}
	tap_ok(steps == RELAY_LOOKS + 1, "and the next one anew: %u", steps - 1);
	close(device);
	rig_close(&rig);
}

/* A harness that does not read its answers delays them, not the packets; and the relay waits rather than
 * spins. */
static void test_full(void)
{
	struct rig rig = rig_open();
	struct pollfd waiting = { .fd = rig.relay->epoll, .events = POLLIN };
	int device = rig_port(&rig, &(struct relay_message) { .index = 0, .mtu = 100 }, SOCK_SEQPACKET),
	    room = 1;
	struct relay_message answer;
	uint32_t asked = 0, answered = 0;

	rig_settle(&rig);
	rig_need(
		setsockopt(rig.relay->control, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0, "SO_SNDBUF");
	for (; asked < 50; asked++)
		rig_send(rig.control, &(struct relay_message) { .type = RELAY_BARRIER, .serial = asked }, -1);
	for (int i = 0; i < 200; i++)
		relay_step(rig.relay, 0);
	tap_ok(rig.relay->barrier == BARRIER_ANSWERS && poll(&waiting, 1, 0) == 0,
		"a full socket delays an answer");
	rig_put(device, "x", 1);
	relay_step(rig.relay, 0);
	tap_ok(rig.memory->ports[0].out_packets == 1, "packets are carried meanwhile");
	for (int i = 0; i < 500; i++) {
		if (recv(rig.control, &answer, sizeof(answer), MSG_DONTWAIT) > 0 && answer.serial == answered)
			answered++;
		relay_step(rig.relay, 0);
	}
	tap_ok(answered == asked, "all %u come, in their order, once there is room", answered);
	tap_ok(rig_settle(&rig) && rig.relay->barrier == BARRIER_NONE && poll(&waiting, 1, 0) == 0,
		"and the relay waits for messages again");
	close(device);
	rig_close(&rig);
}

static uint64_t now(void)
{
	return sleeper_now();
}

static unsigned steps; /* of the last settle() */

/* Steps until a barrier that waits until AT is answered; PACKETS: a packet is sent before each step. Returns
 * when it was. */
static uint64_t settle(struct rig *rig, uint64_t at, int device, bool packets)
{
	static const uint8_t packet[100] = { 0x45 };
	struct relay_message answer = { 0 };

	rig_send(rig->control, &(struct relay_message) { .type = RELAY_BARRIER, .serial = 9, .at = at }, -1);
	for (steps = 0; recv(rig->control, &answer, sizeof(answer), MSG_DONTWAIT) < 0 || answer.serial != 9;
		steps++) {
		if (packets)
			rig_put(device, packet, sizeof(packet));
		if (relay_step(rig->relay, packets ? 0 : -1) <= 0)
			break;
	}
	return answer.serial == 9 ? now() : UINT64_MAX;
}

/* With "at", a barrier waits for what is under way, and no longer than until then. */
static void test_under_way(void)
{
	struct rig rig = rig_open();
	struct relay_message delay = {
		.type = RELAY_IMPAIR, .index = 1, .impairment = "delay", .set = 1, .numbers = { 20000000 }
	};
	const uint64_t second = 1000000000;
	int devices[2];
	uint64_t begin;
	uint8_t room[200];

	for (uint32_t i = 0; i < 2; i++)
		devices[i] =
			rig_port(&rig, &(struct relay_message) { .index = i, .mtu = 1500 }, SOCK_SEQPACKET);
	rig_wire(&rig, 0, 1);
	rig_send(rig.control, &delay, -1);
	rig_settle(&rig);

	begin = now();
	settle(&rig, begin + 3600 * second, -1, false);
	tap_ok(rig.memory->ports[1].delayed == 0, "it does not wait where nothing is under way");

	rig_put(devices[0], (uint8_t[100]) { 0x45 }, 100);
	settle(&rig, begin + 3600 * second, -1, false);
	tap_ok(rig_get(devices[1], room, sizeof(room)) == 100 && now() >= begin + 20000000,
		"it waits until what is under way has arrived");

	begin = now();
	rig_put(devices[0], (uint8_t[100]) { 0x45 }, 100);
	tap_ok(settle(&rig, begin + 3000000, -1, false) >= begin + 3000000, "or until the time has come");
	tap_ok(rig_get(devices[1], room, sizeof(room)) < 0 || now() > begin + 20000000,
		"though something is under way then");

	begin = now();
	rig_put(devices[0], (uint8_t[100]) { 0x45 }, 100);
	rig_send(rig.control,
		&(struct relay_message) { .type = RELAY_BARRIER, .serial = 8, .at = begin + 3600 * second },
		-1);
	begin = settle(&rig, begin, -1, false) - begin;
	tap_ok(begin >= 20000000 && steps < 20,
		"%u steps: what is said meanwhile waits, and keeps nobody awake", steps);

	rig_put(devices[0], (uint8_t[100]) { 0x45 }, 100);
	rig_settle(&rig);
	tap_ok(transit_first(rig.relay->transit), "without a time it does not wait for it");

	begin = now();
	tap_ok(settle(&rig, begin + 30000000, devices[0], true) >= begin + 30000000,
		"traffic without end holds it until the time has come");
	tap_ok(rig.relay->looks <= RELAY_LOOKS, "and no longer than another barrier: %u looks",
		rig.relay->looks);
	for (int i = 0; i < 2; i++)
		close(devices[i]);
	rig_close(&rig);
}

int main(void)
{
	test_order();
	test_waits();
	test_bounded();
	test_full();
	test_under_way();
	return tap_done();
}
