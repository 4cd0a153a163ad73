/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the relay writes of the packets that pass it: where, in which order, and why one went no further. */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

enum { LEFT, RIGHT, LONELY };

static uint8_t bytes[1 << 20];

/* A file in memory that is only appended to, as the harness makes it. */
static int make_file(void)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	rig_need(fd >= 0 && fcntl(fd, F_SETFL, O_APPEND) == 0, "memfd");
	return fd;
}

static size_t size_of(int fd)
{
	struct stat status;

	rig_need(fstat(fd, &status) == 0, "fstat");
	return (size_t)status.st_size;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void capture_port(const struct rig *rig, uint32_t port, uint32_t interface)
{
	rig_send(rig->control,
		&(struct relay_message) { .type = RELAY_INTERFACE, .index = port, .interface = interface },
		-1);
}

/* What a packet is written as, in one line. */
static void print_block(const struct pcapng_block *block, char *line, size_t room)
{
	const uint8_t *at = block->bytes + 28;
	uint32_t interface, size, flags = 0;
	uint16_t option[2];
	char comment[200] = "";

	memcpy(&interface, block->bytes + 8, 4);
	memcpy(&size, block->bytes + 20, 4);
	at += (size + 3) & ~3U;
	for (memcpy(option, at, 4); option[0]; memcpy(option, at, 4)) {
		if (option[0] == 1)
			snprintf(comment, sizeof(comment), "%.*s", option[1], (const char *)at + 4);
		if (option[0] == 2)
			memcpy(&flags, at + 4, 4);
		at += 4 + ((option[1] + 3) & ~3);
	}
	snprintf(line, room, "%u %s %.*s %s", interface,
		flags == PCAPNG_IN    ? "in"
		: flags == PCAPNG_OUT ? "out"
				      : "?",
		(int)size, (const char *)block->bytes + 28, comment);
}

static void file_is(int fd, const char *const *lines, size_t count, uint64_t since, const char *name)
{
	ssize_t size = pread(fd, bytes, sizeof(bytes), 0);
	struct pcapng_block block;
	size_t at = 0;

	rig_need(size >= 0, "pread");
	for (size_t i = 0; i < count; i++, at += block.size) {
		char line[300];

		if (!pcapng_read(bytes + at, (size_t)size - at, &block)) {
			tap_ok(false, "%s: block %zu is missing", name, i);
			return;
		}
		print_block(&block, line, sizeof(line));
		tap_is(line, lines[i], "%s", name);
		if (block.time < since || block.time > now())
			tap_ok(false, "at the time %llu", (unsigned long long)block.time);
	}
	tap_ok(at == (size_t)size, "%s: no more", name);
}

static void test_way(void)
{
	static const char *const lines[] = {
		"4 out one ",
		"9 in one ",
		"9 out four ",
		"4 in four ",
		"4 out much too long ",
		"9 in much too long dropped: 13 bytes, the port takes 10",
		"5 out nowhere dropped: there is no wire",
	};
	struct rig rig = rig_open();
	int left = rig_port(&rig, &(struct relay_message) { .index = LEFT, .mtu = 1500 }, SOCK_SEQPACKET),
	    right = rig_port(&rig, &(struct relay_message) { .index = RIGHT, .mtu = 10 }, SOCK_SEQPACKET),
	    lonely = rig_port(&rig, &(struct relay_message) { .index = LONELY, .mtu = 10 }, SOCK_SEQPACKET),
	    file = make_file();
	uint64_t since = now();

	rig_wire(&rig, LEFT, RIGHT);
	rig_put(left, "before", 6);
	rig_settle(&rig);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, file);
	capture_port(&rig, LEFT, 4);
	capture_port(&rig, RIGHT, 9);
	capture_port(&rig, LONELY, 5);
	rig_settle(&rig);
	tap_ok(size_of(file) == 0, "nothing is written of what passed before");
	rig_put(left, "one", 3);
	rig_settle(&rig);
	rig_put(right, "four", 4);
	rig_settle(&rig);
	rig_put(left, "much too long", 13);
	rig_settle(&rig);
	rig_put(lonely, "nowhere", 7);
	rig_settle(&rig);
	file_is(file, lines, sizeof(lines) / sizeof(lines[0]), since, "as it passed");

	rig_send(rig.control, &(struct relay_message) { .type = RELAY_UNCAPTURE }, -1);
	rig_put(left, "after", 5);
	rig_settle(&rig);
	file_is(file, lines, sizeof(lines) / sizeof(lines[0]), since, "nor of what passes afterwards");
	tap_ok(rig.memory->capture_failure == 0, "nothing failed");

	/* It can begin anew. */
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, file);
	capture_port(&rig, LEFT, 1);
	rig_put(left, "again", 5);
	rig_settle(&rig);
	tap_ok(size_of(file) > 0 && rig.memory->ports[LEFT].out_packets == 5, "a second capture");
	close(left);
	close(right);
	close(lonely);
	close(file);
	rig_close(&rig);
}

static void test_refusal(void)
{
	static const char *const lines[] = { "0 in lost dropped: the device refused it: Broken pipe" };
	struct rig rig = rig_open();
	int left = rig_port(&rig, &(struct relay_message) { .index = LEFT, .mtu = 1500 }, SOCK_SEQPACKET),
	    right = rig_port(&rig, &(struct relay_message) { .index = RIGHT, .mtu = 1500 }, SOCK_SEQPACKET),
	    file = make_file();

	rig_wire(&rig, LEFT, RIGHT);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, file);
	capture_port(&rig, RIGHT, 0);
	rig_settle(&rig);
	close(right);
	rig_put(left, "lost", 4);
	rig_settle(&rig);
	file_is(file, lines, 1, 0, "what the device refused");
	close(left);
	close(file);
	rig_close(&rig);
}

/* More than is gathered before it is written, of packets of every size. */
static void test_much(void)
{
	static uint8_t packet[65000];
	struct rig rig = rig_open();
	int left = rig_port(&rig, &(struct relay_message) { .index = LEFT, .mtu = 65535 }, SOCK_SEQPACKET),
	    right = rig_port(&rig, &(struct relay_message) { .index = RIGHT, .mtu = 65535 }, SOCK_SEQPACKET),
	    file = make_file();
	size_t at = 0, packets = 0, sent = 0;
	struct pcapng_block block;
	void *whole;

	rig_wire(&rig, LEFT, RIGHT);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, file);
	capture_port(&rig, LEFT, 0);
	capture_port(&rig, RIGHT, 1);
	for (size_t length = 1; length <= sizeof(packet); length += 811) {
		sent += rig_put(left, packet, length) == (ssize_t)length;
		if (length % 7 == 0)
			rig_settle(&rig);
		while (rig_get(right, packet, sizeof(packet)) > 0)
			continue;
	}
	rig_settle(&rig);
	at = size_of(file);
	whole = mmap(NULL, at, PROT_READ, MAP_PRIVATE, file, 0);
	rig_need(whole != MAP_FAILED, "mmap");
	for (size_t left_over = at; pcapng_read((uint8_t *)whole + (at - left_over), left_over, &block);
		left_over -= block.size)
		packets++;
	tap_ok(sent > 50 && packets == 2 * sent, "%zu packets are twice in a file of %zu bytes", sent, at);
	munmap(whole, at);
	close(left);
	close(right);
	close(file);
	rig_close(&rig);
}

/* A full disk ends the capture, and nothing else. */
static void test_failure(void)
{
	struct rig rig = rig_open();
	int left = rig_port(&rig, &(struct relay_message) { .index = LEFT, .mtu = 1500 }, SOCK_SEQPACKET),
	    right = rig_port(&rig, &(struct relay_message) { .index = RIGHT, .mtu = 1500 }, SOCK_SEQPACKET),
	    full = open("/dev/full", O_WRONLY | O_APPEND | O_CLOEXEC);
	char got[8];

	rig_wire(&rig, LEFT, RIGHT);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, full);
	capture_port(&rig, LEFT, 0);
	for (int i = 0; i < 3; i++) {
		rig_put(left, "packet", 6);
		tap_ok(rig_settle(&rig) && rig_get(right, got, sizeof(got)) == 6, "a packet gets through");
	}
	tap_ok(rig.memory->capture_failure == ENOSPC, "and the failure is told: %s",
		strerror((int)rig.memory->capture_failure));
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_UNCAPTURE }, -1);
	tap_ok(rig_settle(&rig), "the capture can be ended");
	close(left);
	close(right);
	close(full);
	rig_close(&rig);
}

static void impair(const struct rig *rig, const char *name, uint64_t number)
{
	struct relay_message message = { .type = RELAY_IMPAIR, .index = RIGHT, .set = 1, .seed = 1 };

	snprintf(message.impairment, sizeof(message.impairment), "%s", name);
	message.numbers[0] = number;
	rig_send(rig->control, &message, -1);
}

/* What is impaired is whole as it is read, and what became of it stands where it comes in. */
static void test_impaired(void)
{
	static const char *const lines[] = {
		"4 out packet ",
		"9 in packet dropped: loss 100%",
		"9 out back ",
		"4 in back ",
	};
	struct rig rig = rig_open();
	int left = rig_port(&rig, &(struct relay_message) { .index = LEFT, .mtu = 1500 }, SOCK_SEQPACKET),
	    right = rig_port(&rig, &(struct relay_message) { .index = RIGHT, .mtu = 1500 }, SOCK_SEQPACKET),
	    file = make_file();

	rig_wire(&rig, LEFT, RIGHT);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, file);
	capture_port(&rig, LEFT, 4);
	capture_port(&rig, RIGHT, 9);
	impair(&rig, "loss", 1ULL << 32);
	rig_put(left, "packet", 6);
	rig_settle(&rig);
	rig_put(right, "back", 4);
	rig_settle(&rig);
	file_is(file, lines, sizeof(lines) / sizeof(lines[0]), 0, "lost toward one end");
	tap_ok(rig.memory->ports[RIGHT].lost == 1, "as the counter has it");
	close(left);
	close(right);
	close(file);
	rig_close(&rig);
}

/* Reads "<digits>.<three digits> ms, <digits> us late". */
static bool reads_delay(const char *text, double *took, unsigned long *late)
{
	static const char begin[] = "9 in packet delayed: ", between[] = " ms, ";
	char again[100], *end = NULL;

	if (strncmp(text, begin, sizeof(begin) - 1) != 0)
		return false;
	*took = strtod(text + sizeof(begin) - 1, &end);
	if (strncmp(end, between, sizeof(between) - 1) != 0)
		return false;
	*late = strtoul(end + sizeof(between) - 1, NULL, 10);
	snprintf(again, sizeof(again), "9 in packet delayed: %.3f ms, %lu us late", *took, *late);
	return !strcmp(again, text);
}

static void test_delayed(void)
{
	struct rig rig = rig_open();
	int left = rig_port(&rig, &(struct relay_message) { .index = LEFT, .mtu = 1500 }, SOCK_SEQPACKET),
	    right = rig_port(&rig, &(struct relay_message) { .index = RIGHT, .mtu = 1500 }, SOCK_SEQPACKET),
	    file = make_file();
	struct pcapng_block block;
	unsigned long late = 0;
	double took = 0;
	ssize_t size;
	char line[300] = "", got[8];

	rig_wire(&rig, LEFT, RIGHT);
	rig_send(rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, file);
	capture_port(&rig, RIGHT, 9);
	impair(&rig, "delay", 7000000);
	rig_put(left, "packet", 6);
	rig_settle(&rig);
	tap_ok(size_of(file) == 0, "what is under way has not come in");
	while (rig_get(right, got, sizeof(got)) < 0)
		relay_step(rig.relay, 0);
	size = pread(file, bytes, sizeof(bytes), 0);
	if (size > 0 && pcapng_read(bytes, (size_t)size, &block))
		print_block(&block, line, sizeof(line));
	tap_ok(reads_delay(line, &took, &late), "a delayed packet says so: %s", line);
	tap_ok(took * 1000 >= 7000 + (double)late && took * 1000 < 7002 + (double)late,
		"as long as it was to be, and as late: %.3f ms, %lu us", took, late);
	tap_ok(late == rig.memory->ports[RIGHT].late_time / 1000, "as the counter has it");
	close(left);
	close(right);
	close(file);
	rig_close(&rig);
}

/* What is said of all that can befall a packet, one and several. */
static void test_comments(void)
{
	static const struct trip trips[] = {
		{ 0 },
		{ .took = 10012345, .late = 12345 },
		{ .took = 999 },
		{ .took = 3600000000000, .late = 1000000000 },
		{ .copy = 2, .copies = 2 },
		{ .corrupt = 124 },
		{ .took = 10000000, .copy = 1, .copies = 3, .corrupt = 1 },
	};
	static const char *const lines[] = {
		"3 in a ",
		"3 in a delayed: 10.012 ms, 12 us late",
		"3 in a delayed: 0.000 ms, 0 us late",
		"3 in a delayed: 3600000.000 ms, 1000000 us late",
		"3 in a duplicated: copy 2 of 2",
		"3 in a corrupted: bit 123",
		"3 in a delayed: 10.000 ms, 0 us late; duplicated: copy 1 of 3; corrupted: bit 0",
		("3 in a dropped: why; delayed: 10.000 ms, 0 us late; duplicated: copy 1 of 3; corrupted: "
		 "bit "
		 "0"),
		"3 out a dropped: whatever",
	};
	enum { TRIPS = sizeof(trips) / sizeof(trips[0]) };
	struct packet packet = { .bytes = (const uint8_t *)"a", .length = 1 };
	int file = make_file();
	uint64_t failure = 0;
	struct capture *capture = capture_open(dup(file), &failure);

	rig_need(capture, "capture_open");
	for (size_t i = 0; i < TRIPS; i++) {
		packet.trip = &trips[i];
		capture_packet(capture, 3, RELAY_IN, &packet);
	}
	capture_drop(capture, 3, RELAY_IN, &packet, "%s", "why");
	packet.trip = NULL;
	capture_drop(capture, 3, RELAY_OUT, &packet, "what%s", "ever");
	capture_close(capture);
	file_is(file, lines, TRIPS + 2, 0, "what befell it");
	close(file);
}

int main(void)
{
	test_way();
	test_impaired();
	test_delayed();
	test_comments();
	test_refusal();
	test_much();
	test_failure();
	return tap_done();
}
