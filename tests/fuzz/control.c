/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any messages to a relay with two ports, amid packets: it goes on, or it ends with a sentence that says why;
 * and when it is gone, none of its descriptors is left.
 */
#include <fcntl.h>

#include "forwarder/impairment.h"
#include "tests/fuzz/fuzz.h"
#include "tests/relay/rig.h"

enum { MESSAGES = 24, STEPS = 20, MANY = 8 };

/* What stays from one input to the next. */
static struct {
	bool ready;
	int relay[3], device[3]; /* both ends of sockets */
	int memory, file, sink;
} kept;

static void open_kept(void)
{
	for (unsigned i = 0; i < 3; i++) {
		int pair[2];

		must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), "a pair");
		kept.relay[i] = pair[0];
		kept.device[i] = pair[1];
	}
	kept.memory = memfd_create("counters", MFD_CLOEXEC);
	kept.file = memfd_create("capture", MFD_CLOEXEC);
	kept.sink = open("/dev/null", O_RDWR | O_CLOEXEC);
	must(kept.memory >= 0 && kept.file >= 0 && kept.sink >= 0, "files");
	must(!ftruncate(kept.memory, sizeof(struct relay_memory)), "ftruncate");
	kept.ready = true;
}

/* Those that a message carries. Returns how many they are. */
static size_t choose(enum fuzz_fd what, int *fds)
{
	for (unsigned i = 0; i < MANY; i++)
		fds[i] = kept.relay[2];
	switch (what) {
	case FUZZ_NOTHING: return 0;
	case FUZZ_QUEUE: return 1;
	case FUZZ_OTHER_QUEUE: fds[0] = kept.relay[1]; return 1;
	case FUZZ_MEMORY: fds[0] = kept.memory; return 1;
	case FUZZ_FILE: fds[0] = kept.file; return 1;
	case FUZZ_SINK: fds[0] = kept.sink; return 1;
	case FUZZ_TWO: return 2;
	case FUZZ_MANY: return MANY;
	}
	return 0;
}

static void fill_in(struct fuzz_input *input, const struct fuzz_message *head, struct relay_message *message)
{
	unsigned instructions = head->instructions % 16, known = 1;
	uint8_t *bytes = (uint8_t *)message;

	while (impairments[known])
		known++;
	message->type = head->type % (RELAY_BARRIER + 2);
	message->instructions = instructions;
	message->mtu = 1500;
	message->peer = message->set = message->direction = 1;
	if (head->impairment)
		snprintf(message->impairment, sizeof(message->impairment), "%s",
			impairments[head->impairment % known]->name);
	for (unsigned i = 0; i < head->words % 16; i++) {
		struct fuzz_word word;

		fuzz_take(input, &word, sizeof(word));
		memcpy(bytes + word.at % (sizeof(*message) / 4) * 4, word.value, 4);
	}
	fuzz_take(input, message->filter, instructions * sizeof(struct sock_filter));
}

/* A message of the input; what has no room in the socket is not sent. */
static void send_one(struct fuzz_input *input, int control, const struct fuzz_message *head)
{
	union {
		struct relay_message message;
		uint8_t bytes[sizeof(struct relay_message) + 17 * sizeof(struct sock_filter)];
	} whole = { 0 };
	size_t length = sizeof(whole.message) + head->instructions % 16 * sizeof(struct sock_filter), count;
	int fds[MANY];

	fill_in(input, head, &whole.message);
	if (head->form & FUZZ_LYING)
		whole.message.instructions += 1 + head->words;
	if (head->form & FUZZ_SHORT)
		length--;
	if (head->form & FUZZ_LONGER)
		length++;
	count = choose(head->form & FUZZ_FD, fds);
	rig_send_raw(control, whole.bytes, length, fds, count);
}

/* Whether the relay goes on. */
static bool step(struct relay *relay)
{
	int going;

	for (unsigned i = 0; i < STEPS; i++) {
		going = relay_step(relay, 0);
		must(going == 1 || going == -1, "nobody has closed the control socket");
		if (going < 0) {
			must(relay->fault[0] && memchr(relay->fault, 0, sizeof(relay->fault)), "a sentence");
			return false;
		}
	}
	return true;
}

static void drain(int fd)
{
	static uint8_t bytes[70000];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
		;
}

static void drain_all(int control)
{
	drain(control);
	for (unsigned i = 0; i < 3; i++)
		drain(kept.device[i]);
}

static void send_packets(void)
{
	static const uint8_t packet[40] = { 0x45, 0, 0, 40, [9] = 17 };

	for (unsigned i = 0; i < 3; i++)
		send(kept.device[i], packet, sizeof(packet), 0);
}

static void begin(int control)
{
	struct relay_message port = { .type = RELAY_PORT, .frame = RELAY_IP, .mtu = 1500, .queues = 2 };

	rig_send(control, &(struct relay_message) { .type = RELAY_MEMORY }, kept.memory);
	rig_send(control, &port, kept.relay[0]);
	port.index = 1;
	port.queues = 1;
	rig_send(control, &port, kept.relay[1]);
	rig_send(control, &(struct relay_message) { .type = RELAY_WIRE, .peer = 1 }, -1);
}

static void go_through(struct fuzz_input *input, struct relay *relay, int control)
{
	bool going = step(relay);

	for (unsigned i = 0; i < MESSAGES && input->left && going; i++) {
		struct fuzz_message head;

		fuzz_take(input, &head, sizeof(head));
		if (head.form & FUZZ_TRAFFIC)
			send_packets();
		/* A barrier that is to be answered later holds up what comes after it. */
		if (relay->barrier == BARRIER_NONE)
			send_one(input, control, &head);
		going = step(relay);
		drain_all(control);
	}
}

/* How many descriptors there are; more than these numbers are never in use. */
static unsigned count_open(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 128; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct relay *relay;
	unsigned before;
	int pair[2];

	if (!kept.ready)
		open_kept();
	before = count_open();
	must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "a pair");
	relay = relay_open(pair[1]);
	must(relay, "relay_open");
	if (size && data[0] != FUZZ_UNTOLD)
		begin(pair[0]);
	go_through(&input, relay, pair[0]);
	relay_close(relay);
	close(pair[0]);
	must(count_open() == before, "all descriptors are closed");
	for (unsigned i = 0; i < 3; i++) {
		drain(kept.relay[i]);
		drain(kept.device[i]);
	}
	/* Whatever was captured into either. */
	must(!ftruncate(kept.file, 0), "ftruncate");
	must(!ftruncate(kept.memory, sizeof(struct relay_memory)), "ftruncate");
	must(lseek(kept.memory, 0, SEEK_SET) == 0, "lseek");
	return 0;
}
