/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A router among the wires of a relay: it is told what it is, its packets go by its ports' lanes, and it is
 * called when it wants to be.
 *
 *     device 0 == port 0: 10.0.0.254/24 --+-- router 0 --+-- port 1: 10.0.1.254/24 == device 1
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <netinet/in.h>
#include <time.h>

#include "forwarder/impairments/loss.h"
#include "forwarder/router/checksum.h"
#include "forwarder/router/memory.h"
#include "forwarder/stream.h"
#include "tests/relay/rig.h"
#include "tests/unit/tap.h"

enum { IP_DF = 0x4000 };

struct bench {
	struct rig rig;
	int devices[2];
	int memory_fd;
	struct relay_router *memory;
};

static struct relay_place place(const char *address, uint8_t length)
{
	struct relay_place place = { .family = strchr(address, ':') ? AF_INET6 : AF_INET, .length = length };

	rig_need(inet_pton(place.family, address, place.address) == 1, "an address");
	return place;
}

static void tell(struct bench *bench, struct relay_message message)
{
	rig_send(bench->rig.control, &message, -1);
}

static void add_router(struct bench *bench)
{
	bench->memory_fd = memfd_create("router", MFD_CLOEXEC);
	rig_need(bench->memory_fd >= 0 && !ftruncate(bench->memory_fd, sizeof(*bench->memory)), "memfd");
	bench->memory =
		mmap(NULL, sizeof(*bench->memory), PROT_READ | PROT_WRITE, MAP_SHARED, bench->memory_fd, 0);
	rig_need(bench->memory != MAP_FAILED, "mmap");
	rig_send(bench->rig.control, &(struct relay_message) { .type = RELAY_ROUTER, .seed = 1 },
		bench->memory_fd);
}

static void add_port(struct bench *bench, uint32_t index, enum relay_frame frame, const char *address)
{
	struct relay_place own = place("fe80::1", 64);

	own.hardware[0] = 2;
	own.hardware[5] = (uint8_t)index;
	bench->devices[index] = rig_port(&bench->rig,
		&(struct relay_message) { .index = index, .frame = frame, .mtu = 1500 }, SOCK_SEQPACKET);
	tell(bench, (struct relay_message) { .type = RELAY_ROUTER_PORT, .index = index, .place = own });
	tell(bench, (struct relay_message) {
			    .type = RELAY_ADDRESS, .index = index, .set = 1, .place = place(address, 24) });
}

static struct bench bench_open(enum relay_frame far)
{
	struct bench bench = { .rig = rig_open() };

	add_router(&bench);
	add_port(&bench, 0, RELAY_IP, "10.0.0.254");
	add_port(&bench, 1, far, "10.0.1.254");
	rig_need(rig_settle(&bench.rig), "the first barrier");
	return bench;
}

static void bench_close(struct bench *bench)
{
	close(bench->devices[0]);
	close(bench->devices[1]);
	rig_close(&bench->rig);
	close(bench->memory_fd);
	munmap(bench->memory, sizeof(*bench->memory));
}

static struct iphdr packet_to(const char *target)
{
	struct iphdr ip = { .version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(ip)),
		.frag_off = htons(IP_DF),
		.ttl = 9,
		.protocol = 253,
		.saddr = inet_addr("10.0.0.1"),
		.daddr = inet_addr(target) };

	ip.check = htons(checksum_finish(checksum_add(0, (const uint8_t *)&ip, sizeof(ip))));
	return ip;
}

/* Sends a packet by device 0, and gives what device 1 has then. */
static ssize_t send_to(struct bench *bench, const char *target, void *out, size_t room)
{
	const struct iphdr ip = packet_to(target);

	rig_need(rig_put(bench->devices[0], &ip, sizeof(ip)) == sizeof(ip), "send");
	rig_need(rig_settle(&bench->rig), "a barrier");
	return rig_get(bench->devices[1], out, room);
}

static void forwards(void)
{
	struct bench bench = bench_open(RELAY_IP);
	struct iphdr ip = { 0 };

	tap_ok(send_to(&bench, "10.0.1.1", &ip, sizeof(ip)) == sizeof(ip) && ip.ttl == 8,
		"a packet goes from port to port, and its time to live is one less");
	tap_ok(bench.memory->counters[ROUTER_forwarded] == 1, "which is counted where the harness sees it");
	tap_ok(send_to(&bench, "10.9.0.1", &ip, sizeof(ip)) < 0 &&
			bench.memory->counters[ROUTER_no_route] == 1,
		"where there is no route it does not");
	bench_close(&bench);
}

static void follows_what_it_is_told(void)
{
	struct bench bench = bench_open(RELAY_IP);
	struct relay_message route = {
		.type = RELAY_ROUTE, .set = 1, .peer = 1, .place = place("10.9.0.0", 16)
	};
	struct iphdr ip;

	tell(&bench, route);
	tap_ok(send_to(&bench, "10.9.0.1", &ip, sizeof(ip)) == sizeof(ip),
		"a route that it is told of counts");
	route.place.kind = RELAY_BLACKHOLE;
	tell(&bench, route);
	tap_ok(send_to(&bench, "10.9.0.1", &ip, sizeof(ip)) < 0 &&
			bench.memory->counters[ROUTER_blackhole] == 1,
		"another one to the same prefix takes its place");
	route.set = 0;
	tell(&bench, route);
	tap_ok(send_to(&bench, "10.9.0.1", &ip, sizeof(ip)) < 0 &&
			bench.memory->counters[ROUTER_no_route] == 1,
		"and is forgotten");
	tell(&bench, (struct relay_message) { .type = RELAY_MTU, .index = 1, .mtu = 19 });
	tap_ok(send_to(&bench, "10.0.1.1", &ip, sizeof(ip)) < 0 && bench.memory->counters[ROUTER_too_big],
		"what is too long for a port's new MTU does not pass");
	bench_close(&bench);
}

static void goes_by_lanes(void)
{
	struct bench bench = bench_open(RELAY_IP);
	struct relay_message loss = { .type = RELAY_IMPAIR, .index = 1, .set = 1, .impairment = "loss" };
	struct iphdr ip;

	loss.numbers[LOSS_CHANCE] = STREAM_CERTAIN;
	tell(&bench, loss);
	tap_ok(send_to(&bench, "10.0.1.1", &ip, sizeof(ip)) < 0 && bench.rig.memory->ports[1].lost == 1,
		"what a router sends is impaired as what a wire carries");
	bench_close(&bench);
}

/* The router asks for its neighbour, again after a second, and gives up after three. */
static void is_called(void)
{
	struct bench bench = bench_open(RELAY_ETHERNET);
	uint8_t frame[100];
	uint64_t questions;

	if (tap_ok(send_to(&bench, "10.0.1.1", frame, sizeof(frame)) == 42 && frame[13] == (ETH_P_ARP & 0xff),
		    "on Ethernet the next hop is asked for")) {
		questions = bench.memory->counters[ROUTER_questions];
		while (!bench.memory->counters[ROUTER_no_answer] && relay_step(bench.rig.relay, 5000) > 0)
			;
		tap_ok(questions == 1 && bench.memory->counters[ROUTER_questions] == 3,
			"three times, and then the packet is given up");
	}
	bench_close(&bench);
}

static uint64_t time_of_day(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* A file in memory that is only appended to, of what passes device 1. */
static int capture(struct bench *bench)
{
	int file = memfd_create("capture", MFD_CLOEXEC);

	rig_need(file >= 0 && fcntl(file, F_SETFL, O_APPEND) == 0, "memfd");
	rig_send(bench->rig.control, &(struct relay_message) { .type = RELAY_CAPTURE }, file);
	tell(bench, (struct relay_message) { .type = RELAY_INTERFACE, .index = 1, .interface = 1 });
	rig_need(rig_settle(&bench->rig), "a barrier");
	return file;
}

/* Of the last packet in the file; 0: there is none. */
static uint64_t time_of_last(int file)
{
	uint8_t bytes[4096];
	ssize_t size = pread(file, bytes, sizeof(bytes), 0);
	struct pcapng_block block = { 0 };

	rig_need(size >= 0, "pread");
	for (size_t at = 0; pcapng_read(bytes + at, (size_t)size - at, &block); at += block.size)
		;
	return block.time;
}

/* What waits for a neighbour leaves when it is stated. */
static void captures_when_it_is_sent(void)
{
	struct bench bench = bench_open(RELAY_ETHERNET);
	struct relay_message neighbour = {
		.type = RELAY_NEIGHBOUR, .set = 1, .index = 1, .place = place("10.0.1.1", 32)
	};
	int file = capture(&bench);
	uint8_t frame[100];
	uint64_t since;

	rig_need(send_to(&bench, "10.0.1.1", frame, sizeof(frame)) > 0, "a question");
	since = time_of_day();
	neighbour.place.hardware[0] = 2;
	tell(&bench, neighbour);
	rig_need(rig_settle(&bench.rig), "a barrier");
	tap_ok(rig_get(bench.devices[1], frame, sizeof(frame)) == 34 && time_of_last(file) >= since,
		"what a stated neighbour lets go is captured at that time");
	close(file);
	bench_close(&bench);
}

static void limits_as_told(void)
{
	struct bench bench = bench_open(RELAY_IP);
	struct iphdr ip;

	for (unsigned i = 0; i < 9; i++)
		send_to(&bench, "10.9.0.1", &ip, sizeof(ip));
	tap_ok(bench.memory->counters[ROUTER_limited] > 0, "errors are limited");
	tell(&bench, (struct relay_message) { .type = RELAY_ROUTER_SET });
	bench.memory->counters[ROUTER_limited] = 0;
	for (unsigned i = 0; i < 9; i++)
		send_to(&bench, "10.9.0.1", &ip, sizeof(ip));
	tap_ok(bench.memory->counters[ROUTER_limited] == 0, "told of no interval, they are not");
	bench_close(&bench);
}

static bool is_captured(int file, const char *text)
{
	char bytes[8192];
	ssize_t size = pread(file, bytes, sizeof(bytes), 0);

	rig_need(size >= 0, "pread");
	return memmem(bytes, (size_t)size, text, strlen(text));
}

/* Sends a packet by device 1, where all is captured. */
static void send_captured(struct bench *bench, const char *target, uint8_t protocol)
{
	struct iphdr ip = packet_to(target);

	ip.saddr = inet_addr("10.0.1.1");
	ip.protocol = protocol;
	ip.check = 0;
	ip.check = htons(checksum_finish(checksum_add(0, (const uint8_t *)&ip, sizeof(ip))));
	rig_need(rig_put(bench->devices[1], &ip, sizeof(ip)) == sizeof(ip), "send");
	rig_need(rig_settle(&bench->rig), "a barrier");
}

static void says_what_it_did(void)
{
	struct bench bench = bench_open(RELAY_IP);
	int file = capture(&bench);

	send_captured(&bench, "10.0.0.1", 253);
	tap_ok(is_captured(file, "forwarded by 10.0.0.0/24, ttl 8") && !is_captured(file, "dropped"),
		"a capture says what became of a packet that came");
	send_captured(&bench, "10.9.0.1", 253);
	tap_ok(is_captured(file, "dropped: there is no route to 10.9.0.1"), "and why it was dropped");
	tap_ok(is_captured(file, "destination-unreachable: net"), "and what the router sends of its own");
	close(file);
	bench_close(&bench);
}

static void says_what_is_lost(void)
{
	struct bench bench = bench_open(RELAY_ETHERNET);
	struct relay_message neighbour = {
		.type = RELAY_NEIGHBOUR, .index = 1, .place = place("10.0.1.1", 32)
	};
	int file = capture(&bench);
	uint8_t frame[100];

	rig_need(send_to(&bench, "10.0.1.1", frame, sizeof(frame)) > 0, "a question");
	tell(&bench, neighbour);
	rig_need(rig_settle(&bench.rig), "a barrier");
	tap_ok(is_captured(file, "dropped: the neighbour was deleted"),
		"and why a packet that waited goes no further");
	close(file);
	bench_close(&bench);
}

static void leaves_its_wire(void)
{
	struct bench bench = bench_open(RELAY_IP);
	struct relay_message port = { .frame = RELAY_IP, .mtu = 1500, .index = 2 };
	struct iphdr ip = packet_to("10.9.0.1");
	int two = rig_port(&bench.rig, &port, SOCK_SEQPACKET), three;

	port.index = 3;
	three = rig_port(&bench.rig, &port, SOCK_SEQPACKET);
	rig_wire(&bench.rig, 2, 3);
	tell(&bench, (struct relay_message) {
			     .type = RELAY_ROUTER_PORT, .index = 2, .place = place("fe80::3", 64) });
	rig_need(rig_settle(&bench.rig), "a barrier");
	rig_need(rig_put(three, &ip, sizeof(ip)) == sizeof(ip), "send");
	rig_need(rig_settle(&bench.rig), "a barrier");
	tap_ok(rig_get(two, &ip, sizeof(ip)) < 0, "a port of a router is on no wire any more");
	close(two);
	close(three);
	bench_close(&bench);
}

static void refuse(const char *wrong, struct relay_message message, bool with_memory)
{
	struct bench bench = bench_open(RELAY_IP);

	rig_send(bench.rig.control, &message, with_memory ? bench.memory_fd : -1);
	tap_ok(!rig_settle(&bench.rig) && strstr(bench.rig.relay->fault, wrong), "refused: %s", wrong);
	bench_close(&bench);
}

static void refuses_others_ports(void)
{
	struct bench bench = bench_open(RELAY_IP);
	struct relay_message port = { .frame = RELAY_IP, .mtu = 1500, .index = 2 };
	int device = rig_port(&bench.rig, &port, SOCK_SEQPACKET);

	rig_send(bench.rig.control, &(struct relay_message) { .type = RELAY_ROUTER, .index = 1 },
		bench.memory_fd);
	rig_need(rig_settle(&bench.rig), "another router");
	tell(&bench, (struct relay_message) {
			     .type = RELAY_ROUTE, .index = 1, .set = 1, .place = place("10.0.0.0", 8) });
	tap_ok(!rig_settle(&bench.rig) && strstr(bench.rig.relay->fault, "port 0 is another router's"),
		"refused: a route of one router by a port of another");
	close(device);
	bench_close(&bench);

	bench = bench_open(RELAY_IP);
	device = rig_port(&bench.rig, &port, SOCK_SEQPACKET);
	tell(&bench, (struct relay_message) {
			     .type = RELAY_ADDRESS, .index = 2, .set = 1, .place = place("10.0.2.1", 24) });
	tap_ok(!rig_settle(&bench.rig) && strstr(bench.rig.relay->fault, "no router has port 2"),
		"refused: an address on a port of no router");
	close(device);
	bench_close(&bench);
}

int main(void)
{
	struct relay_place bad = place("10.0.0.1", 33), kind = place("10.0.0.0", 8);

	kind.kind = RELAY_PROHIBIT + 1;
	forwards();
	follows_what_it_is_told();
	goes_by_lanes();
	is_called();
	captures_when_it_is_sent();
	limits_as_told();
	says_what_it_did();
	says_what_is_lost();
	leaves_its_wire();
	refuses_others_ports();
	refuse("there is no router 1", (struct relay_message) { .type = RELAY_ROUTER_SET, .index = 1 },
		false);
	refuse("router 2 is out of range", (struct relay_message) { .type = RELAY_ROUTER, .index = 2 }, true);
	refuse("there is no router 7", (struct relay_message) { .type = RELAY_ROUTER_SET, .index = 7 },
		false);
	refuse("a router has port 1",
		(struct relay_message) {
			.type = RELAY_ROUTER_PORT, .index = 1, .place = place("fe80::1", 64) },
		false);
	refuse("a router has port 1", (struct relay_message) { .type = RELAY_WIRE, .index = 1, .peer = 0 },
		false);
	refuse("there is no port 9", (struct relay_message) { .type = RELAY_ADDRESS, .index = 9 }, false);
	refuse("the prefix is too long",
		(struct relay_message) { .type = RELAY_ADDRESS, .set = 1, .place = bad }, false);
	refuse("no such family", (struct relay_message) { .type = RELAY_NEIGHBOUR }, false);
	refuse("unknown kind of route",
		(struct relay_message) { .type = RELAY_ROUTE, .set = 1, .place = kind }, false);
	return tap_done();
}
