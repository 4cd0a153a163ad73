/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What packets go through before a port receives them:
 *
 *     device 0 == port 0 ---- wire ---- lane ---- port 1 == device 1
 */
#include <time.h>

#include "forwarder/impairments/delay.h"
#include "forwarder/impairments/loss.h"
#include "forwarder/impairments/mtu.h"
#include "forwarder/impairments/rate.h"
#include "forwarder/lane.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

static const uint8_t packet[100] = { 0x45 };

static void impair(const struct rig *rig, const char *name, const uint64_t *numbers, size_t count)
{
	struct relay_message message = {
		.type = RELAY_IMPAIR, .index = 1, .set = numbers != NULL, .seed = 1
	};

	snprintf(message.impairment, sizeof(message.impairment), "%s", name);
	for (size_t i = 0; i < count; i++)
		message.numbers[i] = numbers[i];
	rig_send(rig->control, &message, -1);
}

static unsigned carried(struct rig *rig, int from, int to, unsigned count)
{
	uint8_t room[200];
	unsigned received = 0;

	for (unsigned i = 0; i < count; i++)
		rig_put(from, packet, sizeof(packet));
	rig_settle(rig);
	while (rig_get(to, room, sizeof(room)) > 0)
		received++;
	return received;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void loss(struct rig *rig, const int *devices)
{
	const uint64_t all[] = { [LOSS_CHANCE] = 1ULL << 32 }, none[] = { [LOSS_CHANCE] = 0 };

	impair(rig, "loss", none, 1);
	tap_ok(carried(rig, devices[0], devices[1], 50) == 50, "a loss of 0 %% loses none");
	impair(rig, "loss", all, 1);
	tap_ok(carried(rig, devices[0], devices[1], 50) == 0, "one of 100 %% loses all");
	tap_ok(rig->memory->ports[1].lost == 50, "and they are counted");
	tap_ok(carried(rig, devices[1], devices[0], 50) == 50, "in the direction of that port only");
	impair(rig, "loss", NULL, 0);
	tap_ok(carried(rig, devices[0], devices[1], 50) == 50, "what was impaired is not any more");
}

/* Whether what the port's impairments kept from it is counted so. */
static bool counts(const struct rig *rig, uint64_t lost, uint64_t over_mtu, uint64_t overflowed)
{
	const struct relay_counters *counters = &rig->memory->ports[1];

	return counters->lost == lost && counters->over_mtu == over_mtu && counters->overflowed == overflowed;
}

/* One after the other, from what was lost before. */
static void reasons(struct rig *rig, const int *devices)
{
	const uint64_t all[] = { [LOSS_CHANCE] = 1ULL << 32 }, least[] = { [MTU_BYTES] = sizeof(packet) - 1 },
		       slow[] = { [RATE_BITS] = 8, [RATE_OVERHEAD] = 0, [RATE_PACKETS] = 2 };
	uint64_t lost = rig->memory->ports[1].lost;

	impair(rig, "loss", all, 1);
	impair(rig, "mtu", least, 1);
	carried(rig, devices[0], devices[1], 10);
	tap_ok(counts(rig, lost, 10, 0), "what is longer than a wire's MTU is counted so, and not by loss");
	impair(rig, "mtu", NULL, 0);
	carried(rig, devices[0], devices[1], 10);
	tap_ok(counts(rig, lost + 10, 10, 0), "without it what is lost is");
	impair(rig, "loss", NULL, 0);
	impair(rig, "rate", slow, 3);
	carried(rig, devices[0], devices[1], 10);
	tap_ok(counts(rig, lost + 10, 10, 7), "and what finds a line's queue full");
	impair(rig, "rate", NULL, 0);
}

static void delay(struct rig *rig, const int *devices)
{
	const uint64_t time[] = { [DELAY_TIME] = 20000000 };
	uint64_t begin = now();
	uint8_t room[200];

	impair(rig, "delay", time, 1);
	tap_ok(carried(rig, devices[0], devices[1], 1) == 0, "a delay: nothing has arrived at once");
	while (rig_get(devices[1], room, sizeof(room)) < 0)
		relay_step(rig->relay, 0);
	tap_ok(now() - begin >= 20000000, "and it does not before its time");
	tap_ok(rig->memory->ports[1].delayed == 1, "which is counted");
	impair(rig, "delay", NULL, 0);
	rig_settle(rig);
}

/* Has port 1 lose all packets from AT on, or none, and again after each EVERY. */
static void lose(const struct rig *rig, bool all, uint64_t at, uint64_t every)
{
	struct relay_message message = { .type = RELAY_IMPAIR,
		.index = 1,
		.impairment = "loss",
		.set = all,
		.at = at,
		.every = every,
		.numbers = { [LOSS_CHANCE] = 1ULL << 32 } };

	rig_send(rig->control, &message, -1);
}

static void wait_until(uint64_t at)
{
	struct timespec time = { .tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

/* What was asked before its time; a machine that was slower than that cannot tell. */
static void early(unsigned count, unsigned wanted, uint64_t at, const char *what)
{
	if (now() < at)
		tap_ok(count == wanted, "%s", what);
	else
		tap_skip("%s: this machine was too slow", what);
}

static void later(struct rig *rig, const int *devices)
{
	uint64_t at = now() + 50000000;

	lose(rig, true, at, 0);
	early(carried(rig, devices[0], devices[1], 5), 5, at,
		"a setting that comes later is not in force yet");
	tap_ok(rig->relay->ports[1]->lane, "but the port is ready for it");
	wait_until(at);
	tap_ok(carried(rig, devices[0], devices[1], 5) == 0, "it is from its time on");
	lose(rig, false, 1, 0);
	tap_ok(carried(rig, devices[0], devices[1], 5) == 5, "one whose time has passed is in force at once");
	tap_ok(!rig->relay->ports[1]->lane && !rig->relay->transit, "and nothing is left that would cost");

	lose(rig, true, now() + 1000000, 0);
	lose(rig, false, 0, 0);
	wait_until(now() + 1000000);
	tap_ok(carried(rig, devices[0], devices[1], 5) == 5, "what holds at once forgets what was to come");
	tap_ok(!rig->relay->ports[1]->lane, "with all that was kept for it");
}

/* Down in the first half of every period, up in the second. */
static void flaps(struct rig *rig, const int *devices)
{
	const uint64_t half = 20000000;
	uint64_t begin = now() + half, lost = rig->memory->ports[1].lost;
	unsigned right = 0, seen = 0;

	lose(rig, true, begin, 2 * half);
	lose(rig, false, begin + half, 2 * half);
	for (unsigned i = 0; i < 6; i++) {
		uint64_t middle = begin + i * half + half / 2;
		unsigned count;

		wait_until(middle);
		count = carried(rig, devices[0], devices[1], 3);
		if (now() > middle + half / 2)
			continue;
		seen++;
		right += count == (i % 2 ? 3 : 0);
	}
	if (seen)
		tap_ok(right == seen, "flaps: %u of %u halves of periods are as they should be", right, seen);
	else
		tap_skip("flaps: this machine was too slow");
	tap_ok(rig->memory->ports[1].lost > lost, "and what is lost meanwhile is counted");
	lose(rig, false, 0, 0);
	wait_until(begin + 6 * half);
	tap_ok(carried(rig, devices[0], devices[1], 3) == 3, "what was repeated is forgotten, too");

	lose(rig, true, 0, 1000000000000);
	tap_ok(carried(rig, devices[0], devices[1], 3) == 0,
		"what is repeated from now on is in force at once");
	lose(rig, false, 0, 0);
	rig_settle(rig);
}

/* Sends packets numbered from FIRST on. */
static void send_numbered(int device, unsigned first, unsigned count)
{
	uint8_t numbered[100] = { 0x45 };

	for (unsigned i = first; i < first + count; i++) {
		numbered[50] = (uint8_t)i;
		rig_put(device, numbered, sizeof(numbered));
	}
}

/* Receives all that is under way. Returns how many came in the order of their numbers, from 0. */
static unsigned in_order(struct rig *rig, int device)
{
	uint8_t room[200];
	unsigned next = 0;

	do {
		relay_step(rig->relay, 0);
		while (rig_get(device, room, sizeof(room)) > 0)
			next += room[50] == (uint8_t)next;
	} while (rig->relay->transit && transit_first(rig->relay->transit));
	return next;
}

/* A shorter delay, or none, lets nothing overtake what is under way. */
static void order(struct rig *rig, const int *devices)
{
	const uint64_t times[] = { 10000000, 3000000, 5000000, 100000, 0 };
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++, count += 10) {
		impair(rig, "delay", &times[i], 1);
		rig_settle(rig);
		send_numbered(devices[0], count, 10);
		rig_settle(rig);
	}
	impair(rig, "delay", NULL, 0);
	rig_settle(rig);
	send_numbered(devices[0], count, 10);
	rig_settle(rig);
	tap_ok(in_order(rig, devices[1]) == 60,
		"nothing overtakes what is under way where the delay becomes less, and none");
	tap_ok(!rig->relay->ports[1]->lane && !rig->relay->transit, "with the last of it the lane has gone");
}

/* What is due and has not been delivered yet is delivered before what is read now and has no delay. */
static void overdue(struct rig *rig, const int *devices)
{
	const uint64_t time[] = { 1000000 };

	impair(rig, "delay", time, 1);
	rig_settle(rig);
	send_numbered(devices[0], 0, 10);
	rig_settle(rig);
	impair(rig, "delay", NULL, 0);
	rig_settle(rig);
	send_numbered(devices[0], 10, 10);
	wait_until(now() + 2 * time[0]);
	tap_ok(in_order(rig, devices[1]) == 20, "nor what is overdue");
}

/* A port whose descriptor is replaced gets what is under way; one that is gone is forgotten. */
static void replaced(void)
{
	const uint64_t time[] = { 1000000 };
	struct rig rig = rig_open();
	struct relay_message port = { .frame = RELAY_IP, .mtu = 1500 };
	int devices[3];

	for (uint32_t i = 0; i < 2; i++) {
		port.index = i;
		devices[i] = rig_port(&rig, &port, SOCK_SEQPACKET);
	}
	rig_wire(&rig, 0, 1);
	impair(&rig, "delay", time, 1);
	rig_settle(&rig);
	send_numbered(devices[0], 0, 10);
	rig_settle(&rig);
	devices[2] = rig_port(&rig, &port, SOCK_SEQPACKET);
	tap_ok(in_order(&rig, devices[2]) == 10, "a port's new descriptor gets what was under way to it");
	send_numbered(devices[0], 0, 10);
	rig_settle(&rig);
	rig_close(&rig);
	for (size_t i = 0; i < 3; i++)
		close(devices[i]);
}

int main(void)
{
	struct rig rig = rig_open();
	int devices[2];

	for (uint32_t i = 0; i < 2; i++)
		devices[i] =
			rig_port(&rig, &(struct relay_message) { .index = i, .frame = RELAY_IP, .mtu = 1500 },
				SOCK_SEQPACKET);
	rig_wire(&rig, 0, 1);
	loss(&rig, devices);
	delay(&rig, devices);
	later(&rig, devices);
	flaps(&rig, devices);
	order(&rig, devices);
	overdue(&rig, devices);
	replaced();
	reasons(&rig, devices);
	close(devices[0]);
	close(devices[1]);
	rig_close(&rig);
	return tap_done();
}
