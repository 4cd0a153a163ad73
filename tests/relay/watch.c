/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches: each direction, with a filter and without, several at a port, set anew, stopped. */
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

/* "ip proto 1", of packets that begin with their IP header. */
static const struct sock_filter icmp[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	BPF_JUMP(BPF_JMP | BPF_JEQ, 1, 0, 1),
	BPF_STMT(BPF_RET, 262144),
	BPF_STMT(BPF_RET, 0),
};

static const struct relay_message icmp_out = {
	.watch = 0, .index = 0, .direction = RELAY_OUT, .instructions = 4
};
static const struct relay_message icmp_in = {
	.watch = 1, .index = 0, .direction = RELAY_IN, .instructions = 4
};
static const struct relay_message icmp_both = {
	.watch = 2, .index = 0, .direction = RELAY_BOTH, .instructions = 4
};
static const struct relay_message all_both = { .watch = 3, .index = 0, .direction = RELAY_BOTH };
static const struct relay_message all_far_in = {
	.watch = RELAY_WATCHES - 1, .index = 1, .direction = RELAY_IN
};

static int devices[2];

/* A packet of this protocol, "length" bytes of it, from a device. */
static void put(int from, uint8_t protocol, size_t length)
{
	uint8_t packet[300] = { 0x45, [9] = protocol };

	rig_need(rig_put(devices[from], packet, length) == (ssize_t)length, "send");
}

static bool counts(struct rig *rig, uint64_t zero, uint64_t one, uint64_t two, uint64_t three, uint64_t last)
{
	const uint64_t *watches = rig->memory->watches;

	rig_settle(rig);
	bool same = watches[0] == zero && watches[1] == one && watches[2] == two && watches[3] == three &&
		    watches[RELAY_WATCHES - 1] == last;

	if (!same)
		printf("# %lu %lu %lu %lu %lu\n", watches[0], watches[1], watches[2], watches[3],
			watches[RELAY_WATCHES - 1]);
	return same;
}

int main(void)
{
	struct rig rig = rig_open();

	for (uint32_t i = 0; i < 2; i++)
		devices[i] =
			rig_port(&rig, &(struct relay_message) { .index = i, .mtu = 200 }, SOCK_SEQPACKET);
	rig_wire(&rig, 0, 1);
	rig_watch(rig.control, &icmp_out, icmp);
	rig_watch(rig.control, &icmp_in, icmp);
	rig_watch(rig.control, &icmp_both, icmp);
	rig_watch(rig.control, &all_both, NULL);
	rig_watch(rig.control, &all_far_in, NULL);
	rig_settle(&rig);

	put(0, 1, 28);
	tap_ok(counts(&rig, 1, 0, 1, 1, 1), "a packet goes out at one port and comes in at the other");
	put(1, 1, 28);
	put(1, 1, 28);
	tap_ok(counts(&rig, 1, 2, 3, 3, 1), "two come back");
	put(0, 17, 28);
	put(1, 17, 28);
	tap_ok(counts(&rig, 1, 2, 3, 5, 2), "what the filter does not match is not counted");
	put(0, 1, 9);
	tap_ok(counts(&rig, 1, 2, 3, 6, 3), "nor is what ends before the filter's byte");
	put(0, 1, 201);
	tap_ok(counts(&rig, 2, 2, 4, 7, 3), "what is too big went out, and did not come in");
	put(1, 1, 201);
	tap_ok(counts(&rig, 2, 2, 4, 7, 3), "and at the port that it is too big for, nothing is seen");

	rig_watch(rig.control, &icmp_in, icmp);
	tap_ok(counts(&rig, 2, 0, 4, 7, 3), "a watch that is set anew begins at 0");
	put(1, 1, 28);
	tap_ok(counts(&rig, 2, 1, 5, 8, 3), "and counts once for each packet");

	rig_send(rig.control, &(struct relay_message) { .type = RELAY_UNWATCH, .watch = 2 }, -1);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_UNWATCH, .watch = 77 }, -1);
	rig_settle(&rig);
	put(1, 1, 28);
	tap_ok(counts(&rig, 2, 2, 5, 9, 3), "a stopped watch keeps its count; the others go on");

	struct relay_message moved = all_both;

	moved.index = 1;
	rig_watch(rig.control, &moved, NULL);
	rig_settle(&rig);
	put(1, 1, 28);
	put(1, 1, 28);
	tap_ok(counts(&rig, 2, 4, 5, 2, 3), "a watch may move to another port");

	close(devices[1]);
	rig_settle(&rig);
	put(0, 1, 28);
	tap_ok(counts(&rig, 3, 4, 5, 2, 3), "what a port refused did not come in");

	close(devices[0]);
	rig_close(&rig);
	return tap_done();
}
