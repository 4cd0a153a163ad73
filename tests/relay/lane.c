/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What packets go through before a port receives them:
 *
 *     device 0 == port 0 ---- wire ---- lane ---- port 1 == device 1
 */
#include <time.h>

#include "forwarder/impairments/delay.h"
#include "forwarder/impairments/loss.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

static const uint8_t packet[100] = { 0x45 };

static void impair(const struct rig *rig, const char *name, const uint64_t *numbers, size_t count)
{
	struct relay_message message = { .type = RELAY_IMPAIR, .index = 1, .set = numbers != NULL, .seed = 1 };

	strcpy(message.impairment, name);
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
}

int main(void)
{
	struct rig rig = rig_open();
	int devices[2];

	for (uint32_t i = 0; i < 2; i++)
		devices[i] = rig_port(
			&rig, &(struct relay_message) { .index = i, .frame = RELAY_IP, .mtu = 1500 }, SOCK_SEQPACKET);
	rig_wire(&rig, 0, 1);
	loss(&rig, devices);
	delay(&rig, devices);
	close(devices[0]);
	close(devices[1]);
	rig_close(&rig);
	return tap_done();
}
