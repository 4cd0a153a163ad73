/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: each message that makes no sense, and its end. */
#include <dirent.h>
#include <fcntl.h>

#include "forwarder/parcel.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	rig_need(directory, "/proc/self/fd");
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* What the relay's last word is: "end", a fault's sentence, or "" if it goes on. */
static const char *outcome(struct rig *rig)
{
	for (unsigned i = 0; i < 20; i++) {
		int going = relay_step(rig->relay, 0);

		if (going <= 0)
			return going < 0 ? rig->relay->fault : "end";
	}
	return "";
}

enum { HEAD = sizeof(struct relay_message) };

/* A message that is sent to a relay with ports 0 and 1, and the sentence that it ends it with. */
static const struct {
	const char *fault;  /* "": the relay goes on; # is the message's length, @ its type */
	size_t length;	    /* 0: as long as it is right */
	size_t descriptors; /* of the shared memory */
	struct sock_filter filter[2];
	struct relay_message message;
} messages[] = {
	{ "a message of # bytes", 1, 0, { { 0 } }, { .type = RELAY_BARRIER } },
	{ "a message of # bytes", HEAD - 1, 0, { { 0 } }, { .type = RELAY_BARRIER } },
	{ "a message of type @", 0, 0, { { 0 } }, { .type = RELAY_BARRIER + 1 } },
	{ "a message of type @", 0, 0, { { 0 } }, { .type = UINT32_MAX } },
	{ "RELAY_BARRIER: # bytes with 0 instructions", HEAD + 1, 0, { { 0 } }, { .type = RELAY_BARRIER } },
	{ "RELAY_WIRE: 1 instructions", HEAD + 8, 0, { { 0 } },
		{ .type = RELAY_WIRE, .peer = 1, .instructions = 1 } },
	{ "RELAY_BARRIER: one descriptor too many", 0, 1, { { 0 } }, { .type = RELAY_BARRIER } },
	{ "RELAY_BARRIER: descriptors were lost: too many, or RLIMIT_NOFILE is reached", 0, 8, { { 0 } },
		{ .type = RELAY_BARRIER } },
	{ "RELAY_MEMORY: came twice", 0, 1, { { 0 } }, { .type = RELAY_MEMORY } },
	{ "RELAY_MEMORY: no descriptor", 0, 0, { { 0 } }, { .type = RELAY_MEMORY } },
	{ "RELAY_PORT: no descriptor", 0, 0, { { 0 } }, { .type = RELAY_PORT, .index = 2 } },
	{ "RELAY_PORT: one descriptor too many", 0, 2, { { 0 } }, { .type = RELAY_PORT, .index = 2 } },
	{ "RELAY_PORT: port 4096 is out of range", 0, 1, { { 0 } }, { .type = RELAY_PORT, .index = 4096 } },
	{ "RELAY_PORT: unknown frame 2", 0, 1, { { 0 } }, { .type = RELAY_PORT, .index = 2, .frame = 2 } },
	{ "RELAY_PORT: epoll_ctl: Operation not permitted", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 2 } },
	{ "RELAY_PORT: epoll_ctl: Operation not permitted", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 1 } },
	{ "RELAY_PORT: epoll_ctl: Operation not permitted", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 2, .queue = 255, .queues = 256 } },
	{ "RELAY_PORT: 257 queues are too many", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 2, .queues = 257 } },
	{ "RELAY_PORT: 4294967295 queues are too many", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 1, .queues = UINT32_MAX } },
	{ "RELAY_PORT: there is no queue 256 of 256", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 2, .queue = 256, .queues = 256 } },
	{ "RELAY_PORT: there is no queue 1 of 1", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 2, .queue = 1 } },
	{ "RELAY_PORT: there is no queue 1 of 1", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 1, .queue = 1, .queues = 2 } },
	{ "RELAY_PORT: there is no queue 4294967295 of 1", 0, 1, { { 0 } },
		{ .type = RELAY_PORT, .index = 1, .queue = UINT32_MAX } },
	{ "RELAY_UNQUEUE: port 4096 is out of range", 0, 0, { { 0 } },
		{ .type = RELAY_UNQUEUE, .index = 4096 } },
	{ "RELAY_UNQUEUE: there is no port 2", 0, 0, { { 0 } }, { .type = RELAY_UNQUEUE, .index = 2 } },
	{ "RELAY_UNQUEUE: there is no queue 1 of 1", 0, 0, { { 0 } },
		{ .type = RELAY_UNQUEUE, .index = 1, .queue = 1 } },
	{ "RELAY_UNQUEUE: one descriptor too many", 0, 1, { { 0 } }, { .type = RELAY_UNQUEUE } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_UNQUEUE, .index = 1 } },
	{ "RELAY_WIRE: there is no port 2", 0, 0, { { 0 } }, { .type = RELAY_WIRE, .index = 2 } },
	{ "RELAY_WIRE: there is no port 2", 0, 0, { { 0 } }, { .type = RELAY_WIRE, .peer = 2 } },
	{ "RELAY_WIRE: port 4294967295 is out of range", 0, 0, { { 0 } },
		{ .type = RELAY_WIRE, .peer = UINT32_MAX } },
	{ "RELAY_WIRE: port 1 cannot be both ends", 0, 0, { { 0 } },
		{ .type = RELAY_WIRE, .index = 1, .peer = 1 } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_WIRE, .index = 1, .peer = 0 } },
	{ "RELAY_HUB: there is no port 2", 0, 0, { { 0 } }, { .type = RELAY_HUB, .index = 2 } },
	{ "RELAY_HUB: there is no port 2", 0, 0, { { 0 } }, { .type = RELAY_HUB, .peer = 2 } },
	{ "RELAY_HUB: port 4096 is out of range", 0, 0, { { 0 } },
		{ .type = RELAY_HUB, .index = 1, .peer = 4096 } },
	{ "RELAY_HUB: port 0 cannot be both ends", 0, 0, { { 0 } }, { .type = RELAY_HUB } },
	{ "RELAY_HUB: one descriptor too many", 0, 1, { { 0 } }, { .type = RELAY_HUB, .peer = 1 } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_HUB, .index = 1 } },
	{ "RELAY_IMPAIR: port 4096 is out of range", 0, 0, { { 0 } },
		{ .type = RELAY_IMPAIR, .index = 4096, .impairment = "delay", .set = 1 } },
	{ "RELAY_IMPAIR: there is no port 2", 0, 0, { { 0 } },
		{ .type = RELAY_IMPAIR, .index = 2, .impairment = "delay", .set = 1 } },
	{ "RELAY_IMPAIR: : no such impairment", 0, 0, { { 0 } }, { .type = RELAY_IMPAIR, .set = 1 } },
	{ "RELAY_IMPAIR: dela: no such impairment", 0, 0, { { 0 } },
		{ .type = RELAY_IMPAIR, .impairment = "dela", .set = 1 } },
	{ "RELAY_IMPAIR: sixteen-letters.: no such impairment", 0, 0, { { 0 } },
		{ .type = RELAY_IMPAIR, .impairment = "sixteen-letters.", .set = 1 } },
	{ "RELAY_IMPAIR: delays: no such impairment", 0, 0, { { 0 } },
		{ .type = RELAY_IMPAIR, .impairment = "delays" } },
	{ "RELAY_IMPAIR: delays: no such impairment", 0, 0, { { 0 } },
		{ .type = RELAY_IMPAIR, .impairment = "delays", .set = 1, .at = UINT64_MAX } },
	{ "RELAY_IMPAIR: instruction 0 of the filter: an unknown return", 0, 0,
		{ { BPF_RET | BPF_X, 0, 0, 0 } },
		{ .type = RELAY_IMPAIR, .impairment = "loss", .set = 1, .instructions = 1 } },
	{ "RELAY_IMPAIR: instruction 0 of the filter: an unknown return", 0, 0,
		{ { BPF_RET | BPF_X, 0, 0, 0 } },
		{ .type = RELAY_IMPAIR,
			.impairment = "loss",
			.set = 1,
			.at = UINT64_MAX,
			.instructions = 1 } },
	{ "RELAY_IMPAIR: delay: a filter, which it has no use for", 0, 0, { { BPF_RET | BPF_K, 0, 0, 1 } },
		{ .type = RELAY_IMPAIR, .impairment = "delay", .set = 1, .instructions = 1 } },
	{ "RELAY_IMPAIR: one descriptor too many", 0, 1, { { 0 } },
		{ .type = RELAY_IMPAIR, .impairment = "delay", .set = 1 } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_IMPAIR, .impairment = "delay", .set = 1 } },
	{ "", 0, 0, { { BPF_RET, 0, 0, 1 } },
		{ .type = RELAY_IMPAIR, .impairment = "loss", .set = 1, .instructions = 1 } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_IMPAIR, .impairment = "delay" } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_IMPAIR, .impairment = "delay", .set = 1, .at = UINT64_MAX } },
	{ "RELAY_PROMPT: port 4096 is out of range", 0, 0, { { 0 } },
		{ .type = RELAY_PROMPT, .index = 4096 } },
	{ "RELAY_PROMPT: there is no port 2", 0, 0, { { 0 } }, { .type = RELAY_PROMPT, .index = 2 } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_PROMPT, .index = 1 } },
	{ "RELAY_MTU: port 4096 is out of range", 0, 0, { { 0 } }, { .type = RELAY_MTU, .index = 4096 } },
	{ "RELAY_MTU: there is no port 4095", 0, 0, { { 0 } }, { .type = RELAY_MTU, .index = 4095 } },
	{ "RELAY_WATCH: port 9999 is out of range", 0, 0, { { 0 } }, { .type = RELAY_WATCH, .index = 9999 } },
	{ "RELAY_WATCH: there is no port 2", 0, 0, { { 0 } }, { .type = RELAY_WATCH, .index = 2 } },
	{ "RELAY_WATCH: watch 256 is out of range", 0, 0, { { 0 } },
		{ .type = RELAY_WATCH, .watch = 256, .direction = 1 } },
	{ "RELAY_WATCH: unknown direction 0", 0, 0, { { 0 } }, { .type = RELAY_WATCH } },
	{ "RELAY_WATCH: unknown direction 4", 0, 0, { { 0 } }, { .type = RELAY_WATCH, .direction = 4 } },
	{ "RELAY_WATCH: # bytes with 1 instructions", HEAD, 0, { { 0 } },
		{ .type = RELAY_WATCH, .direction = 1, .instructions = 1 } },
	{ "RELAY_WATCH: # bytes with 2 instructions", HEAD + 4, 0, { { 0 } },
		{ .type = RELAY_WATCH, .direction = 1, .instructions = 2 } },
	/* 2^29 instructions of 8 bytes are 0 bytes to a counter of 32 bits. */
	{ "RELAY_WATCH: 536870912 instructions", HEAD, 0, { { 0 } },
		{ .type = RELAY_WATCH, .direction = 1, .instructions = 1U << 29 } },
	{ "RELAY_WATCH: instruction 0 of the filter: an unknown return", 0, 0,
		{ { BPF_RET | BPF_X, 0, 0, 0 } },
		{ .type = RELAY_WATCH, .direction = 1, .instructions = 1 } },
	{ "RELAY_WATCH: instruction 1 of the filter: no return at the end", 0, 0,
		{ { BPF_RET, 0, 0, 0 }, { BPF_LD | BPF_IMM, 0, 0, 0 } },
		{ .type = RELAY_WATCH, .direction = 1, .instructions = 2 } },
	{ "", 0, 0, { { BPF_RET, 0, 0, 1 } }, { .type = RELAY_WATCH, .direction = 3, .instructions = 1 } },
	{ "RELAY_UNWATCH: watch 256 is out of range", 0, 0, { { 0 } },
		{ .type = RELAY_UNWATCH, .watch = 256 } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_UNWATCH, .watch = 255 } },
	{ "RELAY_CAPTURE: no descriptor", 0, 0, { { 0 } }, { .type = RELAY_CAPTURE } },
	{ "", 0, 1, { { 0 } }, { .type = RELAY_CAPTURE } },
	{ "RELAY_INTERFACE: there is no port 2", 0, 0, { { 0 } }, { .type = RELAY_INTERFACE, .index = 2 } },
	{ "RELAY_INTERFACE: nothing is captured", 0, 0, { { 0 } }, { .type = RELAY_INTERFACE } },
	{ "", 0, 0, { { 0 } }, { .type = RELAY_UNCAPTURE } },
};

/* The sentence of a message, with its length and its type. */
static const char *sentence(const char *fault, size_t length, uint32_t type)
{
	static char text[160];
	size_t end = 0;

	for (; *fault && end < sizeof(text) - 20; fault++) {
		if (*fault == '#')
			end += (size_t)sprintf(text + end, "%zu", length);
		else if (*fault == '@')
			end += (size_t)sprintf(text + end, "%u", type);
		else
			text[end++] = *fault;
	}
	text[end] = '\0';
	return text;
}

static void test_messages(void)
{
	unsigned before = open_descriptors();

	for (size_t i = 0; i < COUNT(messages); i++) {
		struct rig rig = rig_open();
		union {
			struct relay_message message;
			char bytes[sizeof(struct relay_message) + sizeof(messages[i].filter)];
		} whole = { messages[i].message };
		size_t length = messages[i].length;
		int devices[2], fds[8];

		for (uint32_t j = 0; j < 2; j++)
			devices[j] = rig_port(&rig, &(struct relay_message) { .index = j }, SOCK_SEQPACKET);
		for (int j = 0; j < 8; j++)
			fds[j] = rig.memory_fd;
		if (length == 0)
			length = sizeof(struct relay_message) +
				 whole.message.instructions * sizeof(struct sock_filter);
		memcpy(whole.message.filter, messages[i].filter, sizeof(messages[i].filter));
		rig_send_raw(rig.control, &whole, length, fds, messages[i].descriptors);

		const char *result = outcome(&rig);
		const char *fault = sentence(messages[i].fault, length, whole.message.type);
		bool same = !strcmp(result, fault);

		tap_ok(same, "%s%s%s", *result ? result : "goes on",
			same ? "" : ", not: ", same ? "" : fault);
		close(devices[0]);
		close(devices[1]);
		rig_close(&rig);
	}
	tap_ok(open_descriptors() == before, "none of them leaves a descriptor open");
}

static void test_longest(void)
{
	static struct sock_filter filter[RELAY_INSTRUCTIONS + 1];
	struct relay_message message = { .direction = RELAY_BOTH, .instructions = RELAY_INSTRUCTIONS };

	for (size_t i = 0; i < COUNT(filter); i++)
		filter[i] = (struct sock_filter)BPF_STMT(BPF_RET, 1);
	for (uint32_t more = 0; more < 2; more++) {
		struct rig rig = rig_open();
		int device = rig_port(&rig, &(struct relay_message) { .mtu = 1 }, SOCK_SEQPACKET);

		message.instructions = RELAY_INSTRUCTIONS + more;
		rig_watch(rig.control, &message, filter);

		const char *result = outcome(&rig), *fault = "a message of more than # bytes";

		fault = more ? sentence(fault, HEAD + RELAY_INSTRUCTIONS * sizeof(filter[0]), 0) : "";
		tap_ok(!strcmp(result, fault), "%u instructions: %s", message.instructions, result);
		close(device);
		rig_close(&rig);
	}
}

static void test_memory(void)
{
	struct rig rig = rig_open_bare();
	char fault[160];

	rig_send(rig.control, &(struct relay_message) { .type = RELAY_BARRIER }, -1);
	tap_ok(!strcmp(outcome(&rig), "RELAY_BARRIER: came before RELAY_MEMORY"), "%s", rig.relay->fault);
	rig_close(&rig);

	rig = rig_open_bare();
	rig_need(ftruncate(rig.memory_fd, sizeof(struct relay_memory) - 1) == 0, "ftruncate");
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_MEMORY }, rig.memory_fd);
	snprintf(fault, sizeof(fault), "RELAY_MEMORY: %zu bytes of memory, not %zu",
		sizeof(struct relay_memory) - 1, sizeof(struct relay_memory));
	tap_ok(!strcmp(outcome(&rig), fault), "%s", rig.relay->fault);
	rig_close(&rig);
}

static void test_end(void)
{
	struct rig rig = rig_open();

	rig_settle(&rig);
	close(rig.control);
	rig.control = -1;
	tap_ok(relay_step(rig.relay, 1000) == 0, "the end of the socket is the end");
	rig_close(&rig);

	rig = rig_open();
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_BARRIER }, -1);
	relay_step(rig.relay, 0);
	relay_step(rig.relay, 0); /* the answer, which nobody reads */
	close(rig.control);
	rig.control = -1;
	tap_ok(relay_step(rig.relay, 1000) == 0, "as it is with an answer in it: ECONNRESET");
	rig_close(&rig);

	rig = rig_open();
	rig_settle(&rig);
	shutdown(rig.control, SHUT_WR);
	tap_ok(relay_step(rig.relay, 1000) == 0, "as it is where it was shut down");
	rig_close(&rig);

	rig = rig_open();
	rig_settle(&rig);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_BARRIER }, -1);
	rig_need(relay_step(rig.relay, 0) == 1 && rig.relay->barrier == BARRIER_LOOKS, "a barrier");
	close(rig.control);
	rig.control = -1;
	tap_ok(relay_step(rig.relay, 1000) == 0, "as it is in the middle of a barrier");
	rig_close(&rig);
}

/* What was said before the end matters no more, and what was not read before it is the end as well. */
static void test_end_with_more(void)
{
	struct rig rig = rig_open();
	struct parcel parcel;
	int pair[2];

	rig_settle(&rig);
	rig_send(rig.control, &(struct relay_message) { .type = 99 }, -1);
	close(rig.control);
	rig.control = -1;
	tap_ok(relay_step(rig.relay, 1000) == 0, "nothing is read after the end");
	rig_close(&rig);

	rig_need(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 && send(pair[0], "", 1, 0) == 1,
		"socketpair");
	close(pair[1]);
	tap_ok(parcel_receive(&parcel, pair[0]) == 0, "an end that is told as an error is one");
	close(pair[0]);
}

static void test_no_socket(void)
{
	int null = open("/dev/null", O_RDWR), ends[2];
	struct relay *relay = relay_open(null);

	tap_ok(!relay && errno == EPERM && fcntl(null, F_GETFD) < 0, "a file is no control socket");
	rig_need(pipe(ends) == 0, "pipe");
	relay = relay_open(ends[0]);
	rig_need(write(ends[1], "x", 1) == 1, "write");
	tap_ok(relay_step(relay, 0) < 0 &&
			!strcmp(relay->fault, "the control socket: Socket operation on non-socket"),
		"nor is a pipe: %s", relay->fault);
	relay_close(relay);
	close(ends[1]);
}

int main(void)
{
	test_messages();
	test_longest();
	test_memory();
	test_end();
	test_end_with_more();
	test_no_socket();
	return tap_done();
}
